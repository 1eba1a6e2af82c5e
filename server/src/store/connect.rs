//! How the database is reached: the pools, what every connection is told when it begins, and which
//! connections are not used again.
//!
//! | connections | waits for a lock | a statement | a transaction without a statement |
//! |-------------|------------------|-------------|-----------------------------------|
//! | of requests | 4 s              | 30 s        | 3 s                               |
//! | of the audit| 200 ms           | 2 s         | 500 ms                            |
//! | of a load   | 60 s             | no limit    | no limit                          |
//! | to read only| 60 s             | no limit    | no limit                          |
//!
//! These are PostgreSQL's: there a process that hangs holds its locks until the server ends its
//! transaction. On SQLite only its one writer can hold one, and waits five seconds for another process.

use super::Engine;
use crate::failure::{Failure, Result};
use crate::private::{Readers, create_private, make_private};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, AnyPool, Connection};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

const SQLITE_SETTINGS: &str = "pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma busy_timeout = 5000;
    pragma temp_store = memory;
    pragma cache_size = -65536;
    pragma mmap_size = 268435456;";

const SQLITE_READ_ONLY: &str = "pragma query_only = on;
    pragma busy_timeout = 5000;
    pragma temp_store = memory;
    pragma cache_size = -65536;
    pragma mmap_size = 268435456;";

const POSTGRES_REQUESTS: &str = "set lock_timeout = '4s';
    set statement_timeout = '30s';
    set idle_in_transaction_session_timeout = '3s';";

// Somebody waits in front of a patient for each of these, and every server waits for the same locks.
const POSTGRES_AUDIT: &str = "set lock_timeout = '200ms';
    set statement_timeout = '2s';
    set idle_in_transaction_session_timeout = '500ms';";

pub(super) const POSTGRES_LOAD: &str = "set lock_timeout = '60s';
    set statement_timeout = 0;
    set idle_in_transaction_session_timeout = 0;";

const POSTGRES_READ_ONLY: &str = "set default_transaction_read_only = on;
    set lock_timeout = '60s';
    set statement_timeout = 0;
    set idle_in_transaction_session_timeout = 0;";

/// Longer than this, and whatever is at the other end of a connection is not the database.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// For how long a connection may take to end what was left open in it.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// What a pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Requests,
    Audit,
    ReadOnly,
}

impl Purpose {
    fn settings(self, engine: Engine) -> &'static str {
        match (engine, self) {
            (Engine::Sqlite, Self::Requests | Self::Audit) => SQLITE_SETTINGS,
            (Engine::Sqlite, Self::ReadOnly) => SQLITE_READ_ONLY,
            (Engine::Postgres, Self::Requests) => POSTGRES_REQUESTS,
            (Engine::Postgres, Self::Audit) => POSTGRES_AUDIT,
            (Engine::Postgres, Self::ReadOnly) => POSTGRES_READ_ONLY,
        }
    }

    fn acquire_timeout(self) -> Duration {
        match self {
            Self::Requests | Self::ReadOnly => Duration::from_secs(10),
            // It is tried again meanwhile.
            Self::Audit => Duration::from_secs(2),
        }
    }
}

/// The options of a pool of so many connections.
pub(super) fn pool(engine: Engine, purpose: Purpose, most: u32) -> AnyPoolOptions {
    let settings = purpose.settings(engine);
    let options = AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(purpose.acquire_timeout())
        // The library's own test waits for ever where nothing answers.
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(answers(connection, ANSWERS_WITHIN)))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(settings).execute(connection).await?;
                Ok(())
            })
        });
    match purpose {
        Purpose::ReadOnly => options,
        Purpose::Requests | Purpose::Audit => options
            .after_release(move |connection, _| Box::pin(may_be_used_again(connection, engine))),
    }
}

/// Whether the other end answers; an error where it does not, so that nothing more is said to it.
async fn answers(connection: &mut AnyConnection, within: Duration) -> sqlx::Result<bool> {
    match tokio::time::timeout(within, connection.ping()).await {
        Ok(answered) => answered.map(|()| true),
        Err(_) => Err(silent()),
    }
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(
        io::ErrorKind::TimedOut,
        "the database did not answer on this connection",
    ))
}

