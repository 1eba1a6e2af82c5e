//! The record of every look, every write and every refusal (DOMAIN section 8).
//!
//! An entry is durable before anything that it tells of is shown: [`Audit::record`] returns when it
//! is on the disk. Entries of many requests share one transaction, so that this costs one write of
//! the disk, not one for each.
//!
//! Entries stand in lanes. In each, an entry holds the hash of the one before it, so that an edit, a
//! removal or a swap breaks the chain where it happened ([`verify()`]). A cut at the end, or a chain
//! that someone computed anew, shows only against [`Anchors`] that were kept outside the database.
//! What was added between the last of them and a break-in into the database cannot be told from what
//! the service wrote.

mod entry;
mod export;
mod heads;
pub mod query;
mod reading;
mod row;
mod verify;
mod writer;

pub use entry::{Action, Actor, ActorRole, Entry, Ground, Outcome, ReasonCode, TAKEN};
pub use export::{Exported, Period, export};
pub use heads::{
    Anchors, BrokenLine, Head, HeadFile, HeadKey, PublicKey, anchor_now, heads, open_heads,
};
pub use verify::{Broken, Verified, Wrong, verify, verify_against};

use crate::clock::SharedClock;
use crate::failure::{Failure, Result};
use crate::privacy::raising::raises;
use crate::store::{Db, Engine};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use writer::Pending;

/// SQLite has one writer, so one lane. On PostgreSQL several are written side by side, and there are
/// twice as many as one server writes: a server that hangs in the middle leaves the others enough.
fn lanes(engine: Engine) -> i64 {
    match engine {
        Engine::Sqlite => 1,
        Engine::Postgres => 8,
    }
}

/// How many batches a server writes side by side.
fn writers(engine: Engine) -> i64 {
    match engine {
        Engine::Sqlite => 1,
        Engine::Postgres => 4,
    }
}

/// How many may wait before those who bring more have to wait.
const WAITING: usize = 1024;

/// Longer than this, and the audit counts as broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes the audit.
#[derive(Clone)]
pub struct Audit {
    queue: mpsc::Sender<Pending>,
    clock: SharedClock,
}

impl Audit {
    /// Begins to write, until the last clone is dropped.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn start(db: Db, clock: SharedClock) -> Result<Self> {
        let lanes = lanes(db.engine());
        for lane in 0..lanes {
            writer::begin_lane(&db, lane).await?;
        }
        let (queue, receiver) = mpsc::channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        for first in 0..writers(db.engine()) {
            tokio::spawn(writer::run(db.clone(), first, lanes, Arc::clone(&receiver)));
        }
        Ok(Self { queue, clock })
    }

    /// Records the entry. When this returns without an error, it is durable.
    ///
    /// # Errors
    /// `Audit` where it could not be written, or nobody knows whether it was: show nothing.
    pub async fn record(&self, entry: Entry) -> Result<()> {
        self.record_all([entry]).await
    }

    /// Records the entries, in their order, all or none. When this returns without an error, they are
    /// durable.
    ///
    /// # Errors
    /// As [`Audit::record`].
    pub async fn record_all(&self, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        let now = self.clock.now();
        let rows = entries
            .into_iter()
            .map(|entry| {
                let raises = raises(&entry, self.clock.as_ref());
                Ok((entry.into_row(now)?, raises))
            })
            .collect::<Result<Vec<_>>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        self.write(rows, None).await
    }

    /// Whether entries can be written: takes the way of an entry up to the disk, without being one.
    ///
    /// # Errors
    /// As [`Audit::record`].
    pub async fn check(&self) -> Result<()> {
        self.write(Vec::new(), Some(self.clock.now())).await
    }

    async fn write(
        &self,
        rows: Vec<writer::Recorded>,
        check: Option<jiff::Timestamp>,
    ) -> Result<()> {
        let write = async {
            let stopped = || Failure::Audit("the writer has stopped".into());
            let (done, written) = oneshot::channel();
            let pending = Pending { rows, check, done };
            self.queue.send(pending).await.map_err(|_| stopped())?;
            written
                .await
                .map_err(|_| stopped())?
                .map_err(Failure::Audit)
        };
        tokio::time::timeout(PATIENCE, write)
            .await
            .map_err(|_| Failure::Audit("not written in time".into()))?
    }
}
