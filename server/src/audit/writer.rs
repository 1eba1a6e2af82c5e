//! Takes what has come meanwhile and writes it in one transaction, in whichever lane is free.
//!
//! A lane that another holds is left for the next at once. What was tried and failed is tried again,
//! until [`PATIENCE`] is over, and never written twice: where nobody knows whether the end of a
//! transaction arrived, the lane is locked first, which waits for that transaction to be over, and
//! then asked whether its last entry is there.
//!
//! | what happened                              | then                                        |
//! |--------------------------------------------|---------------------------------------------|
//! | the commit was answered                    | it is recorded                              |
//! | it failed before the commit was asked for  | it is not there: tried again where that helps |
//! | the commit failed or was not answered      | in doubt: looked for before anything else   |
//! | in doubt, and the entry is there           | it is recorded                              |
//! | in doubt, and it is not                    | as one that failed before                   |
//! | still in doubt when patience is over       | told as not recorded: nothing is shown      |

use super::PATIENCE;
use super::row::{INSERT, Row, genesis};
use crate::failure::{Failure, Result};
use crate::privacy::raising::{self, Raise};
use crate::store::{Db, Engine, Value, code_of, column, insert_many};
use backon::{ConstantBuilder, RetryableWithContext};
use jiff::Timestamp;
use sqlx::{AnyConnection, Connection};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};

/// The most that wait for one transaction.
const BATCH: usize = 256;
/// Before the next attempt.
const PAUSE: Duration = Duration::from_millis(20);
/// On PostgreSQL an attempt that takes longer hangs: the network or the server has gone. SQLite is a
/// disk, and a second writer would wait for the same.
const ATTEMPT: Duration = Duration::from_secs(3);
/// What a check writes, in bytes: as much as some entries.
const FILLER: usize = 8 * 1024;

/// An entry with the alerts that it raises: they are there as soon as it is.
pub(super) type Recorded = (Row, Vec<Raise>);

/// Entries with whoever waits for them.
pub(super) struct Pending {
    /// In their order; none where the way alone is checked.
    pub(super) rows: Vec<Recorded>,
    /// When somebody asked whether writing works, if so.
    pub(super) check: Option<Timestamp>,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

/// Makes the head of the lane where there is none.
pub(super) async fn begin_lane(db: &Db, lane: i64) -> Result<()> {
    sqlx::query(
        "insert into audit_head (lane, seq, hash) values ($1, 0, $2) on conflict do nothing",
    )
    .bind(lane)
    .bind(genesis(lane))
    .execute(db.write())
    .await?;
    Ok(())
}

/// Writes until nobody can bring more. A failure is told to those who wait, and the next batch is
/// tried all the same.
pub(super) async fn run(
    db: Db,
    first: i64,
    lanes: i64,
    queue: Arc<Mutex<mpsc::Receiver<Pending>>>,
) {
    loop {
        let mut batch = Vec::new();
        if queue.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        // Whoever gave up waiting was told that it was not recorded.
        batch.retain(|pending| !pending.done.is_closed());
        let mut writing = Writing {
            db: db.clone(),
            lanes,
            lane: first,
            rows: Vec::new(),
            check: None,
            doubt: None,
        };
        let mut waiting = Vec::with_capacity(batch.len());
        for pending in batch {
            writing.rows.extend(pending.rows);
            writing.check = writing.check.or(pending.check);
            waiting.push(pending.done);
        }
        if waiting.is_empty() {
            continue;
        }
        let result = writing
            .finish()
            .await
            .map_err(|failure| failure.to_string());
        for done in waiting {
            // Whoever gave up meanwhile does not want to know.
            let _ = done.send(result.clone());
        }
    }
}

/// A batch on its way.
struct Writing {
    db: Db,
    lanes: i64,
    /// The lane that is tried first.
    lane: i64,
    rows: Vec<Recorded>,
    check: Option<Timestamp>,
    /// The last entry of a transaction of which nobody knows whether it was committed.
    doubt: Option<Place>,
}

#[derive(Clone)]
struct Place {
    lane: i64,
    seq: i64,
    hash: Vec<u8>,
}

/// Why an attempt failed, and whether another may succeed.
struct Trouble {
    failure: Failure,
    passes: bool,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self {
            passes: matches!(&failure, Failure::Store(error) if passes(error)),
            failure,
        }
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Failure::from(error).into()
    }
}

