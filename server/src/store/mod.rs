//! The database: SQLite in one file by default, PostgreSQL by its URL, one portable SQL text for
//! both (see `migrations/` for its rules).

use crate::failure::{Failure, Result};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, AssertSqlSafe, SqlSafeStr};
use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

/// Which database it is. The SQL is the same; only locking, types of columns and plans differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file, one writer.
    Sqlite,
    /// A server.
    Postgres,
}

/// The database, with a pool to read and a pool to write.
///
/// SQLite has one writer at a time: its write pool is one connection, so that writers queue in
/// order instead of meeting a lock.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    read: AnyPool,
    write: AnyPool,
}

/// `(version, name, sql)`, oldest first. Never change one that has been released: add another.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "identity", include_str!("../../migrations/0001_identity.sql")),
    (2, "patients", include_str!("../../migrations/0002_patients.sql")),
    (3, "access", include_str!("../../migrations/0003_access.sql")),
];

impl Db {
    /// Connects to `sqlite:path/to/file.db` (made where missing) or `postgres://…`.
    ///
    /// # Errors
    /// Where the URL is of neither kind, or the database cannot be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        install_default_drivers();
        let engine = if url.starts_with("sqlite:") {
            Engine::Sqlite
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Engine::Postgres
        } else {
            return Err(Failure::Internal(
                "the database URL must begin with sqlite: or postgres:".into(),
            ));
        };
        let url = match engine {
            Engine::Sqlite if !url.contains("mode=") => {
                format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
            }
            Engine::Sqlite | Engine::Postgres => url.to_owned(),
        };
        let options = AnyConnectOptions::from_str(&url)?;
        let pool = |most: u32| {
            AnyPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(Duration::from_secs(10))
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        if engine == Engine::Sqlite {
                            sqlx::raw_sql(SQLITE_SETTINGS).execute(connection).await?;
                        }
                        Ok(())
                    })
                })
        };
        let (read, write) = match engine {
            Engine::Sqlite => {
                let write = pool(1).connect_with(options.clone()).await?;
                (pool(8).connect_with(options).await?, write)
            }
            Engine::Postgres => {
                let both = pool(16).connect_with(options).await?;
                (both.clone(), both)
            }
        };
        Ok(Self { engine, read, write })
    }

    /// Brings the tables up to date.
    ///
    /// # Errors
    /// Where a migration fails, or one that was applied has been changed since.
    pub async fn migrate(&self) -> Result<()> {
        let migrations = MIGRATIONS
            .iter()
            .map(|(version, name, sql)| {
                Migration::new(
                    *version,
                    Cow::Borrowed(name),
                    MigrationType::Simple,
                    AssertSqlSafe(self.dialect(sql)).into_sql_str(),
                    false,
                )
            })
            .collect();
        Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT }
            .run(&self.write)
            .await
            .map_err(|error| Failure::Internal(format!("migrating: {error}")))
    }

    /// The few words of a migration in which the engines differ.
    fn dialect(&self, sql: &str) -> String {
        let (text_key, bytes) = match self.engine {
            // Compared byte by byte on both, so that ranges mean the same.
            Engine::Sqlite => ("text", "blob"),
            Engine::Postgres => ("text collate \"C\"", "bytea"),
        };
        sql.replace("{{text_key}}", text_key).replace("{{bytes}}", bytes)
    }

    /// To read. Never write here.
    pub fn read(&self) -> &AnyPool {
        &self.read
    }

    /// To write, and to read what was just written.
    pub fn write(&self) -> &AnyPool {
        &self.write
    }

    /// Which database it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

const SQLITE_SETTINGS: &str = "pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma busy_timeout = 5000;
    pragma temp_store = memory;
    pragma cache_size = -65536;
    pragma mmap_size = 268435456;";
