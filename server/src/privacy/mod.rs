//! Alerts to privacy officers and the work on them, and who looked at what: behind
//! `app::api::privacy`.

mod alerts;
pub mod homes;
pub mod notices;
pub(crate) mod raising;
pub mod watch;
mod words;

pub use alerts::{AlertRow, Alerts, PAGE};

use crate::access::{Permit, ReportAlerts, Reviewed, ViewDemographics};
use crate::audit::Action;
use crate::audit::query::{self, Cursor, Looked, LookedPage};
use crate::caller::Caller;
use crate::failure::{Failure, Result};
use crate::services::Services;
use app::api::privacy::{
    AlertLine, AlertPatient, AlertView, Concerning, Decision, LogLine, LogOf, LogPage, QueueFilter,
    QueueView, ReportMonth, StepLine, StoryLine, Task,
};
use app::ports::Privacy;
use app::problem::{Kind, Problem};
use async_trait::async_trait;
use domain::FieldError;
use domain::alert::{Step, checked_note, sampled};
use domain::clock::{uk_date, uk_midnight};
use domain::ids::AlertId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;

/// How many moments of a session are shown on each side of a look.
const AROUND: u32 = 30;
/// The entries of a page of a log.
const LOG_PAGE: u32 = 50;
/// The months of a report.
const MONTHS: i32 = 12;

/// The port of one request.
pub struct PrivacyPort {
    services: Services,
    caller: Caller,
}

impl PrivacyPort {
    /// For that caller.
    pub fn new(services: Services, caller: Caller) -> Self {
        Self { services, caller }
    }

    async fn queue(&self, filter: QueueFilter) -> Result<QueueView> {
        let Services { access, alerts, .. } = &self.services;
        let permit = access
            .to_review_alerts(&self.caller, Action::ListAlerts, json!({}))
            .await?;
        let sample_percent = alerts.sampling(&permit).await?;
        let queue = alerts.queue(&permit, filter, sample_percent).await?;
        Ok(QueueView {
            lines: queue
                .rows
                .iter()
                .map(|row| line(row, sample_percent))
                .collect(),
            next: queue.next,
            waiting: alerts.waiting(&permit).await?,
            sample_percent,
            email: alerts.email(&permit).await?,
            undelivered: alerts.undelivered(&permit).await?,
        })
    }

    async fn alert(&self, alert: AlertId) -> Result<AlertView> {
        let reviewed = self
            .services
            .access
            .to_review_alert(&self.caller, alert)
            .await?;
        self.view(&reviewed).await
    }

    async fn view(&self, reviewed: &Reviewed) -> Result<AlertView> {
        let Services { db, alerts, .. } = &self.services;
        let Reviewed {
            permit,
            patient,
            row,
        } = reviewed;
        let look = query::at(db, row.lane, row.seq).await?;
        let story = match &look {
            Some(look) => query::around(db, look, AROUND).await?,
            None => Vec::new(),
        };
        let patient = match patient {
            Some(permit) => Some(self.patient(permit).await),
            None => None,
        };
        let own = row.person == permit.actor().person;
        Ok(AlertView {
            line: line(row, 0),
            reason: row.reason,
            explanation: row
                .explanation
                .clone()
                .unwrap_or_else(|| row.kind.explanation().to_owned()),
            patient,
            story: story
                .iter()
                .map(|entry| story_line(entry, look.as_ref(), row))
                .collect(),
            steps: alerts
                .steps(permit)
                .await?
                .into_iter()
                .map(|step| StepLine {
                    at: step.at,
                    person: step.name,
                    what: Step::words(&step.step).unwrap_or_default().to_owned(),
                    finding: step.finding,
                    // What others think of a look is not for whoever looked.
                    note: if own { String::new() } else { step.note },
                })
                .collect(),
            own,
        })
    }

    /// The alert can be worked on also where the name cannot be read now.
    async fn patient(&self, permit: &Permit<ViewDemographics>) -> AlertPatient {
        let read = self.services.national.demographics.patient(permit).await;
        AlertPatient {
            nhs_number: permit.of(),
            name: read.ok().map(|patient| patient.name.banner()),
        }
    }

