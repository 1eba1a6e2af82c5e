//! tower-sessions over our own table: it makes the ids, keeps the cookie and changes both at
//! sign-in. What a session holds is in columns, so that a person's sessions can be listed and ended,
//! and is changed by the statement that means it, never by saving a whole session over another
//! request's change.

use super::code::hex;
use super::{ABSOLUTE, VISIT, micros};
use crate::clock::SharedClock;
use crate::store::Db;
use async_trait::async_trait;
use domain::ids::{PasskeyId, PersonId, RoleId, SessionRef};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// Under this name a session says, when it is made, whose it is.
pub(super) const OPENING: &str = "opening";

/// What the row of a new session is filled with.
#[derive(Serialize, Deserialize)]
pub(super) struct Opening {
    pub(super) session: SessionRef,
    /// `None` for a visitor.
    pub(super) who: Option<(PersonId, Option<PasskeyId>, Option<RoleId>)>,
    pub(super) device: String,
    /// What stays of the session that gets a new id; `None`: it begins now.
    pub(super) carried: Option<Carried>,
}

/// The times of a session, as they are stored.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Carried {
    pub(super) began_at: i64,
    pub(super) verified_at: i64,
    pub(super) ends_at: i64,
}

/// The table of sessions.
#[derive(Clone)]
pub struct SessionRows {
    db: Db,
    clock: SharedClock,
}

impl SessionRows {
    /// In that database.
    pub fn new(db: Db, clock: SharedClock) -> Self {
        Self { db, clock }
    }
}

impl fmt::Debug for SessionRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionRows")
    }
}

/// What is kept of a session's id: whoever reads the table cannot make a cookie of it.
pub(super) fn hash(id: &Id) -> String {
    hex(&Sha256::digest(format!("ncrs session {id}")))
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for SessionRows {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let opening = record
            .data
            .remove(OPENING)
            .ok_or_else(|| Error::Encode("a session is made by identity only".into()))?;
        let opening: Opening =
            serde_json::from_value(opening).map_err(|error| Error::Encode(error.to_string()))?;
        let now = self.clock.now();
        let lifetime = if opening.who.is_some() {
            ABSOLUTE
        } else {
            VISIT
        };
        let times = opening.carried.unwrap_or(Carried {
            began_at: micros(now),
            verified_at: micros(now),
            ends_at: micros(now + lifetime),
        });
        let who = opening.who.as_ref();
        // Ids are 128 random bits: a second one alike is a fault, and the key refuses it.
        sqlx::query(
            "insert into web_session
                (id_hash, session_ref, person_id, passkey_id, role_id, device, began_at, used_at, ends_at, verified_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(hash(&record.id))
        .bind(opening.session.to_string())
        .bind(who.map(|(person, ..)| person.to_string()))
        .bind(who.and_then(|(_, passkey, _)| passkey.map(|passkey| passkey.to_string())))
        .bind(who.and_then(|(_, _, role)| role.map(|role| role.to_string())))
        .bind(opening.device)
        .bind(times.began_at)
        .bind(micros(now))
        .bind(times.ends_at)
        .bind(who.map(|_| times.verified_at))
        .execute(self.db.write())
        .await
        .map_err(backend)?;
        Ok(())
    }

    async fn save(&self, _record: &Record) -> Result<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<(i64,)> =
            sqlx::query_as("select ends_at from web_session where id_hash = $1 and ends_at > $2")
                .bind(hash(id))
                .bind(micros(self.clock.now()))
                .fetch_optional(self.db.write())
                .await
                .map_err(backend)?;
        Ok(row.map(|(ends_at,)| Record {
            id: *id,
            data: HashMap::new(),
            expiry_date: OffsetDateTime::from_unix_timestamp_nanos(i128::from(ends_at) * 1000)
                .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query("delete from web_session where id_hash = $1")
            .bind(hash(id))
            .execute(self.db.write())
            .await
            .map_err(backend)?;
        Ok(())
    }
}
