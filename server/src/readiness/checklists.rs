//! The checklists as they are kept: every change of a step, and of those the last.

use crate::access::{ApproveOrganisations, CompleteReadiness, Permit};
use crate::failure::{Failure, Result};
use crate::identity::staff::LOOK_BACK;
use crate::identity::{from_micros, micros, setting_of, stored};
use crate::store::{Db, Value, column, insert_many};
use app::api::readiness::{ApplicationKey, Done};
use domain::OdsCode;
use domain::ids::PersonId;
use domain::readiness::{Evidence, Readiness, Step, Verdict, Written};
use domain::role::{Activity, Organisation};
use jiff::Timestamp;
use sqlx::any::AnyRow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The columns of a step, in the order in which [`Kept::read`] reads them.
const COLUMNS: &str = "c.step, c.version, c.evidence, c.on_day, c.more, c.verdict, c.reason,
    c.entered_by, c.entered_by_name, c.entered_at, c.decided_by_name, c.decided_at";
/// Only the last change of each step counts.
const LAST: &str = "c.version = (select max(m.version) from readiness_change m
                     where m.ods = c.ods and m.step = c.step)";
const INSERT: &str = "insert into readiness_change
    (ods, step, version, evidence, on_day, more, verdict, reason,
     entered_by, entered_by_name, entered_at, decided_by, decided_by_name, decided_at)";

/// A step as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) written: Written,
    /// Who entered it, where that is known.
    pub(crate) entered_by: Option<PersonId>,
    /// Who decided on it.
    pub(crate) decided: Option<Done>,
}

/// A step that waits for a national approver.
pub(crate) struct Waiting {
    pub(crate) organisation: Organisation,
    pub(crate) kept: Kept,
}

/// Who decides or enters, as it is written.
struct By {
    person: Option<PersonId>,
    name: String,
    at: Timestamp,
}

impl By {
    fn values(by: Option<Self>) -> [Value; 3] {
        match by {
            Some(By { person, name, at }) => [
                person.map(|person| person.to_string()).into(),
                name.into(),
                micros(at).into(),
            ],
            None => [Value::Text(None), Value::Text(None), Value::Number(None)],
        }
    }
}

impl Kept {
    fn read(row: &AnyRow) -> Result<Self> {
        let code: String = column(row, 0)?;
        let step = Step::from_code(&code)
            .ok_or_else(|| Failure::Corrupt(format!("a step of readiness: {code}")))?;
        let more: String = column(row, 4)?;
        let verdict: String = column(row, 5)?;
        let reason: Option<String> = column(row, 6)?;
        let entered_by: Option<String> = column(row, 7)?;
        let by: Option<String> = column(row, 10)?;
        let at: Option<i64> = column(row, 11)?;
        Ok(Self {
            written: Written {
                step,
                version: u32::try_from(column::<i64>(row, 1)?)
                    .map_err(|_| Failure::Corrupt("a version of readiness".into()))?,
                evidence: Evidence {
                    reference: column(row, 2)?,
                    on: stored(&column::<String>(row, 3)?)?,
                    more: serde_json::from_str(&more)
                        .map_err(|error| Failure::Corrupt(format!("readiness: {error}")))?,
                },
                verdict: match verdict.as_str() {
                    "none" => Verdict::None,
                    "approved" => Verdict::Approved,
                    "sent-back" => Verdict::SentBack {
                        reason: reason.unwrap_or_default(),
                    },
                    other => return Err(Failure::Corrupt(format!("a verdict: {other}"))),
                },
                entered_by: column(row, 8)?,
                entered_at: from_micros(column(row, 9)?)?,
            },
            entered_by: entered_by.as_deref().map(stored).transpose()?,
            decided: match (by, at) {
                (Some(by), Some(at)) => Some(Done {
                    by,
                    at: from_micros(at)?,
                }),
                _ => None,
            },
        })
    }
}

/// A verdict as it is written, with its reason.
fn columns(verdict: &Verdict) -> (&'static str, Option<String>) {
    match verdict {
        Verdict::None => ("none", None),
        Verdict::Approved => ("approved", None),
        Verdict::SentBack { reason } => ("sent-back", Some(reason.clone())),
    }
}

/// The row of a change.
fn row(ods: &OdsCode, written: &Written, entered: By, decided: Option<By>) -> Result<[Value; 14]> {
    let more = serde_json::to_string(&written.evidence.more)
        .map_err(|error| Failure::Internal(format!("readiness: {error}")))?;
    let (verdict, reason) = columns(&written.verdict);
    let [entered_by, entered_name, entered_at] = By::values(Some(entered));
    let [decided_by, decided_name, decided_at] = By::values(decided);
    Ok([
        ods.to_string().into(),
        written.step.code().into(),
        i64::from(written.version).into(),
        written.evidence.reference.clone().into(),
        written.evidence.on.to_string().into(),
        more.into(),
        verdict.into(),
        reason.into(),
        entered_by,
        entered_name,
        entered_at,
        decided_by,
        decided_name,
        decided_at,
    ])
}

