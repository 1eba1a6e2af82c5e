//! The audit's chain: written in order under load, and refused to whoever would change it. That
//! tampering is found is tested in `audit`.

use crate::store::ground::{Ground, on_each_engine};
use domain::NhsNumber;
use server::audit::{Action, Actor, Entry, Outcome, verify};
use server::failure::Failure;
use server::store::{Db, Engine};
use sqlx::Row;

pub(crate) fn entry(ground: &Ground) -> Entry {
    let caller = ground.member("nurse").caller;
    let person = caller.signed_in.as_ref().unwrap();
    let actor = Actor::of(caller.correlation, &caller.client, person);
    let patients: [NhsNumber; 2] =
        ["9990402132", "9990252955"].map(|digits| digits.parse().unwrap());
    Entry::new(actor, Action::Search, Outcome::Allowed).on(patients)
}

/// Records that many entries at once.
pub(crate) async fn record(ground: &Ground, entries: usize) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..entries {
        let (audit, entry) = (ground.services.audit.clone(), entry(ground));
        tasks.spawn(async move { audit.record(entry).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
}

#[tokio::test]
async fn many_at_once_make_one_chain() {
    on_each_engine(async |ground| {
        record(ground, 500).await;
        let verified = verify(&ground.db).await.unwrap();
        assert_eq!((verified.entries, verified.broken.len()), (500, 0));
        let subjects = sqlx::query("select count(*) from audit_patient")
            .fetch_one(ground.db.read())
            .await
            .unwrap();
        assert_eq!(subjects.get::<i64, _>(0), 1000);
    })
    .await;
}

#[tokio::test]
async fn it_verifies_while_others_write() {
    on_each_engine(async |ground| {
        let writing = record(ground, 300);
        let verifying = async {
            for _ in 0..10 {
                assert_eq!(verify(&ground.db).await.unwrap().broken, []);
            }
        };
        tokio::join!(writing, verifying);
    })
    .await;
}

#[tokio::test]
async fn two_servers_share_the_lanes() {
    on_each_engine(async |ground| {
        let other = server::services::Services::start(ground.db.clone(), ground.clock.clone())
            .await
            .unwrap();
        let both = async |audit: &server::audit::Audit| {
            for _ in 0..40 {
                audit.record(entry(ground)).await.unwrap();
            }
        };
        tokio::join!(both(&ground.services.audit), both(&other.audit));
        let verified = verify(&ground.db).await.unwrap();
        assert_eq!((verified.entries, verified.broken.len()), (80, 0));
    })
    .await;
}

#[tokio::test]
async fn the_database_refuses_to_change_it() {
    on_each_engine(async |ground| {
        record(ground, 3).await;
        for sql in [
            "update audit_entry set person = 'someone else'",
            "delete from audit_entry",
            "update audit_patient set nhs_number = '9990010013'",
            "delete from audit_patient",
        ] {
            assert!(
                sqlx::query(sql).execute(ground.db.write()).await.is_err(),
                "{sql}"
            );
        }
        assert_eq!(verify(&ground.db).await.unwrap().entries, 3);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_written_is_an_error_and_passes() {
    on_each_engine(async |ground| {
        ground
            .tamper("alter table audit_entry rename to taken_away")
            .await;
        let failed = ground.services.audit.record(entry(ground)).await;
        assert!(matches!(failed, Err(Failure::Audit(_))));
        ground
            .tamper("alter table taken_away rename to audit_entry")
            .await;
        record(ground, 3).await;
        assert_eq!(verify(&ground.db).await.unwrap().entries, 3);
        ground.assert_chain_holds().await;
    })
    .await;
}

/// What is on the disk when the process is killed is what has been told: nothing waits in memory.
#[tokio::test]
async fn what_was_recorded_survives_a_crash() {
    on_each_engine(async |ground| {
        if ground.db.engine() == Engine::Postgres {
            return;
        }
        record(ground, 40).await;
        // As a killed process leaves them: no connection was closed.
        let folder = tempfile::tempdir().unwrap();
        let file = ground.url.strip_prefix("sqlite:").unwrap();
        for end in ["", "-wal"] {
            std::fs::copy(
                format!("{file}{end}"),
                folder.path().join(format!("left.db{end}")),
            )
            .unwrap();
        }
        let left = Db::connect(&format!(
            "sqlite:{}",
            folder.path().join("left.db").display()
        ))
        .await
        .unwrap();
        let verified = verify(&left).await.unwrap();
        assert_eq!((verified.entries, verified.broken.len()), (40, 0));
        left.close().await;
    })
    .await;
}

#[tokio::test]
async fn sqlite_writes_through_to_the_disk() {
    on_each_engine(async |ground| {
        if ground.db.engine() == Engine::Sqlite {
            for (pragma, expected) in [("pragma journal_mode", "wal"), ("pragma synchronous", "2")]
            {
                let row = sqlx::query(pragma)
                    .fetch_one(ground.db.write())
                    .await
                    .unwrap();
                let value = row
                    .try_get::<String, _>(0)
                    .or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string()));
                assert_eq!(value.unwrap(), expected, "{pragma}");
            }
        }
    })
    .await;
}
