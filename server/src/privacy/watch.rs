//! Looks for unusual patterns in what the audit has, after it has it: nobody waits for this, and
//! nothing is lost where the server stops meanwhile.

use super::homes;
use super::raising::{self, Raise};
use crate::audit::query::{self, Looked};
use crate::failure::{Failure, Result};
use crate::identity::new_id;
use crate::services::Services;
use crate::store::column;
use app::problem::Kind;
use domain::alert::{AlertKind, AlertReason, Look, Pattern, Stage, Thresholds, patterns};
use domain::ids::AlertId;
use jiff::{SignedDuration, Timestamp};
use sqlx::AnyConnection;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How many looks are taken at a time.
const PAGE: u32 = 100;
/// How often there is a look at what is new.
const EVERY: Duration = Duration::from_secs(5);

/// How often there is a look at devices that owe their log.
const EVERY_DEVICE: Duration = Duration::from_secs(60);

/// Who works in an organisation: id and name.
type Staff = Arc<Vec<(String, String)>>;

/// Watches for as long as the server runs.
pub async fn keep_watch(services: Services) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut devices = tokio::time::interval(EVERY_DEVICE);
    devices.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turns.tick() => {
                if let Err(failure) = watch(&services).await {
                    tracing::error!(%failure, "unusual patterns were not looked for: it is tried again");
                }
            }
            _ = devices.tick() => {
                if let Err(failure) = watch_devices(&services).await {
                    tracing::error!(%failure, "missing logs of devices were not looked for: it is tried again");
                }
            }
        }
    }
}

/// Ends the vaults that hang on what was ended, and tells of those whose log did not come.
///
/// # Errors
/// Where the database does not answer. What was done stays done.
pub async fn watch_devices(services: &Services) -> Result<()> {
    services.vaults.end_all().await?;
    services.access.tell_of_missing_logs().await
}

/// Looks at everything that the audit has and that was not looked at.
///
/// # Errors
/// Where the database or a national service does not answer. What was done stays done.
pub async fn watch(services: &Services) -> Result<()> {
    let heads = sqlx::query("select lane, seq from audit_head order by lane")
        .fetch_all(services.db.read())
        .await?;
    let mut staff = HashMap::new();
    for head in &heads {
        watch_lane(services, column(head, 0)?, column(head, 1)?, &mut staff).await?;
    }
    Ok(())
}

async fn watch_lane(
    services: &Services,
    lane: i64,
    head: i64,
    staff: &mut HashMap<String, Staff>,
) -> Result<()> {
    let db = &services.db;
    let place = sqlx::query("select seq from alert_watch where lane = $1")
        .bind(lane)
        .fetch_optional(db.read())
        .await?;
    let mut place: i64 = match place {
        Some(row) => column(&row, 0)?,
        None => {
            sqlx::query(
                "insert into alert_watch (lane, seq) values ($1, 0) on conflict do nothing",
            )
            .bind(lane)
            .execute(db.write())
            .await?;
            0
        }
    };
    while place < head {
        let looks = query::openings(db, lane, place, head, PAGE).await?;
        let full = usize::try_from(PAGE).is_ok_and(|page| looks.len() >= page);
        for look in looks {
            let found = patterns_in(services, &look, staff).await?;
            if !move_on(services, lane, place, &look, found).await? {
                // Another server is at it.
                return Ok(());
            }
            place = look.place.seq;
        }
        if !full && place < head {
            moved(&mut *db.write().acquire().await?, lane, place, head).await?;
            place = head;
        }
    }
    Ok(())
}

