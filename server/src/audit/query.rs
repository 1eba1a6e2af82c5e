//! Who looked at this patient, and what did I look at: newest first, a page at a time.
//!
//! Both go down an index to the place where a page begins and read on from there, so that the last
//! page of millions costs what the first does.

use super::entry::{Action, Ground, Outcome, ReasonCode};
use crate::failure::{Failure, Result};
use crate::store::{Db, Sql, column};
use domain::NhsNumber;
use domain::alert::most_within;
use domain::ids::{ContextId, CorrelationId, PersonId, RoleId, SessionRef};
use jiff::{SignedDuration, Timestamp};
use sqlx::any::AnyRow;
use std::fmt;
use std::str::FromStr;

/// The most entries of a page.
pub const MOST: u32 = 200;

/// An entry, for a person to read.
#[derive(Clone, PartialEq, Eq)]
pub struct Looked {
    /// Where it stands.
    pub place: Cursor,
    /// When the service had it; as `place.at`, save for what happened on a device without it.
    pub received: Timestamp,
    /// It happened on a device without the service.
    pub offline: bool,
    /// Who.
    pub person: PersonId,
    /// Their name, as it was then.
    pub name: Option<String>,
    /// The name of their job.
    pub job: Option<String>,
    /// The ODS code of their organisation.
    pub organisation: Option<String>,
    /// The name of their organisation, as it was then.
    pub organisation_name: Option<String>,
    /// On which device.
    pub device: String,
    /// In which version of the app.
    pub app_version: Option<String>,
    /// On which of its screens.
    pub screen: Option<String>,
    /// What.
    pub action: Action,
    /// What became of it.
    pub outcome: Outcome,
    /// Whose fault it was, where it did not succeed, by the code of the taxonomy.
    pub fault: Option<String>,
    /// What it rests on.
    pub ground: Option<Ground>,
    /// Why, from the fixed list.
    pub reason_code: Option<ReasonCode>,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// On whom.
    pub patients: Vec<NhsNumber>,
    /// In which choice of a patient.
    pub context: Option<ContextId>,
    /// Joins the screen, the log and this.
    pub correlation: CorrelationId,
    /// More, as JSON.
    pub detail: String,
    /// In which session.
    pub session: SessionRef,
    /// In which role.
    pub role: Option<RoleId>,
}

impl fmt::Debug for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Looked(hidden)")
    }
}

/// The place of an entry in the order of time: `at.lane.seq` as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When it happened.
    pub at: Timestamp,
    /// Its lane.
    pub lane: i64,
    /// Its number there.
    pub seq: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.as_microsecond(), self.lane, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.').map(|part| part.parse::<i64>());
        let mut next = || parts.next().and_then(Result::ok).ok_or(());
        let cursor = Self {
            at: Timestamp::from_microsecond(next()?).map_err(|_| ())?,
            lane: next()?,
            seq: next()?,
        };
        parts.next().is_none().then_some(cursor).ok_or(())
    }
}

/// A page of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedPage {
    /// Newest first.
    pub entries: Vec<Looked>,
    /// Where the next page begins; `None` where this is the last.
    pub next: Option<Cursor>,
}

const SELECT: &str = "select e.at, e.lane, e.seq, e.received, e.offline, e.person, coalesce(e.name, who.name), e.job,
    e.organisation, coalesce(e.organisation_name, org.name), e.device, e.app_version, e.screen, e.action,
    e.outcome, e.fault, e.ground, e.reason_code, e.reason, e.patients, e.context, e.correlation, e.detail,
    e.session, e.role";
// Entries from before names were kept in them have the names of today.
const NAMES: &str = " left join person who on who.id = e.person left join organisation org on org.ods = e.organisation";

/// Who looked at the patient, or tried to: the entries on that number, `most` of them (at most
/// [`MOST`]), those before that place where one is given.
///
/// # Errors
/// Where the database does not answer.
pub async fn on_patient(
    db: &Db,
    patient: NhsNumber,
    before: Option<Cursor>,
    most: u32,
) -> Result<LookedPage> {
    page(db, patient_statement(patient, before, most)?, most).await
}

/// As [`on_patient`], of one organisation only.
///
/// # Errors
/// Where the database does not answer.
pub async fn on_patient_in(
    db: &Db,
    patient: NhsNumber,
    organisation: &str,
    before: Option<Cursor>,
    most: u32,
) -> Result<LookedPage> {
    let sql = patient_sql(patient, Some(organisation), before, most)?;
    page(db, sql, most).await
}

/// The entry at that place.
///
/// # Errors
/// Where the database does not answer.
pub async fn at(db: &Db, lane: i64, seq: i64) -> Result<Option<Looked>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" from audit_entry e")
        .push(NAMES)
        .push(" where e.lane = ")
        .bind(lane)?
        .push(" and e.seq = ")
        .bind(seq)?;
    let row = sql.query().fetch_optional(db.read()).await?;
    row.as_ref().map(looked).transpose()
}

