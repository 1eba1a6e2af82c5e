//! A process that hangs in the middle holds what it has locked. Nobody else waits for it.

use super::proxy::{Network, Proxy};
use super::until;
use crate::harness::{TestClock, TestDatabase, beginning};
use crate::store::chain::entry;
use crate::store::ground::{Ground, can_read};
use server::audit::verify;
use server::services::Services;
use server::store::{Db, Engine};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, Connection, Row};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Patients whom the accesses are to.
const PATIENTS: [&str; 4] = ["9990402132", "9990252955", "9990010145", "9990010242"];
/// Where the child of a test finds its database.
const HANGS: &str = "NCRS_TEST_HANGS";

async fn ground_at(url: &str) -> Ground {
    let db = Db::connect(url).await.unwrap();
    let clock = Arc::new(TestClock::at(beginning()));
    let services = Services::start(db.clone(), clock.clone()).await.unwrap();
    Ground {
        db,
        clock,
        services,
        url: url.to_owned(),
    }
}

/// A ground on PostgreSQL, where there is one.
async fn on_postgres(test: impl AsyncFnOnce(&Ground)) {
    if let Some(database) = TestDatabase::new(Engine::Postgres).await {
        let ground = ground_at(&database.url).await;
        test(&ground).await;
        ground.db.close().await;
        database.remove().await;
    }
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(db.read()).await.unwrap().get(0)
}

/// A connection of someone else.
async fn stranger(url: &str) -> AnyConnection {
    let pool = AnyPoolOptions::new().connect(url).await.unwrap();
    pool.acquire().await.unwrap().detach()
}

/// How long each of so many took, recorded one after the other.
async fn took(ground: &Ground, entries: usize) -> Vec<Duration> {
    let mut took = Vec::with_capacity(entries);
    for _ in 0..entries {
        let began = Instant::now();
        ground.services.audit.record(entry(ground)).await.unwrap();
        took.push(began.elapsed());
    }
    took
}

