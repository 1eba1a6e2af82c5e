//! The patient in front of someone (DOMAIN section 4): an opaque id that belongs to one session, one
//! role and one tab, until it is closed or unused for too long.
//!
//! | event                                   | open contexts of it            |
//! |-----------------------------------------|--------------------------------|
//! | another patient is opened in the tab    | that tab's is closed           |
//! | closed by the person                    | that one is closed             |
//! | unused for 30 minutes                   | refused from then on           |
//! | another role is chosen, or sign-out     | all of the session are closed  |
//! | signed in again in the same browser     | all move to the new session    |
//! | opened again under its id, by its owner | that one is open again         |
//!
//! One that is closed opens nothing, but for a while it still tells for whom a change was made that
//! is delivered late ([`Contexts::whose`]).

use crate::caller::SignedInCaller;
use crate::clock::SharedClock;
use crate::failure::{Failure, Result};
use crate::identity::SessionEvents;
use crate::store::{Db, column};
use app::api::ContextKey;
use app::api::finding::Origin;
use app::problem::Kind;
use async_trait::async_trait;
use domain::NhsNumber;
use domain::ids::{ContextId, PersonId, RoleId, SessionRef, TabId};
use domain::role::RoleAssignment;
use jiff::{SignedDuration, Timestamp};
use sqlx::any::AnyRow;

/// Unused for longer than this, and a context is closed.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);

/// A context that was used less than this ago is not marked again: a read then writes nothing.
const MARK_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Contexts, also closed ones, are kept for 30 days after they were last used: a change that was made
/// in one of them and is delivered late finds its patient here and nowhere else. What was done in
/// them is in the audit.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The contexts of everyone.
#[derive(Clone)]
pub struct Contexts {
    db: Db,
    clock: SharedClock,
}