/// By organisation, with how many changes there were by then.
type Known = HashMap<OdsCode, (i64, Arc<Readiness>)>;

/// What organisations have shown.
#[derive(Clone)]
pub struct Checklists {
    db: Db,
    /// What was read.
    read: Arc<Mutex<Known>>,
}

impl Checklists {
    /// In that database.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            read: Arc::default(),
        }
    }

    /// What an organisation has shown: for its own staff, and for the access module to decide on. Asked at every look,
    /// so it is read once. Changes are only ever added, which the database sees to: while there are as many as there
    /// were, nothing else was shown.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub(crate) async fn of(&self, organisation: &Organisation) -> Result<Arc<Readiness>> {
        let ods = &organisation.ods;
        let row = sqlx::query("select count(*) from readiness_change where ods = $1")
            .bind(ods.to_string())
            .fetch_one(self.db.read())
            .await?;
        let changes: i64 = column(&row, 0)?;
        let known = self.known().get(ods).cloned();
        if let Some((then, readiness)) = known
            && then == changes
            && readiness.setting == organisation.setting
        {
            return Ok(readiness);
        }
        let kept = self.kept(ods).await?;
        let readiness = Arc::new(Readiness {
            setting: organisation.setting,
            written: kept.into_iter().map(|kept| kept.written).collect(),
        });
        // A change that came in between is counted the next time.
        let known = (changes, readiness.clone());
        self.known().insert(ods.clone(), known);
        Ok(readiness)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Whoever panicked was at most about to put one in.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The steps as they were last written.
    pub(crate) async fn kept(&self, ods: &OdsCode) -> Result<Vec<Kept>> {
        let sql = format!("select {COLUMNS} from readiness_change c where c.ods = $1 and {LAST}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(ods.to_string())
            .fetch_all(self.db.read())
            .await?;
        rows.iter().map(Kept::read).collect()
    }

    /// The active staff of an organisation who receive alerts of both types, by name.
    pub(crate) async fn officers(
        &self,
        _permit: &Permit<CompleteReadiness>,
        ods: &OdsCode,
    ) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "select p.name from person p join role_assignment r on r.person_id = p.id
               join role_activity e on e.role_id = r.id and e.code = $2
               join role_activity l on l.role_id = r.id and l.code = $3
              where r.ods = $1 and p.active = 1",
        )
        .bind(ods.to_string())
        .bind(Activity::EmergencyAlerts.code())
        .bind(Activity::RelationshipAlerts.code())
        .fetch_all(self.db.read())
        .await?;
        // Here, because each engine has its own idea of the alphabet.
        let names: BTreeSet<String> = rows.into_iter().map(|(name,)| name).collect();
        Ok(names.into_iter().collect())
    }

    /// Saves a step on top of the version `base`. `false` where another change came first: not where
    /// the same person saved the same, and did not hear of it.
    pub(crate) async fn save(
        &self,
        permit: &Permit<CompleteReadiness>,
        ods: &OdsCode,
        step: Step,
        base: u32,
        evidence: Evidence,
        at: Timestamp,
    ) -> Result<bool> {
        let name = permit.provenance(at).person;
        let written = Written {
            step,
            version: base.saturating_add(1),
            evidence,
            verdict: Verdict::None,
            entered_by: name.clone(),
            entered_at: at,
        };
        let by = By {
            person: Some(permit.actor().person),
            name,
            at,
        };
        if self.add(base, row(ods, &written, by, None)?).await? {
            return Ok(true);
        }
        let kept = self.kept(ods).await?;
        Ok(kept.iter().any(|kept| {
            kept.entered_by == Some(permit.actor().person)
                && kept.written.step == step
                && kept.written.version == written.version
                && kept.written.evidence == written.evidence
        }))
    }

    /// Adds a change that is based on that version, unless the step has another by now.
    async fn add(&self, base: u32, row: [Value; 14]) -> Result<bool> {
        let [Value::Text(Some(ods)), Value::Text(Some(step)), ..] = &row else {
            return Err(Failure::Internal("a change of no step".into()));
        };
        let mut work = self.db.begin().await?;
        let last = sqlx::query(
            "select coalesce(max(version), 0) from readiness_change where ods = $1 and step = $2",
        )
        .bind(ods.clone())
        .bind(step.clone())
        .fetch_one(&mut *work)
        .await?;
        if column::<i64>(&last, 0)? != i64::from(base) {
            return Ok(false);
        }
        // Of two at once that saw the same, the table lets one in.
        let added = insert_many(&mut work, INSERT, " on conflict do nothing", vec![row]).await?;
        work.commit().await?;
        Ok(added == 1)
    }

    /// Everything that waits for a national approver, oldest first.
    pub(crate) async fn waiting(
        &self,
        _permit: &Permit<ApproveOrganisations>,
    ) -> Result<Vec<Waiting>> {
        let sql = format!(
            "select {COLUMNS}, o.ods, o.name, o.setting
               from readiness_change c join organisation o on o.ods = c.ods
              where c.verdict = 'none' and {LAST} order by c.entered_at, c.ods, c.step"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.db.read())
            .await?;
        let mut waiting = Vec::new();
        for row in &rows {
            let kept = Kept::read(row)?;
            if kept.written.step.approved_nationally() {
                let setting: String = column(row, 14)?;
                waiting.push(Waiting {
                    organisation: Organisation {
                        ods: stored(&column::<String>(row, 12)?)?,
                        name: column(row, 13)?,
                        setting: setting_of(setting)?,
                    },
                    kept,
                });
            }
        }
        Ok(waiting)
    }

    /// Whether the person has to do with that organisation, in whichever of their roles: they have or
    /// lately had one there or where it is registered, or entered any version of what it shows.
    pub(crate) async fn is_tied(
        &self,
        _permit: &Permit<ApproveOrganisations>,
        person: PersonId,
        ods: &OdsCode,
        now: Timestamp,
    ) -> Result<bool> {
        let found = sqlx::query(
            "select r.ods from role_assignment r
              where r.person_id = $1
                and (r.ods = $2 or r.ods = (select o.registered_by from organisation o where o.ods = $2))
             union all
             select e.ods from role_ended e
              where e.person_id = $1 and e.ended_at > $3
                and (e.ods = $2 or e.ods = (select o.registered_by from organisation o where o.ods = $2))
             union all
             select c.ods from readiness_change c where c.ods = $2 and c.entered_by = $1",
        )
        .bind(person.to_string())
        .bind(ods.to_string())
        .bind(micros(now - LOOK_BACK))
        .fetch_optional(self.db.read())
        .await?;
        Ok(found.is_some())
    }

    /// Writes what was decided on a step that waits. `false` where it was changed first.
    pub(crate) async fn decide(
        &self,
        permit: &Permit<ApproveOrganisations>,
        waiting: Waiting,
        verdict: Verdict,
        at: Timestamp,
    ) -> Result<bool> {
        let Waiting { organisation, kept } = waiting;
        let base = kept.written.version;
        let entered = By {
            person: kept.entered_by,
            name: kept.written.entered_by.clone(),
            at: kept.written.entered_at,
        };
        let decided = By {
            person: Some(permit.actor().person),
            name: permit.provenance(at).person,
            at,
        };
        let written = Written {
            version: base.saturating_add(1),
            verdict,
            ..kept.written
        };
        let row = row(&organisation.ods, &written, entered, Some(decided))?;
        self.add(base, row).await
    }

    /// The same person decided the same on it, and may not have heard of it.
    pub(crate) async fn was_decided(
        &self,
        permit: &Permit<ApproveOrganisations>,
        key: &ApplicationKey,
        verdict: &Verdict,
    ) -> Result<bool> {
        let (verdict, reason) = columns(verdict);
        let found = sqlx::query(
            "select 1 from readiness_change where ods = $1 and step = $2 and version = $3
                and decided_by = $4 and verdict = $5 and coalesce(reason, '') = $6",
        )
        .bind(key.organisation.to_string())
        .bind(key.step.code())
        .bind(i64::from(key.version.saturating_add(1)))
        .bind(permit.actor().person.to_string())
        .bind(verdict)
        .bind(reason.unwrap_or_default())
        .fetch_optional(self.db.read())
        .await?;
        Ok(found.is_some())
    }

    /// Writes what an organisation has shown elsewhere, as its first change of those steps. Whatever
    /// was written before stays.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn take_over(&self, ods: &OdsCode, steps: Vec<Written>) -> Result<()> {
        let mut rows = Vec::with_capacity(steps.len());
        for written in steps {
            let by = By {
                person: None,
                name: written.entered_by.clone(),
                at: written.entered_at,
            };
            rows.push(row(ods, &written, by, None)?);
        }
        let mut work = self.db.begin().await?;
        insert_many(&mut work, INSERT, " on conflict do nothing", rows).await?;
        work.commit().await?;
        Ok(())
    }
}

impl Waiting {
    /// It is the one that was meant.
    pub(crate) fn is(&self, key: &ApplicationKey) -> bool {
        self.organisation.ods == key.organisation
            && self.kept.written.step == key.step
            && self.kept.written.version == key.version
    }
}
