//! Entries as they stand in the database, a page at a time.

use super::row::{COLUMNS, Row};
use crate::failure::Result;
use crate::store::{Db, Engine, Sql, column};
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use std::collections::VecDeque;

/// An entry with its place in its lane and its links.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) seq: i64,
    pub(super) row: Row,
    pub(super) prev: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

/// What stands at a place.
#[derive(Clone, Debug)]
pub(super) enum Read {
    /// An entry.
    Entry(Box<Kept>),
    /// Something that has not the form of one: the service did not write it.
    Unreadable(i64),
}

impl Read {
    pub(super) fn seq(&self) -> i64 {
        match self {
            Self::Entry(kept) => kept.seq,
            Self::Unreadable(seq) => *seq,
        }
    }
}

/// Bytes, in hexadecimal on the way.
struct Hex(Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(from)?;
        HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// Places that are read at once.
const PLACES: i64 = 512;

/// Some of the entries of a stretch.
pub(super) struct Page {
    /// In order; none at the end of the stretch.
    pub(super) entries: Vec<Read>,
    /// Where the next page begins; `None` at the end of the stretch.
    pub(super) next: Option<i64>,
}

/// The first entries of a lane from that place to that place, both included.
pub(super) async fn page(db: &Db, lane: i64, from: i64, to: i64) -> Result<Page> {
    let mut from = from;
    loop {
        let end = from.saturating_add(PLACES - 1).min(to);
        let entries = places(db, lane, from, end).await?;
        if !entries.is_empty() || end >= to {
            return Ok(Page {
                entries,
                next: end.checked_add(1).filter(|_| end < to),
            });
        }
        // Over a gap, however wide someone made it.
        let row = sqlx::query(
            "select min(seq) from audit_entry where lane = $1 and seq > $2 and seq <= $3",
        )
        .bind(lane)
        .bind(end)
        .bind(to)
        .fetch_one(db.read())
        .await?;
        from = column::<Option<i64>>(&row, 0)?.unwrap_or(to);
    }
}

/// Every entry that stands at one of those places.
async fn places(db: &Db, lane: i64, from: i64, to: i64) -> Result<Vec<Read>> {
    // A row of thirty columns costs more on its way through the driver than on its way from the
    // disk. So the database makes one text of them all.
    let mut sql = Sql::default();
    match db.engine() {
        Engine::Sqlite => sql
            .push("select json_group_array(json_array(seq, json_array(")
            .push(COLUMNS)
            .push("), hex(prev), hex(hash)))"),
        Engine::Postgres => sql
            .push("select json_agg(json_build_array(seq, json_build_array(")
            .push(COLUMNS)
            .push("), encode(prev, 'hex'), encode(hash, 'hex')))::text"),
    };
    // Without an order, which would have the database copy every row first.
    sql.push(" from audit_entry where lane = ")
        .bind(lane)?
        .push(" and seq >= ")
        .bind(from)?
        .push(" and seq <= ")
        .bind(to)?;
    type Packed = (i64, Row, Hex, Hex);
    let Some(entries) = unpacked::<Packed>(db, sql).await? else {
        return one_by_one(db, lane, from, to).await;
    };
    let mut entries: Vec<Read> = entries
        .into_iter()
        .map(|(seq, row, Hex(prev), Hex(hash))| {
            Read::Entry(Box::new(Kept {
                seq,
                row,
                prev,
                hash,
            }))
        })
        .collect();
    entries.sort_by_key(Read::seq);
    Ok(entries)
}

/// The rows of a page that the database made one text of; `None` where something in it is not of
/// its column's type, which SQLite does not prevent.
async fn unpacked<T: DeserializeOwned>(db: &Db, sql: Sql) -> Result<Option<Vec<T>>> {
    match sql.query().fetch_one(db.read()).await {
        Ok(row) => match column::<Option<String>>(&row, 0) {
            Ok(text) => Ok(serde_json::from_str(text.as_deref().unwrap_or("[]")).ok()),
            Err(_) => Ok(None),
        },
        Err(error) if may_be_content(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the error may come from what is stored, and not from the connection.
fn may_be_content(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Database(_) | sqlx::Error::AnyDriverError(_)
    ) || is_content(error)
}

fn is_content(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)
    )
}

/// As [`places`], each entry by itself, so that one that cannot be read is named.
async fn one_by_one(db: &Db, lane: i64, from: i64, to: i64) -> Result<Vec<Read>> {
    let places = sqlx::query(
        "select seq from audit_entry where lane = $1 and seq >= $2 and seq <= $3 order by seq",
    )
    .bind(lane)
    .bind(from)
    .bind(to)
    .fetch_all(db.read())
    .await?;
    let mut entries = Vec::with_capacity(places.len());
    for place in places {
        let seq: i64 = column(&place, 0)?;
        let mut sql = Sql::new("select prev, hash, ");
        sql.push(COLUMNS)
            .push(" from audit_entry where lane = ")
            .bind(lane)?
            .push(" and seq = ")
            .bind(seq)?;
        let read = match sql.query().fetch_optional(db.read()).await {
            Ok(None) => continue,
            Ok(Some(found)) => (|| {
                Ok::<_, sqlx::Error>(Kept {
                    seq,
                    prev: column(&found, 0)?,
                    hash: column(&found, 1)?,
                    row: Row::read(&found, 2)?,
                })
            })(),
            Err(error) => Err(error),
        };
        entries.push(match read {
            Ok(kept) => Read::Entry(Box::new(kept)),
            Err(error) if is_content(&error) => Read::Unreadable(seq),
            Err(error) => return Err(error.into()),
        });
    }
    Ok(entries)
}

/// A row of the index by patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) seq: i64,
    /// Empty where it cannot be read.
    pub(super) patient: String,
    pub(super) at: i64,
}

