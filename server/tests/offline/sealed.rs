//! Changes that a device could only keep sealed to the service.

use super::*;
use crate::records::adjustments::{command, create};
use crate::store::ground::{on_each_engine, told};
use app::api::offline::{
    Delivery, SEALING_INFO, Sealed, SealedChange, SealedOutcome, SealingKey, Target,
};
use app::problem::Kind;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::adjustment::{AdjustmentChange, RemovalReason};
use domain::command::Receipt;
use domain::ids::{CommandId, PersonId, RoleId, SealingKeyId};
use domain::outbox::Queue;
use domain::role::Activity;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeS, Serializable, single_shot_seal};
use server::services::Services;

/// As the browser does it.
pub(super) fn seal_bytes(key: &SealingKey, id: CommandId, plain: &[u8]) -> SealedChange {
    let public = BASE64_URL_SAFE_NO_PAD.decode(&key.public).unwrap();
    let (encapsulated, sealed) = single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &<X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&public).unwrap(),
        SEALING_INFO,
        plain,
        id.to_string().as_bytes(),
    )
    .unwrap();
    SealedChange {
        key: key.id,
        id,
        encapsulated: BASE64_URL_SAFE_NO_PAD.encode(encapsulated.to_bytes()),
        sealed: BASE64_URL_SAFE_NO_PAD.encode(sealed),
    }
}

pub(super) fn seal(key: &SealingKey, person: PersonId, delivery: Delivery) -> SealedChange {
    let id = delivery.command.id;
    seal_bytes(key, id, &plain(person, None, delivery))
}

fn plain(person: PersonId, role: Option<RoleId>, delivery: Delivery) -> Vec<u8> {
    serde_json::to_vec(&Sealed {
        person,
        role,
        queue: role.map(|_| Queue(NO_SUMMARY.to_owned())),
        delivery,
    })
    .unwrap()
}

fn person(member: &Member) -> PersonId {
    member.caller.signed_in.as_ref().unwrap().person
}

async fn deliver(member: &Member, sealed: &SealedChange) -> Result<SealedOutcome, Problem> {
    Offline::deliver_sealed(&member.offline(), sealed.clone()).await
}

/// A change on a visit of the nurse.
async fn ready(ground: &Ground) -> (Member, Delivery) {
    let nurse = ground.member("nurse");
    let visit = added(&nurse, NO_SUMMARY).await;
    let delivery = Delivery {
        target: Target::Visit(visit),
        command: command(0, create()),
    };
    (nurse, delivery)
}

#[tokio::test]
async fn a_sealed_change_is_carried_out_once() {
    on_each_engine(async |ground| {
        let (nurse, delivery) = ready(ground).await;
        let key = ground.services.sealing.public();
        let sealed = seal(key, person(&nurse), delivery.clone());
        let mut receipts = Vec::new();
        for _ in 0..2 {
            let SealedOutcome::Delivered {
                delivery: inside,
                receipt,
                ..
            } = deliver(&nurse, &sealed).await.unwrap()
            else {
                panic!("delivered");
            };
            assert!(inside == delivery);
            receipts.push(receipt);
        }
        // It is the same as if it had come open.
        let open = Offline::deliver(&nurse.offline(), delivery).await.unwrap();
        receipts.push(open.clone());
        assert!(matches!(&open, Receipt::Applied(record) if record.version == 1));
        assert!(receipts.iter().all(|receipt| *receipt == open));
    })
    .await;
}

