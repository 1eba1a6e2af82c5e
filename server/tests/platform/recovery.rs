//! What stopped the service passes, and then it works again by itself, within five seconds.

use super::proxy::{Network, Proxy};
use super::until;
use crate::harness::{Browser, TestApp, TestClock, TestDatabase, beginning};
use crate::store::chain::entry;
use crate::store::ground::Ground;
use app::api::ContextKey;
use app::problem::Kind;
use server::audit::verify;
use server::services::Services;
use server::store::{Db, Engine};
use sqlx::{AssertSqlSafe, Row};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PATIENT: &str = "9990402132";
/// From when there is room again, or the database answers again.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(5);

async fn in_front(app: &TestApp) -> (Browser, ContextKey) {
    let browser = app.enrolled("paramedic").await;
    let key = browser
        .open_patient(PATIENT.parse().unwrap())
        .await
        .unwrap();
    assert!(browser.overview(key).await.is_ok());
    (browser, key)
}

async fn healthy(browser: &Browser) -> bool {
    browser.get("/health").await.status == 200
}

/// Everything is refused and says why, until it is mended; then all is as before.
async fn stops_and_comes_back(app: &TestApp, stop: impl AsyncFnOnce(), mend: impl AsyncFnOnce()) {
    let (browser, key) = in_front(app).await;
    assert!(healthy(&browser).await);
    stop().await;
    until(
        "accesses are refused",
        Duration::from_secs(60),
        async || match browser.overview(key).await {
            Ok(_) => false,
            Err(problem) => {
                let known = matches!(
                    problem.kind,
                    Kind::NotAccountable | Kind::Unavailable | Kind::Busy
                );
                assert!(known, "{problem:?}");
                true
            }
        },
    )
    .await;
    until("it is not healthy", Duration::from_secs(10), async || {
        !healthy(&browser).await
    })
    .await;
    // However often somebody tries.
    for _ in 0..5 {
        assert!(browser.overview(key).await.is_err());
    }
    mend().await;
    let mended = Instant::now();
    until("accesses are allowed", COMES_BACK_WITHIN, async || {
        browser.overview(key).await.is_ok()
    })
    .await;
    until(
        "it is healthy",
        COMES_BACK_WITHIN.saturating_sub(mended.elapsed()),
        async || healthy(&browser).await,
    )
    .await;
    for _ in 0..20 {
        browser.overview(key).await.unwrap();
    }
    assert_eq!(verify(&app.db).await.unwrap().broken, []);
}

/// A small disk, where this user may mount one.
struct Disk(tempfile::TempDir);