impl Contexts {
    /// In that database.
    pub fn new(db: Db, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// Opens a patient in the tab and closes the one that was open there. Under an id that is known
    /// it opens again what the same person had under it: in the same role and tab, and on the same
    /// patient.
    ///
    /// # Errors
    /// `ContextClosed` where the id is or was another's.
    pub async fn open(
        &self,
        id: ContextId,
        person: &SignedInCaller,
        role: &RoleAssignment,
        tab: TabId,
        patient: NhsNumber,
        origin: Origin,
    ) -> Result<()> {
        let origin = match origin {
            Origin::Search => "search",
            Origin::Visit => "visit",
        };
        let now = self.clock.now().as_microsecond();
        let mut again = true;
        loop {
            let mut transaction = self.db.begin().await?;
            sqlx::query(
                "update patient_context set closed_at = $1
                 where session = $2 and tab = $3 and closed_at is null and id <> $4",
            )
            .bind(now)
            .bind(person.session.to_string())
            .bind(tab.to_string())
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
            let placed = sqlx::query(
                "insert into patient_context
                 (id, session, person, role, tab, nhs_number, origin, opened_at, used_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
                 on conflict (id) do update
                 set session = excluded.session, used_at = excluded.used_at, closed_at = null
                 where patient_context.person = excluded.person and patient_context.role = excluded.role
                 and patient_context.tab = excluded.tab and patient_context.nhs_number = excluded.nhs_number",
            )
            .bind(id.to_string())
            .bind(person.session.to_string())
            .bind(person.person.to_string())
            .bind(role.id.to_string())
            .bind(tab.to_string())
            .bind(patient.digits())
            .bind(origin)
            .bind(now)
            .execute(&mut *transaction)
            .await;
            match placed {
                Ok(placed) if placed.rows_affected() == 1 => {
                    transaction.commit().await?;
                    return Ok(());
                }
                // Nothing was closed for it either.
                Ok(_) => return Err(Kind::ContextClosed.into()),
                // Another patient was opened in the same tab at the same moment: this one is later.
                Err(error) if again && is_unique_violation(&error) => {
                    transaction.rollback().await?;
                    again = false;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whose record the key opens, for that person in that role, now.
    ///
    /// # Errors
    /// `ContextClosed` for any context that is not open there, whatever the reason.
    pub async fn check(
        &self,
        key: ContextKey,
        person: &SignedInCaller,
        role: &RoleAssignment,
    ) -> Result<NhsNumber> {
        let now = self.clock.now();
        let found = sqlx::query(
            "select nhs_number, used_at from patient_context
             where id = $1 and session = $2 and person = $3 and role = $4 and tab = $5 and closed_at is null
             and used_at > $6",
        )
        .bind(key.context.to_string())
        .bind(person.session.to_string())
        .bind(person.person.to_string())
        .bind(role.id.to_string())
        .bind(key.tab.to_string())
        .bind(before(now, IDLE).as_microsecond())
        .fetch_optional(self.db.read())
        .await?
        .ok_or(Kind::ContextClosed)?;
        let used_at: i64 = column(&found, 1)?;
        if used_at < before(now, MARK_EVERY).as_microsecond() {
            sqlx::query(
                "update patient_context set used_at = $1 where id = $2 and closed_at is null",
            )
            .bind(now.as_microsecond())
            .bind(key.context.to_string())
            .execute(self.db.write())
            .await?;
        }
        number(&found)
    }

    /// On whom the context is or was, if it was that person's in that role, in whatever session and
    /// tab: for what was done in it and is delivered late. It opens nothing.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn whose(
        &self,
        id: ContextId,
        person: PersonId,
        role: RoleId,
    ) -> Result<Option<NhsNumber>> {
        sqlx::query(
            "select nhs_number from patient_context where id = $1 and person = $2 and role = $3",
        )
        .bind(id.to_string())
        .bind(person.to_string())
        .bind(role.to_string())
        .fetch_optional(self.db.read())
        .await?
        .map(|row| number(&row))
        .transpose()
    }

    /// In which role of that person the context is or was.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn role_of(&self, id: ContextId, person: PersonId) -> Result<Option<RoleId>> {
        sqlx::query("select role from patient_context where id = $1 and person = $2")
            .bind(id.to_string())
            .bind(person.to_string())
            .fetch_optional(self.db.read())
            .await?
            .map(|row| {
                let role: String = column(&row, 0)?;
                role.parse()
                    .map_err(|_| Failure::Corrupt("the role of a context".into()))
            })
            .transpose()
    }

    /// Closes the context, where it is the session's. Whose it was; `None` where it was not open.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn close(&self, key: ContextKey, session: SessionRef) -> Result<Option<NhsNumber>> {
        let closed = sqlx::query(
            "update patient_context set closed_at = $1
             where id = $2 and session = $3 and tab = $4 and closed_at is null returning nhs_number",
        )
        .bind(self.clock.now().as_microsecond())
        .bind(key.context.to_string())
        .bind(session.to_string())
        .bind(key.tab.to_string())
        .fetch_optional(self.db.write())
        .await?;
        closed.map(|row| number(&row)).transpose()
    }

    /// Closes all that the session has open.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn close_all(&self, session: SessionRef) -> Result<()> {
        sqlx::query(
            "update patient_context set closed_at = $1 where session = $2 and closed_at is null",
        )
        .bind(self.clock.now().as_microsecond())
        .bind(session.to_string())
        .execute(self.db.write())
        .await?;
        Ok(())
    }

    /// Moves what the old session has open to the new one. Checks still ask for the same person, so
    /// that nobody can take over what another opened.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn succeed(&self, old: SessionRef, new: SessionRef) -> Result<()> {
        sqlx::query(
            "update patient_context set session = $1 where session = $2 and closed_at is null
             and not exists (
                 select 1 from patient_context other
                 where other.session = $1 and other.tab = patient_context.tab and other.closed_at is null
             )",
        )
            .bind(new.to_string())
            .bind(old.to_string())
            .execute(self.db.write())
            .await?;
        Ok(())
    }

    /// Forgets contexts that were last used long ago.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn forget_old(&self) -> Result<u64> {
        Ok(
            sqlx::query("delete from patient_context where used_at < $1")
                .bind(before(self.clock.now(), KEPT).as_microsecond())
                .execute(self.db.write())
                .await?
                .rows_affected(),
        )
    }
}

/// The NHS number in the first column.
fn number(row: &AnyRow) -> Result<NhsNumber> {
    let digits: String = column(row, 0)?;
    digits
        .parse()
        .map_err(|_| Failure::Corrupt("the NHS number of a context".into()))
}

fn before(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// Whether the database refused a row because there is one like it.
pub(crate) fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

#[async_trait]
impl SessionEvents for Contexts {
    async fn succeeded(&self, old: SessionRef, new: SessionRef) -> Result<()> {
        self.succeed(old, new).await
    }

    async fn ended(&self, session: SessionRef) -> Result<()> {
        self.close_all(session).await
    }

    async fn role_changed(&self, session: SessionRef) -> Result<()> {
        self.close_all(session).await
    }
}
