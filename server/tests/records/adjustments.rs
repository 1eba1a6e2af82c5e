//! Changes to the flag: once, however often they come, and never over someone else's.

use crate::store::ground::{Ground, Member, on_each_engine, told};
use app::api::ContextKey;
use app::api::offline::{Delivery, Target};
use app::ports::{Offline, Records};
use app::problem::{Kind, Problem};
use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Category, Detail, ImpairmentKind, NewPart,
    RemovalReason,
};
use domain::command::{Command, Receipt};
use domain::ids::{CommandId, ContextId, FlagId, PartId, RoleId};
use domain::role::Activity;
use jiff::SignedDuration;
use sqlx::Row;
use uuid::Uuid;

const PATIENT: &str = "9990010013";

fn part(detail: Detail) -> NewPart {
    NewPart {
        id: PartId(Uuid::new_v4()),
        detail,
    }
}

fn bespoke(text: &str) -> NewPart {
    part(Detail::Adjustment {
        category: Category::Bespoke,
        code: None,
        text: text.into(),
        note: String::new(),
    })
}

pub(crate) fn create() -> AdjustmentChange {
    AdjustmentChange::Create {
        flag: FlagId(Uuid::new_v4()),
        basis: Basis::Consent,
        equality_act: true,
        parts: vec![
            part(Detail::Impairment {
                impairment: ImpairmentKind::Hearing,
                note: String::new(),
            }),
            bespoke("Speak to the left ear"),
        ],
    }
}

pub(crate) fn add(text: &str) -> AdjustmentChange {
    AdjustmentChange::AddParts {
        parts: vec![bespoke(text)],
    }
}

pub(crate) fn command(base: u64, change: AdjustmentChange) -> Command<AdjustmentChange> {
    Command {
        id: CommandId(Uuid::now_v7()),
        base,
        made_at: crate::harness::beginning(),
        change,
    }
}

async fn submit(
    member: &Member,
    key: ContextKey,
    command: &Command<AdjustmentChange>,
) -> Result<Receipt<AdjustmentRecord>, Problem> {
    let delivery = Delivery {
        target: Target::Context(key.context),
        command: command.clone(),
    };
    Offline::deliver(&member.offline(), delivery).await
}

pub(crate) fn applied(receipt: Receipt<AdjustmentRecord>) -> AdjustmentRecord {
    match receipt {
        Receipt::Applied(record) => record,
        Receipt::Conflict(_) => panic!("a conflict"),
    }
}

async fn ready(ground: &Ground) -> (Member, ContextKey) {
    let nurse = ground.member("nurse");
    let key = nurse.open(PATIENT).await.unwrap();
    (nurse, key)
}

#[tokio::test]
async fn a_flag_is_created_changed_and_removed() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        let record = applied(submit(&nurse, key, &command(0, create())).await.unwrap());
        assert_eq!(record.version, 1);
        let recorded = &record.current.as_ref().unwrap().recorded;
        assert_eq!(
            (recorded.person.as_str(), recorded.role.as_str()),
            ("Hannah Ashby", "Community Nurse")
        );
        assert_eq!(recorded.at, crate::harness::beginning());
        applied(
            submit(&nurse, key, &command(1, add("A quiet room")))
                .await
                .unwrap(),
        );
        let remove = AdjustmentChange::RemoveFlag {
            reason: RemovalReason::NoLongerApplies,
            comment: "The patient asked".into(),
        };
        let record = applied(submit(&nurse, key, &command(2, remove)).await.unwrap());
        assert_eq!(
            (
                record.version,
                record.current.is_none(),
                record.earlier.len()
            ),
            (3, true, 1)
        );
        let view = Records::adjustments(&nurse.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert!(!view.flag);
        assert_eq!(view.record, Some(record));
        let done = ground
            .audited()
            .await
            .iter()
            .filter(|line| *line == "change-adjustments done")
            .count();
        assert_eq!(done, 3);
    })
    .await;
}

#[tokio::test]
async fn the_same_command_again_is_done_once() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        let first = command(0, create());
        let receipt = submit(&nurse, key, &first).await.unwrap();
        ground.clock.forward(SignedDuration::from_mins(10));
        assert_eq!(submit(&nurse, key, &first).await.unwrap(), receipt);
        // Also after others, and from another session of the same person.
        applied(
            submit(&nurse, key, &command(1, add("A quiet room")))
                .await
                .unwrap(),
        );
        let again = ground.member("nurse");
        let there = again.open(PATIENT).await.unwrap();
        assert_eq!(submit(&again, there, &first).await.unwrap(), receipt);
        let view = Records::adjustments(&nurse.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert_eq!(view.record.unwrap().version, 2);
    })
    .await;
}