    async fn decide(&self, alert: AlertId, decision: Decision, note: String) -> Result<AlertView> {
        let (step, needed) = match decision {
            Decision::Investigate => (Step::Investigate, false),
            Decision::Escalate => (Step::Escalate, true),
            Decision::Close(finding) => (Step::Close(finding), true),
        };
        self.step(alert, step, &note, "note", needed).await
    }

    async fn step(
        &self,
        alert: AlertId,
        step: Step,
        note: &str,
        field: &'static str,
        needed: bool,
    ) -> Result<AlertView> {
        let Services { access, alerts, .. } = &self.services;
        let finding = match step {
            Step::Close(finding) => Some(finding.code()),
            Step::Investigate | Step::Escalate | Step::Ask | Step::Answer => None,
        };
        let detail = json!({ "alert": alert, "step": step.code(), "finding": finding });
        let reviewed = access
            .to_decide_alert(&self.caller, alert, field, detail.clone())
            .await?;
        let taken = async {
            let note = checked_note(field, note, needed).map_err(invalid)?;
            alerts.step(&reviewed.permit, step, &note, field).await
        }
        .await;
        access
            .stepped(
                &reviewed.permit,
                Action::DecideAlert,
                reviewed.row.patient,
                detail,
                taken,
            )
            .await?;
        self.alert(alert).await
    }

    async fn set_sampling(&self, percent: u8) -> Result<()> {
        let Services { access, alerts, .. } = &self.services;
        let detail = json!({ "sample": percent });
        let permit = access
            .to_review_alerts(&self.caller, Action::SetAlerts, detail.clone())
            .await?;
        let set = async {
            if percent > 100 {
                let message = "Enter a number from 0 to 100";
                return Err(invalid(FieldError::new("percent", message)));
            }
            alerts.set_sampling(&permit, percent).await
        }
        .await;
        access
            .stepped(&permit, Action::SetAlerts, None, detail, set)
            .await
    }

    async fn set_email(&self, email: &str) -> Result<()> {
        let Services { access, alerts, .. } = &self.services;
        let email = email.trim();
        // The address itself is not for the audit.
        let detail = json!({ "notices": !email.is_empty() });
        let permit = access
            .to_review_alerts(&self.caller, Action::SetAlerts, detail.clone())
            .await?;
        let set = async {
            if !email.is_empty() && !notices::is_address(email) {
                let message = "Enter an email address, such as name@example.nhs.uk";
                return Err(invalid(FieldError::new("email", message)));
            }
            let email = (!email.is_empty()).then_some(email);
            alerts.set_email(&permit, email).await
        }
        .await;
        access
            .stepped(&permit, Action::SetAlerts, None, detail, set)
            .await
    }

    async fn report(&self) -> Result<Vec<ReportMonth>> {
        let permit = self
            .services
            .access
            .to_report_alerts(&self.caller, Action::ReportAlerts)
            .await?;
        let rows = self.last_months(&permit).await?;
        Ok(months(&rows, uk_date(self.services.clock.now())))
    }

    async fn export(&self) -> Result<String> {
        let permit = self
            .services
            .access
            .to_report_alerts(&self.caller, Action::ExportAlerts)
            .await?;
        let rows = self.last_months(&permit).await?;
        csv(&rows).map_err(|error| Failure::Internal(format!("the export: {error}")))
    }

    async fn last_months(&self, permit: &Permit<ReportAlerts>) -> Result<Vec<AlertRow>> {
        let since = first_month(uk_date(self.services.clock.now()))
            .and_then(uk_midnight)
            .unwrap_or(Timestamp::MIN);
        self.services.alerts.since(permit, since).await
    }

    async fn tasks(&self) -> Result<Vec<Task>> {
        let Services {
            access, alerts, db, ..
        } = &self.services;
        let permit = access.to_list_tasks(&self.caller).await?;
        let mut tasks = Vec::new();
        for (row, asked) in alerts.tasks(&permit).await? {
            let look = query::at(db, row.lane, row.seq).await?;
            tasks.push(Task {
                alert: row.id,
                at: row.at,
                what: look
                    .map_or("A look at a record", |look| words::what(&look))
                    .to_owned(),
                patient_ending: row.patient.map(|patient| ending(&patient.digits())),
                asked_by: asked.name,
                asked_at: asked.at,
                question: asked.note,
            });
        }
        Ok(tasks)
    }

