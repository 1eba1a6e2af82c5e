//! What `app` needs from the server, and gets from it through Leptos context for each request. Each
//! port is bound to the caller of that request, so that a server function cannot act for another.
#![cfg(feature = "ssr")]

use crate::api::ContextKey;
use crate::api::finding::Origin;
use crate::api::identity::{AccountView, Enrolment, SessionView, WebAuthnJson};
use crate::api::offline::{
    Delivery, SealedChange, SealedEntry, SealedOutcome, Standing, TakeSummary, Visit, VisitLine,
};
use crate::api::privacy::{
    AlertView, Decision, LogOf, LogPage, QueueFilter, QueueView, ReportMonth, Task,
};
use crate::api::readiness::{Application, ApplicationKey, Checklist, Saved};
use crate::api::records::{AdjustmentsView, OpenedSummary, RecordOverview};
use crate::api::registration::{Invitation, NewRole, StaffList, StaffView};
use crate::problem::{Kind, Problem};
use async_trait::async_trait;
use domain::NhsNumber;
use domain::adjustment::AdjustmentRecord;
use domain::command::Receipt;
use domain::device_log::{LogEntry, LogHead};
use domain::idle::LockReason;
use domain::ids::{
    AlertId, ContextId, NoticeId, PasskeyId, PersonId, RoleId, RoleRequestId, SessionRef, TabId,
    VaultId, VisitId,
};
use domain::patient::{InContext, Patient};
use domain::permission::{Gate, PermissionAnswer};
use domain::readiness::{Step, StepForm};
use domain::referral::{NewReferral, Referral};
use domain::search::{SearchForm, SearchOutcome};
use leptos::prelude::use_context;
use std::sync::Arc;

/// Behind `api::identity`. Errors are told there.
#[async_trait]
#[expect(
    missing_docs,
    reason = "each method is the server function of its name in api::identity"
)]
pub trait Identity: Send + Sync {
    async fn session(&self) -> Result<SessionView, Problem>;
    async fn enrol_start(&self, code: String) -> Result<Enrolment, Problem>;
    async fn enrol_finish(
        &self,
        passkey_name: String,
        credential: WebAuthnJson,
    ) -> Result<SessionView, Problem>;
    async fn sign_in_start(&self) -> Result<WebAuthnJson, Problem>;
    async fn sign_in_finish(&self, credential: WebAuthnJson) -> Result<SessionView, Problem>;
    async fn sign_out(&self) -> Result<SessionView, Problem>;
    async fn lock(&self, why: LockReason) -> Result<SessionView, Problem>;
    async fn sign_out_everywhere(&self) -> Result<SessionView, Problem>;
    async fn choose_role(&self, role: RoleId) -> Result<SessionView, Problem>;
    async fn account(&self) -> Result<AccountView, Problem>;
    async fn add_passkey_start(&self) -> Result<WebAuthnJson, Problem>;
    async fn add_passkey_finish(
        &self,
        passkey_name: String,
        credential: WebAuthnJson,
    ) -> Result<AccountView, Problem>;
    async fn rename_passkey(
        &self,
        passkey: PasskeyId,
        passkey_name: String,
    ) -> Result<AccountView, Problem>;
    async fn remove_passkey(&self, passkey: PasskeyId) -> Result<AccountView, Problem>;
    async fn end_session(&self, session: SessionRef) -> Result<AccountView, Problem>;
    async fn close_notice(&self, notice: NoticeId) -> Result<SessionView, Problem>;
}

/// Behind `api::finding`. Errors are told there.
#[async_trait]
#[expect(
    missing_docs,
    reason = "each method is the server function of its name in api::finding"
)]
pub trait Finding: Send + Sync {
    async fn find(&self, form: SearchForm) -> Result<SearchOutcome, Problem>;
    async fn open(
        &self,
        nhs_number: NhsNumber,
        tab: TabId,
        origin: Origin,
    ) -> Result<ContextId, Problem>;
    async fn close(&self, key: ContextKey) -> Result<(), Problem>;
}