#[tokio::test]
async fn what_nobody_can_open_is_said_to_be_unreadable() {
    on_each_engine(async |ground| {
        let (nurse, delivery) = ready(ground).await;
        let key = ground.services.sealing.public();
        let id = delivery.command.id;
        let good = seal(key, person(&nurse), delivery.clone());
        let other = CommandId(Uuid::now_v7());
        let plain = plain(person(&nurse), None, delivery);
        let swap = |text: &str| {
            let last = if text.ends_with('A') { 'B' } else { 'A' };
            format!("{}{last}", &text[..text.len() - 1])
        };
        let unreadable = [
            SealedChange {
                key: SealingKeyId(Uuid::new_v4()),
                ..good.clone()
            },
            SealedChange {
                id: other,
                ..good.clone()
            },
            SealedChange {
                sealed: swap(&good.sealed),
                ..good.clone()
            },
            SealedChange {
                sealed: String::new(),
                ..good.clone()
            },
            SealedChange {
                sealed: "not base64!".into(),
                ..good.clone()
            },
            SealedChange {
                encapsulated: BASE64_URL_SAFE_NO_PAD.encode([0; 32]),
                ..good.clone()
            },
            SealedChange {
                encapsulated: "AAAA".into(),
                ..good.clone()
            },
            seal_bytes(key, id, b"{}"),
            // Sealed under another id than that of the command inside.
            seal_bytes(key, other, &plain),
        ];
        for sealed in &unreadable {
            assert!(
                deliver(&nurse, sealed).await.unwrap() == SealedOutcome::Unreadable,
                "{sealed:?}"
            );
        }
        assert_eq!(count(ground, "command_result").await, 0);
        let entries = audited(ground, "change-adjustments").await;
        assert_eq!(entries.len(), unreadable.len());
        assert!(entries.iter().all(|entry| entry.outcome == "refused"
            && entry.detail["why"] == "Unreadable"
            && entry.patients.is_empty()));
        assert!(matches!(
            deliver(&nurse, &good).await.unwrap(),
            SealedOutcome::Delivered { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn another_persons_waits_for_them() {
    on_each_engine(async |ground| {
        let (nurse, delivery) = ready(ground).await;
        let sealed = seal(ground.services.sealing.public(), person(&nurse), delivery);
        let doctor = ground.member("doctor");
        assert!(deliver(&doctor, &sealed).await.unwrap() == SealedOutcome::NotYours);
        assert_eq!(count(ground, "command_result").await, 0);
        let entries = audited(ground, "change-adjustments").await;
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (&entries[0].detail["why"], entries[0].patients.len()),
            (&"NotYours".into(), 0)
        );
        assert!(matches!(
            deliver(&nurse, &sealed).await.unwrap(),
            SealedOutcome::Delivered { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn the_rights_are_those_of_any_change() {
    on_each_engine(async |ground| {
        let (nurse, delivery) = ready(ground).await;
        let key = ground.services.sealing.public();
        let sealed = seal(key, person(&nurse), delivery.clone());
        assert_eq!(
            told(deliver(&signed_out(&nurse), &sealed).await),
            Kind::SignedOut
        );
        assert_eq!(
            told(deliver(&without_role(&nurse), &sealed).await),
            Kind::NoRole
        );
        let without = nurse.without(Activity::ManageAdjustments);
        let SealedOutcome::Refused {
            delivery: inside,
            problem,
            ..
        } = deliver(&without, &sealed).await.unwrap()
        else {
            panic!("refused");
        };
        // Its owner has to decide about it.
        assert!(inside == delivery);
        assert_eq!(problem.kind, Kind::RoleForbids(Activity::ManageAdjustments));
        assert!(problem.reference.is_some());
        // What may pass is told as it is: the device keeps the change.
        ground
            .tamper("alter table audit_entry rename to taken_away")
            .await;
        assert_eq!(told(deliver(&nurse, &sealed).await), Kind::NotAccountable);
        ground
            .tamper("alter table taken_away rename to audit_entry")
            .await;
        restrict(ground, NO_SUMMARY).await;
        assert!(matches!(
            deliver(&nurse, &sealed).await.unwrap(),
            SealedOutcome::Refused { problem, .. } if problem.kind == Kind::StaysOnline
        ));
        assert_eq!(count(ground, "command_result").await, 0);
    })
    .await;
}

fn role(member: &Member) -> RoleId {
    let signed_in = member.caller.signed_in.as_ref().unwrap();
    signed_in.role.as_ref().unwrap().id
}

#[tokio::test]
async fn a_sealed_change_waits_for_its_role() {
    on_each_engine(async |ground| {
        let (nurse, delivery) = ready(ground).await;
        let key = ground.services.sealing.public();
        let id = delivery.command.id;
        let own = plain(person(&nurse), Some(role(&nurse)), delivery.clone());
        // Also one of an app that did not say in which role: the visit does.
        for sealed in [
            seal_bytes(key, id, &own),
            seal(key, person(&nurse), delivery.clone()),
        ] {
            let outcome = deliver(&in_another_role(&nurse), &sealed).await.unwrap();
            let SealedOutcome::OtherRole {
                delivery: inside,
                role: waits_for,
                ..
            } = outcome
            else {
                panic!("it waits");
            };
            assert!(inside == delivery);
            assert_eq!(waits_for, role(&nurse));
            // Nobody has chosen a role yet: it waits too.
            let undecided = deliver(&without_role(&nurse), &sealed).await;
            assert_eq!(told(undecided), Kind::NoRole);
        }
        assert_eq!(count(ground, "command_result").await, 0);
        let entries = audited(ground, "change-adjustments").await;
        assert_eq!(entries.len(), 2);
        assert!(
            entries
                .iter()
                .all(|entry| entry.outcome == "refused" && entry.detail["why"] == "OtherRole")
        );
        let SealedOutcome::Delivered { receipt, queue, .. } =
            deliver(&nurse, &seal_bytes(key, id, &own)).await.unwrap()
        else {
            panic!("in its role it is carried out");
        };
        assert!(matches!(receipt, Receipt::Applied(record) if record.version == 1));
        assert_eq!(queue, Some(Queue(NO_SUMMARY.to_owned())));
    })
    .await;
}

#[tokio::test]
async fn what_was_sealed_in_a_role_that_ended_is_shown_and_not_sent() {
    on_each_engine(async |ground| {
        let (nurse, delivery) = ready(ground).await;
        let key = ground.services.sealing.public();
        let (id, before) = (delivery.command.id, role(&nurse));
        let own = plain(person(&nurse), Some(before), delivery.clone());
        // The role is given again, under another id.
        let again = in_another_role(&nurse);
        for statement in [
            "insert into role_assignment (id, person_id, ods, job_code, job_name)
             select $1, person_id, ods, job_code, job_name from role_assignment where id = $2",
            "update role_activity set role_id = $1 where role_id = $2",
            "delete from role_assignment where id <> $1 and id = $2",
        ] {
            sqlx::query(statement)
                .bind(role(&again).to_string())
                .bind(before.to_string())
                .execute(ground.db.write())
                .await
                .unwrap();
        }
        for sealed in [
            seal_bytes(key, id, &own),
            seal(key, person(&nurse), delivery.clone()),
        ] {
            let SealedOutcome::Refused {
                delivery: inside,
                problem,
                role: made_in,
                ..
            } = deliver(&again, &sealed).await.unwrap()
            else {
                panic!("refused");
            };
            assert!(inside == delivery);
            assert_eq!(problem.kind, Kind::NoRole);
            assert_eq!(made_in, Some(before));
        }
        // Also to someone who has no role left.
        assert!(matches!(
            deliver(&without_role(&again), &seal_bytes(key, id, &own)).await.unwrap(),
            SealedOutcome::Refused { delivery: inside, .. } if inside == delivery
        ));
        // And to nobody else.
        let doctor = without_role(&ground.member("doctor"));
        assert_eq!(
            told(deliver(&doctor, &seal_bytes(key, id, &own)).await),
            Kind::NoRole
        );
        assert_eq!(count(ground, "command_result").await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_key_stays_and_a_newer_one_opens_too() {
    on_each_engine(async |ground| {
        let (nurse, delivery) = ready(ground).await;
        let start = async || {
            Services::start(ground.db.clone(), ground.clock.clone())
                .await
                .unwrap()
        };
        let key = ground.services.sealing.public();
        assert_eq!(start().await.sealing.public(), key);
        assert_eq!(count(ground, "sealing_key").await, 1);
        // Another is added while this server runs, as after a change of keys.
        let (secret, public) = X25519HkdfSha256::derive_keypair(&[7; 32]);
        let newer = SealingKey {
            id: SealingKeyId(Uuid::now_v7()),
            public: BASE64_URL_SAFE_NO_PAD.encode(public.to_bytes()),
        };
        sqlx::query(
            "insert into sealing_key (id, secret, public, created_at) values ($1, $2, $3, $4)",
        )
        .bind(newer.id.to_string())
        .bind(secret.to_bytes().to_vec())
        .bind(public.to_bytes().to_vec())
        .bind(i64::MAX)
        .execute(ground.db.write())
        .await
        .unwrap();
        let sealed = seal(&newer, person(&nurse), delivery.clone());
        assert!(matches!(
            deliver(&nurse, &sealed).await.unwrap(),
            SealedOutcome::Delivered { .. }
        ));
        // After the next start it is the one that is given out, and the older one still opens.
        let restarted = start().await;
        assert_eq!(*restarted.sealing.public(), newer);
        let again = Member {
            services: restarted,
            ..nurse.clone()
        };
        let sealed = seal(key, person(&nurse), delivery);
        assert!(matches!(
            deliver(&again, &sealed).await.unwrap(),
            SealedOutcome::Delivered { .. }
        ));
    })
    .await;
}

/// A removal that comes late: the person confirms, and the very same goes on.
#[tokio::test]
async fn the_last_part_waits_for_a_fingerprint_sealed_or_not() {
    on_each_engine(async |ground| {
        let (nurse, delivery) = ready(ground).await;
        let target = delivery.target;
        let made = Offline::deliver(&nurse.offline(), delivery).await.unwrap();
        let Receipt::Applied(made) = made else {
            panic!("applied");
        };
        let parts: Vec<_> = made
            .current
            .unwrap()
            .current_parts()
            .map(|part| part.id)
            .collect();
        let remove = |base: usize| Delivery {
            target,
            command: command(
                u64::try_from(base).unwrap() + 1,
                AdjustmentChange::RemovePart {
                    part: parts[base],
                    reason: RemovalReason::NoLongerApplies,
                    comment: "Moved".into(),
                },
            ),
        };
        let mut late = nurse.clone();
        late.caller.signed_in.as_mut().unwrap().verified_at -= jiff::SignedDuration::from_mins(3);
        let last = parts.len() - 1;
        for base in 0..last {
            Offline::deliver(&late.offline(), remove(base))
                .await
                .unwrap();
        }
        let delivery = remove(last);
        let open = Offline::deliver(&late.offline(), delivery.clone()).await;
        assert_eq!(told(open), Kind::StepUp);
        let sealed = seal(
            ground.services.sealing.public(),
            person(&nurse),
            delivery.clone(),
        );
        let SealedOutcome::Refused {
            delivery: inside,
            problem,
            ..
        } = deliver(&late, &sealed).await.unwrap()
        else {
            panic!("refused");
        };
        assert!(inside == delivery);
        assert_eq!(problem.kind, Kind::StepUp);
        assert!(matches!(
            deliver(&nurse, &sealed).await.unwrap(),
            SealedOutcome::Delivered { receipt: Receipt::Applied(record), .. }
                if record.current.as_ref().is_some_and(|flag| flag.current_parts().next().is_none())
        ));
    })
    .await;
}
