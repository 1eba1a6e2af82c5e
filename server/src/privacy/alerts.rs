//! Alerts as they are kept, and the work on them.

use crate::access::{
    AnswerTask, ListTasks, Permit, ReportAlerts, ReviewAlert, ReviewAlerts, Right,
};
use crate::clock::SharedClock;
use crate::failure::{Failure, Result};
use crate::store::{Db, Sql, column};
use app::api::privacy::{QueueFilter, Which};
use app::problem::Kind;
use domain::FieldError;
use domain::NhsNumber;
use domain::alert::{
    AlertKind, AlertReason, AlertState, Explanation, Finding, Receives, Stage, Step, sampled,
};
use domain::ids::{AlertId, PersonId};
use jiff::{SignedDuration, Timestamp};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::fmt;

/// The most alerts of a page.
pub const PAGE: u32 = 50;
/// How many rows are read at once to find those of the sample.
const CHUNK: u32 = 500;

/// An alert.
#[derive(Clone)]
pub struct AlertRow {
    /// Its reference.
    pub id: AlertId,
    /// Whose it is: an ODS code.
    pub organisation: String,
    /// What raised it.
    pub kind: AlertKind,
    /// Why, from the fixed list.
    pub reason: AlertReason,
    /// What the rule found, where it is more than the kind says.
    pub explanation: Option<String>,
    /// The lane of the entry of the audit.
    pub lane: i64,
    /// The number of the entry.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Who looked.
    pub person: PersonId,
    /// Their name.
    pub name: Option<String>,
    /// Their job.
    pub job: Option<String>,
    /// On whom.
    pub patient: Option<NhsNumber>,
    /// Where it stands.
    pub state: AlertState,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl fmt::Debug for AlertRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AlertRow({}, hidden)", self.id)
    }
}

const SELECT: &str =
    "select id, organisation, kind, reason, explanation, lane, seq, at, raised_at, person, name,
    job, nhs_number, stage, finding, asked, closed_at from alert";

fn row(row: &AnyRow) -> Result<AlertRow> {
    let corrupt = || Failure::Corrupt("an alert".into());
    let text = |index| -> Result<String> { Ok(column(row, index)?) };
    let time = |micros: i64| Timestamp::from_microsecond(micros).map_err(|_| corrupt());
    let finding = column::<Option<String>>(row, 14)?
        .map(|code| Finding::from_code(&code).ok_or_else(corrupt))
        .transpose()?;
    Ok(AlertRow {
        id: text(0)?.parse().map_err(|_| corrupt())?,
        organisation: text(1)?,
        kind: AlertKind::from_code(&text(2)?).ok_or_else(corrupt)?,
        reason: AlertReason::from_code(&text(3)?).ok_or_else(corrupt)?,
        explanation: column(row, 4)?,
        lane: column(row, 5)?,
        seq: column(row, 6)?,
        at: time(column(row, 7)?)?,
        raised_at: time(column(row, 8)?)?,
        person: text(9)?.parse().map_err(|_| corrupt())?,
        name: column(row, 10)?,
        job: column(row, 11)?,
        patient: column::<Option<String>>(row, 12)?
            .map(|patient| patient.parse().map_err(|_| corrupt()))
            .transpose()?,
        state: AlertState {
            stage: Stage::from_code(&text(13)?, finding).ok_or_else(corrupt)?,
            explanation: Explanation::from_code(&text(15)?).ok_or_else(corrupt)?,
        },
        closed_at: column::<Option<i64>>(row, 16)?.map(time).transpose()?,
    })
}

/// Something that was done about an alert.
pub struct StepRow {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub name: String,
    /// By its code.
    pub step: String,
    /// What was found.
    pub finding: Option<Finding>,
    /// In words.
    pub note: String,
}

/// A page of the queue.
pub struct Queue {
    /// In the order that was asked for.
    pub rows: Vec<AlertRow>,
    /// Where it goes on.
    pub next: Option<AlertId>,
}

/// The alerts of everyone. Whatever shows one takes a permit.
#[derive(Clone)]
pub struct Alerts {
    db: Db,
    clock: SharedClock,
}