/// The index by patient of a stretch of a lane, in the order of the entries.
pub(super) struct Subjects<'a> {
    db: &'a Db,
    lane: i64,
    to: i64,
    page: VecDeque<Subject>,
    /// The place at which the next page begins, after that patient where one is named; `None` at the
    /// end.
    next: Option<(i64, Option<String>)>,
}

impl<'a> Subjects<'a> {
    /// Rows read at once.
    const PAGE: i64 = 4096;

    /// From that place to that place, both included.
    pub(super) fn new(db: &'a Db, lane: i64, from: i64, to: i64) -> Self {
        Self {
            db,
            lane,
            to,
            page: VecDeque::new(),
            next: Some((from, None)),
        }
    }

    /// The next row at that place or before it; `None` where there is none.
    pub(super) async fn next_until(&mut self, seq: i64) -> Result<Option<Subject>> {
        if self.page.is_empty() {
            self.fill().await?;
        }
        if self.page.front().is_some_and(|next| next.seq <= seq) {
            return Ok(self.page.pop_front());
        }
        Ok(None)
    }

    async fn fill(&mut self) -> Result<()> {
        let Some((from, after)) = self.next.take() else {
            return Ok(());
        };
        let mut sql = Sql::default();
        match self.db.engine() {
            Engine::Sqlite => {
                sql.push("select json_group_array(json_array(seq, nhs_number, at))");
            }
            Engine::Postgres => {
                sql.push("select json_agg(json_build_array(seq, nhs_number, at))::text");
            }
        }
        sql.push(" from (select seq, nhs_number, at from audit_patient where lane = ")
            .bind(self.lane)?
            .push(" and seq <= ")
            .bind(self.to)?;
        match after.clone() {
            None => sql.push(" and seq >= ").bind(from)?,
            Some(patient) => sql
                .push(" and (seq, nhs_number) > (")
                .bind(from)?
                .push(", ")
                .bind(patient)?
                .push(")"),
        }
        .push(" order by seq, nhs_number limit ")
        .bind(Self::PAGE)?
        .push(") page");
        let page: Vec<(i64, String, i64)> = match unpacked(self.db, sql).await? {
            Some(page) => page,
            None => self.one_by_one(from, after.as_deref()).await?,
        };
        let full = i64::try_from(page.len()).unwrap_or(i64::MAX) >= Self::PAGE;
        self.next = page
            .last()
            .filter(|_| full)
            .map(|(seq, patient, _)| (*seq, Some(patient.clone())));
        self.page = page
            .into_iter()
            .map(|(seq, patient, at)| Subject { seq, patient, at })
            .collect();
        Ok(())
    }

    /// A page, each row by itself: only where someone wrote what the service never would.
    async fn one_by_one(&self, from: i64, after: Option<&str>) -> Result<Vec<(i64, String, i64)>> {
        let places = sqlx::query(
            "select distinct seq from audit_patient where lane = $1 and seq >= $2 and seq <= $3
             order by seq limit $4",
        )
        .bind(self.lane)
        .bind(from)
        .bind(self.to)
        .bind(Self::PAGE)
        .fetch_all(self.db.read())
        .await?;
        let mut rows = Vec::new();
        for place in &places {
            let seq: i64 = column(place, 0)?;
            let found = sqlx::query(
                "select nhs_number, at from audit_patient where lane = $1 and seq = $2 order by nhs_number",
            )
            .bind(self.lane)
            .bind(seq)
            .fetch_all(self.db.read())
            .await;
            match found {
                Ok(found) => {
                    for row in &found {
                        rows.push(match (column(row, 0), column(row, 1)) {
                            (Ok(patient), Ok(at)) => (seq, patient, at),
                            _ => (seq, String::new(), 0),
                        });
                    }
                }
                Err(error) if is_content(&error) => rows.push((seq, String::new(), 0)),
                Err(error) => return Err(error.into()),
            }
        }
        rows.retain(|(seq, patient, _)| {
            *seq > from || patient.is_empty() || after.is_none_or(|after| patient.as_str() > after)
        });
        Ok(rows)
    }
}
