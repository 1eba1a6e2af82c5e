//! What an organisation has to show before its staff may use the service: its administrator completes
//! a checklist, and a national approver decides on the steps that need that.
//!
//! An administrator acts for the organisation of their role alone. An approver decides for every
//! organisation but the one of their own role, never on what they entered themselves, and with a
//! fingerprint that was given just now. Neither sees a patient by it.
#![expect(
    missing_docs,
    reason = "the server macro makes a struct of each call's arguments"
)]

use crate::api::client::AppClient;
use crate::problem::Problem;
use domain::OdsCode;
use domain::readiness::{Closures, Evidence, ExpiryNotice, State, Step, StepForm};
use domain::role::Organisation;
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// By name, as it was then.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A step of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Which.
    pub step: Step,
    /// Counts its changes; 0 where nothing was entered.
    pub version: u32,
    /// Where it stands.
    pub state: State,
    /// What was shown.
    pub evidence: Option<Evidence>,
    /// Who entered that.
    pub entered: Option<Done>,
    /// Who decided on it nationally.
    pub decided: Option<Done>,
}

/// What an administrator works with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// Of which organisation.
    pub organisation: Organisation,
    /// In their order.
    pub steps: Vec<StepView>,
    /// Who receives the alerts there, by name.
    pub officers: Vec<String>,
    /// What is closed.
    pub closures: Closures,
    /// The assessment has expired, and nothing is closed by it yet.
    pub expiry: Option<ExpiryNotice>,
}

impl Checklist {
    /// A step of it.
    pub fn step(&self, step: Step) -> Option<&StepView> {
        self.steps.iter().find(|view| view.step == step)
    }
}

/// What became of a step that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saved {
    /// It is saved: the checklist as it is now.
    Saved(Checklist),
    /// Someone else changed the step first, and nothing was saved: as they left it.
    Changed(Checklist),
}

/// A step that waits for a national approver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Whose.
    pub organisation: Organisation,
    /// Which.
    pub step: Step,
    /// As it was entered.
    pub version: u32,
    /// What was shown.
    pub evidence: Evidence,
    /// Who entered it.
    pub entered: Done,
    /// This approver may decide: they did not enter it, and it is not of their own organisation.
    pub may_decide: bool,
}

/// Which application is decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationKey {
    /// Whose.
    pub organisation: OdsCode,
    /// Which.
    pub step: Step,
    /// As the approver saw it.
    pub version: u32,
}

/// The checklist of the organisation in whose role the caller works.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (L0001), `NotAccountable`.
#[server(prefix = "/api", endpoint = "readiness", input = Json, output = Json, client = AppClient)]
pub async fn read_checklist() -> Result<Checklist, Problem> {
    crate::ports::readiness()?.checklist().await
}

/// Saves a step of it, on top of the version that the caller saw.
///
/// # Errors
/// As [`read_checklist`], and `NotFound` for a step that is not asked of the organisation; `Invalid` (fields
/// of the form), also where the step is approved already, or nobody is registered as privacy officer.
#[server(prefix = "/api", endpoint = "readiness/save", input = Json, output = Json, client = AppClient)]
pub async fn save_step(step: Step, base: u32, form: StepForm) -> Result<Saved, Problem> {
    crate::ports::readiness()?.save(step, base, form).await
}

/// What waits for a national approver, oldest first.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (L0002), `NotAccountable`.
#[server(prefix = "/api", endpoint = "approvals", input = Json, output = Json, client = AppClient)]
pub async fn applications() -> Result<Vec<Application>, Problem> {
    crate::ports::readiness()?.applications().await
}

/// Approves a step. Answers with what waits then.
///
/// # Errors
/// As [`applications`], and `StepUp`; `NotFound` for what does not wait, or was changed since;
/// `Invalid` (field `decision`) for what the approver entered, or is of their own organisation.
#[server(prefix = "/api", endpoint = "approvals/approve", input = Json, output = Json, client = AppClient)]
pub async fn approve_step(application: ApplicationKey) -> Result<Vec<Application>, Problem> {
    crate::ports::readiness()?.approve(application).await
}

/// Sends a step back to the organisation, with what has to change.
///
/// # Errors
/// As [`approve_step`], and `Invalid` (field `reason`).
#[server(prefix = "/api", endpoint = "approvals/send-back", input = Json, output = Json, client = AppClient)]
pub async fn send_back_step(
    application: ApplicationKey,
    reason: String,
) -> Result<Vec<Application>, Problem> {
    crate::ports::readiness()?
        .send_back(application, reason)
        .await
}