/// Behind `api::records`. Errors are told there.
#[async_trait]
#[expect(
    missing_docs,
    reason = "each method is the server function of its name in api::records"
)]
pub trait Records: Send + Sync {
    async fn overview(&self, key: ContextKey) -> Result<InContext<RecordOverview>, Problem>;
    async fn details(&self, key: ContextKey) -> Result<InContext<Patient>, Problem>;
    async fn gate(&self, key: ContextKey) -> Result<InContext<Gate>, Problem>;
    async fn open_summary(
        &self,
        key: ContextKey,
        answer: PermissionAnswer,
    ) -> Result<InContext<Option<OpenedSummary>>, Problem>;
    async fn withdraw_permission(&self, key: ContextKey) -> Result<InContext<Gate>, Problem>;
    async fn record_referral(
        &self,
        key: ContextKey,
        referral: NewReferral,
    ) -> Result<InContext<Option<Referral>>, Problem>;
    async fn end_referral(&self, key: ContextKey) -> Result<InContext<Option<Referral>>, Problem>;
    async fn adjustments(&self, key: ContextKey) -> Result<InContext<AdjustmentsView>, Problem>;
}

/// Behind `api::offline`. Errors are told there.
#[async_trait]
#[expect(
    missing_docs,
    reason = "each method is the server function of its name in api::offline"
)]
pub trait Offline: Send + Sync {
    async fn add_visit(&self, nhs_number: NhsNumber) -> Result<VisitLine, Problem>;
    async fn visits(&self) -> Result<Vec<VisitLine>, Problem>;
    async fn remove_visit(&self, visit: VisitId) -> Result<(), Problem>;
    async fn take_visit(&self, visit: VisitId, summary: TakeSummary) -> Result<Visit, Problem>;
    async fn open_visit(&self, visit: VisitId, key: ContextKey) -> Result<(), Problem>;
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt<AdjustmentRecord>, Problem>;
    async fn deliver_sealed(&self, sealed: SealedChange) -> Result<SealedOutcome, Problem>;
    async fn register_vault(&self) -> Result<VaultId, Problem>;
    async fn register_vault_again(&self, vault: VaultId) -> Result<(), Problem>;
    async fn deliver_sealed_log(
        &self,
        vault: VaultId,
        entries: Vec<SealedEntry>,
        last: bool,
    ) -> Result<u64, Problem>;
    async fn vault_standing(&self, vaults: Vec<VaultId>) -> Result<Vec<Standing>, Problem>;
    async fn deliver_log(&self, vault: VaultId, entries: Vec<LogEntry>)
    -> Result<LogHead, Problem>;
}

/// Behind `api::registration`. Errors are told there.
#[async_trait]
#[expect(
    missing_docs,
    reason = "each method is the server function of its name in api::registration"
)]
pub trait Registration: Send + Sync {
    async fn staff(&self) -> Result<StaffList, Problem>;
    async fn member(&self, person: PersonId) -> Result<StaffView, Problem>;
    async fn invite(
        &self,
        name: String,
        login: String,
        role: NewRole,
    ) -> Result<Invitation, Problem>;
    async fn new_code(&self, person: PersonId) -> Result<Invitation, Problem>;
    async fn give_role(&self, person: PersonId, role: NewRole) -> Result<StaffList, Problem>;
    async fn settle_request(
        &self,
        request: RoleRequestId,
        approve: bool,
    ) -> Result<StaffList, Problem>;
    async fn end_role(&self, role: RoleId) -> Result<StaffList, Problem>;
    async fn revoke_passkey(
        &self,
        person: PersonId,
        passkey: PasskeyId,
    ) -> Result<StaffView, Problem>;
    async fn revoke_session(
        &self,
        person: PersonId,
        session: SessionRef,
    ) -> Result<StaffView, Problem>;
    async fn leave(&self, person: PersonId) -> Result<StaffList, Problem>;
}