impl Disk {
    fn small() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|mounted| mounted.status.success());
        mounted.then_some(Self(folder))
    }

    /// Fills it to the last byte.
    fn fill(folder: &Path) {
        let mut ballast = std::fs::File::create(folder.join("ballast")).unwrap();
        for block in [1024 * 1024, 4096, 1] {
            let block = vec![0; block];
            while ballast.write_all(&block).is_ok() {}
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Where nobody may mount a disk, [`a_database_that_may_not_grow_and_then_may`] takes the same way.
#[tokio::test]
async fn a_full_disk_that_has_room_again() {
    let Some(disk) = Disk::small() else {
        return;
    };
    let folder = disk.0.path();
    TestApp::run_in(folder, async |app: &TestApp| {
        stops_and_comes_back(
            app,
            async || Disk::fill(folder),
            async || std::fs::remove_file(folder.join("ballast")).unwrap(),
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_database_that_may_not_grow_and_then_may() {
    TestApp::run(Engine::Sqlite, async |app: &TestApp| {
        let (browser, key) = in_front(app).await;
        // As on a full disk, the engine ends the transaction itself. The limit is of this connection.
        sqlx::raw_sql("pragma max_page_count = 1")
            .execute(app.db.write())
            .await
            .unwrap();
        let mut refused = 0;
        until(
            "one access is refused, and no more",
            Duration::from_secs(60),
            async || match browser.overview(key).await {
                Ok(_) => refused > 0,
                Err(problem) => {
                    assert!(matches!(
                        problem.kind,
                        Kind::NotAccountable | Kind::Unavailable
                    ));
                    refused += 1;
                    false
                }
            },
        )
        .await;
        for _ in 0..20 {
            browser.overview(key).await.unwrap();
        }
        until("it is healthy", COMES_BACK_WITHIN, async || {
            healthy(&browser).await
        })
        .await;
        assert_eq!(verify(&app.db).await.unwrap().broken, []);
    })
    .await;
}

/// A statement of the operator, on the server beside the service.
async fn as_operator(sql: String) {
    if let Ok(admin) = std::env::var("NCRS_TEST_POSTGRES_URL") {
        crate::harness::on_server(&admin, sql).await;
    }
}

async fn database_name(db: &Db) -> String {
    sqlx::query("select current_database()::text")
        .fetch_one(db.read())
        .await
        .unwrap()
        .get(0)
}

fn end_all(database: &str) -> String {
    format!(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}' and pid <> pg_backend_pid()"
    )
}

#[tokio::test]
async fn a_database_that_only_reads_and_then_writes() {
    TestApp::run(Engine::Postgres, async |app: &TestApp| {
        let name = database_name(&app.db).await;
        stops_and_comes_back(
            app,
            async || {
                as_operator(format!(
                    "alter database {name} set default_transaction_read_only = on"
                ))
                .await;
                // Connections that begin now are of that kind for their whole life.
                as_operator(end_all(&name)).await;
            },
            async || {
                as_operator(format!(
                    "alter database {name} reset default_transaction_read_only"
                ))
                .await;
            },
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_backend_that_was_ended() {
    TestApp::run(Engine::Postgres, async |app: &TestApp| {
        let (browser, key) = in_front(app).await;
        let name = database_name(&app.db).await;
        for _ in 0..5 {
            as_operator(end_all(&name)).await;
            let ended = Instant::now();
            until("accesses are allowed", COMES_BACK_WITHIN, async || {
                browser.overview(key).await.is_ok()
            })
            .await;
            until("it is healthy", COMES_BACK_WITHIN, async || {
                healthy(&browser).await
            })
            .await;
            assert!(ended.elapsed() < COMES_BACK_WITHIN);
        }
        assert_eq!(verify(&app.db).await.unwrap().broken, []);
    })
    .await;
}

/// The audit loses nothing and repeats nothing while its backends are ended under load.
#[tokio::test]
async fn backends_that_are_ended_under_load() {
    let Some(database) = TestDatabase::new(Engine::Postgres).await else {
        return;
    };
    let ground = ground_at(&database.url).await;
    let name = database_name(&ground.db).await;
    let mut recording = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (audit, entry) = (ground.services.audit.clone(), entry(&ground));
        recording.spawn(async move {
            for _ in 0..60 {
                audit.record(entry.clone()).await.unwrap();
            }
        });
    }
    for _ in 0..10 {
        as_operator(end_all(&name)).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    while let Some(done) = recording.join_next().await {
        done.unwrap();
    }
    let verified = verify(&ground.db).await.unwrap();
    assert_eq!((verified.entries, verified.broken), (480, vec![]));
    ground.db.close().await;
    database.remove().await;
}

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

#[tokio::test]
async fn a_socket_that_was_cut_or_says_nothing() {
    let Some(database) = TestDatabase::new(Engine::Postgres).await else {
        return;
    };
    let proxy = Proxy::before(&database.url).await;
    let ground = ground_at(&proxy.url).await;
    let mut recorded = 0;
    for network in [Network::Works, Network::Swallows] {
        for _ in 0..2 {
            // Connections that are in use and such that are not.
            let mut many = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let (audit, entry) = (ground.services.audit.clone(), entry(&ground));
                many.spawn(async move { audit.record(entry).await });
                recorded += 1;
            }
            for done in many.join_all().await {
                done.unwrap();
            }
            proxy.set(network);
            if network == Network::Works {
                proxy.cut();
            }
            let gone = Instant::now();
            ground.services.audit.record(entry(&ground)).await.unwrap();
            recorded += 1;
            assert!(
                gone.elapsed() < COMES_BACK_WITHIN,
                "{network:?}: {:?}",
                gone.elapsed()
            );
            // And everyone else who asks the database.
            let read = sqlx::query("select 1").execute(ground.db.read());
            let read = tokio::time::timeout(COMES_BACK_WITHIN, read).await;
            assert!(read.unwrap().is_ok(), "{network:?}");
            proxy.set(Network::Works);
        }
    }
    let verified = verify(&ground.db).await.unwrap();
    assert_eq!((verified.entries, verified.broken), (recorded, vec![]));
    let name = database_name(&ground.db).await;
    sqlx::query(AssertSqlSafe(end_all(&name)))
        .execute(ground.db.read())
        .await
        .unwrap();
    ground.db.close().await;
    database.remove().await;
}