async fn patterns_in(
    services: &Services,
    look: &Looked,
    staff: &mut HashMap<String, Staff>,
) -> Result<Vec<Pattern>> {
    let (Some(organisation), Some(person)) = (&look.organisation, &look.name) else {
        return Ok(Vec::new());
    };
    let Some(permit) = services.access.to_compare(look) else {
        return Ok(Vec::new());
    };
    let patient = match services.national.demographics.patient(&permit).await {
        Ok(patient) => patient,
        // Gone, or not to be read: then there is nothing to compare, also later.
        Err(Failure::Refused(Kind::NotFound) | Failure::Corrupt(_)) => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    let names: Vec<_> = std::iter::once(patient.name.clone())
        .chain(patient.former_names.iter().map(|name| name.value.clone()))
        .collect();
    let known = match staff.get(organisation) {
        Some(known) => known.clone(),
        None => {
            let known = staff_of(services, organisation).await?;
            staff.insert(organisation.clone(), known.clone());
            known
        }
    };
    let me = look.person.to_string();
    let colleagues: Vec<String> = known
        .iter()
        .filter(|(id, _)| *id != me)
        .map(|(_, name)| name.clone())
        .collect();
    let thresholds = &services.thresholds;
    let home = homes::of(&services.db, look.person).await?;
    let facts = Look {
        person,
        patient: &names,
        colleagues: &colleagues,
        home: home.as_ref(),
        addresses: &patient.addresses,
        patients: query::patients_reached(&services.db, look, window(thresholds)).await?,
    };
    Ok(patterns(&facts, thresholds))
}

/// Within how long patients are counted.
fn window(thresholds: &Thresholds) -> SignedDuration {
    SignedDuration::from_mins(thresholds.many_minutes.into())
}

async fn staff_of(services: &Services, organisation: &str) -> Result<Staff> {
    let rows = sqlx::query(
        "select distinct p.id, p.name from person p join role_assignment r on r.person_id = p.id
         where r.ods = $1 and p.active = 1",
    )
    .bind(organisation.to_owned())
    .fetch_all(services.db.read())
    .await?;
    let staff = rows
        .iter()
        .map(|row| Ok((column(row, 0)?, column(row, 1)?)))
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(Arc::new(staff))
}

/// Raises what was found and remembers that the look was seen: both or neither. `false` where
/// another server has seen it.
async fn move_on(
    services: &Services,
    lane: i64,
    from: i64,
    look: &Looked,
    found: Vec<Pattern>,
) -> Result<bool> {
    let mut transaction = services.db.begin().await?;
    if !moved(&mut transaction, lane, from, look.place.seq).await? {
        return Ok(false);
    }
    for pattern in found {
        let window = window(&services.thresholds);
        let now = services.clock.now();
        if is_known(&mut transaction, look, pattern.kind, window, now).await? {
            continue;
        }
        let raise = Raise {
            id: AlertId(new_id(services.clock.as_ref())),
            kind: pattern.kind,
            reason: AlertReason::Other,
            explanation: Some(pattern.explanation),
            organisation: look.organisation.clone().unwrap_or_default(),
            at: look.place.at,
            raised_at: services.clock.now(),
            person: look.person.to_string(),
            name: look.name.clone(),
            job: look.job.clone(),
            patient: look.patients.first().map(|patient| patient.digits()),
        };
        raising::raise(&mut transaction, lane, look.place.seq, raise).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

async fn moved(connection: &mut AnyConnection, lane: i64, from: i64, to: i64) -> Result<bool> {
    let moved = sqlx::query("update alert_watch set seq = $1 where lane = $2 and seq = $3")
        .bind(to)
        .bind(lane)
        .bind(from)
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == 1)
}

/// There is an alert that says so already: of the same window, or on the same patient and not closed.
async fn is_known(
    connection: &mut AnyConnection,
    look: &Looked,
    kind: AlertKind,
    window: SignedDuration,
    now: Timestamp,
) -> Result<bool> {
    let at = look.place.at;
    let patient = look
        .patients
        .first()
        .map(|patient| patient.digits())
        .unwrap_or_default();
    let found = if kind == AlertKind::ManyPatients {
        sqlx::query(
            "select id from alert where person = $1 and kind = $2 and organisation = $3 and at > $4
             and at < $5 and at <= $6 limit 1",
        )
        .bind(look.person.to_string())
        .bind(kind.code())
        .bind(look.organisation.clone().unwrap_or_default())
        .bind(
            at.checked_sub(window)
                .unwrap_or(Timestamp::MIN)
                .as_microsecond(),
        )
        // One of a later day says nothing of a look that comes late.
        .bind(
            at.checked_add(window)
                .unwrap_or(Timestamp::MAX)
                .as_microsecond(),
        )
        // One of the future, by a device's clock that was believed once, silences nothing.
        .bind(now.as_microsecond())
    } else {
        sqlx::query(
            "select id from alert where person = $1 and kind = $2 and organisation = $3 and nhs_number = $4
             and stage <> $5 limit 1",
        )
        .bind(look.person.to_string())
        .bind(kind.code())
        .bind(look.organisation.clone().unwrap_or_default())
        .bind(patient)
        .bind(Stage::CLOSED)
    };
    Ok(found.fetch_optional(connection).await?.is_some())
}
