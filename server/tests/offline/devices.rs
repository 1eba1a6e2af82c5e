//! What a device brings of a vault that nobody can open any more, and what happens where it does not.

use super::logs::{Device, alerts_of, answered, for_the_team, looked};
use super::*;
use crate::store::ground::on_each_engine;
use app::api::offline::{
    SEALING_LOG_INFO, SealedEntry, SealedLogEntry, SealingKey, sealed_entry_name,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::alert::AlertKind;
use domain::device_log::{Act, LogEntry, Part};
use domain::ids::{PersonId, VaultId};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeS, Serializable, single_shot_seal};
use jiff::SignedDuration;
use server::offline::HAND_OVER;
use server::privacy::watch::watch_devices;

/// As the browser does it.
fn seal(key: &SealingKey, vault: VaultId, person: PersonId, entry: &LogEntry) -> SealedEntry {
    let public = BASE64_URL_SAFE_NO_PAD.decode(&key.public).unwrap();
    let inside = SealedLogEntry {
        person,
        entry: entry.clone(),
    };
    let (encapsulated, sealed) = single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &<X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&public).unwrap(),
        SEALING_LOG_INFO,
        &serde_json::to_vec(&inside).unwrap(),
        sealed_entry_name(vault, entry.seq).as_bytes(),
    )
    .unwrap();
    SealedEntry {
        key: key.id,
        seq: entry.seq,
        encapsulated: BASE64_URL_SAFE_NO_PAD.encode(encapsulated.to_bytes()),
        sealed: BASE64_URL_SAFE_NO_PAD.encode(sealed),
    }
}

fn person(member: &Member) -> PersonId {
    member.caller.signed_in.as_ref().unwrap().person
}

async fn bring(
    by: &Member,
    vault: VaultId,
    entries: Vec<SealedEntry>,
    last: bool,
) -> Result<u64, Problem> {
    Offline::deliver_sealed_log(&by.offline(), vault, entries, last).await
}

/// The passkey and the role of the person are ended, and nobody is signed in.
async fn end(ground: &Ground, member: &Member) {
    let role = member.caller.signed_in.clone().unwrap().role.unwrap().id;
    for statement in [
        "delete from role_activity where role_id = $1",
        "delete from role_assignment where id = $1",
    ] {
        sqlx::query(statement)
            .bind(role.to_string())
            .execute(ground.db.write())
            .await
            .unwrap();
    }
    ground.services.vaults.end_all().await.unwrap();
}