#[tokio::test]
async fn a_lane_that_is_held_is_left_for_another_at_once() {
    on_postgres(async |ground| {
        let mut other = stranger(&ground.url).await;
        let mut held = other.begin().await.unwrap();
        sqlx::query("select lane from audit_head where lane <> 5 for update")
            .fetch_all(&mut *held)
            .await
            .unwrap();
        for took in took(ground, 40).await {
            assert!(took < Duration::from_millis(750), "{took:?}");
        }
        assert_eq!(
            count(
                &ground.db,
                "select count(*) from audit_entry where lane = 5"
            )
            .await,
            40
        );
        held.rollback().await.unwrap();
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn all_lanes_that_are_held_come_free_when_their_holder_says_nothing() {
    on_postgres(async |ground| {
        let mut other = stranger(&ground.url).await;
        // As every connection of a server has it for the audit.
        sqlx::raw_sql("set idle_in_transaction_session_timeout = '500ms'")
            .execute(&mut other)
            .await
            .unwrap();
        sqlx::raw_sql("begin; select lane from audit_head for update")
            .execute(&mut other)
            .await
            .unwrap();
        let took = took(ground, 1).await[0];
        assert!(took < Duration::from_secs(2), "{took:?}");
        ground.assert_chain_holds().await;
    })
    .await;
}

/// The refused twin: whoever holds all lanes and does not end is an error, and nothing is shown.
#[tokio::test]
async fn without_any_lane_nothing_is_recorded() {
    on_postgres(async |ground| {
        let mut other = stranger(&ground.url).await;
        let mut held = other.begin().await.unwrap();
        sqlx::query("select lane from audit_head for update")
            .fetch_all(&mut *held)
            .await
            .unwrap();
        assert!(ground.services.audit.record(entry(ground)).await.is_err());
        held.rollback().await.unwrap();
        took(ground, 3).await;
        assert_eq!(verify(&ground.db).await.unwrap().entries, 3);
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_commit_without_an_answer_is_there_once() {
    for network in [
        Network::CutsBeforeCommit,
        Network::CutsAfterCommit,
        Network::SwallowsAfterCommit,
    ] {
        let Some(database) = TestDatabase::new(Engine::Postgres).await else {
            return;
        };
        let proxy = Proxy::before(&database.url).await;
        let ground = ground_at(&proxy.url).await;
        for turn in 1..=3 {
            proxy.set(network);
            ground.services.audit.record(entry(&ground)).await.unwrap();
            assert_eq!(proxy.lost_commits(), turn, "{network:?}");
        }
        let verified = verify(&ground.db).await.unwrap();
        assert_eq!(
            (verified.entries, verified.broken),
            (3, vec![]),
            "{network:?}"
        );
        ground.db.close().await;
        database.remove().await;
    }
}

/// What the child of the test below does until it is killed; nothing where nobody started it for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_under_load() {
    let Ok(url) = std::env::var(HANGS) else {
        return;
    };
    let ground = Arc::new(ground_at(&url).await);
    let mut at_work = tokio::task::JoinSet::new();
    for turn in 0..16 {
        let ground = ground.clone();
        at_work.spawn(async move {
            let member = ground.member("nurse");
            let key = member.open(PATIENTS[turn % PATIENTS.len()]).await.unwrap();
            loop {
                // While it hung, its connections were ended: what is refused then is tried anew.
                let _ = can_read(&member, key).await;
            }
        });
    }
    at_work.join_all().await;
}

struct Server(Child);

impl Server {
    fn start(url: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "platform::hung::a_server_under_load",
                "--exact",
                "--nocapture",
            ])
            .env(HANGS, format!("{url}?application_name=hangs"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.0.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two servers on one database, one of them stopped under load while it holds lanes: accesses by the
/// other take less than a second, 99 of 100, and none is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_holds_up_nobody() {
    const OF_OTHER: &str = "select count(*) from audit_entry where person = $1";
    const HOLDS: &str = "select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.relation = 'audit_head'::regclass and a.application_name = 'hangs'
        and a.state = 'idle in transaction'";
    on_postgres(async |ground| {
        let other = Server::start(&ground.url);
        let nurse = ground.member("nurse").caller.signed_in.unwrap().person;
        let by = async |person: String| -> i64 {
            sqlx::query(OF_OTHER)
                .bind(person)
                .fetch_one(ground.db.read())
                .await
                .unwrap()
                .get(0)
        };
        until(
            "the other server works",
            Duration::from_secs(60),
            async || by(nurse.to_string()).await > 100,
        )
        .await;

        // This server works too.
        let over = Arc::new(AtomicBool::new(false));
        let accesses = Arc::new(Mutex::new(Vec::new()));
        let mut at_work = tokio::task::JoinSet::new();
        let workers = 8;
        for turn in 0..workers {
            let (member, over, accesses) =
                (ground.member("paramedic"), over.clone(), accesses.clone());
            at_work.spawn(async move {
                let key = member.open(PATIENTS[turn % PATIENTS.len()]).await.unwrap();
                while !over.load(Ordering::SeqCst) {
                    let began = Instant::now();
                    let refused = can_read(&member, key).await.err();
                    accesses
                        .lock()
                        .unwrap()
                        .push((began, began.elapsed(), refused));
                }
            });
        }
        until("this server works", Duration::from_secs(60), async || {
            accesses.lock().unwrap().len() > 50
        })
        .await;

        // Stops the other in the middle.
        let mut stopped = Instant::now();
        until("it holds a lane", Duration::from_secs(60), async || {
            stopped = Instant::now();
            other.signal("STOP");
            if count(&ground.db, HOLDS).await > 0 {
                return true;
            }
            other.signal("CONT");
            false
        })
        .await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let there = by(nurse.to_string()).await;
        other.signal("CONT");
        over.store(true, Ordering::SeqCst);
        while let Some(done) = at_work.join_next().await {
            done.unwrap();
        }

        let accesses = std::mem::take(&mut *accesses.lock().unwrap());
        let refused: Vec<_> = accesses
            .iter()
            .filter_map(|(.., refused)| refused.as_ref())
            .collect();
        assert!(refused.is_empty(), "{refused:?}");
        let mut meanwhile: Vec<Duration> = accesses
            .iter()
            .filter(|(began, took, _)| *began + *took > stopped)
            .map(|(_, took, _)| *took)
            .collect();
        meanwhile.sort();
        assert!(meanwhile.len() > 100, "{} accesses", meanwhile.len());
        let p99 = meanwhile[meanwhile.len() * 99 / 100];
        // Within 1 s where nothing else runs on the machine; without another lane it is ten.
        assert!(p99 < Duration::from_secs(3), "{p99:?}");

        // The one that hung goes on, and nothing is there twice or missing.
        until("the other goes on", Duration::from_secs(60), async || {
            by(nurse.to_string()).await > there
        })
        .await;
        drop(other);
        let paramedic = ground.member("paramedic").caller.signed_in.unwrap().person;
        let looks = i64::try_from(accesses.len() + workers).unwrap();
        assert_eq!(by(paramedic.to_string()).await, looks);
        ground.assert_chain_holds().await;
    })
    .await;
}