/// Behind `api::privacy`. Errors are told there.
#[async_trait]
#[expect(
    missing_docs,
    reason = "each method is a server function of api::privacy"
)]
pub trait Privacy: Send + Sync {
    async fn queue(&self, filter: QueueFilter) -> Result<QueueView, Problem>;
    async fn alert(&self, alert: AlertId) -> Result<AlertView, Problem>;
    async fn decide(
        &self,
        alert: AlertId,
        decision: Decision,
        note: String,
    ) -> Result<AlertView, Problem>;
    async fn ask(&self, alert: AlertId, question: String) -> Result<AlertView, Problem>;
    async fn set_sampling(&self, percent: u8) -> Result<(), Problem>;
    async fn set_email(&self, email: String) -> Result<(), Problem>;
    async fn report(&self) -> Result<Vec<ReportMonth>, Problem>;
    async fn export(&self) -> Result<String, Problem>;
    async fn tasks(&self) -> Result<Vec<Task>, Problem>;
    async fn answer(&self, alert: AlertId, text: String) -> Result<Vec<Task>, Problem>;
    async fn patient_log(&self, of: LogOf, before: Option<String>) -> Result<LogPage, Problem>;
    async fn own_log(&self, before: Option<String>) -> Result<LogPage, Problem>;
}

/// Behind `api::readiness`. Errors are told there.
#[async_trait]
#[expect(
    missing_docs,
    reason = "each method is the server function of its name in api::readiness"
)]
pub trait Readiness: Send + Sync {
    async fn checklist(&self) -> Result<Checklist, Problem>;
    async fn save(&self, step: Step, base: u32, form: StepForm) -> Result<Saved, Problem>;
    async fn applications(&self) -> Result<Vec<Application>, Problem>;
    async fn approve(&self, application: ApplicationKey) -> Result<Vec<Application>, Problem>;
    async fn send_back(
        &self,
        application: ApplicationKey,
        reason: String,
    ) -> Result<Vec<Application>, Problem>;
}

/// The ports of one request.
#[derive(Clone)]
pub struct Ports {
    /// Who is using the service.
    pub identity: Arc<dyn Identity>,
    /// Finding a patient.
    pub finding: Arc<dyn Finding>,
    /// The record.
    pub records: Arc<dyn Records>,
    /// What is taken along, and brought back.
    pub offline: Arc<dyn Offline>,
    /// Registering staff.
    pub registration: Arc<dyn Registration>,
    /// Alerts to privacy officers, and who looked at what.
    pub privacy: Arc<dyn Privacy>,
    /// What organisations have to show.
    pub readiness: Arc<dyn Readiness>,
}

fn ports() -> Result<Ports, Problem> {
    use_context::<Ports>().ok_or_else(|| Kind::Unexpected.into())
}

/// The identity port of this request.
///
/// # Errors
/// `Unexpected` where the server gave no ports: a fault in its wiring.
pub fn identity() -> Result<Arc<dyn Identity>, Problem> {
    ports().map(|ports| ports.identity)
}

/// The finding port of this request.
///
/// # Errors
/// As [`identity`].
pub fn finding() -> Result<Arc<dyn Finding>, Problem> {
    ports().map(|ports| ports.finding)
}

/// The records port of this request.
///
/// # Errors
/// As [`identity`].
pub fn records() -> Result<Arc<dyn Records>, Problem> {
    ports().map(|ports| ports.records)
}

/// The offline port of this request.
///
/// # Errors
/// As [`identity`].
pub fn offline() -> Result<Arc<dyn Offline>, Problem> {
    ports().map(|ports| ports.offline)
}

/// The registration port of this request.
///
/// # Errors
/// As [`identity`].
pub fn registration() -> Result<Arc<dyn Registration>, Problem> {
    ports().map(|ports| ports.registration)
}

/// The privacy port of this request.
///
/// # Errors
/// As [`identity`].
pub fn privacy() -> Result<Arc<dyn Privacy>, Problem> {
    ports().map(|ports| ports.privacy)
}

/// The readiness port of this request.
///
/// # Errors
/// As [`identity`].
pub fn readiness() -> Result<Arc<dyn Readiness>, Problem> {
    ports().map(|ports| ports.readiness)
}
