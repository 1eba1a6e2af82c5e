//! Alerts to privacy officers and the work on them, and who looked at what.
#![expect(
    missing_docs,
    reason = "the server macro makes a struct of each call's arguments"
)]

use crate::api::client::AppClient;
use crate::problem::Problem;
use domain::NhsNumber;
use domain::alert::{AlertKind, AlertReason, AlertState, Explanation, Finding};
use domain::ids::AlertId;
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// Which alerts of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// Not closed, oldest first.
    Waiting,
    /// Of those, the ones that nobody has looked at yet.
    New,
    /// Under investigation.
    Investigated,
    /// Escalated.
    Escalated,
    /// The person was asked, and has not answered.
    Asked,
    /// The person has answered, and nobody has closed it since.
    Answered,
    /// In the sample.
    Sample,
    /// Closed, newest first.
    Closed,
}

impl Which {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::New,
        Self::Investigated,
        Self::Escalated,
        Self::Asked,
        Self::Answered,
        Self::Sample,
        Self::Closed,
    ];

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "All that are not closed",
            Self::New => "New",
            Self::Investigated => "Under investigation",
            Self::Escalated => "Escalated",
            Self::Asked => "Waiting for an explanation",
            Self::Answered => "Explained, to be decided",
            Self::Sample => "The sample to check",
            Self::Closed => "Closed",
        }
    }
}

/// What of the queue is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueFilter {
    /// Which.
    pub which: Which,
    /// Of one kind only.
    pub kind: Option<AlertKind>,
    /// Raised at least so many days ago; 0: however lately.
    pub days: u16,
    /// Those that come after this one.
    pub after: Option<AlertId>,
}

/// An alert in the queue. It does not say who the patient is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertLine {
    /// Its reference.
    pub id: AlertId,
    /// What raised it.
    pub kind: AlertKind,
    /// When it happened.
    pub at: Timestamp,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Where it stands.
    pub state: AlertState,
    /// Who looked.
    pub person: String,
    /// As what.
    pub job: String,
    /// It is in the sample.
    pub sampled: bool,
}

/// The queue.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// Some of it.
    pub lines: Vec<AlertLine>,
    /// Where it goes on.
    pub next: Option<AlertId>,
    /// How many are not closed, of each kind that has any.
    pub waiting: Vec<(AlertKind, u64)>,
    /// Of so many in a hundred alerts, every one is checked.
    pub sample_percent: u8,
    /// Where notices to this person go; `None` where they want none.
    pub email: Option<String>,
    /// How many notices could not be delivered and are not tried any more.
    pub undelivered: u64,
}

/// On whom something was done, as far as an officer has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Concerning {
    /// No patient.
    Nobody,
    /// The patient of the alert.
    ThisPatient,
    /// One other patient.
    AnotherPatient,
    /// So many, such as those that a search returned.
    Patients(u32),
}

/// A moment of the session in which it happened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryLine {
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub what: String,
    /// What became of it.
    pub outcome: String,
    /// On whom.
    pub on: Concerning,
    /// What it rests on, and the reason that was given.
    pub why: Option<String>,
    /// On which device.
    pub device: String,
    /// It was done without the service.
    pub offline: bool,
    /// It is what the alert is about.
    pub this: bool,
}

/// Something that was done about an alert.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLine {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub person: String,
    /// What.
    pub what: String,
    /// What was found.
    pub finding: Option<Finding>,
    /// In words; empty for whom the alert is about.
    pub note: String,
}

/// Who the patient of an alert is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertPatient {
    /// Their number.
    pub nhs_number: NhsNumber,
    /// Their name, as in a banner; `None` where it cannot be read now.
    pub name: Option<String>,
}

/// An alert with the story around it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertView {
    /// The alert.
    pub line: AlertLine,
    /// Why, from the fixed list.
    pub reason: AlertReason,
    /// What it means, and what to look for.
    pub explanation: String,
    /// The patient, where it concerns one.
    pub patient: Option<AlertPatient>,
    /// The session around it, oldest first.
    pub story: Vec<StoryLine>,
    /// What was done about it, oldest first.
    pub steps: Vec<StepLine>,
    /// It is about the officer who reads it: another has to decide.
    pub own: bool,
}

/// What an officer decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// To look into it.
    Investigate,
    /// To hand it on.
    Escalate,
    /// To close it.
    Close(Finding),
}

/// A question to this person about something that they did.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Which alert it is about.
    pub alert: AlertId,
    /// When they did it.
    pub at: Timestamp,
    /// What they did.
    pub what: String,
    /// The last four digits of the patient's number, where one is concerned.
    pub patient_ending: Option<String>,
    /// Who asks.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// What.
    pub question: String,
}

/// One month of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportMonth {
    /// The year.
    pub year: i16,
    /// The month, from 1.
    pub month: i8,
    /// How many were raised, of each kind that has any.
    pub raised: Vec<(AlertKind, u64)>,
    /// How many of those are closed, by what was found.
    pub findings: Vec<(Finding, u64)>,
    /// How many of those are not closed.
    pub waiting: u64,
}

impl ReportMonth {
    /// How many were raised.
    pub fn total(&self) -> u64 {
        self.raised.iter().map(|(_, count)| count).sum()
    }
}

/// A look, for whoever may know of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: String,
    /// As what, and where.
    pub role: String,
    /// What was done.
    pub what: String,
    /// What became of it.
    pub outcome: String,
    /// What it rests on, and the reason that was given.
    pub why: Option<String>,
    /// On whom, as in "Patient ending 2132" or "3 patients"; empty where on nobody.
    pub on: String,
    /// On which device.
    pub device: String,
    /// It was done without the service.
    pub offline: bool,
}