#[tokio::test]
async fn the_log_of_a_vault_that_ended_comes_from_the_device_itself() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let first = [device.write(Act::Unlocked)];
        device.deliver(&nurse, &first).await.unwrap();
        let looks = [
            device.write(looked(visit, Part::Overview)),
            device.write(looked(visit, Part::Summary)),
        ];
        end(ground, &nurse).await;
        let key = ground.services.sealing.public();
        let sealed = looks
            .each_ref()
            .map(|entry| seal(key, device.vault, person(&nurse), entry))
            .to_vec();
        // Someone else is at the device, or nobody: it is the doing of whose vault it is.
        for by in [ground.member("doctor"), signed_out(&nurse)] {
            let head = bring(&by, device.vault, sealed.clone(), false).await;
            assert_eq!(head.unwrap(), 3);
        }
        for action in ["view-overview", "view-summary"] {
            let entries = audited(ground, action).await;
            assert_eq!(entries.len(), 1, "{action}");
            assert_eq!(entries[0].patients, [EVERYTHING]);
            assert_eq!(entries[0].detail["brought_by"], "device");
        }
        let rows =
            sqlx::query("select distinct person from audit_entry where action like 'view-%'")
                .fetch_all(ground.db.read())
                .await
                .unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<String, _>(0), person(&nurse).to_string());
        assert!(audited(ground, "device-log-break").await.is_empty());
        // What it brings follows the same rules: a vault that is not known, and what cannot be opened.
        let unknown = bring(&nurse, VaultId(Uuid::new_v4()), sealed, false).await;
        assert_eq!(unknown.unwrap(), 0);
        assert_eq!(audited(ground, "view-overview").await.len(), 1);
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_nobody_can_open_is_told_once_and_holds_nothing_up() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let entries = [
            device.write(looked(visit, Part::Overview)),
            device.write(looked(visit, Part::Details)),
        ];
        let key = ground.services.sealing.public();
        let whole = |entry| seal(key, device.vault, person(&nurse), entry);
        let strange = seal(
            key,
            device.vault,
            person(&ground.member("doctor")),
            &entries[0],
        );
        let broken = SealedEntry {
            sealed: "AAAA".into(),
            ..whole(&entries[0])
        };
        let moved = SealedEntry {
            seq: 2,
            ..whole(&entries[0])
        };
        let bad = vec![strange, broken, moved];
        for _ in 0..2 {
            let head = bring(&nurse, device.vault, bad.clone(), true).await;
            assert_eq!(head.unwrap(), 0);
        }
        let breaks = audited(ground, "device-log-break").await;
        assert_eq!(breaks.len(), bad.len());
        assert!(
            breaks
                .iter()
                .all(|entry| entry.detail["how"] == "unreadable")
        );
        assert_eq!(alerts_of(ground, AlertKind::DeviceLog).await, 3);
        assert!(audited(ground, "view-overview").await.is_empty());
        // The true ones are still taken.
        let good = entries.each_ref().map(whole).to_vec();
        assert_eq!(bring(&nurse, device.vault, good, false).await.unwrap(), 2);
        assert_eq!(audited(ground, "view-details").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_answer_has_consequences_only_where_the_devices_log_goes_on() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let key = ground.services.sealing.public();
        let _lost = device.write(Act::Unlocked);
        let sealed = |device: &Device, entry: &LogEntry| {
            vec![seal(key, device.vault, person(&nurse), entry)]
        };
        let after_a_gap = device.write(answered(visit, for_the_team()));
        let entries = sealed(&device, &after_a_gap);
        bring(&nurse, device.vault, entries, false).await.unwrap();
        assert_eq!(count(ground, "permission").await, 0);
        // That it was given is in the audit all the same.
        assert_eq!(audited(ground, "view-summary").await.len(), 1);
        let next = device.write(answered(visit, for_the_team()));
        let entries = sealed(&device, &next);
        bring(&nurse, device.vault, entries, false).await.unwrap();
        assert_eq!(count(ground, "permission").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_vault_that_ended_with_its_log_outstanding_is_an_alert() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let look = device.write(looked(visit, Part::Overview));
        let missing = async || alerts_of(ground, AlertKind::DeviceLogMissing).await;
        end(ground, &nurse).await;
        // It has a day for it.
        ground
            .clock
            .forward(HAND_OVER - SignedDuration::from_secs(1));
        watch_devices(&ground.services).await.unwrap();
        assert_eq!(missing().await, 0);
        ground.clock.forward(SignedDuration::from_secs(1));
        for _ in 0..2 {
            watch_devices(&ground.services).await.unwrap();
        }
        assert_eq!(missing().await, 1);
        // It may still come.
        let key = ground.services.sealing.public();
        let sealed = vec![seal(key, device.vault, person(&nurse), &look)];
        bring(&signed_out(&nurse), device.vault, sealed, true)
            .await
            .unwrap();
        assert_eq!(audited(ground, "view-overview").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_log_that_was_handed_over_or_never_begun_is_none() {
    on_each_engine(async |ground| {
        let (nurse, doctor) = (ground.member("nurse"), ground.member("doctor"));
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let _unused = Device::of(&doctor).await;
        let look = device.write(looked(visit, Part::Overview));
        let key = ground.services.sealing.public();
        let sealed = vec![seal(key, device.vault, person(&nurse), &look)];
        end(ground, &nurse).await;
        end(ground, &doctor).await;
        bring(&signed_out(&nurse), device.vault, sealed, false)
            .await
            .unwrap();
        bring(&signed_out(&nurse), device.vault, vec![], true)
            .await
            .unwrap();
        ground.clock.forward(HAND_OVER * 2);
        watch_devices(&ground.services).await.unwrap();
        assert_eq!(alerts_of(ground, AlertKind::DeviceLogMissing).await, 0);
    })
    .await;
}