/// What the person did in the same session before and after that entry, in the same organisation or
/// before they chose one: at most so many on each side, within a day, oldest first, the entry among
/// them.
///
/// # Errors
/// Where the database does not answer.
pub async fn around(db: &Db, look: &Looked, most: u32) -> Result<Vec<Looked>> {
    let mut side = Vec::new();
    for (from, order) in [
        (
            " <= ",
            " order by e.at desc, e.lane desc, e.seq desc limit ",
        ),
        (" > ", " order by e.at, e.lane, e.seq limit "),
    ] {
        let day = SignedDuration::from_hours(24);
        let bound = |at: Option<Timestamp>| at.unwrap_or(look.place.at).as_microsecond();
        let mut sql = Sql::new(SELECT);
        sql.push(" from audit_entry e")
            .push(NAMES)
            .push(" where e.person = ")
            .bind(look.person.to_string())?
            .push(" and e.at >= ")
            .bind(bound(look.place.at.checked_sub(day).ok()))?
            .push(" and e.at <= ")
            .bind(bound(look.place.at.checked_add(day).ok()))?
            .push(" and e.session = ")
            .bind(look.session.to_string())?
            .push(" and (e.organisation is null or e.organisation = ")
            .bind(look.organisation.clone().unwrap_or_default())?
            .push(") and (e.at, e.lane, e.seq)")
            .push(from);
        place(&mut sql, look.place)?;
        sql.push(order).bind(i64::from(most))?;
        let rows = sql.query().fetch_all(db.read()).await?;
        for row in &rows {
            side.push(looked(row)?);
        }
    }
    side.sort_by_key(|entry| entry.place);
    Ok(side)
}

/// The looks of a lane after a place, up to another, by which a person reached one patient: found as
/// the only one, opened, put on the visit list, taken along, shown with the answer to a change, or
/// looked at without the service. In order, at most so many.
///
/// # Errors
/// Where the database does not answer.
pub async fn openings(db: &Db, lane: i64, after: i64, to: i64, most: u32) -> Result<Vec<Looked>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" from audit_entry e")
        .push(NAMES)
        .push(" where e.lane = ")
        .bind(lane)?
        .push(" and e.seq > ")
        .bind(after)?
        .push(" and e.seq <= ")
        .bind(to)?
        .push(REACHES)
        .push(" order by e.seq limit ")
        .bind(i64::from(most))?;
    let rows = sql.query().fetch_all(db.read()).await?;
    rows.iter().map(looked).collect()
}

/// Which entries [`openings`] takes. A visit list is not among them: everyone on it was counted when
/// they were put there. Nor is a search that found several, of which none was looked at yet.
const REACHES: &str = " and e.outcome = 'allowed' and (
    e.action in ('open-patient', 'add-visit', 'take-along', 'change-adjustments')
    or (e.action = 'search' and e.patients <> '[]' and e.patients not like '%,%')
    or (e.offline = 1 and e.action in ('view-overview', 'view-details', 'view-summary', 'view-adjustments')))";

