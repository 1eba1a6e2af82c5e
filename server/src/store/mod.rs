//! The database: SQLite in one file by default, PostgreSQL by its URL, one portable SQL text for
//! both (see `migrations/` for its rules).

mod connect;
mod insert;
mod sql;

pub use connect::sqlite_file;
pub use insert::{Value, insert_many};
pub use sql::{Sql, column};

use crate::failure::{Failure, Result};
use connect::Purpose;
use sqlx::any::install_default_drivers;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, AssertSqlSafe, SqlSafeStr, Transaction};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Which database it is. The SQL is the same; only locking, types of columns and plans differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file, one writer.
    Sqlite,
    /// A server.
    Postgres,
}

/// The database, with a pool to read, a pool to write, and one to write the audit.
///
/// SQLite has one writer at a time: its write pool is one connection, so that writers queue in
/// order instead of meeting a lock.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    read: AnyPool,
    write: AnyPool,
    audit: AnyPool,
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
        15,
        "write check",
        include_str!("../../migrations/0015_write_check.sql"),
    ),
    (
        16,
        "name parts",
        include_str!("../../migrations/0016_name_parts.sql"),
    ),
];

/// Which database stands behind the URL.
fn engine_of(url: &str) -> Result<Engine> {
    if url.starts_with("sqlite:") {
        Ok(Engine::Sqlite)
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        Ok(Engine::Postgres)
    } else {
        Err(Failure::Internal(
            "the database URL must begin with sqlite: or postgres:".into(),
        ))
    }
}

impl Db {
    /// Connects to `sqlite:path/to/file.db` (made where missing) or `postgres://…`.
    ///
    /// # Errors
    /// Where the URL is of neither kind, the database cannot be reached, or others can read its file
    /// and that cannot be changed.
    pub async fn connect(url: &str) -> Result<Self> {
        install_default_drivers();
        let engine = engine_of(url)?;
        let pool = |purpose, most| connect::pool(engine, purpose, most);
        match engine {
            Engine::Sqlite => {
                let mode = connect::mode_of(url);
                // To read only, whatever is there stays as it is.
                let ours = matches!(mode, None | Some("rw" | "rwc"));
                let url = match mode {
                    None => connect::with_mode(url, "rwc"),
                    Some(_) => url.to_owned(),
                };
                if ours {
                    connect::keep_file_private(&url, mode != Some("rw"))?;
                }
                let options = connect::options(&url)?;
                let write = connect::connected(pool(Purpose::Requests, 1), &options).await?;
                let read = connect::connected(pool(Purpose::Requests, 8), &options).await?;
                if ours {
                    // What SQLite made beside it meanwhile.
                    connect::keep_file_private(&url, false)?;
                }
                Ok(Self {
                    engine,
                    read,
                    audit: write.clone(),
                    write,
                })
            }
            Engine::Postgres => {
                let options = connect::options(url)?;
                let both = connect::connected(pool(Purpose::Requests, 16), &options).await?;
                Ok(Self {
                    engine,
                    read: both.clone(),
                    write: both,
                    audit: pool(Purpose::Audit, 6).connect_lazy_with(options),
                })
            }
        }
    }

    /// Connects to a database that is there, with no right to change anything in it: a user that may
    /// only select is enough on PostgreSQL.
    ///
    /// # Errors
    /// Where the URL is of neither kind, or the database cannot be reached.
    pub async fn connect_read_only(url: &str) -> Result<Self> {
        install_default_drivers();
        let engine = engine_of(url)?;
        let options = match engine {
            Engine::Sqlite => connect::options(&connect::with_mode(url, "ro"))?,
            Engine::Postgres => connect::options(url)?,
        };
        let pool = connect::pool(engine, Purpose::ReadOnly, 8);
        let read = connect::connected(pool, &options).await?;
        Ok(Self {
            engine,
            write: read.clone(),
            audit: read.clone(),
            read,
        })
    }