/// A page of a log, newest first.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    /// Some of it.
    pub lines: Vec<LogLine>,
    /// Where it goes on.
    pub next: Option<String>,
}

/// Whose log is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogOf {
    /// Of the patient of that number (B0011).
    Patient(NhsNumber),
    /// Of the patient of that alert, for whoever receives it.
    Alert(AlertId),
}

domain::hidden_debug!(
    AlertLine,
    QueueView,
    StoryLine,
    StepLine,
    AlertPatient,
    AlertView,
    Task,
    LogLine,
    LogPage,
    LogOf
);

impl AlertLine {
    /// The person was asked, and has not answered.
    pub fn awaits_answer(&self) -> bool {
        self.state.explanation == Explanation::Asked && self.state.awaits_answer()
    }
}

/// The alerts of the organisation in whose role the caller works, of the types that it receives.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0015, B0016), `NotAccountable`.
#[server(prefix = "/api", endpoint = "privacy/queue", input = Json, output = Json, client = AppClient)]
pub async fn alert_queue(filter: QueueFilter) -> Result<QueueView, Problem> {
    crate::ports::privacy()?.queue(filter).await
}

/// One of them, with the patient and the story around it.
///
/// # Errors
/// As [`alert_queue`], and `NotFound`, also for another organisation's.
#[server(prefix = "/api", endpoint = "privacy/alert", input = Json, output = Json, client = AppClient)]
pub async fn alert(alert: AlertId) -> Result<AlertView, Problem> {
    crate::ports::privacy()?.alert(alert).await
}

/// Takes a step with it.
///
/// # Errors
/// As [`alert`], and `Invalid` where the step cannot be taken, the note is missing or too long, or
/// the alert is about the caller.
#[server(prefix = "/api", endpoint = "privacy/decide", input = Json, output = Json, client = AppClient)]
pub async fn decide(
    alert: AlertId,
    decision: Decision,
    note: String,
) -> Result<AlertView, Problem> {
    crate::ports::privacy()?.decide(alert, decision, note).await
}

/// Asks the person whom it is about for an explanation.
///
/// # Errors
/// As [`decide`].
#[server(prefix = "/api", endpoint = "privacy/ask", input = Json, output = Json, client = AppClient)]
pub async fn ask_for_explanation(alert: AlertId, question: String) -> Result<AlertView, Problem> {
    crate::ports::privacy()?.ask(alert, question).await
}

/// Sets how many of a hundred alerts of the organisation are in the sample.
///
/// # Errors
/// As [`alert_queue`], and `Invalid` over 100.
#[server(prefix = "/api", endpoint = "privacy/sampling", input = Json, output = Json, client = AppClient)]
pub async fn set_sampling(percent: u8) -> Result<(), Problem> {
    crate::ports::privacy()?.set_sampling(percent).await
}

/// Sets where notices to the caller go; empty: nowhere.
///
/// # Errors
/// As [`alert_queue`], and `Invalid` where it is not an address.
#[server(prefix = "/api", endpoint = "privacy/contact", input = Json, output = Json, client = AppClient)]
pub async fn set_alert_email(email: String) -> Result<(), Problem> {
    crate::ports::privacy()?.set_email(email).await
}

/// The alerts of the organisation by month: the last twelve, newest first.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0011), `NotAccountable`.
#[server(prefix = "/api", endpoint = "privacy/report", input = Json, output = Json, client = AppClient)]
pub async fn alert_report() -> Result<Vec<ReportMonth>, Problem> {
    crate::ports::privacy()?.report().await
}

/// The alerts of the last twelve months as CSV, one a line, without patients.
///
/// # Errors
/// As [`alert_report`].
#[server(prefix = "/api", endpoint = "privacy/export", input = Json, output = Json, client = AppClient)]
pub async fn export_alerts() -> Result<String, Problem> {
    crate::ports::privacy()?.export().await
}

/// The questions to the caller, oldest first.
///
/// # Errors
/// `SignedOut`, `NoRole`, `NotAccountable`.
#[server(prefix = "/api", endpoint = "privacy/tasks", input = Json, output = Json, client = AppClient)]
pub async fn my_tasks() -> Result<Vec<Task>, Problem> {
    crate::ports::privacy()?.tasks().await
}

/// Answers one of them. The answer is the questions that are left.
///
/// # Errors
/// As [`my_tasks`], and `NotFound` for another's, `Invalid` where there is no answer, it is too
/// long, or nobody asks any more.
#[server(prefix = "/api", endpoint = "privacy/answer", input = Json, output = Json, client = AppClient)]
pub async fn answer_task(alert: AlertId, text: String) -> Result<Vec<Task>, Problem> {
    crate::ports::privacy()?.answer(alert, text).await
}

/// Who looked at a patient, in the organisation in whose role the caller works.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0011, or B0015 and B0016 with an alert), `NotFound`,
/// `NotAccountable`.
#[server(prefix = "/api", endpoint = "privacy/log/patient", input = Json, output = Json, client = AppClient)]
pub async fn patient_log(of: LogOf, before: Option<String>) -> Result<LogPage, Problem> {
    crate::ports::privacy()?.patient_log(of, before).await
}

/// What the caller looked at and did, in any of their roles.
///
/// # Errors
/// `SignedOut`, `NoRole`, `NotAccountable`.
#[server(prefix = "/api", endpoint = "privacy/log/own", input = Json, output = Json, client = AppClient)]
pub async fn own_log(before: Option<String>) -> Result<LogPage, Problem> {
    crate::ports::privacy()?.own_log(before).await
}