/// The last step with the alert is that one, by the same person with the same words: they send it again,
/// because the answer was lost.
async fn is_last<R: Right>(
    transaction: &mut AnyConnection,
    permit: &Permit<R>,
    alert: AlertId,
    step: Step,
    note: &str,
) -> Result<bool> {
    let last = sqlx::query(
        "select person, step, coalesce(finding, ''), note from alert_step
         where alert = $1 order by number desc limit 1",
    )
    .bind(alert.to_string())
    .fetch_optional(transaction)
    .await?;
    let Some(last) = last else { return Ok(false) };
    let finding = match step {
        Step::Close(finding) => finding.code(),
        Step::Investigate | Step::Escalate | Step::Ask | Step::Answer => "",
    };
    let is = [
        permit.actor().person.to_string(),
        step.code().to_owned(),
        finding.to_owned(),
        note.to_owned(),
    ];
    for (index, expected) in is.into_iter().enumerate() {
        if column::<String>(&last, index)? != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The organisation in whose role the permit was given.
fn organisation<R: Right>(permit: &Permit<R>) -> String {
    permit
        .actor()
        .role
        .as_ref()
        .map(|role| role.organisation.clone())
        .unwrap_or_default()
}

impl Alerts {
    /// In that database.
    pub fn new(db: Db, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// The alert of that reference, for the access module to decide on.
    pub(crate) async fn find(&self, alert: AlertId) -> Result<Option<AlertRow>> {
        let mut sql = Sql::new(SELECT);
        sql.push(" where id = ").bind(alert.to_string())?;
        let found = sql.query().fetch_optional(self.db.write()).await?;
        found.as_ref().map(row).transpose()
    }

    /// A page of the queue.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn queue(
        &self,
        permit: &Permit<ReviewAlerts>,
        filter: QueueFilter,
        percent: u8,
    ) -> Result<Queue> {
        let kinds: Vec<AlertKind> = kinds(permit.of())
            .into_iter()
            .filter(|kind| filter.kind.is_none_or(|only| only == *kind))
            .collect();
        let mut found = Queue {
            rows: Vec::new(),
            next: None,
        };
        if kinds.is_empty() {
            return Ok(found);
        }
        let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let size = match filter.which {
            // A row is in the sample by its id alone, which the database cannot tell.
            Which::Sample => CHUNK,
            Which::Waiting
            | Which::New
            | Which::Investigated
            | Which::Escalated
            | Which::Asked
            | Which::Answered
            | Which::Closed => PAGE + 1,
        };
        let mut after = filter.after;
        loop {
            let rows = self
                .rows(
                    &organisation(permit),
                    &kinds,
                    QueueFilter { after, ..filter },
                    size,
                )
                .await?;
            let full = usize::try_from(size).is_ok_and(|size| rows.len() >= size);
            after = rows.last().map(|row| row.id).or(after);
            for row in rows {
                if filter.which == Which::Sample && !sampled(row.id, percent) {
                    continue;
                }
                if found.rows.len() == most {
                    found.next = found.rows.last().map(|last| last.id);
                    return Ok(found);
                }
                found.rows.push(row);
            }
            if !full {
                return Ok(found);
            }
        }
    }

    async fn rows(
        &self,
        organisation: &str,
        kinds: &[AlertKind],
        filter: QueueFilter,
        most: u32,
    ) -> Result<Vec<AlertRow>> {
        let (stage, asked) = match filter.which {
            Which::Waiting | Which::Sample => (None, None),
            Which::New => (Some(Stage::Open.code()), None),
            Which::Investigated => (Some(Stage::UnderInvestigation.code()), None),
            Which::Escalated => (Some(Stage::Escalated.code()), None),
            Which::Asked => (None, Some(Explanation::Asked)),
            Which::Answered => (None, Some(Explanation::Answered)),
            Which::Closed => (Some(Stage::CLOSED), None),
        };
        let newest_first = filter.which == Which::Closed;
        let mut sql = Sql::new(SELECT);
        sql.push(" where organisation = ")
            .bind(organisation.to_owned())?
            .push(" and kind in (")
            .bind_all(kinds.iter().map(|kind| kind.code().to_owned()))?
            .push(if stage.is_some() {
                ") and stage = "
            } else {
                ") and stage <> "
            })
            .bind(stage.unwrap_or(Stage::CLOSED).to_owned())?;
        if let Some(asked) = asked {
            sql.push(" and asked = ").bind(asked.code().to_owned())?;
        }
        if filter.days > 0 {
            let age = SignedDuration::from_hours(24 * i64::from(filter.days));
            let before = self.clock.now().checked_sub(age).unwrap_or(Timestamp::MIN);
            sql.push(" and raised_at <= ")
                .bind(before.as_microsecond())?;
        }
        if let Some(after) = filter.after {
            sql.push(if newest_first {
                " and id < "
            } else {
                " and id > "
            })
            .bind(after.to_string())?;
        }
        sql.push(if newest_first {
            " order by id desc limit "
        } else {
            " order by id limit "
        })
        .bind(i64::from(most))?;
        let found = sql.query().fetch_all(self.db.read()).await?;
        found.iter().map(row).collect()
    }

    /// How many are not closed, of each kind that has any.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn waiting(&self, permit: &Permit<ReviewAlerts>) -> Result<Vec<(AlertKind, u64)>> {
        let rows = sqlx::query(
            "select kind, count(*) from alert where organisation = $1 and stage <> $2 group by kind",
        )
        .bind(organisation(permit))
        .bind(Stage::CLOSED)
        .fetch_all(self.db.read())
        .await?;
        let mut counts = Vec::new();
        for row in &rows {
            let code: String = column(row, 0)?;
            let kind = AlertKind::from_code(&code)
                .ok_or_else(|| Failure::Corrupt("the kind of an alert".into()))?;
            if permit.of().takes(kind) {
                counts.push((kind, u64::try_from(column::<i64>(row, 1)?).unwrap_or(0)));
            }
        }
        counts.sort_unstable();
        Ok(counts)
    }

    /// What was done about it, oldest first.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn steps(&self, alert: &Permit<ReviewAlert>) -> Result<Vec<StepRow>> {
        self.steps_of(alert.of()).await
    }

    async fn steps_of(&self, alert: AlertId) -> Result<Vec<StepRow>> {
        let corrupt = || Failure::Corrupt("a step of an alert".into());
        let rows = sqlx::query(
            "select at, name, step, finding, note from alert_step where alert = $1 order by number",
        )
        .bind(alert.to_string())
        .fetch_all(self.db.write())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(StepRow {
                    at: Timestamp::from_microsecond(column(row, 0)?).map_err(|_| corrupt())?,
                    name: column(row, 1)?,
                    step: column(row, 2)?,
                    finding: column::<Option<String>>(row, 3)?
                        .map(|code| Finding::from_code(&code).ok_or_else(corrupt))
                        .transpose()?,
                    note: column(row, 4)?,
                })
            })
            .collect()
    }

    /// An officer takes a step.
    ///
    /// # Errors
    /// `Invalid` at `field` where it cannot be taken from where the alert stands now.
    pub async fn step(
        &self,
        permit: &Permit<ReviewAlert>,
        step: Step,
        note: &str,
        field: &'static str,
    ) -> Result<()> {
        self.take(permit, permit.of(), step, note, field).await
    }

    /// The person answers.
    ///
    /// # Errors
    /// As [`Alerts::step`].
    pub async fn answer(
        &self,
        permit: &Permit<AnswerTask>,
        text: &str,
        field: &'static str,
    ) -> Result<()> {
        self.take(permit, permit.of(), Step::Answer, text, field)
            .await
    }

    async fn take<R: Right>(
        &self,
        permit: &Permit<R>,
        alert: AlertId,
        step: Step,
        note: &str,
        field: &'static str,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        // To write comes first: of two at once, the second sees what the first did.
        sqlx::query("update alert set stage = stage where id = $1")
            .bind(alert.to_string())
            .execute(&mut *transaction)
            .await?;
        let mut sql = Sql::new(SELECT);
        sql.push(" where id = ").bind(alert.to_string())?;
        let found = sql
            .query()
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or(Kind::NotFound)?;
        let before = row(&found)?;
        let state = match before.state.after(step) {
            Ok(state) => state,
            Err(_) if is_last(&mut transaction, permit, alert, step, note).await? => return Ok(()),
            Err(refused) => {
                let problem = FieldError::new(field, refused.to_string());
                return Err(Kind::Invalid(vec![problem]).into());
            }
        };
        let moved = state.stage != before.state.stage;
        let finding = state.stage.finding().map(|finding| finding.code());
        sqlx::query(
            "update alert set stage = $1, finding = $2, asked = $3,
             stage_at = case when $4 = 1 then $5 else stage_at end, closed_at = $6 where id = $7",
        )
        .bind(state.stage.code())
        .bind(finding)
        .bind(state.explanation.code())
        .bind(i64::from(moved))
        .bind(now.as_microsecond())
        .bind(finding.map(|_| now.as_microsecond()))
        .bind(alert.to_string())
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "insert into alert_step (alert, number, at, person, name, step, finding, note)
             select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7 from alert_step where alert = $1",
        )
        .bind(alert.to_string())
        .bind(now.as_microsecond())
        .bind(permit.actor().person.to_string())
        .bind(permit.actor().name.clone().unwrap_or_default())
        .bind(step.code())
        .bind(finding)
        .bind(note.to_owned())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The alerts about which the person was asked and has not answered, with the question, oldest
    /// first.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn tasks(&self, permit: &Permit<ListTasks>) -> Result<Vec<(AlertRow, StepRow)>> {
        let mut sql = Sql::new(SELECT);
        sql.push(" where person = ")
            .bind(permit.of().to_string())?
            .push(" and asked = ")
            .bind(Explanation::Asked.code().to_owned())?
            .push(" and stage <> ")
            .bind(Stage::CLOSED.to_owned())?
            .push(" order by id");
        let found = sql.query().fetch_all(self.db.write()).await?;
        let mut tasks = Vec::with_capacity(found.len());
        for found in &found {
            let alert = row(found)?;
            let asked = self
                .steps_of(alert.id)
                .await?
                .into_iter()
                .rfind(|step| step.step == Step::Ask.code())
                .ok_or_else(|| Failure::Corrupt("a question without its step".into()))?;
            tasks.push((alert, asked));
        }
        Ok(tasks)
    }

    /// How many questions wait for that person: a number, for the page that they themselves see.
    pub(crate) async fn questions_to(&self, person: PersonId) -> Result<u32> {
        let row = sqlx::query(
            "select count(*) from alert where person = $1 and asked = $2 and stage <> $3",
        )
        .bind(person.to_string())
        .bind(Explanation::Asked.code())
        .bind(Stage::CLOSED)
        .fetch_one(self.db.read())
        .await?;
        Ok(u32::try_from(column::<i64>(&row, 0)?).unwrap_or(0))
    }

    /// Every alert of the organisation that was raised since then, oldest first.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn since(
        &self,
        permit: &Permit<ReportAlerts>,
        since: Timestamp,
    ) -> Result<Vec<AlertRow>> {
        let mut sql = Sql::new(SELECT);
        sql.push(" where organisation = ")
            .bind(organisation(permit))?
            .push(" and raised_at >= ")
            .bind(since.as_microsecond())?
            .push(" order by id");
        let found = sql.query().fetch_all(self.db.read()).await?;
        found.iter().map(row).collect()
    }

    /// Of so many in a hundred alerts of the organisation, every one is checked. None is set: 0.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sampling(&self, permit: &Permit<ReviewAlerts>) -> Result<u8> {
        let found = sqlx::query("select percent from alert_sampling where organisation = $1")
            .bind(organisation(permit))
            .fetch_optional(self.db.write())
            .await?;
        let percent: i64 = found.map_or(Ok(0), |row| column(&row, 0))?;
        u8::try_from(percent).map_err(|_| Failure::Corrupt("a sample".into()))
    }

    /// Sets it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn set_sampling(&self, permit: &Permit<ReviewAlerts>, percent: u8) -> Result<()> {
        sqlx::query(
            "insert into alert_sampling (organisation, percent) values ($1, $2)
             on conflict (organisation) do update set percent = excluded.percent",
        )
        .bind(organisation(permit))
        .bind(i64::from(percent))
        .execute(self.db.write())
        .await?;
        Ok(())
    }

    /// Where notices to the officer go.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn email(&self, permit: &Permit<ReviewAlerts>) -> Result<Option<String>> {
        let found = sqlx::query("select email from alert_contact where person = $1")
            .bind(permit.actor().person.to_string())
            .fetch_optional(self.db.write())
            .await?;
        Ok(found.map(|row| column(&row, 0)).transpose()?)
    }

    /// Sets it; `None`: nowhere.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn set_email(
        &self,
        permit: &Permit<ReviewAlerts>,
        email: Option<&str>,
    ) -> Result<()> {
        let person = permit.actor().person.to_string();
        match email {
            Some(email) => sqlx::query(
                "insert into alert_contact (person, email) values ($1, $2)
                 on conflict (person) do update set email = excluded.email",
            )
            .bind(person)
            .bind(email.to_owned()),
            None => sqlx::query("delete from alert_contact where person = $1").bind(person),
        }
        .execute(self.db.write())
        .await?;
        Ok(())
    }

    /// How many notices of the organisation's alerts were given up.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn undelivered(&self, permit: &Permit<ReviewAlerts>) -> Result<u64> {
        let row = sqlx::query(
            "select count(*) from alert_notice n join alert a on a.id = n.alert
             where a.organisation = $1 and a.stage <> $2 and n.due_at is null and n.delivered_at is null",
        )
        .bind(organisation(permit))
        .bind(Stage::CLOSED)
        .fetch_one(self.db.read())
        .await?;
        Ok(u64::try_from(column::<i64>(&row, 0)?).unwrap_or(0))
    }
}

fn kinds(receives: Receives) -> Vec<AlertKind> {
    AlertKind::ALL
        .iter()
        .copied()
        .filter(|kind| receives.takes(*kind))
        .collect()
}
