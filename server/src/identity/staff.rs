//! Staff, their organisations and roles, and the codes with which they enrol: what a Registration
//! Authority does. And whether the database is a demonstration.

use super::session::{RoleRow, role_of};
use super::{EnrolmentCode, micros, stored};
use crate::clock::Clock;
use crate::failure::{Failure, Result};
use crate::store::Db;
use app::problem::Kind;
use domain::ids::PersonId;
use domain::role::{Person, RoleAssignment};
use domain::{FieldError, OdsCode};
use jiff::{SignedDuration, Timestamp};
use rand::{CryptoRng, Rng};
use sqlx::AnyConnection;

/// How long a code is good for.
pub const CODE_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 7);
/// How long a code of a demonstration is good for.
pub const DEMONSTRATION_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 30);
/// For so long whoever had a role in an organisation decides on nothing of it: what one owes those with
/// whom one worked does not end on the last day.
pub(crate) const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 365);
/// How often enrolment may be begun with one code. It fails for a person when a device gives up.
const ATTEMPTS: i64 = 20;
const TRAINING: &str = "training";

/// A member of staff with everything that they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffMember {
    /// Who.
    pub person: Person,
    /// By what the Registration Authority knows them. Also the user name in their passkey.
    pub login: String,
    /// Where and as what they work.
    pub roles: Vec<RoleAssignment>,
}

/// Adds or changes a member of staff: afterwards they have these roles and no other.
///
/// # Errors
/// Where the database does not answer, or the login is another person's.
pub async fn upsert(db: &Db, member: &StaffMember) -> Result<()> {
    let mut work = db.write().begin().await?;
    let person = member.person.id.to_string();
    // Whoever was out comes back with nothing that was left lying about.
    sqlx::query(
        "delete from enrolment_code where used_at is null and person_id in
            (select id from person where id = $1 and active = 0)",
    )
    .bind(&person)
    .execute(&mut *work)
    .await?;
    sqlx::query(
        "insert into person (id, login, name, active) values ($1, $2, $3, 1)
         on conflict (id) do update set login = excluded.login, name = excluded.name, active = 1",
    )
    .bind(&person)
    .bind(&member.login)
    .bind(&member.person.name)
    .execute(&mut *work)
    .await?;
    sqlx::query("delete from role_activity where role_id in (select id from role_assignment where person_id = $1)")
        .bind(&person)
        .execute(&mut *work)
        .await?;
    sqlx::query("delete from role_assignment where person_id = $1")
        .bind(&person)
        .execute(&mut *work)
        .await?;
    for role in &member.roles {
        let setting = serde_json::to_value(role.organisation.setting)
            .ok()
            .and_then(|setting| setting.as_str().map(str::to_owned))
            .ok_or_else(|| Failure::Internal("a care setting has no name".into()))?;
        sqlx::query(
            "insert into organisation (ods, name, setting) values ($1, $2, $3)
             on conflict (ods) do update set name = excluded.name, setting = excluded.setting",
        )
        .bind(role.organisation.ods.to_string())
        .bind(&role.organisation.name)
        .bind(setting)
        .execute(&mut *work)
        .await?;
        sqlx::query(
            "insert into role_assignment (id, person_id, ods, job_code, job_name) values ($1, $2, $3, $4, $5)",
        )
        .bind(role.id.to_string())
        .bind(&person)
        .bind(role.organisation.ods.to_string())
        .bind(&role.job_code)
        .bind(&role.job_name)
        .execute(&mut *work)
        .await?;
        for activity in &role.activities {
            sqlx::query("insert into role_activity (role_id, code) values ($1, $2)")
                .bind(role.id.to_string())
                .bind(activity.code())
                .execute(&mut *work)
                .await?;
        }
    }
    work.commit().await?;
    Ok(())
}

/// Lets a person in again, or out: their sessions and passkeys stop at once. Codes that were not used
/// and roles that wait for a second agent end with either: nothing of before comes back with them.
///
/// # Errors
/// Where the database does not answer.
pub async fn set_active(db: &Db, login: &str, active: bool) -> Result<bool> {
    let mut work = db.write().begin().await?;
    let changed = sqlx::query("update person set active = $1 where login = $2")
        .bind(i64::from(active))
        .bind(login)
        .execute(&mut *work)
        .await?;
    let person: Option<(String,)> = sqlx::query_as("select id from person where login = $1")
        .bind(login)
        .fetch_optional(&mut *work)
        .await?;
    if let Some((person,)) = person {
        let person = stored(&person)?;
        void_codes(&mut work, person).await?;
        lapse_requests(&mut work, person).await?;
    }
    work.commit().await?;
    Ok(changed.rows_affected() == 1)
}