    async fn answer(&self, alert: AlertId, text: &str) -> Result<Vec<Task>> {
        let Services { access, alerts, .. } = &self.services;
        let (permit, row) = access.to_answer_task(&self.caller, alert).await?;
        let field = "answer";
        let answered = async {
            let text = checked_note(field, text, true).map_err(invalid)?;
            alerts.answer(&permit, &text, field).await
        }
        .await;
        let detail = json!({ "alert": alert });
        access
            .stepped(&permit, Action::AnswerTask, row.patient, detail, answered)
            .await?;
        self.tasks().await
    }

    async fn patient_log(&self, of: LogOf, before: Option<String>) -> Result<LogPage> {
        let Services { access, db, .. } = &self.services;
        let permit = match of {
            LogOf::Patient(patient) => access.to_view_patient_log(&self.caller, patient).await?,
            LogOf::Alert(alert) => access.to_view_log_of_alert(&self.caller, alert).await?,
        };
        let organisation = match &permit.actor().role {
            Some(role) => role.organisation.clone(),
            None => return Err(Kind::NoRole.into()),
        };
        let page = query::on_patient_in(db, permit.of(), &organisation, place(before)?, LOG_PAGE);
        Ok(log(page.await?))
    }

    async fn own_log(&self, before: Option<String>) -> Result<LogPage> {
        let Services { access, db, .. } = &self.services;
        let permit = access.to_view_own_log(&self.caller).await?;
        let page = query::by_person(db, permit.of(), place(before)?, LOG_PAGE);
        Ok(log(page.await?))
    }

    fn told<T>(&self, result: Result<T, Failure>) -> Result<T, Problem> {
        result.map_err(|failure| failure.at_boundary(self.caller.correlation))
    }
}

fn invalid(error: FieldError) -> Failure {
    Kind::Invalid(vec![error]).into()
}

/// Where a page of a log begins.
fn place(before: Option<String>) -> Result<Option<Cursor>> {
    before
        .map(|text| text.parse())
        .transpose()
        .map_err(|()| Kind::NotFound.into())
}

fn line(row: &AlertRow, percent: u8) -> AlertLine {
    AlertLine {
        id: row.id,
        kind: row.kind,
        at: row.at,
        raised_at: row.raised_at,
        state: row.state,
        person: row.name.clone().unwrap_or_default(),
        job: row.job.clone().unwrap_or_default(),
        sampled: sampled(row.id, percent),
    }
}

fn story_line(entry: &Looked, look: Option<&Looked>, alert: &AlertRow) -> StoryLine {
    let on = match entry.patients.as_slice() {
        [] => Concerning::Nobody,
        [one] if Some(*one) == alert.patient => Concerning::ThisPatient,
        [_] => Concerning::AnotherPatient,
        several => Concerning::Patients(u32::try_from(several.len()).unwrap_or(u32::MAX)),
    };
    // What someone wrote about another patient is not part of this.
    let why = match on {
        Concerning::AnotherPatient | Concerning::Patients(_) => None,
        Concerning::Nobody | Concerning::ThisPatient => words::why(entry),
    };
    StoryLine {
        at: entry.place.at,
        what: words::what(entry).to_owned(),
        outcome: words::outcome(entry.outcome).to_owned(),
        on,
        why,
        device: entry.device.clone(),
        offline: entry.offline,
        this: look.is_some_and(|look| look.place == entry.place),
    }
}

/// The last four digits: enough for whoever knows the patient, and they open nothing.
fn ending(digits: &str) -> String {
    digits.chars().skip(6).collect()
}

fn log(page: LookedPage) -> LogPage {
    LogPage {
        lines: page.entries.iter().map(log_line).collect(),
        next: page.next.map(|next| next.to_string()),
    }
}

fn log_line(entry: &Looked) -> LogLine {
    let role: Vec<String> = [&entry.job, &entry.organisation_name]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    LogLine {
        at: entry.place.at,
        person: entry.name.clone().unwrap_or_default(),
        role: role.join(", "),
        what: words::what(entry).to_owned(),
        outcome: words::outcome(entry.outcome).to_owned(),
        why: words::why(entry),
        on: match entry.patients.as_slice() {
            [] => String::new(),
            [one] => format!("Patient ending {}", ending(&one.digits())),
            several => format!("{} patients", several.len()),
        },
        device: entry.device.clone(),
        offline: entry.offline,
    }
}

