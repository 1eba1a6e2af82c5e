//! Walks the chain of every lane.

use super::entry::{Row, genesis};
use crate::failure::Result;
use crate::store::{Db, column};
use std::collections::BTreeSet;

/// Entries read at once.
const PAGE: i64 = 1000;

/// The end of a lane. Keep it outside the database: it shows whether entries were cut off later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which lane.
    pub lane: i64,
    /// The number of its last entry; 0 where it has none.
    pub seq: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries in all lanes.
    pub entries: u64,
    /// Where the chain is broken: the first place in each lane, none where all is well.
    pub broken: Vec<Broken>,
}

/// A place where the chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// In which lane.
    pub lane: i64,
    /// At which entry.
    pub seq: i64,
    /// How: an entry that is missing or out of its place, one that was changed, or an end that is
    /// not where it was.
    pub how: &'static str,
}

/// The end of each lane.
///
/// # Errors
/// Where the database does not answer.
pub async fn heads(db: &Db) -> Result<Vec<Head>> {
    let rows = sqlx::query("select lane, seq, hash from audit_head order by lane")
        .fetch_all(db.read())
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Head {
                lane: column(row, 0)?,
                seq: column(row, 1)?,
                hash: column(row, 2)?,
            })
        })
        .collect()
}

/// Walks every lane, also while others write.
///
/// # Errors
/// Where the database does not answer. A broken chain is an answer.
pub async fn verify(db: &Db) -> Result<Verified> {
    verify_against(db, &[]).await
}

/// Walks every lane, and looks for the heads that were kept elsewhere.
///
/// # Errors
/// As [`verify`].
pub async fn verify_against(db: &Db, kept: &[Head]) -> Result<Verified> {
    let mut verified = Verified {
        entries: 0,
        broken: Vec::new(),
    };
    let mut lanes: BTreeSet<i64> = heads(db)
        .await?
        .iter()
        .chain(kept)
        .map(|head| head.lane)
        .collect();
    // A lane whose head was removed still has entries.
    for row in sqlx::query("select distinct lane from audit_entry")
        .fetch_all(db.read())
        .await?
    {
        lanes.insert(column(&row, 0)?);
    }
    for lane in lanes {
        let kept: Vec<&Head> = kept.iter().filter(|head| head.lane == lane).collect();
        walk(db, lane, &kept, &mut verified).await?;
    }
    Ok(verified)
}

async fn head_of(db: &Db, lane: i64) -> Result<Option<Head>> {
    Ok(heads(db).await?.into_iter().find(|head| head.lane == lane))
}

async fn walk(db: &Db, lane: i64, kept: &[&Head], verified: &mut Verified) -> Result<()> {
    let mut seq = 0;
    let mut prev = genesis(lane);
    let mut kept_seen = kept.iter().filter(|head| head.seq == 0).count();
    let mut broken = None;
    let head = loop {
        // Read before the page: a page that is empty then shows that the lane ends at this head.
        let head = head_of(db, lane).await?;
        let page = sqlx::query(
            "select seq, at, correlation, person, role, job, organisation, session, device, action, outcome,
             patients, reason, detail, prev, hash
             from audit_entry where lane = $1 and seq > $2 order by seq limit $3",
        )
        .bind(lane)
        .bind(seq)
        .bind(PAGE)
        .fetch_all(db.read())
        .await?;
        for found in &page {
            verified.entries += 1;
            let row = Row {
                at: column(found, 1)?,
                correlation: column(found, 2)?,
                person: column(found, 3)?,
                role: column(found, 4)?,
                job: column(found, 5)?,
                organisation: column(found, 6)?,
                session: column(found, 7)?,
                device: column(found, 8)?,
                action: column(found, 9)?,
                outcome: column(found, 10)?,
                patients: column(found, 11)?,
                subjects: Vec::new(),
                reason: column(found, 12)?,
                detail: column(found, 13)?,
            };
            let at: i64 = column(found, 0)?;
            let says_prev: Vec<u8> = column(found, 14)?;
            let says_hash: Vec<u8> = column(found, 15)?;
            let how = if at != seq + 1 {
                Some("an entry before it is missing")
            } else if says_prev != prev {
                Some("it does not continue the entry before it")
            } else if row.hash(lane, at, &prev) != says_hash {
                Some("it was changed")
            } else if kept
                .iter()
                .any(|head| head.seq == at && head.hash != says_hash)
            {
                Some("it is not the entry that was here before")
            } else {
                None
            };
            if let Some(how) = how {
                broken.get_or_insert(Broken { lane, seq: at, how });
            }
            kept_seen += kept.iter().filter(|head| head.seq == at).count();
            (seq, prev) = (at, says_hash);
        }
        if page.is_empty() {
            break head;
        }
    };
    let end = Head {
        lane,
        seq,
        hash: prev,
    };
    if head.is_none_or(|head| head != end) || kept_seen < kept.len() {
        broken.get_or_insert(Broken {
            lane,
            seq,
            how: "entries after it were cut off, or it was added",
        });
    }
    verified.broken.extend(broken);
    Ok(())
}
