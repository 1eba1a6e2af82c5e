//! The visit lists: the patients whom people go to see, each list of one person in one role.

use crate::access::{Permit, TakeAlong};
use crate::audit::{Actor, ActorRole};
use crate::clock::SharedClock;
use crate::failure::{Failure, Result};
use crate::identity::new_id;
use crate::store::{Db, Sql, column};
use app::problem::Kind;
use domain::NhsNumber;
use domain::ids::{PersonId, RoleId, VisitId};
use domain::visit_list::LONGEST_VISIT_LIST;
use jiff::{SignedDuration, Timestamp};
use sqlx::any::AnyRow;
use std::collections::{BTreeSet, HashMap};

/// Who was taken off a list is kept for 30 days: what was made or looked at on a device, and is
/// delivered late, finds its patient.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A patient on a list.
#[derive(Clone, Debug)]
pub struct VisitRow {
    /// Names the visit.
    pub id: VisitId,
    /// Whom.
    pub patient: NhsNumber,
    /// In which role.
    pub role: ActorRole,
    /// When they were put on the list.
    pub added_at: Timestamp,
}

/// The visit lists of everyone.
#[derive(Clone)]
pub struct Visits {
    db: Db,
    clock: SharedClock,
}

impl Visits {
    /// In that database.
    pub fn new(db: Db, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// Whether the patient is on that list, or there is room for another.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn has_room(
        &self,
        person: PersonId,
        role: RoleId,
        patient: NhsNumber,
    ) -> Result<bool> {
        let row = sqlx::query(
            "select count(*), count(case when nhs_number = $3 then 1 end) from visit
             where person = $1 and role = $2 and removed_at is null",
        )
        .bind(person.to_string())
        .bind(role.to_string())
        .bind(patient.digits())
        .fetch_one(self.db.read())
        .await?;
        let (all, this): (i64, i64) = (column(&row, 0)?, column(&row, 1)?);
        Ok(this > 0 || all < i64::from(LONGEST_VISIT_LIST))
    }

