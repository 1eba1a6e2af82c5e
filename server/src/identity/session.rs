//! The sessions of people: found by the cookie, listed and ended by their owner.

use super::{IDLE, TOUCH, from_micros, micros, stored};
use crate::caller::SignedInCaller;
use crate::failure::{Failure, Result};
use crate::store::Db;
use app::api::identity::SessionLine;
use domain::ids::{PasskeyId, PersonId, RoleId, SessionRef};
use domain::role::{Activity, CareSetting, Organisation, RoleAssignment};
use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use std::collections::BTreeSet;

/// A session that may be used.
#[derive(Clone, Debug)]
pub struct LiveSession {
    /// Whose, and in which role.
    pub caller: SignedInCaller,
    /// When it ends whatever they do.
    pub ends_at: Timestamp,
    /// Nobody was in front of it: it serves for nothing until its person gives their passkey.
    pub locked: bool,
    pub(super) began_at: Timestamp,
    used_at: Timestamp,
}

/// What is left of a session for whoever comes back.
pub(super) struct Past {
    pub(super) session: SessionRef,
    pub(super) person: PersonId,
    pub(super) role: Option<RoleId>,
    pub(super) locked: bool,
}

/// Columns of a role with its organisation and one of its activities.
pub(super) struct RoleRow {
    pub(super) role_id: String,
    ods: String,
    organisation: String,
    setting: String,
    job_code: String,
    job_name: String,
    activity: Option<String>,
}

impl RoleRow {
    /// From the columns of the queries that read roles.
    pub(super) fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            role_id: row.try_get("role_id")?,
            ods: row.try_get("ods")?,
            organisation: row.try_get("organisation")?,
            setting: row.try_get("setting")?,
            job_code: row.try_get("job_code")?,
            job_name: row.try_get("job_name")?,
            activity: row.try_get("activity")?,
        })
    }
}

/// Puts the rows of one role together.
pub(super) fn role_of(rows: &[RoleRow]) -> Result<Option<RoleAssignment>> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let setting = serde_json::from_value::<CareSetting>(first.setting.clone().into())
        .map_err(|error| Failure::Corrupt(format!("a care setting: {error}")))?;
    Ok(Some(RoleAssignment {
        id: stored(&first.role_id)?,
        organisation: Organisation {
            ods: stored(&first.ods)?,
            name: first.organisation.clone(),
            setting,
        },
        job_code: first.job_code.clone(),
        job_name: first.job_name.clone(),
        activities: rows
            .iter()
            .filter_map(|row| Activity::from_code(row.activity.as_deref()?))
            .collect::<BTreeSet<_>>(),
    }))
}

/// The session of that hash, if it may be used now: one read, of one row for each activity of the
/// role. A person who was deactivated and a passkey that was removed end it at once.
///
/// # Errors
/// Where the database does not answer.
pub async fn find(db: &Db, id_hash: &str, now: Timestamp) -> Result<Option<LiveSession>> {
    let rows: Vec<AnyRow> = sqlx::query(
        "select s.session_ref, s.person_id, s.passkey_id, s.device, s.began_at, s.used_at, s.ends_at, s.locked_at,
                coalesce(s.verified_at, s.began_at) as verified_at, p.name,
                r.id as role_id, r.ods, o.name as organisation, o.setting, r.job_code, r.job_name,
                a.code as activity
           from web_session s
           join person p on p.id = s.person_id and p.active = 1
           left join passkey k on k.id = s.passkey_id
           left join role_assignment r on r.id = s.role_id and r.person_id = s.person_id
           left join organisation o on o.ods = r.ods
           left join role_activity a on a.role_id = r.id
          where s.id_hash = $1 and s.ends_at > $2 and s.used_at > $3
            and (s.passkey_id is null or k.id is not null)",
    )
    .bind(id_hash)
    .bind(micros(now))
    .bind(micros(now - IDLE))
    .fetch_all(db.read())
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let has_role = first.try_get::<Option<String>, _>("role_id")?.is_some();
    let roles = if has_role {
        rows.iter()
            .map(RoleRow::read)
            .collect::<Result<Vec<_>, _>>()?
    } else {
        Vec::new()
    };
    let passkey: Option<String> = first.try_get("passkey_id")?;
    Ok(Some(LiveSession {
        caller: SignedInCaller {
            session: stored(&first.try_get::<String, _>("session_ref")?)?,
            person: stored(&first.try_get::<String, _>("person_id")?)?,
            name: first.try_get("name")?,
            role: role_of(&roles)?,
            passkey: passkey.as_deref().map(stored).transpose()?,
            verified_at: from_micros(first.try_get("verified_at")?)?,
            device: first.try_get("device")?,
        },
        ends_at: from_micros(first.try_get("ends_at")?)?,
        locked: first.try_get::<Option<i64>, _>("locked_at")?.is_some(),
        began_at: from_micros(first.try_get("began_at")?)?,
        used_at: from_micros(first.try_get("used_at")?)?,
    }))
}

