//! The record of the patient in front of you.
#![expect(
    missing_docs,
    reason = "the server macro makes a struct of each call's arguments"
)]

use crate::api::ContextKey;
use crate::api::client::AppClient;
use crate::problem::Problem;
use domain::adjustment::AdjustmentRecord;
use domain::patient::{InContext, Patient};
use domain::permission::{Gate, PermissionAnswer};
use domain::referral::{NewReferral, Referral};
use domain::summary::Summary;
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// What is on the overview, by what the role allows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordOverview {
    /// A reasonable adjustment flag exists. Anyone who can open the record sees this.
    pub flag: bool,
    /// What the flag says. `None` where there is no flag, or the role lacks B0257.
    pub adjustments: Option<AdjustmentRecord>,
    /// The role may see what a flag says (B0257).
    pub may_view_adjustments: bool,
    /// The role may create a flag or change it (B0380).
    pub may_manage_adjustments: bool,
    /// Usual address, contact, GP: without them for a restricted patient.
    pub patient: Patient,
    /// What stands between this role and the summary.
    pub gate: Gate,
    /// On the visit list of whoever looks, in their role.
    #[serde(default)]
    pub on_visit_list: bool,
}

/// What the reasonable adjustments screen shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentsView {
    /// A flag exists.
    pub flag: bool,
    /// What it says; `None` where the role lacks B0257.
    pub record: Option<AdjustmentRecord>,
    /// The role may create a flag or change it (B0380).
    pub may_manage: bool,
}

/// A summary with how it came to be shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedSummary {
    /// What it says.
    pub summary: Summary,
    /// Where it came from: "Spine, as made-up data" or the name of a service.
    pub origin: String,
    /// When the service received it from the practice.
    pub received_at: Timestamp,
    /// Who opened it, for the foot of a print.
    pub opened_by: String,
    /// The role and organisation in which they opened it.
    pub opened_as: String,
}

domain::hidden_debug!(RecordOverview, AdjustmentsView, OpenedSummary);

/// The overview.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0264), `ContextClosed`, `Unavailable`.
#[server(prefix = "/api", endpoint = "record/overview", input = Json, output = Json, client = AppClient)]
pub async fn overview(key: ContextKey) -> Result<InContext<RecordOverview>, Problem> {
    crate::ports::records()?.overview(key).await
}

/// The patient's details.
///
/// # Errors
/// As [`overview`].
#[server(prefix = "/api", endpoint = "record/details", input = Json, output = Json, client = AppClient)]
pub async fn patient_details(key: ContextKey) -> Result<InContext<Patient>, Problem> {
    crate::ports::records()?.details(key).await
}

/// What stands between this role and the summary. Nothing of the summary is in the answer.
///
/// # Errors
/// As [`overview`].
#[server(prefix = "/api", endpoint = "record/summary/gate", input = Json, output = Json, client = AppClient)]
pub async fn summary_gate(key: ContextKey) -> Result<InContext<Gate>, Problem> {
    crate::ports::records()?.gate(key).await
}

/// Answers the permission question. The answer is recorded before anything is shown; `None` is the
/// answer to [`PermissionAnswer::Declined`].
///
/// # Errors
/// As [`overview`], and `RoleForbids` (B0370, B0168), `StepUp` in an emergency, `SummaryClosed`,
/// `Invalid`.
#[server(prefix = "/api", endpoint = "record/summary/open", input = Json, output = Json, client = AppClient)]
pub async fn open_summary(
    key: ContextKey,
    answer: PermissionAnswer,
) -> Result<InContext<Option<OpenedSummary>>, Problem> {
    crate::ports::records()?.open_summary(key, answer).await
}

/// The patient takes back the permission given ahead that holds for this person, or for their team:
/// nobody opens the summary on it any more. Answers with what stands between the role and the summary
/// then. Without such a permission nothing changes.
///
/// # Errors
/// As [`overview`], and `RoleForbids` (B0370), `SummaryClosed`.
#[server(prefix = "/api", endpoint = "record/summary/withdraw", input = Json, output = Json, client = AppClient)]
pub async fn withdraw_permission(key: ContextKey) -> Result<InContext<Gate>, Problem> {
    crate::ports::records()?.withdraw_permission(key).await
}

/// Records that the organisation cares for the patient. Its people then need no claim of their own, save whoever
/// recorded it. Answers with what is open then.
///
/// # Errors
/// As [`overview`], and `Invalid`.
#[server(prefix = "/api", endpoint = "record/referral", input = Json, output = Json, client = AppClient)]
pub async fn record_referral(
    key: ContextKey,
    referral: NewReferral,
) -> Result<InContext<Option<Referral>>, Problem> {
    crate::ports::records()?
        .record_referral(key, referral)
        .await
}

/// Records that it no longer does. Where nothing was open, nothing changes.
///
/// # Errors
/// As [`overview`].
#[server(prefix = "/api", endpoint = "record/referral/end", input = Json, output = Json, client = AppClient)]
pub async fn end_referral(key: ContextKey) -> Result<InContext<Option<Referral>>, Problem> {
    crate::ports::records()?.end_referral(key).await
}

/// The reasonable adjustments.
///
/// # Errors
/// As [`overview`].
#[server(prefix = "/api", endpoint = "record/adjustments", input = Json, output = Json, client = AppClient)]
pub async fn adjustments(key: ContextKey) -> Result<InContext<AdjustmentsView>, Problem> {
    crate::ports::records()?.adjustments(key).await
}
