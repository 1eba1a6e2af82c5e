//! Alerts that are raised by an entry of the audit, in the transaction that writes it: there is no
//! such look without its alert.
//!
//! | entry                                             | alert                    |
//! |---------------------------------------------------|--------------------------|
//! | a summary opened, the relationship self-claimed for the first time | self-claimed |
//! | a summary opened in an emergency                  | emergency                |
//! | a summary opened for another reason of the list   | legal override           |
//! | a summary opened in a community pharmacy          | pharmacy                 |
//! | a summary refused because the patient is restricted | restricted             |
//! | a device's log that does not continue             | device log               |
//! | a device's log that did not come after its vault ended | device log missing   |
//! | done on a device at a time that cannot be         | device clock, unless one is open |
//!
//! It goes to the organisation in whose role it was done. Who has no role raises none.

use crate::access::MISSING;
use crate::audit::{Action, Entry, Ground, Outcome, ReasonCode};
use crate::clock::Clock;
use crate::failure::{Failure, Result};
use crate::identity::new_id;
use crate::store::column;
use domain::alert::{AlertKind, AlertReason, AlertState, Stage};
use domain::ids::AlertId;
use domain::permission::Closed;
use domain::role::CareSetting;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::AnyConnection;

/// An alert that is about to be raised.
#[derive(Clone)]
pub(crate) struct Raise {
    pub(super) id: AlertId,
    pub(super) kind: AlertKind,
    pub(super) reason: AlertReason,
    pub(super) explanation: Option<String>,
    pub(super) organisation: String,
    pub(super) at: Timestamp,
    pub(super) raised_at: Timestamp,
    pub(super) person: String,
    pub(super) name: Option<String>,
    pub(super) job: Option<String>,
    pub(super) patient: Option<String>,
}

/// What an entry raises, as far as it tells by itself: [`raise`] asks the database for the rest.
pub(crate) fn raises(entry: &Entry, clock: &dyn Clock) -> Vec<Raise> {
    let Some(role) = &entry.actor.role else {
        return Vec::new();
    };
    kinds(entry)
        .into_iter()
        .map(|(kind, reason)| Raise {
            id: AlertId(new_id(clock)),
            kind,
            reason,
            explanation: None,
            organisation: role.organisation.clone(),
            at: entry.offline_at.unwrap_or_else(|| clock.now()),
            raised_at: clock.now(),
            person: entry.actor.person.to_string(),
            name: entry.actor.name.clone(),
            job: Some(role.job.clone()),
            patient: match entry.patients.len() {
                1 => entry.patients.first().map(|patient| patient.digits()),
                _ => None,
            },
        })
        .collect()
}

fn kinds(entry: &Entry) -> Vec<(AlertKind, AlertReason)> {
    let mut kinds = kinds_of_act(entry);
    if entry.detail.get("clock_alert") == Some(&Value::Bool(true)) {
        kinds.push((AlertKind::DeviceClock, AlertReason::Other));
    }
    kinds
}

fn kinds_of_act(entry: &Entry) -> Vec<(AlertKind, AlertReason)> {
    let says =
        |name: &str, value: &str| entry.detail.get(name).and_then(Value::as_str) == Some(value);
    match (entry.action, entry.outcome) {
        (Action::DeviceLogBreak, _) if says("how", MISSING) => {
            vec![(AlertKind::DeviceLogMissing, AlertReason::Other)]
        }
        (Action::DeviceLogBreak, _) => vec![(AlertKind::DeviceLog, AlertReason::Other)],
        (Action::ViewSummary, Outcome::Refused)
            if entry.detail.get("closed") == Some(&json!(Closed::Restricted)) =>
        {
            vec![(AlertKind::Restricted, AlertReason::Other)]
        }
        (Action::ViewSummary, Outcome::Allowed)
            if !says("answer", "declined") && !entry.patients.is_empty() =>
        {
            let emergency =
                entry.actor.ground == Some(Ground::Emergency) || says("answer", "emergency");
            let reason = match entry.actor.reason_code {
                Some(code) => reason(code),
                None if emergency => AlertReason::Emergency,
                None => AlertReason::Other,
            };
            let mut kinds = Vec::new();
            if says("relationship", "self-claimed") {
                let reason = if emergency {
                    AlertReason::SelfClaimedEmergency
                } else {
                    AlertReason::Other
                };
                kinds.push((AlertKind::SelfClaimed, reason));
            }
            if emergency {
                kinds.push((AlertKind::Emergency, reason));
            } else if entry.actor.reason_code.is_some() {
                kinds.push((AlertKind::LegalOverride, reason));
            }
            kinds.push((AlertKind::Pharmacy, AlertReason::Other));
            kinds
        }
        _ => Vec::new(),
    }
}

