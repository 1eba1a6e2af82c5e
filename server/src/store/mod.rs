//! The database: SQLite in one file by default, PostgreSQL by its URL, one portable SQL text for
//! both (see `migrations/` for its rules).

mod insert;
mod sql;

pub use insert::{Value, insert_many};
pub use sql::{Sql, column};

use crate::failure::{Failure, Result};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyPool, AssertSqlSafe, SqlSafeStr, Transaction};
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
    (
        1,
        "identity",
        include_str!("../../migrations/0001_identity.sql"),
    ),
    (
        2,
        "patients",
        include_str!("../../migrations/0002_patients.sql"),
    ),
    (
        3,
        "access",
        include_str!("../../migrations/0003_access.sql"),
    ),
    (
        4,
        "offline",
        include_str!("../../migrations/0004_offline.sql"),
    ),
    (5, "audit", include_str!("../../migrations/0005_audit.sql")),
    (
        6,
        "alerts",
        include_str!("../../migrations/0006_alerts.sql"),
    ),
    (
        7,
        "registration",
        include_str!("../../migrations/0007_registration.sql"),
    ),
    (
        8,
        "withdrawn permissions",
        include_str!("../../migrations/0008_withdrawn_permissions.sql"),
    ),
    (
        9,
        "readiness",
        include_str!("../../migrations/0009_readiness.sql"),
    ),
    (
        10,
        "referrals",
        include_str!("../../migrations/0010_referrals.sql"),
    ),
    (
        11,
        "late answers",
        include_str!("../../migrations/0011_late_answers.sql"),
    ),
    (
        12,
        "device logs",
        include_str!("../../migrations/0012_device_logs.sql"),
    ),
    (13, "lock", include_str!("../../migrations/0013_lock.sql")),
    (
        14,
        "accounts",
        include_str!("../../migrations/0014_accounts.sql"),
    ),
    (
        16,
        "name parts",
        include_str!("../../migrations/0016_name_parts.sql"),
    ),
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
        Ok(Self {
            engine,
            read,
            write,
        })
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
        Migrator {
            migrations: Cow::Owned(migrations),
            ..Migrator::DEFAULT
        }
        .run(&self.write)
        .await
        .map_err(|error| Failure::Internal(format!("migrating: {error}")))
    }

    /// The few words of a migration in which the engines differ.
    fn dialect(&self, sql: &str) -> String {
        let (text_key, bytes, without_rowid) = match self.engine {
            // Compared byte by byte on both, so that ranges mean the same.
            Engine::Sqlite => ("text", "blob", " without rowid"),
            Engine::Postgres => ("text collate \"C\"", "bytea", ""),
        };
        let mut sql = sql
            .replace("{{text_key}}", text_key)
            .replace("{{bytes}}", bytes)
            .replace("{{without_rowid}}", without_rowid);
        for (word, meaning) in self.times() {
            sql = sql.replace(word, meaning);
        }
        for (word, meaning) in [
            (
                "{{append_only ",
                Self::append_only as fn(&Self, &str) -> String,
            ),
            ("{{changeable ", Self::changeable),
        ] {
            while let Some((before, (table, after))) = sql
                .split_once(word)
                .and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
            {
                sql = format!("{before}{}{after}", meaning(self, table));
            }
        }
        sql
    }

    /// When a migration runs: the time as it is kept, the day, and the day a year on.
    fn times(&self) -> [(&'static str, &'static str); 3] {
        let [now, today, in_a_year] = match self.engine {
            Engine::Sqlite => [
                "(cast(strftime('%s', 'now') as integer) * 1000000)",
                "date('now')",
                "date('now', '+1 year')",
            ],
            Engine::Postgres => [
                "(cast(extract(epoch from now()) as bigint) * 1000000)",
                "to_char(now(), 'YYYY-MM-DD')",
                "to_char(now() + interval '1 year', 'YYYY-MM-DD')",
            ],
        };
        [
            ("{{now}}", now),
            ("{{today}}", today),
            ("{{in_a_year}}", in_a_year),
        ]
    }

    /// Makes the database refuse to change or remove rows of the table. The hash chain finds what
    /// someone does who can take this away.
    fn append_only(&self, table: &str) -> String {
        match self.engine {
            Engine::Sqlite => ["update", "delete"]
                .map(|event| {
                    format!(
                        "create trigger {table}_no_{event} before {event} on {table}
                         begin select raise(abort, '{table} is append-only'); end;\n"
                    )
                })
                .concat(),
            Engine::Postgres => format!(
                "create function {table}_refuse() returns trigger language plpgsql as
                 $$ begin raise exception '{table} is append-only'; end $$;
                 create trigger {table}_append_only before update or delete or truncate on {table}
                 for each statement execute function {table}_refuse();"
            ),
        }
    }

    /// Takes back [`Db::append_only`], for a migration that has to make the table anew.
    fn changeable(&self, table: &str) -> String {
        match self.engine {
            Engine::Sqlite => ["update", "delete"]
                .map(|event| format!("drop trigger {table}_no_{event};\n"))
                .concat(),
            Engine::Postgres => format!(
                "drop trigger {table}_append_only on {table};
                 drop function {table}_refuse();"
            ),
        }
    }

    /// A transaction to write in. Keep it short: on SQLite everyone who writes waits for it.
    ///
    /// # Errors
    /// Where no connection is to be had in time.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>> {
        Ok(match self.engine {
            // Takes the lock at once, instead of failing at the first write after a read.
            Engine::Sqlite => self.write.begin_with("begin immediate").await?,
            Engine::Postgres => self.write.begin().await?,
        })
    }

    /// Drops the secondary indexes of the patients' tables, for a load into empty tables. Bring
    /// them back with [`Db::index_patients`].
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn drop_patient_indexes(&self) -> Result<()> {
        for index in patient_indexes() {
            let name = index.split_whitespace().nth(5).unwrap_or_default();
            let sql = format!("drop index if exists {name}");
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&self.write)
                .await?;
        }
        Ok(())
    }

    /// Makes the secondary indexes of the patients' tables where they are missing, as after a load
    /// that was broken off.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn index_patients(&self) -> Result<()> {
        for index in patient_indexes() {
            sqlx::raw_sql(AssertSqlSafe(self.dialect(index)))
                .execute(&self.write)
                .await?;
        }
        Ok(())
    }

    /// Has the engine measure the patients' tables, for its plans, after a load.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn measure_patients(&self) -> Result<()> {
        let sql = match self.engine {
            Engine::Sqlite => "pragma analysis_limit = 1000; analyze;",
            // An index is enough to answer from only where vacuum has seen the rows.
            Engine::Postgres => {
                "vacuum (analyze) patient, patient_name, patient_part, patient_given, patient_place"
            }
        };
        sqlx::raw_sql(sql).execute(&self.write).await?;
        Ok(())
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

/// The statements of the migrations that make them, so that they stand in one place.
fn patient_indexes() -> impl Iterator<Item = &'static str> {
    [
        include_str!("../../migrations/0002_patients.sql"),
        include_str!("../../migrations/0016_name_parts.sql"),
    ]
    .into_iter()
    .flat_map(|migration| migration.split(';'))
    .filter_map(|statement| {
        statement
            .find("create index if not exists")
            .and_then(|at| statement.get(at..))
    })
}

const SQLITE_SETTINGS: &str = "pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma busy_timeout = 5000;
    pragma temp_store = memory;
    pragma cache_size = -65536;
    pragma mmap_size = 268435456;";