/// The first day of a report that ends today.
fn first_month(today: Date) -> Option<Date> {
    let span = jiff::Span::new().try_months(MONTHS - 1).ok()?;
    today.first_of_month().checked_sub(span).ok()
}

/// The report, newest month first; a month without alerts is there too.
fn months(rows: &[AlertRow], today: Date) -> Vec<ReportMonth> {
    let mut months = BTreeMap::new();
    let mut month = first_month(today).unwrap_or_else(|| today.first_of_month());
    while month <= today {
        months.insert(
            (month.year(), month.month()),
            (BTreeMap::new(), BTreeMap::new(), 0_u64),
        );
        match month.checked_add(jiff::Span::new().months(1)) {
            Ok(next) => month = next,
            Err(_) => break,
        }
    }
    for row in rows {
        let day = uk_date(row.raised_at);
        if let Some((raised, findings, waiting)) = months.get_mut(&(day.year(), day.month())) {
            *raised.entry(row.kind).or_insert(0) += 1;
            match row.state.stage.finding() {
                Some(finding) => *findings.entry(finding).or_insert(0) += 1,
                None => *waiting += 1,
            }
        }
    }
    months
        .into_iter()
        .rev()
        .map(|((year, month), (raised, findings, waiting))| ReportMonth {
            year,
            month,
            raised: raised.into_iter().collect(),
            findings: findings.into_iter().collect(),
            waiting,
        })
        .collect()
}

/// The alerts, one a line. It leaves the service, so that no patient is in it.
fn csv(rows: &[AlertRow]) -> std::result::Result<String, Box<dyn std::error::Error>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "Reference",
        "Type",
        "Kind",
        "Reason",
        "Happened",
        "Raised",
        "Person",
        "Job",
        "Stage",
        "Explanation",
        "Finding",
        "Closed",
    ])?;
    for row in rows {
        writer.write_record([
            row.id.to_string(),
            row.kind.alert_type().code().to_owned(),
            row.kind.label().to_owned(),
            row.reason.label().to_owned(),
            row.at.to_string(),
            row.raised_at.to_string(),
            as_text(row.name.as_deref().unwrap_or_default()),
            as_text(row.job.as_deref().unwrap_or_default()),
            row.state.stage.label().to_owned(),
            row.state.explanation.label().to_owned(),
            row.state
                .stage
                .finding()
                .map_or("", |finding| finding.label())
                .to_owned(),
            row.closed_at.map_or_else(String::new, |at| at.to_string()),
        ])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A spreadsheet takes a cell that begins with one of these for a formula.
fn as_text(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[async_trait]
impl Privacy for PrivacyPort {
    async fn queue(&self, filter: QueueFilter) -> Result<QueueView, Problem> {
        self.told(self.queue(filter).await)
    }

    async fn alert(&self, alert: AlertId) -> Result<AlertView, Problem> {
        self.told(self.alert(alert).await)
    }

    async fn decide(
        &self,
        alert: AlertId,
        decision: Decision,
        note: String,
    ) -> Result<AlertView, Problem> {
        self.told(self.decide(alert, decision, note).await)
    }

    async fn ask(&self, alert: AlertId, question: String) -> Result<AlertView, Problem> {
        let asked = self
            .step(alert, Step::Ask, &question, "question", true)
            .await;
        self.told(asked)
    }

    async fn set_sampling(&self, percent: u8) -> Result<(), Problem> {
        self.told(self.set_sampling(percent).await)
    }

    async fn set_email(&self, email: String) -> Result<(), Problem> {
        self.told(self.set_email(&email).await)
    }

    async fn report(&self) -> Result<Vec<ReportMonth>, Problem> {
        self.told(self.report().await)
    }

    async fn export(&self) -> Result<String, Problem> {
        self.told(self.export().await)
    }

    async fn tasks(&self) -> Result<Vec<Task>, Problem> {
        self.told(self.tasks().await)
    }

    async fn answer(&self, alert: AlertId, text: String) -> Result<Vec<Task>, Problem> {
        self.told(self.answer(alert, &text).await)
    }

    async fn patient_log(&self, of: LogOf, before: Option<String>) -> Result<LogPage, Problem> {
        self.told(self.patient_log(of, before).await)
    }

    async fn own_log(&self, before: Option<String>) -> Result<LogPage, Problem> {
        self.told(self.own_log(before).await)
    }
}