fn reason(code: ReasonCode) -> AlertReason {
    match code {
        ReasonCode::PublicInterest => AlertReason::PublicInterest,
        ReasonCode::Statute => AlertReason::Statute,
        ReasonCode::CourtOrder => AlertReason::CourtOrder,
        ReasonCode::SelfClaimedEmergency => AlertReason::SelfClaimedEmergency,
        ReasonCode::Emergency => AlertReason::Emergency,
        ReasonCode::Other => AlertReason::Other,
    }
}

/// Raises it for the entry at that place, where it is one: a relationship is claimed once, and only
/// a pharmacy's views are all told.
pub(crate) async fn raise(
    connection: &mut AnyConnection,
    lane: i64,
    seq: i64,
    raise: Raise,
) -> Result<()> {
    let is_one = match raise.kind {
        AlertKind::SelfClaimed => !claimed(connection, &raise).await?,
        AlertKind::Pharmacy => in_pharmacy(connection, &raise.organisation).await?,
        AlertKind::DeviceClock => !is_open(connection, &raise).await?,
        AlertKind::Emergency
        | AlertKind::LegalOverride
        | AlertKind::Restricted
        | AlertKind::ManyPatients
        | AlertKind::OwnRecord
        | AlertKind::SameSurname
        | AlertKind::SameAddress
        | AlertKind::Colleague
        | AlertKind::DeviceLog
        | AlertKind::DeviceLogMissing => true,
    };
    if !is_one {
        return Ok(());
    }
    sqlx::query(
        "insert into alert (id, organisation, kind, reason, explanation, lane, seq, at, raised_at, person,
         name, job, nhs_number, stage, asked, stage_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $9)",
    )
    .bind(raise.id.to_string())
    .bind(raise.organisation)
    .bind(raise.kind.code())
    .bind(raise.reason.code())
    .bind(raise.explanation)
    .bind(lane)
    .bind(seq)
    .bind(raise.at.as_microsecond())
    .bind(raise.raised_at.as_microsecond())
    .bind(raise.person)
    .bind(raise.name)
    .bind(raise.job)
    .bind(raise.patient)
    .bind(AlertState::NEW.stage.code())
    .bind(AlertState::NEW.explanation.code())
    .execute(connection)
    .await?;
    Ok(())
}

/// There is one of that person already that is not closed.
async fn is_open(connection: &mut AnyConnection, raise: &Raise) -> Result<bool> {
    let found = sqlx::query(
        "select id from alert where person = $1 and kind = $2 and organisation = $3 and stage <> $4
         limit 1",
    )
    .bind(raise.person.clone())
    .bind(raise.kind.code())
    .bind(raise.organisation.clone())
    .bind(Stage::CLOSED)
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// The relationship was claimed before.
async fn claimed(connection: &mut AnyConnection, raise: &Raise) -> Result<bool> {
    let Some(patient) = &raise.patient else {
        return Ok(false);
    };
    let found = sqlx::query(
        "select claimed_at from relationship where nhs_number = $1 and person = $2 and organisation = $3",
    )
    .bind(patient.clone())
    .bind(raise.person.clone())
    .bind(raise.organisation.clone())
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

async fn in_pharmacy(connection: &mut AnyConnection, organisation: &str) -> Result<bool> {
    let Some(row) = sqlx::query("select setting from organisation where ods = $1")
        .bind(organisation.to_owned())
        .fetch_optional(connection)
        .await?
    else {
        return Ok(false);
    };
    let setting: String = column(&row, 0)?;
    let setting: CareSetting = serde_json::from_value(Value::String(setting))
        .map_err(|_| Failure::Corrupt("the care setting of an organisation".into()))?;
    Ok(setting == CareSetting::CommunityPharmacy)
}