    /// Whether the tables are those of this program, for whoever only reads.
    ///
    /// # Errors
    /// Where they are of an older or a newer one, with what to do.
    pub async fn check_version(&self) -> Result<()> {
        let rows = sqlx::query("select version from _sqlx_migrations where success")
            .fetch_all(&self.read)
            .await
            .map_err(|error| match code_of(&error).as_deref() {
                // PostgreSQL and SQLite each say in their way that there is no such table.
                Some("42P01" | "1") => Failure::Internal(
                    "the database has none of the tables of this service: check that it is the one, or run ncrs migrate".into(),
                ),
                Some("42501") => Failure::Internal(
                    "this user may not read which version the database is of: grant select on _sqlx_migrations, audit_head, audit_entry and audit_patient".into(),
                ),
                _ => error.into(),
            })?;
        let there = rows
            .iter()
            .map(|row| column(row, 0))
            .collect::<Result<BTreeSet<i64>, _>>()?;
        let known: BTreeSet<i64> = MIGRATIONS.iter().map(|(version, ..)| *version).collect();
        let newest = |versions: &BTreeSet<i64>| versions.last().copied().unwrap_or_default();
        if !there.is_subset(&known) {
            return Err(Failure::Internal(newer(newest(&there))));
        }
        if there.len() < known.len() {
            return Err(Failure::Internal(format!(
                "the database is of an older version of this service ({}, and this program of {}): read it with the program that it belongs to, or bring it up to date with ncrs migrate",
                newest(&there),
                newest(&known)
            )));
        }
        Ok(())
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
        let mut connection = self.without_limits().await?;
        Migrator {
            migrations: Cow::Owned(migrations),
            ..Migrator::DEFAULT
        }
        .run(&mut *connection)
        .await
        .map_err(|error| match error {
            MigrateError::VersionMissing(version) => Failure::Internal(newer(version)),
            error => Failure::Internal(format!("migrating: {error}")),
        })
    }

    /// A connection to write for as long as it takes: migrations, loads, indexes.
    async fn without_limits(&self) -> Result<PoolConnection<Any>> {
        let mut connection = self.write.acquire().await?;
        if self.engine == Engine::Postgres {
            sqlx::raw_sql(connect::POSTGRES_LOAD)
                .execute(&mut *connection)
                .await?;
            // Nobody else gets it like that.
            connection.close_on_drop();
        }
        Ok(connection)
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

    /// A transaction of a load, which may take as long as it needs on PostgreSQL.
    ///
    /// # Errors
    /// Where no connection is to be had in time.
    pub async fn begin_load(&self) -> Result<Transaction<'static, Any>> {
        let mut transaction = self.begin().await?;
        if self.engine == Engine::Postgres {
            sqlx::raw_sql(
                "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0",
            )
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction)
    }

    /// Drops the secondary indexes of the patients' tables, for a load into empty tables. Bring
    /// them back with [`Db::index_patients`].
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn drop_patient_indexes(&self) -> Result<()> {
        let mut connection = self.without_limits().await?;
        for index in patient_indexes() {
            let name = index.split_whitespace().nth(5).unwrap_or_default();
            let sql = format!("drop index if exists {name}");
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut *connection)
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
        let mut connection = self.without_limits().await?;
        for index in patient_indexes() {
            sqlx::raw_sql(AssertSqlSafe(self.dialect(index)))
                .execute(&mut *connection)
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
        let mut connection = self.without_limits().await?;
        sqlx::raw_sql(sql).execute(&mut *connection).await?;
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

    /// To write the audit: nothing else may hold its locks, or take its connections.
    pub(crate) fn audit(&self) -> &AnyPool {
        &self.audit
    }

    /// Which database it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
        self.audit.close().await;
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

/// What is said where a newer program has been at the database.
fn newer(version: i64) -> String {
    format!(
        "the database is of a newer version of this service ({version}) than this program: use the program that it belongs to"
    )
}

/// The code of an error, as the database gives it.
pub(crate) fn code_of(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}