    /// Puts the patient on the list of whoever has the permit. One who is there stays as they are.
    ///
    /// # Errors
    /// `ListFull`; where the database does not answer.
    pub async fn add(&self, permit: &Permit<TakeAlong>) -> Result<VisitRow> {
        let (person, role) = owner(permit.actor())?;
        // Between the two statements the patient may be taken off: then once more.
        for _ in 0..2 {
            let mut transaction = self.db.begin().await?;
            // Two at once wait for each other here: both could not be the last that there is room for.
            sqlx::query("update person set active = active where id = $1")
                .bind(person.to_string())
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "insert into visit (id, person, role, job, organisation, nhs_number, added_at)
                 select $1, $2, $3, $4, $5, $6, $7
                 where (select count(*) from visit
                    where person = $2 and role = $3 and removed_at is null) < $8
                 on conflict do nothing",
            )
            .bind(new_id(self.clock.as_ref()).to_string())
            .bind(person.to_string())
            .bind(role.id.to_string())
            .bind(role.job.clone())
            .bind(role.organisation.clone())
            .bind(permit.of().digits())
            .bind(self.clock.now().as_microsecond())
            .bind(i64::from(LONGEST_VISIT_LIST))
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
            let there = sqlx::query(
                "select id, nhs_number, role, job, organisation, added_at, coalesce((select name from organisation where ods = visit.organisation), visit.organisation) from visit
                 where person = $1 and role = $2 and nhs_number = $3 and removed_at is null",
            )
            .bind(person.to_string())
            .bind(role.id.to_string())
            .bind(permit.of().digits())
            .fetch_optional(self.db.write())
            .await?;
            if let Some(row) = there {
                return visit(&row);
            }
        }
        // There is no room, or they were taken off as often as they were put on it.
        Err(Kind::ListFull.into())
    }

    /// The list of that person in that role, in the order in which it was put together.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn list(&self, person: PersonId, role: RoleId) -> Result<Vec<VisitRow>> {
        sqlx::query(
            "select id, nhs_number, role, job, organisation, added_at, coalesce((select name from organisation where ods = visit.organisation), visit.organisation) from visit
             where person = $1 and role = $2 and removed_at is null
             order by added_at, id",
        )
        .bind(person.to_string())
        .bind(role.to_string())
        .fetch_all(self.db.read())
        .await?
        .iter()
        .map(visit)
        .collect()
    }

    /// Who is on the list of that actor. Whoever asks put them there: it tells nothing of them.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn numbers(&self, actor: &Actor) -> Result<BTreeSet<NhsNumber>> {
        let (person, role) = owner(actor)?;
        sqlx::query(
            "select nhs_number from visit where person = $1 and role = $2 and removed_at is null",
        )
        .bind(person.to_string())
        .bind(role.id.to_string())
        .fetch_all(self.db.read())
        .await?
        .iter()
        .map(|row| number(row, 0))
        .collect()
    }

    /// On whom a visit on that list is. `None` where there is none.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn on_list(
        &self,
        id: VisitId,
        person: PersonId,
        role: RoleId,
    ) -> Result<Option<NhsNumber>> {
        self.find(
            "select nhs_number from visit
             where id = $1 and person = $2 and role = $3 and removed_at is null",
            id,
            person,
            role,
        )
        .await
    }

    /// On whom a visit is or was that stood on that list: for what was done on it and is delivered
    /// late.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn whose(
        &self,
        id: VisitId,
        person: PersonId,
        role: RoleId,
    ) -> Result<Option<NhsNumber>> {
        self.find(
            "select nhs_number from visit where id = $1 and person = $2 and role = $3",
            id,
            person,
            role,
        )
        .await
    }

    async fn find(
        &self,
        sql: &'static str,
        id: VisitId,
        person: PersonId,
        role: RoleId,
    ) -> Result<Option<NhsNumber>> {
        sqlx::query(sql)
            .bind(id.to_string())
            .bind(person.to_string())
            .bind(role.to_string())
            .fetch_optional(self.db.read())
            .await?
            .map(|row| number(&row, 0))
            .transpose()
    }

    /// Those of the visits that are or were on any list of that person.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn of_person(
        &self,
        person: PersonId,
        ids: BTreeSet<VisitId>,
    ) -> Result<HashMap<VisitId, VisitRow>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new(
            "select id, nhs_number, role, job, organisation, added_at, coalesce((select name from organisation where ods = visit.organisation), visit.organisation) from visit where person = ",
        );
        sql.bind(person.to_string())?
            .push(" and id in (")
            .bind_all(ids.iter().map(ToString::to_string))?
            .push(")");
        sql.query()
            .fetch_all(self.db.read())
            .await?
            .iter()
            .map(|row| visit(row).map(|visit| (visit.id, visit)))
            .collect()
    }

    /// Takes the patient off the list of that person in that role. Whom; `None` where they were not
    /// on it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn remove(
        &self,
        id: VisitId,
        person: PersonId,
        role: RoleId,
    ) -> Result<Option<NhsNumber>> {
        sqlx::query(
            "update visit set removed_at = $1
             where id = $2 and person = $3 and role = $4 and removed_at is null returning nhs_number",
        )
        .bind(self.clock.now().as_microsecond())
        .bind(id.to_string())
        .bind(person.to_string())
        .bind(role.to_string())
        .fetch_optional(self.db.write())
        .await?
        .map(|row| number(&row, 0))
        .transpose()
    }

    /// Forgets who was taken off long ago.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn forget_removed(&self) -> Result<u64> {
        let before = self.clock.now().checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        Ok(sqlx::query("delete from visit where removed_at < $1")
            .bind(before.as_microsecond())
            .execute(self.db.write())
            .await?
            .rows_affected())
    }
}

/// Whose list it is.
fn owner(actor: &Actor) -> Result<(PersonId, &ActorRole)> {
    match &actor.role {
        Some(role) => Ok((actor.person, role)),
        None => Err(Failure::Internal("a permit without a role".into())),
    }
}

fn visit(row: &AnyRow) -> Result<VisitRow> {
    let corrupt = |_| Failure::Corrupt("an id of a visit".into());
    let (id, role): (String, String) = (column(row, 0)?, column(row, 2)?);
    Ok(VisitRow {
        id: id.parse().map_err(corrupt)?,
        patient: number(row, 1)?,
        role: ActorRole {
            id: role.parse().map_err(corrupt)?,
            job: column(row, 3)?,
            organisation: column(row, 4)?,
            organisation_name: column(row, 6)?,
        },
        added_at: Timestamp::from_microsecond(column(row, 5)?)
            .map_err(|_| Failure::Corrupt("the time of a visit".into()))?,
    })
}

fn number(row: &AnyRow, index: usize) -> Result<NhsNumber> {
    let digits: String = column(row, index)?;
    digits
        .parse()
        .map_err(|_| Failure::Corrupt("the NHS number of a visit".into()))
}