/// Whether it comes from a lock, a connection or a server that went away, and not from what was
/// written or from a disk that is full.
fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(_) => code_of(error).is_some_and(|code| {
            matches!(
                code.as_str(),
                // PostgreSQL: lock or statement took too long, deadlock, conflict, idle for too long,
                // ended by an administrator or a crash, starting, no connection left.
                "55P03" | "57014" | "40P01" | "40001" | "25P03" | "57P01" | "57P02" | "57P03" | "53300"
                // SQLite: another process writes.
                | "5" | "261" | "517"
            ) || code.starts_with("08")
        }),
        _ => false,
    }
}

impl Writing {
    async fn finish(self) -> Result<()> {
        let attempts = ConstantBuilder::default()
            .with_delay(PAUSE)
            .without_max_times();
        let written = (|mut writing: Self| async move {
            let written = writing.attempt().await;
            // The lane that was tried may be the one that is held.
            writing.lane = (writing.lane + 1).checked_rem(writing.lanes).unwrap_or(0);
            (writing, written)
        })
        .retry(attempts)
        .context(self)
        .when(|trouble: &Trouble| trouble.passes);
        match tokio::time::timeout(PATIENCE, written).await {
            Ok((_, written)) => written.map_err(|trouble| trouble.failure),
            Err(_) => Err(Failure::Audit("not written in time".into())),
        }
    }

    async fn attempt(&mut self) -> Result<(), Trouble> {
        if self.is_there().await? {
            return Ok(());
        }
        let mut connection = self.db.audit().acquire().await?;
        let written = match self.db.engine() {
            Engine::Sqlite => self.write(&mut connection).await,
            Engine::Postgres => tokio::time::timeout(ATTEMPT, self.write(&mut connection))
                .await
                .unwrap_or_else(|_| Err(hangs())),
        };
        let Err(trouble) = written else {
            return Ok(());
        };
        if !matches!(&trouble.failure, Failure::Store(sqlx::Error::Database(_))) {
            // Who knows what it is in the middle of.
            connection.close_on_drop();
        }
        drop(connection);
        if trouble.passes || self.doubt.is_none() {
            return Err(trouble);
        }
        // Another attempt would fail too, but it has to be known what became of this one.
        match self.is_there().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(trouble),
            Err(unknown) => Err(Trouble {
                passes: true,
                ..unknown
            }),
        }
    }

    /// Whether what is in doubt was recorded after all. When this has answered, nothing is in doubt.
    async fn is_there(&mut self) -> Result<bool, Trouble> {
        let Some(place) = self.doubt.clone() else {
            return Ok(false);
        };
        let db = self.db.clone();
        let look = async {
            let mut connection = db.audit().acquire().await?;
            let mut transaction = begin(&mut connection, db.engine()).await?;
            // Whoever has the lock knows that the transaction that had it is over, and how it ended.
            lock_lane(&mut transaction, db.engine(), place.lane).await?;
            let found = sqlx::query("select hash from audit_entry where lane = $1 and seq = $2")
                .bind(place.lane)
                .bind(place.seq)
                .fetch_optional(&mut *transaction)
                .await?;
            let hash: Option<Vec<u8>> = found.map(|row| column(&row, 0)).transpose()?;
            transaction.rollback().await?;
            Ok::<_, Trouble>(hash == Some(place.hash))
        };
        let there = match db.engine() {
            Engine::Sqlite => look.await,
            Engine::Postgres => tokio::time::timeout(ATTEMPT, look)
                .await
                .unwrap_or_else(|_| Err(hangs())),
        }?;
        self.doubt = None;
        Ok(there)
    }

    async fn write(&mut self, connection: &mut AnyConnection) -> Result<(), Trouble> {
        let engine = self.db.engine();
        let mut transaction = begin(connection, engine).await?;
        let Place {
            lane,
            mut seq,
            hash: mut prev,
        } = self.free_lane(&mut transaction).await?;
        if let Some(at) = self.check {
            check(&mut transaction, lane, at).await?;
        }
        if !self.rows.is_empty() {
            let mut entries = Vec::with_capacity(self.rows.len());
            let mut patients = Vec::new();
            let mut alerts = Vec::new();
            for (row, raises) in &self.rows {
                seq += 1;
                alerts.extend(raises.iter().map(|raise| (seq, raise.clone())));
                // Only a format that there is not has no hash.
                let hash = row
                    .hash(lane, seq, &prev)
                    .ok_or_else(|| Failure::Audit("an entry of no format".into()))?;
                let at = row.at;
                patients.extend(
                    row.subjects()
                        .into_iter()
                        .map(|patient| [lane.into(), seq.into(), patient.into(), Value::from(at)]),
                );
                entries.push(row.clone().values(lane, seq, prev, hash.clone()));
                prev = hash;
            }
            insert_many(&mut transaction, INSERT, "", entries).await?;
            insert_many(
                &mut transaction,
                "insert into audit_patient (lane, seq, nhs_number, at)",
                "",
                patients,
            )
            .await?;
            for (seq, raise) in alerts {
                raising::raise(&mut transaction, lane, seq, raise).await?;
            }
            sqlx::query("update audit_head set seq = $1, hash = $2 where lane = $3")
                .bind(seq)
                .bind(prev.clone())
                .bind(lane)
                .execute(&mut *transaction)
                .await?;
            self.doubt = Some(Place {
                lane,
                seq,
                hash: prev,
            });
        }
        transaction.commit().await?;
        self.doubt = None;
        Ok(())
    }

    /// The head of a lane that nobody else holds; where all are held, of the one that comes free.
    async fn free_lane(&self, connection: &mut AnyConnection) -> Result<Place, Trouble> {
        let engine = self.db.engine();
        if engine == Engine::Postgres {
            let free = sqlx::query(
                "select lane, seq, hash from audit_head where lane >= 0 and lane < $2
                 order by (lane - $1 + $2) % $2 limit 1 for update skip locked",
            )
            .bind(self.lane)
            .bind(self.lanes)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(row) = free {
                return Ok(Place {
                    lane: column(&row, 0)?,
                    seq: column(&row, 1)?,
                    hash: column(&row, 2)?,
                });
            }
        }
        lock_lane(connection, engine, self.lane)
            .await?
            .ok_or_else(|| Failure::Audit("the head of the lane is missing".into()).into())
    }
}