#[tokio::test]
async fn an_id_with_other_content_is_refused() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        let first = command(0, create());
        submit(&nurse, key, &first).await.unwrap();
        let reused = Command {
            change: add("A quiet room"),
            ..first.clone()
        };
        assert_eq!(
            told(submit(&nurse, key, &reused).await),
            Kind::CommandReused
        );
        let reused = Command {
            base: 1,
            ..first.clone()
        };
        assert_eq!(
            told(submit(&nurse, key, &reused).await),
            Kind::CommandReused
        );
        // By another person, or on another patient.
        let doctor = ground.member("doctor");
        let theirs = doctor.open(PATIENT).await.unwrap();
        assert_eq!(
            told(submit(&doctor, theirs, &first).await),
            Kind::CommandReused
        );
        let other = nurse.open("9990010021").await.unwrap();
        assert_eq!(
            told(submit(&nurse, other, &first).await),
            Kind::CommandReused
        );
        let rows = sqlx::query("select version from adjustment_record where nhs_number = $1")
            .bind(PATIENT)
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert_eq!(rows[0].get::<i64, _>(0), 1);
    })
    .await;
}

#[tokio::test]
async fn an_old_base_is_a_conflict_and_writes_nothing() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        let record = applied(submit(&nurse, key, &command(0, create())).await.unwrap());
        let stale = command(0, create());
        for _ in 0..2 {
            assert_eq!(
                submit(&nurse, key, &stale).await.unwrap(),
                Receipt::Conflict(record.clone())
            );
        }
        let view = Records::adjustments(&nurse.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert_eq!(view.record, Some(record));
    })
    .await;
}

#[tokio::test]
async fn of_two_at_once_one_is_done() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        let doctor = ground.member("doctor");
        let theirs = doctor.open(PATIENT).await.unwrap();
        for base in 0..10 {
            let change = |text: &str| {
                if base == 0 {
                    create()
                } else {
                    add(&format!("{text} {base}"))
                }
            };
            let (mine, other) = (
                command(base, change("Mine")),
                command(base, change("Other")),
            );
            let (one, two) =
                tokio::join!(submit(&nurse, key, &mine), submit(&doctor, theirs, &other));
            match (one.unwrap(), two.unwrap()) {
                (Receipt::Applied(done), Receipt::Conflict(seen))
                | (Receipt::Conflict(seen), Receipt::Applied(done)) => {
                    assert_eq!(done.version, base + 1);
                    assert_eq!(seen, done);
                }
                both => panic!("{both:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn one_command_that_arrives_twice_at_once_is_done_once() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        for base in 0..10 {
            let change = if base == 0 {
                create()
            } else {
                add(&format!("Once {base}"))
            };
            let command = command(base, change);
            let (one, two, three) = tokio::join!(
                submit(&nurse, key, &command),
                submit(&nurse, key, &command),
                submit(&nurse, key, &command)
            );
            let one = one.unwrap();
            assert_eq!(applied(one.clone()).version, base + 1);
            assert_eq!((&two.unwrap(), &three.unwrap()), (&one, &one));
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_needs_its_rights_and_a_context() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        let change = command(0, create());
        for activity in [
            Activity::ManageAdjustments,
            Activity::ViewAdjustments,
            Activity::FindPatient,
        ] {
            let refused = submit(&nurse.without(activity), key, &change).await;
            assert_eq!(told(refused), Kind::RoleForbids(activity));
        }
        // Another person, the same person in another role, and a context that never was.
        assert_eq!(
            told(submit(&ground.member("doctor"), key, &change).await),
            Kind::NotFound
        );
        let elsewhere = nurse.with_role(|role| role.id = RoleId(Uuid::new_v4()));
        assert_eq!(told(submit(&elsewhere, key, &change).await), Kind::NotFound);
        let unknown = ContextKey {
            context: ContextId(Uuid::new_v4()),
            ..key
        };
        assert_eq!(told(submit(&nurse, unknown, &change).await), Kind::NotFound);
        let kept = sqlx::query("select command from command_result")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert!(kept.is_empty());
        applied(submit(&nurse, key, &change).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_incomplete_change_is_told_at_its_fields() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        let Kind::Invalid(fields) = told(submit(&nurse, key, &command(0, add("  "))).await) else {
            panic!("invalid");
        };
        assert!(!fields.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_device_clock_does_not_matter() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        for (base, made_at) in [(0, "1970-01-01T00:00:00Z"), (1, "2099-01-01T00:00:00Z")] {
            let change = if base == 0 {
                create()
            } else {
                add("A quiet room")
            };
            let wrong = Command {
                made_at: made_at.parse().unwrap(),
                ..command(base, change)
            };
            let record = applied(submit(&nurse, key, &wrong).await.unwrap());
            let parts = &record.current.unwrap().parts;
            assert!(
                parts
                    .iter()
                    .all(|part| part.recorded.at == crate::harness::beginning())
            );
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_changed_without_the_audit() {
    on_each_engine(async |ground| {
        let (nurse, key) = ready(ground).await;
        let change = command(0, create());
        ground
            .tamper("alter table audit_entry rename to taken_away")
            .await;
        assert_eq!(
            told(submit(&nurse, key, &change).await),
            Kind::NotAccountable
        );
        ground
            .tamper("alter table taken_away rename to audit_entry")
            .await;
        let view = Records::adjustments(&nurse.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert!(!view.flag);
        applied(submit(&nurse, key, &change).await.unwrap());
    })
    .await;
}