/// Ends the codes of that person that were not used, and says how many there were.
pub(super) async fn void_codes(work: &mut AnyConnection, person: PersonId) -> Result<u64> {
    let voided = sqlx::query("delete from enrolment_code where used_at is null and person_id = $1")
        .bind(person.to_string())
        .execute(work)
        .await?;
    Ok(voided.rows_affected())
}

/// What waits for a second agent is no longer asked for.
pub(super) async fn lapse_requests(work: &mut AnyConnection, person: PersonId) -> Result<()> {
    sqlx::query(
        "update role_request set outcome = 'lapsed' where outcome is null and person_id = $1",
    )
    .bind(person.to_string())
    .execute(work)
    .await?;
    Ok(())
}

/// A role of that person waits for a second agent.
pub(super) async fn awaits(
    connection: impl sqlx::Executor<'_, Database = sqlx::Any>,
    person: PersonId,
) -> Result<bool> {
    let row: Option<(String,)> = sqlx::query_as(
        "select id from role_request where outcome is null and person_id = $1 limit 1",
    )
    .bind(person.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// That no code can be made, because a right waits for a second agent: with the code one could sign in
/// as whoever is to have it.
pub(super) fn no_code_yet() -> Failure {
    let message = "A right that needs a second agent waits for them: no code can be made until it is approved or declined";
    Kind::Invalid(vec![FieldError::new("new-code", message)]).into()
}

/// Makes a code for the person of that login. Earlier codes that were not used stop working. It is
/// returned once and kept nowhere. `None` where there is no such active person.
///
/// # Errors
/// `Invalid` (field `new-code`) while a right of theirs waits for a second agent; where the database
/// does not answer.
pub async fn issue_code(
    db: &Db,
    clock: &dyn Clock,
    rng: &mut (impl Rng + CryptoRng),
    login: &str,
    lifetime: SignedDuration,
) -> Result<Option<EnrolmentCode>> {
    issue_code_by(db, clock, rng, login, lifetime, None).await
}

/// The same, by an agent.
pub(super) async fn issue_code_by(
    db: &Db,
    clock: &dyn Clock,
    rng: &mut (impl Rng + CryptoRng),
    login: &str,
    lifetime: SignedDuration,
    agent: Option<PersonId>,
) -> Result<Option<EnrolmentCode>> {
    let code = EnrolmentCode::random(rng);
    let mut work = db.write().begin().await?;
    // To write comes first: SQLite does not let one that has read go on to write where another has. It
    // holds the person's row, so that a right that is asked for at this moment waits, or is seen.
    let held = sqlx::query("update person set active = active where login = $1 and active = 1")
        .bind(login)
        .execute(&mut *work)
        .await?;
    if held.rows_affected() == 0 {
        return Ok(None);
    }
    let (person,): (String,) = sqlx::query_as("select id from person where login = $1")
        .bind(login)
        .fetch_one(&mut *work)
        .await?;
    let person: PersonId = stored(&person)?;
    if awaits(&mut *work, person).await? {
        return Err(no_code_yet());
    }
    void_codes(&mut work, person).await?;
    sqlx::query(
        "insert into enrolment_code (code_hash, person_id, expires_at, issued_by) values ($1, $2, $3, $4)",
    )
    .bind(code.hash())
    .bind(person.to_string())
    .bind(micros(clock.now() + lifetime))
    .bind(agent.map(|agent| agent.to_string()))
    .execute(&mut *work)
    .await?;
    work.commit().await?;
    Ok(Some(code))
}

/// Whose code it is, and their login; counts the attempt. `None` for a code that cannot be used,
/// whatever the reason: one statement finds out, so that no reason takes longer than another.
pub(super) async fn attempt_code(
    db: &Db,
    code_hash: &str,
    now: Timestamp,
) -> Result<Option<(Person, String)>> {
    let person: Option<(String,)> = sqlx::query_as(
        "update enrolment_code set attempts = attempts + 1
          where code_hash = $1 and used_at is null and expires_at > $2 and attempts < $3
         returning person_id",
    )
    .bind(code_hash)
    .bind(micros(now))
    .bind(ATTEMPTS)
    .fetch_optional(db.write())
    .await?;
    match person {
        None => Ok(None),
        Some((person,)) => find(db, stored(&person)?).await,
    }
}

/// Uses the code up, and says which agent made it, if one did. `None` where it cannot be used: of two
/// requests at once, one gets it.
pub(super) async fn use_code(
    connection: &mut AnyConnection,
    code_hash: &str,
    now: Timestamp,
) -> Result<Option<Option<PersonId>>> {
    let used: Option<(Option<String>,)> = sqlx::query_as(
        "update enrolment_code set used_at = $1
          where code_hash = $2 and used_at is null and expires_at > $1
         returning issued_by",
    )
    .bind(micros(now))
    .bind(code_hash)
    .fetch_optional(connection)
    .await?;
    used.map(|(agent,)| agent.as_deref().map(stored).transpose())
        .transpose()
}

/// An active person and their login.
pub(super) async fn find(db: &Db, person: PersonId) -> Result<Option<(Person, String)>> {
    let row: Option<(String, String)> =
        sqlx::query_as("select name, login from person where id = $1 and active = 1")
            .bind(person.to_string())
            .fetch_optional(db.read())
            .await?;
    Ok(row.map(|(name, login)| (Person { id: person, name }, login)))
}

/// Every role of a person, by organisation and job.
///
/// # Errors
/// Where the database does not answer.
pub async fn roles(db: &Db, person: PersonId) -> Result<Vec<RoleAssignment>> {
    let rows = sqlx::query(
        "select r.id as role_id, r.ods, o.name as organisation, o.setting, r.job_code, r.job_name,
                a.code as activity
           from role_assignment r
           join organisation o on o.ods = r.ods
           left join role_activity a on a.role_id = r.id
          where r.person_id = $1
          order by r.id",
    )
    .bind(person.to_string())
    .fetch_all(db.read())
    .await?;
    let rows = rows
        .iter()
        .map(RoleRow::read)
        .collect::<Result<Vec<_>, _>>()?;
    let mut roles = rows
        .chunk_by(|one, next| one.role_id == next.role_id)
        .filter_map(|rows| role_of(rows).transpose())
        .collect::<Result<Vec<_>>>()?;
    // Here, because each engine has its own idea of the alphabet.
    roles.sort_by(|a, b| {
        (&a.organisation.name, &a.job_name, a.id).cmp(&(&b.organisation.name, &b.job_name, b.id))
    });
    Ok(roles)
}

/// The longest time for which a device may keep a record, in hours (DESIGN, the device).
const LONGEST_OFFLINE_HOURS: i64 = 24;

/// For how many hours a device may keep records for that organisation. 0: not at all.
///
/// # Errors
/// Where the database does not answer.
pub async fn offline_hours(db: &Db, organisation: &OdsCode) -> Result<u16> {
    let row: Option<(i64,)> =
        sqlx::query_as("select offline_hours from organisation where ods = $1")
            .bind(organisation.to_string())
            .fetch_optional(db.read())
            .await?;
    let hours = row.map_or(0, |(hours,)| hours.clamp(0, LONGEST_OFFLINE_HOURS));
    Ok(u16::try_from(hours).unwrap_or_default())
}

/// Says so for an organisation that is there.
///
/// # Errors
/// Where the database does not answer.
pub async fn set_offline_hours(db: &Db, organisation: &OdsCode, hours: u16) -> Result<()> {
    sqlx::query("update organisation set offline_hours = $1 where ods = $2")
        .bind(i64::from(hours))
        .bind(organisation.to_string())
        .execute(db.write())
        .await?;
    Ok(())
}

/// Says that the agents of `registrar` also register the staff of that organisation.
///
/// # Errors
/// Where the database does not answer.
pub async fn set_registered_by(db: &Db, organisation: &OdsCode, registrar: &OdsCode) -> Result<()> {
    sqlx::query("update organisation set registered_by = $1 where ods = $2")
        .bind(registrar.to_string())
        .bind(organisation.to_string())
        .execute(db.write())
        .await?;
    Ok(())
}

/// Whether the database is a demonstration, with nobody real in it.
///
/// # Errors
/// Where the database does not answer.
pub async fn training(db: &Db) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("select value from service_setting where name = $1")
            .bind(TRAINING)
            .fetch_optional(db.read())
            .await?;
    Ok(row.is_some_and(|(value,)| value == "yes"))
}

/// Says that it is a demonstration, or not.
///
/// # Errors
/// Where the database does not answer.
pub async fn set_training(db: &Db, training: bool) -> Result<()> {
    sqlx::query(
        "insert into service_setting (name, value) values ($1, $2)
         on conflict (name) do update set value = excluded.value",
    )
    .bind(TRAINING)
    .bind(if training { "yes" } else { "no" })
    .execute(db.write())
    .await?;
    Ok(())
}

/// Logins of active staff who have no passkey yet, with their names and what they work as.
///
/// # Errors
/// Where the database does not answer.
pub async fn without_passkey(db: &Db) -> Result<Vec<StaffMember>> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "select p.id, p.login, p.name from person p
          where p.active = 1 and not exists (select 1 from passkey k where k.person_id = p.id)
          order by p.login",
    )
    .fetch_all(db.read())
    .await?;
    let mut staff = Vec::with_capacity(rows.len());
    for (id, login, name) in rows {
        let id = stored(&id)?;
        staff.push(StaffMember {
            person: Person { id, name },
            login,
            roles: roles(db, id).await?,
        });
    }
    Ok(staff)
}