fn hangs() -> Trouble {
    Trouble {
        failure: Failure::Audit("the database did not answer in time".into()),
        passes: true,
    }
}

async fn begin(
    connection: &mut AnyConnection,
    engine: Engine,
) -> sqlx::Result<sqlx::Transaction<'_, sqlx::Any>> {
    match engine {
        // Takes the lock at once: there is one for all lanes.
        Engine::Sqlite => connection.begin_with("begin immediate").await,
        Engine::Postgres => connection.begin().await,
    }
}

/// The head of that lane, locked.
async fn lock_lane(
    connection: &mut AnyConnection,
    engine: Engine,
    lane: i64,
) -> sqlx::Result<Option<Place>> {
    let head = sqlx::query(match engine {
        Engine::Sqlite => "select lane, seq, hash from audit_head where lane = $1",
        Engine::Postgres => "select lane, seq, hash from audit_head where lane = $1 for update",
    })
    .bind(lane)
    .fetch_optional(connection)
    .await?;
    head.map(|row| {
        Ok(Place {
            lane: column(&row, 0)?,
            seq: column(&row, 1)?,
            hash: column(&row, 2)?,
        })
    })
    .transpose()
}

/// Writes as an entry would, to a row that nobody reads. Whoever has the lane has the row.
async fn check(connection: &mut AnyConnection, lane: i64, at: Timestamp) -> sqlx::Result<()> {
    // Of zeros a database would keep a few bytes.
    let mut filler = vec![0; FILLER];
    rand::fill(filler.as_mut_slice());
    sqlx::query(
        "insert into write_check (lane, at, filler) values ($1, $2, $3)
         on conflict (lane) do update set at = excluded.at, filler = excluded.filler",
    )
    .bind(lane)
    .bind(at.as_microsecond())
    .bind(filler)
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_passes_and_what_is_wrong_does_not() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        for passing in [lost, sqlx::Error::PoolTimedOut, sqlx::Error::WorkerCrashed] {
            assert!(passes(&passing), "{passing}");
        }
        for lasting in [sqlx::Error::PoolClosed, sqlx::Error::RowNotFound] {
            assert!(!passes(&lasting), "{lasting}");
        }
    }
}