impl LiveSession {
    /// Notes that it was used, at most once a minute: not while it is locked, as then only the page asks.
    /// An error is only logged: whoever may read may go on reading while nothing can be written.
    pub async fn touch(&self, db: &Db, now: Timestamp) {
        if self.locked || now.duration_since(self.used_at) < TOUCH {
            return;
        }
        let touched = sqlx::query(
            "update web_session set used_at = $1 where session_ref = $2 and used_at < $1",
        )
        .bind(micros(now))
        .bind(self.caller.session.to_string())
        .execute(db.write())
        .await;
        if let Err(error) = touched {
            tracing::warn!(%error, "the use of a session was not noted");
        }
    }
}

/// Whose session that was, alive or not used for too long, so that it can be carried on.
pub(super) async fn past(db: &Db, id_hash: &str, now: Timestamp) -> Result<Option<Past>> {
    let row: Option<(String, String, Option<String>, Option<i64>)> = sqlx::query_as(
        "select session_ref, person_id, role_id, locked_at from web_session
          where id_hash = $1 and ends_at > $2 and person_id is not null",
    )
    .bind(id_hash)
    .bind(micros(now))
    .fetch_optional(db.write())
    .await?;
    row.map(|(session, person, role, locked_at)| {
        Ok(Past {
            session: stored(&session)?,
            person: stored(&person)?,
            role: role.as_deref().map(stored).transpose()?,
            locked: locked_at.is_some(),
        })
    })
    .transpose()
}

/// Locks it. Whether it was not locked yet.
pub(super) async fn lock(db: &Db, session: SessionRef, now: Timestamp) -> Result<bool> {
    let locked = sqlx::query(
        "update web_session set locked_at = $1 where session_ref = $2 and locked_at is null",
    )
    .bind(micros(now))
    .bind(session.to_string())
    .execute(db.write())
    .await?;
    Ok(locked.rows_affected() > 0)
}

/// Chooses the role. The role must be that person's.
pub(super) async fn set_role(db: &Db, session: SessionRef, role: RoleId) -> Result<()> {
    sqlx::query("update web_session set role_id = $1 where session_ref = $2")
        .bind(role.to_string())
        .bind(session.to_string())
        .execute(db.write())
        .await?;
    Ok(())
}

/// The sessions of a person that are alive, last used first.
pub(super) async fn list(
    db: &Db,
    person: PersonId,
    this: SessionRef,
    now: Timestamp,
) -> Result<Vec<SessionLine>> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "select s.session_ref, s.device, s.began_at, s.used_at
           from web_session s left join passkey k on k.id = s.passkey_id
          where s.person_id = $1 and s.ends_at > $2 and s.used_at > $3
            and (s.passkey_id is null or k.id is not null)
          order by s.used_at desc, s.began_at desc",
    )
    .bind(person.to_string())
    .bind(micros(now))
    .bind(micros(now - IDLE))
    .fetch_all(db.write())
    .await?;
    rows.into_iter()
        .map(|(session, device, began_at, used_at)| {
            let id = stored(&session)?;
            Ok(SessionLine {
                id,
                device,
                began_at: from_micros(began_at)?,
                used_at: from_micros(used_at)?,
                current: id == this,
            })
        })
        .collect()
}

/// Which sessions to end.
pub(super) enum Which<'a> {
    /// The one in this browser, even if it was not used for too long.
    Here(&'a str),
    /// That one of the person's.
    One(PersonId, SessionRef),
    /// All of the person's.
    All(PersonId),
    /// Those that a passkey opened, but not this one.
    OpenedBy(PasskeyId, SessionRef),
    /// Those of the person whose passkey was removed in them.
    OfNoPasskey(PersonId),
    /// Those past their end.
    Past(Timestamp),
}

/// Ends them, and says which of them were a person's.
pub(super) async fn end(
    connection: impl sqlx::Executor<'_, Database = sqlx::Any>,
    which: Which<'_>,
) -> Result<Vec<SessionRef>> {
    let query = match which {
        Which::Here(id_hash) => {
            sqlx::query_as("delete from web_session where id_hash = $1 returning session_ref, person_id")
                .bind(id_hash.to_owned())
        }
        Which::One(person, session) => sqlx::query_as(
            "delete from web_session where person_id = $1 and session_ref = $2 returning session_ref, person_id",
        )
        .bind(person.to_string())
        .bind(session.to_string()),
        Which::All(person) => {
            sqlx::query_as("delete from web_session where person_id = $1 returning session_ref, person_id")
                .bind(person.to_string())
        }
        Which::OpenedBy(passkey, not) => sqlx::query_as(
            "delete from web_session where passkey_id = $1 and session_ref <> $2 returning session_ref, person_id",
        )
        .bind(passkey.to_string())
        .bind(not.to_string()),
        Which::OfNoPasskey(person) => sqlx::query_as(
            "delete from web_session where person_id = $1 and passkey_id is null returning session_ref, person_id",
        )
        .bind(person.to_string()),
        Which::Past(now) => {
            sqlx::query_as("delete from web_session where ends_at <= $1 returning session_ref, person_id")
                .bind(micros(now))
        }
    };
    let rows: Vec<(String, Option<String>)> = query.fetch_all(connection).await?;
    rows.iter()
        .filter(|(_, person)| person.is_some())
        .map(|(session, _)| stored(session))
        .collect()
}