/// How many different patients the person reached in that organisation within that time, up to that
/// look. One of a device may come late, after others that were later: then the most within any such
/// time with this look in it.
///
/// # Errors
/// Where the database does not answer.
pub async fn patients_reached(db: &Db, look: &Looked, within: SignedDuration) -> Result<u32> {
    let at = look.place.at;
    let since = at.checked_sub(within).unwrap_or(Timestamp::MIN);
    let until = if look.offline {
        at.checked_add(within).unwrap_or(Timestamp::MAX)
    } else {
        at
    };
    let mut sql = Sql::new("select p.at, p.nhs_number from audit_entry e");
    sql.push(" join audit_patient p on p.lane = e.lane and p.seq = e.seq where e.person = ")
        .bind(look.person.to_string())?
        .push(" and e.at > ")
        .bind(since.as_microsecond())?
        .push(" and e.at <= ")
        .bind(until.as_microsecond())?
        .push(" and e.organisation = ")
        .bind(look.organisation.clone().unwrap_or_default())?
        .push(REACHES)
        .push(" order by p.at");
    let rows = sql.query().fetch_all(db.read()).await?;
    let reached = rows
        .iter()
        .map(|row| {
            let at = Timestamp::from_microsecond(column(row, 0)?)
                .map_err(|_| Failure::Corrupt("the time of an entry of the audit".into()))?;
            Ok((at, column::<String>(row, 1)?))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(most_within(&reached, within))
}

/// What the person did: as [`on_patient`].
///
/// # Errors
/// Where the database does not answer.
pub async fn by_person(
    db: &Db,
    person: PersonId,
    before: Option<Cursor>,
    most: u32,
) -> Result<LookedPage> {
    page(db, person_statement(person, before, most)?, most).await
}

/// As [`on_patient`] asks it, for a look at its plan.
///
/// # Errors
/// None in practice: see [`Sql::bind`].
pub fn patient_statement(
    patient: NhsNumber,
    before: Option<Cursor>,
    most: u32,
) -> Result<Sql, sqlx::Error> {
    patient_sql(patient, None, before, most)
}

fn patient_sql(
    patient: NhsNumber,
    organisation: Option<&str>,
    before: Option<Cursor>,
    most: u32,
) -> Result<Sql, sqlx::Error> {
    let mut sql = Sql::new(SELECT);
    sql.push(" from audit_patient p join audit_entry e on e.lane = p.lane and e.seq = p.seq")
        .push(NAMES)
        .push(" where p.nhs_number = ")
        .bind(patient.digits())?;
    if let Some(organisation) = organisation {
        sql.push(" and e.organisation = ")
            .bind(organisation.to_owned())?;
    }
    if let Some(before) = before {
        sql.push(" and (p.at, p.lane, p.seq) < ");
        place(&mut sql, before)?;
    }
    sql.push(" order by p.at desc, p.lane desc, p.seq desc limit ")
        .bind(one_more(most))?;
    Ok(sql)
}

/// As [`by_person`] asks it, for a look at its plan.
///
/// # Errors
/// None in practice: see [`Sql::bind`].
pub fn person_statement(
    person: PersonId,
    before: Option<Cursor>,
    most: u32,
) -> Result<Sql, sqlx::Error> {
    let mut sql = Sql::new(SELECT);
    sql.push(" from audit_entry e")
        .push(NAMES)
        .push(" where e.person = ")
        .bind(person.to_string())?;
    if let Some(before) = before {
        sql.push(" and (e.at, e.lane, e.seq) < ");
        place(&mut sql, before)?;
    }
    sql.push(" order by e.at desc, e.lane desc, e.seq desc limit ")
        .bind(one_more(most))?;
    Ok(sql)
}

fn place(sql: &mut Sql, place: Cursor) -> Result<(), sqlx::Error> {
    sql.push("(")
        .bind_all([place.at.as_microsecond(), place.lane, place.seq])?
        .push(")");
    Ok(())
}

/// One more than a page holds tells whether there is another page.
fn one_more(most: u32) -> i64 {
    i64::from(most.clamp(1, MOST)) + 1
}

async fn page(db: &Db, sql: Sql, most: u32) -> Result<LookedPage> {
    let rows = sql.query().fetch_all(db.read()).await?;
    let mut entries = rows.iter().map(looked).collect::<Result<Vec<_>>>()?;
    let full = usize::try_from(most.clamp(1, MOST)).unwrap_or(usize::MAX);
    let another = entries.len() > full;
    entries.truncate(full);
    Ok(LookedPage {
        next: entries.last().filter(|_| another).map(|last| last.place),
        entries,
    })
}

fn looked(row: &AnyRow) -> Result<Looked> {
    let corrupt = || Failure::Corrupt("an entry of the audit".into());
    let time = |micros: i64| Timestamp::from_microsecond(micros).map_err(|_| corrupt());
    let at = time(column(row, 0)?)?;
    let text = |index| -> Result<Option<String>> { Ok(column(row, index)?) };
    let known = |index| -> Result<String> { Ok(column(row, index)?) };
    Ok(Looked {
        place: Cursor {
            at,
            lane: column(row, 1)?,
            seq: column(row, 2)?,
        },
        received: column::<Option<i64>>(row, 3)?.map_or(Ok(at), time)?,
        offline: column::<Option<i64>>(row, 4)? == Some(1),
        person: known(5)?.parse().map_err(|_| corrupt())?,
        name: text(6)?,
        job: text(7)?,
        organisation: text(8)?,
        organisation_name: text(9)?,
        device: known(10)?,
        app_version: text(11)?,
        screen: text(12)?,
        action: Action::from_code(&known(13)?).ok_or_else(corrupt)?,
        outcome: Outcome::from_code(&known(14)?).ok_or_else(corrupt)?,
        fault: text(15)?,
        ground: text(16)?
            .map(|code| Ground::from_code(&code).ok_or_else(corrupt))
            .transpose()?,
        reason_code: text(17)?
            .map(|code| ReasonCode::from_code(&code).ok_or_else(corrupt))
            .transpose()?,
        reason: text(18)?,
        patients: serde_json::from_str(&known(19)?).map_err(|_| corrupt())?,
        context: text(20)?
            .map(|context| context.parse().map_err(|_| corrupt()))
            .transpose()?,
        correlation: known(21)?.parse().map_err(|_| corrupt())?,
        detail: known(22)?,
        session: known(23)?.parse().map_err(|_| corrupt())?,
        role: text(24)?
            .map(|role| role.parse().map_err(|_| corrupt()))
            .transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_reads_as_it_was_written(at in 0..4_000_000_000_000_000_i64, lane: i64, seq: i64) {
            let cursor = Cursor { at: Timestamp::from_microsecond(at).unwrap(), lane, seq };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn whatever_is_sent_as_a_place_does_no_harm(text in "[0-9.+-]{0,60}|.{0,60}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
            }
        }
    }
}
