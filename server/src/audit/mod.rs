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
pub use heads::{Anchors, BrokenLine, Head, HeadFile, HeadKey, PublicKey, anchor_now, heads};
pub use verify::{Broken, Verified, Wrong, verify, verify_against};

use crate::clock::SharedClock;
use crate::failure::{Failure, Result};
use crate::privacy::raising::raises;
use crate::store::{Db, Engine};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use writer::Pending;

/// SQLite has one writer, so one lane. On PostgreSQL several are written side by side.
fn lanes(engine: Engine) -> i64 {
    match engine {
        Engine::Sqlite => 1,
        Engine::Postgres => 4,
    }
}

/// Entries that may wait in a lane before those who bring more have to wait.
const WAITING: usize = 1024;

/// Longer than this, and the audit counts as broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes the audit.
#[derive(Clone)]
pub struct Audit {
    lanes: Arc<[mpsc::Sender<Pending>]>,
    next: Arc<AtomicUsize>,
    clock: SharedClock,
}

impl Audit {
    /// Begins to write: one task for each lane, until the last clone is dropped.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn start(db: Db, clock: SharedClock) -> Result<Self> {
        let mut senders = Vec::new();
        for lane in 0..lanes(db.engine()) {
            writer::begin_lane(&db, lane).await?;
            let (sender, receiver) = mpsc::channel(WAITING);
            tokio::spawn(writer::run(db.clone(), lane, receiver));
            senders.push(sender);
        }
        Ok(Self {
            lanes: senders.into(),
            next: Arc::default(),
            clock,
        })
    }

    /// Records the entry. When this returns without an error, it is durable.
    ///
    /// # Errors
    /// `Audit` where it could not be written: show nothing.
    pub async fn record(&self, entry: Entry) -> Result<()> {
        self.record_all([entry]).await
    }

    /// Records the entries, in their order. When this returns without an error, all are durable.
    ///
    /// # Errors
    /// As [`Audit::record`]; some of them may be there then.
    pub async fn record_all(&self, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let lane = turn
            .checked_rem(self.lanes.len())
            .and_then(|lane| self.lanes.get(lane))
            .ok_or_else(|| Failure::Audit("no lane".into()))?;
        let now = self.clock.now();
        let rows = entries
            .into_iter()
            .map(|entry| {
                let raises = raises(&entry, self.clock.as_ref());
                Ok((entry.into_row(now)?, raises))
            })
            .collect::<Result<Vec<_>>>()?;
        let write = async {
            let stopped = || Failure::Audit("the writer has stopped".into());
            let mut waiting = Vec::with_capacity(rows.len());
            for (row, raises) in rows {
                let (done, written) = oneshot::channel();
                let pending = Pending { row, raises, done };
                lane.send(pending).await.map_err(|_| stopped())?;
                waiting.push(written);
            }
            for written in waiting {
                written
                    .await
                    .map_err(|_| stopped())?
                    .map_err(Failure::Audit)?;
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, write)
            .await
            .map_err(|_| Failure::Audit("not written in time".into()))?
    }
}