/// Whether a connection may go back to its pool. One whose transaction could not be ended, as after
/// a full disk, would refuse everyone who gets it next; and one that began while the database was
/// read-only stays so for its whole life. Such a connection is closed, and the next is a new one.
async fn may_be_used_again(connection: &mut AnyConnection, engine: Engine) -> sqlx::Result<bool> {
    // What was dropped in the middle is rolled back before this is answered.
    answers(connection, ENDS_WITHIN).await?;
    if connection.is_in_transaction() {
        tracing::warn!("a connection whose transaction could not be ended was thrown away");
        return Ok(false);
    }
    let check = async {
        match engine {
            // An error where the database itself is in a transaction, whatever the library counts.
            Engine::Sqlite => sqlx::raw_sql("begin; rollback")
                .execute(&mut *connection)
                .await
                .map(|_| true),
            Engine::Postgres => {
                let row = sqlx::query("select current_setting('transaction_read_only')")
                    .fetch_one(&mut *connection)
                    .await?;
                Ok(super::column::<String>(&row, 0)? == "off")
            }
        }
    };
    tokio::time::timeout(ENDS_WITHIN, check)
        .await
        .map_err(|_| silent())?
}

/// What the pools are made with.
pub(super) fn options(url: &str) -> Result<AnyConnectOptions> {
    Ok(AnyConnectOptions::from_str(url)?)
}

/// A pool whose first connection is there.
pub(super) async fn connected(
    pool: AnyPoolOptions,
    options: &AnyConnectOptions,
) -> Result<AnyPool> {
    Ok(pool.connect_with(options.clone()).await?)
}

/// The mode that the URL of a SQLite database names.
pub(super) fn mode_of(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("mode="))
}

/// The URL of a SQLite database with that mode in the place of any other.
pub(super) fn with_mode(url: &str, mode: &str) -> String {
    let (file, query) = url.split_once('?').unwrap_or((url, ""));
    let mut query: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("mode="))
        .collect();
    let mode = format!("mode={mode}");
    query.push(&mode);
    format!("{file}?{}", query.join("&"))
}

/// The file of a SQLite database; `None` where it is only in memory.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options = SqliteConnectOptions::from_str(url).ok()?;
    let file = options.get_filename();
    (!file.to_string_lossy().starts_with("file:sqlx-in-memory") && file != Path::new(":memory:"))
        .then(|| file.to_owned())
}

/// Sees to it that only the owner reads the database and what SQLite keeps beside it, which takes its
/// permissions from it. Where it is to be made, that is done here, so that it is private from the beginning.
pub(super) fn keep_file_private(url: &str, make: bool) -> Result<()> {
    let Some(file) = sqlite_file(url) else {
        return Ok(());
    };
    let failed = |path: &Path, error: io::Error| {
        Failure::Internal(format!(
            "{} is not for its owner alone ({error}): run chmod 600 {} as its owner, or give it to the user of the service",
            path.display(),
            path.display()
        ))
    };
    if make {
        create_private(&file).map_err(|error| {
            Failure::Internal(format!("{} cannot be made ({error})", file.display()))
        })?;
    }
    // SQLite keeps them beside the file itself, not beside what points to it.
    let file = file.canonicalize().unwrap_or(file);
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut path = file.clone().into_os_string();
        path.push(end);
        let path = PathBuf::from(path);
        if make_private(&path, Readers::Owner).map_err(|error| failed(&path, error))? {
            tracing::warn!(
                file = %path.display(),
                "others on this machine could read it: now only its owner can"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_the_one_that_is_asked_for() {
        assert_eq!(mode_of("sqlite:a.db?cache=private&mode=rw"), Some("rw"));
        assert_eq!(mode_of("sqlite:mode=rw.db"), None);
        assert_eq!(with_mode("sqlite:a.db", "ro"), "sqlite:a.db?mode=ro");
        assert_eq!(
            with_mode("sqlite:a.db?mode=rwc&cache=private", "ro"),
            "sqlite:a.db?cache=private&mode=ro"
        );
    }

    #[test]
    fn the_file_is_the_one_that_is_opened() {
        let file = |url: &str| sqlite_file(url).map(|path| path.display().to_string());
        assert_eq!(file("sqlite:data/a.db").unwrap(), "data/a.db");
        assert_eq!(
            file("sqlite:///var/a%20b.db?mode=rwc").unwrap(),
            "/var/a b.db"
        );
        assert_eq!(file("sqlite::memory:"), None);
    }
}
