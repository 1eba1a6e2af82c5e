//! A database for each test: a copy of one that is filled once.

use jiff::{SignedDuration, Timestamp};
use server::clock::Clock;
use server::seed_store::{SeedOptions, run};
use server::services::Services;
use server::store::{Db, Engine};
use sqlx::AssertSqlSafe;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A clock that stands still until it is set.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    pub(crate) fn forward(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// When every test begins.
pub(crate) fn beginning() -> Timestamp {
    "2026-11-21T09:30:00Z".parse().unwrap()
}

/// The patients beside the personas: few for tests, many where a benchmark says so.
fn patients() -> u64 {
    std::env::var("NCRS_BENCH_PATIENTS").map_or(40, |many| many.parse().unwrap())
}

/// The filled database of each engine: a file, and a name.
static SQLITE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
static POSTGRES: OnceCell<String> = OnceCell::const_new();

pub(crate) struct TestDatabase {
    pub(crate) url: String,
    kept: Kept,
}

enum Kept {
    File(#[expect(dead_code, reason = "the folder goes when this does")] TempDir),
    Elsewhere,
    Server { admin: String, name: String },
}

impl TestDatabase {
    /// `None` where the engine is PostgreSQL and nobody named a server.
    pub(crate) async fn new(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = Self::copy_to(folder.path()).await;
                Some(Self {
                    url,
                    kept: Kept::File(folder),
                })
            }
            Engine::Postgres => {
                let admin = std::env::var("NCRS_TEST_POSTGRES_URL").ok()?;
                let filled = POSTGRES
                    .get_or_init(|| async {
                        let name = fresh_name();
                        on_server(&admin, format!("create database {name}")).await;
                        fill(&beside(&admin, &name)).await;
                        name
                    })
                    .await;
                let name = fresh_name();
                on_server(&admin, format!("create database {name} template {filled}")).await;
                Some(Self {
                    url: beside(&admin, &name),
                    kept: Kept::Server { admin, name },
                })
            }
        }
    }

    /// On SQLite, in that folder, which stays.
    pub(crate) async fn in_folder(folder: &Path) -> Self {
        Self {
            url: Self::copy_to(folder).await,
            kept: Kept::Elsewhere,
        }
    }

    async fn copy_to(folder: &Path) -> String {
        let (_, filled) = SQLITE
            .get_or_init(|| async {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("filled.db");
                fill(&format!("sqlite:{}", file.display())).await;
                (folder, file)
            })
            .await;
        let file = folder.join("ncrs.db");
        std::fs::copy(filled, &file).unwrap();
        format!("sqlite:{}", file.display())
    }

    pub(crate) async fn remove(self) {
        if let Kept::Server { admin, name } = self.kept {
            on_server(&admin, format!("drop database {name} with (force)")).await;
        }
    }
}

/// Migrates, and seeds the demonstration.
async fn fill(url: &str) {
    let db = Db::connect(url).await.unwrap();
    db.migrate().await.unwrap();
    let services = Services::start(db.clone(), Arc::new(TestClock::at(beginning())))
        .await
        .unwrap();
    let options = SeedOptions {
        demo: true,
        if_empty: false,
        patients: patients(),
        seed: 7,
    };
    run(&services, options, |_| {}).await.unwrap();
    db.close().await;
}

fn fresh_name() -> String {
    format!("ncrs_{}", Uuid::new_v4().simple())
}

/// The URL of another database of the same server.
fn beside(admin: &str, name: &str) -> String {
    let (server, _) = admin.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// One statement that stands outside any database.
pub(crate) async fn on_server(admin: &str, statement: String) {
    let db = Db::connect(admin).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(db.write())
        .await
        .unwrap();
    db.close().await;
}
