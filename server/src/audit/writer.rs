//! One task for each lane: takes what has come meanwhile and writes it in one transaction.

use super::row::{INSERT, Row, genesis};
use crate::failure::{Failure, Result};
use crate::privacy::raising::{self, Raise};
use crate::store::{Db, Value, column, insert_many};
use tokio::sync::{mpsc, oneshot};

/// The most entries in one transaction.
const BATCH: usize = 256;

/// An entry with whoever waits for it.
pub(super) struct Pending {
    pub(super) row: Row,
    /// The alerts that it raises: they are there as soon as it is.
    pub(super) raises: Vec<Raise>,
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
pub(super) async fn run(db: Db, lane: i64, mut receiver: mpsc::Receiver<Pending>) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (rows, waiting): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|pending| ((pending.row, pending.raises), pending.done))
            .unzip();
        let result = write(&db, lane, rows)
            .await
            .map_err(|failure| failure.to_string());
        for done in waiting {
            // Whoever gave up waiting does not want to know.
            let _ = done.send(result.clone());
        }
    }
}

async fn write(db: &Db, lane: i64, rows: Vec<(Row, Vec<Raise>)>) -> Result<()> {
    let mut transaction = db.begin().await?;
    // Writing the head first takes its lock: another server with the same lane waits here.
    let head = sqlx::query("update audit_head set seq = seq where lane = $1 returning seq, hash")
        .bind(lane)
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or_else(|| Failure::Audit("the head of the lane is missing".into()))?;
    let mut seq: i64 = column(&head, 0)?;
    let mut prev: Vec<u8> = column(&head, 1)?;
    let mut entries = Vec::with_capacity(rows.len());
    let mut patients = Vec::new();
    let mut alerts = Vec::new();
    for (row, raises) in rows {
        seq += 1;
        alerts.extend(raises.into_iter().map(|raise| (seq, raise)));
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
        entries.push(row.values(lane, seq, prev, hash.clone()));
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
        .bind(prev)
        .bind(lane)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
