//! Changes that arrive late, and for patients who are not open. What a change does, and that it is
//! done once, is tested beside the record (`records/adjustments.rs`).

use super::*;
use crate::records::adjustments::{add as add_part, applied, command, create};
use crate::store::ground::{on_each_engine, told};
use app::api::offline::{Delivery, Target};
use app::problem::Kind;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord};
use domain::command::{Command, Receipt};
use domain::ids::{ContextId, SessionRef, TabId};
use domain::role::Activity;
use jiff::SignedDuration;
use server::identity::SessionEvents;

pub(super) async fn deliver(
    member: &Member,
    target: Target,
    command: &Command<AdjustmentChange>,
) -> Result<Receipt<AdjustmentRecord>, Problem> {
    let delivery = Delivery {
        target,
        command: command.clone(),
    };
    Offline::deliver(&member.offline(), delivery).await
}

/// Another session, in another tab.
fn later(member: &Member) -> Member {
    let mut later = member.clone();
    later.caller.signed_in.as_mut().unwrap().session = SessionRef(Uuid::new_v4());
    later.tab = TabId(Uuid::new_v4());
    later
}

#[tokio::test]
async fn a_change_finds_its_patient_after_the_context_closed() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(NO_SUMMARY).await.unwrap();
        let target = Target::Context(key.context);
        nurse.open(WITHHELD).await.unwrap();
        ground
            .services
            .contexts
            .ended(nurse.session())
            .await
            .unwrap();
        ground.clock.forward(SignedDuration::from_hours(24 * 29));
        ground.services.contexts.forget_old().await.unwrap();
        let later = later(&nurse);
        let record = applied(
            deliver(&later, target, &command(0, create()))
                .await
                .unwrap(),
        );
        // When the server recorded it; when it was made is the device's word.
        assert_eq!(
            record.current.unwrap().recorded.at,
            crate::harness::beginning() + SignedDuration::from_hours(24 * 29)
        );
        let entries = audited(ground, "change-adjustments").await;
        let outcomes: Vec<&str> = entries.iter().map(|entry| entry.outcome.as_str()).collect();
        assert!(outcomes.contains(&"allowed") && outcomes.contains(&"done"));
        assert!(entries.iter().all(|entry| entry.patients == [NO_SUMMARY]));
        // Not for ever.
        ground.clock.forward(SignedDuration::from_hours(25));
        ground.services.contexts.forget_old().await.unwrap();
        let other = command(1, add_part("A quiet room"));
        assert_eq!(told(deliver(&later, target, &other).await), Kind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_change_on_a_visit_is_carried_out_also_after_the_visit() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, NO_SUMMARY).await;
        let target = Target::Visit(visit);
        let first = command(0, create());
        assert_eq!(
            applied(deliver(&nurse, target, &first).await.unwrap()).version,
            1
        );
        Offline::remove_visit(&nurse.offline(), visit)
            .await
            .unwrap();
        let second = command(1, add_part("A quiet room"));
        let receipt = deliver(&later(&nurse), target, &second).await.unwrap();
        // The same again, by whichever way it comes.
        let key = nurse.open(NO_SUMMARY).await.unwrap();
        for again in [target, Target::Context(key.context)] {
            assert_eq!(
                deliver(&nurse, again, &second).await.unwrap(),
                receipt.clone()
            );
        }
        assert_eq!(applied(receipt.clone()).version, 2);
        let reused = Command {
            base: 2,
            ..second.clone()
        };
        assert_eq!(
            told(deliver(&nurse, target, &reused).await),
            Kind::CommandReused
        );
        let stale = command(1, add_part("A large print letter"));
        assert_eq!(
            deliver(&nurse, target, &stale).await.unwrap(),
            Receipt::Conflict(applied(receipt))
        );
        let entries = audited(ground, "change-adjustments").await;
        let on = serde_json::json!({ "visit": visit });
        assert!(entries.iter().any(|entry| entry.detail["on"] == on));
    })
    .await;
}

#[tokio::test]
async fn a_change_on_a_saved_copy_of_who_is_restricted_now_is_refused() {
    on_each_engine(async |ground| {
        let doctor = ground.member("doctor");
        let visit = added(&doctor, NO_SUMMARY).await;
        let key = doctor.open(NO_SUMMARY).await.unwrap();
        restrict(ground, NO_SUMMARY).await;
        let change = command(0, create());
        assert_eq!(
            told(deliver(&doctor, Target::Visit(visit), &change).await),
            Kind::StaysOnline
        );
        assert_eq!(count(ground, "command_result").await, 0);
        // It may be made while connected.
        let target = Target::Context(key.context);
        applied(deliver(&doctor, target, &change).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_change_is_delivered_by_whose_it_is() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, NO_SUMMARY).await;
        let key = nurse.open(NO_SUMMARY).await.unwrap();
        let change = command(0, create());
        for target in [Target::Visit(visit), Target::Context(key.context)] {
            for (member, refusal) in [
                (signed_out(&nurse), Kind::SignedOut),
                (without_role(&nurse), Kind::NoRole),
                (in_another_role(&nurse), Kind::NotFound),
                (ground.member("doctor"), Kind::NotFound),
            ] {
                assert_eq!(told(deliver(&member, target, &change).await), refusal);
            }
            for activity in [
                Activity::FindPatient,
                Activity::ManageAdjustments,
                Activity::ViewAdjustments,
            ] {
                let without = nurse.without(activity);
                assert_eq!(
                    told(deliver(&without, target, &change).await),
                    Kind::RoleForbids(activity)
                );
            }
        }
        for unknown in [
            Target::Visit(VisitId(Uuid::new_v4())),
            Target::Context(ContextId(Uuid::new_v4())),
            // One is not the other.
            Target::Visit(VisitId(key.context.0)),
            Target::Context(ContextId(visit.0)),
        ] {
            assert_eq!(
                told(deliver(&nurse, unknown, &change).await),
                Kind::NotFound
            );
        }
        assert_eq!(count(ground, "command_result").await, 0);
        applied(
            deliver(&nurse, Target::Visit(visit), &change)
                .await
                .unwrap(),
        );
    })
    .await;
}

#[tokio::test]
async fn a_change_follows_the_record_to_its_new_number() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, NO_SUMMARY).await;
        // The record is merged into another.
        for statement in [
            "insert into superseded_number (superseded, nhs_number) values ('9990010013', '9990010021')",
            "delete from patient where nhs_number = '9990010013'",
        ] {
            sqlx::query(statement)
                .execute(ground.db.write())
                .await
                .unwrap();
        }
        applied(
            deliver(&nurse, Target::Visit(visit), &command(0, create()))
                .await
                .unwrap(),
        );
        let row = sqlx::query("select count(*) from adjustment_record where nhs_number = '9990010021'")
            .fetch_one(ground.db.read())
            .await
            .unwrap();
        assert_eq!(row.get::<i64, _>(0), 1);
        let lines = Offline::visits(&nurse.offline()).await.unwrap();
        assert_eq!(lines[0].banner.nhs_number.digits(), "9990010021");
    })
    .await;
}
