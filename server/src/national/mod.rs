//! The national services, as the rest of the server meets them. Each is a port; an adapter to it is
//! chosen when the server starts. `embedded` keeps everything in our own tables: it is the default,
//! and the training environment.
//!
//! Whatever reads a record takes a permit, which only the access module can make.

pub mod embedded;

use crate::access::{
    AskSummary, FindPatients, Held, ManageAdjustments, OpenPatient, Permit, ViewAdjustments,
    ViewDemographics, ViewSummary,
};
use crate::failure::Result;
use async_trait::async_trait;
use domain::NhsNumber;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord};
use domain::command::{Command, Receipt};
use domain::patient::Patient;
use domain::permission::SpineConsent;
use domain::search::{Details, MatchedOn};
use domain::summary::Summary;
use jiff::Timestamp;
use std::sync::Arc;

/// The patients that a search found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// Fifty or fewer, in no order.
    These(Vec<(Patient, MatchedOn)>),
    /// More: none of them is told.
    TooMany,
}

/// The Personal Demographics Service.
#[async_trait]
pub trait Demographics: Send + Sync {
    /// The patient of that number, or of the number that replaced it: then the patient's number is
    /// another. `None` where there is no such number.
    async fn by_number(
        &self,
        permit: &Permit<FindPatients>,
        number: NhsNumber,
    ) -> Result<Held<Option<Patient>>>;

    /// The patients of whom all of the details are true.
    async fn search(&self, permit: &Permit<FindPatients>, details: &Details)
    -> Result<Held<Found>>;

    /// The number under which the patient's record is kept now.
    async fn current_number(&self, permit: &Permit<OpenPatient>) -> Result<Option<NhsNumber>>;

    /// The patient, whole: what must not be shown of a restricted one is still in it.
    async fn patient(&self, permit: &Permit<ViewDemographics>) -> Result<Patient>;
}

/// What is told of a summary before it may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SummaryHeld {
    /// The patient's choice.
    pub consent: SpineConsent,
    /// There is a document.
    pub exists: bool,
}

/// A summary with where it came from.
#[derive(Debug)]
pub struct SummaryReceived {
    /// What it says.
    pub summary: Summary,
    /// Where it came from, as people read it.
    pub origin: String,
    /// When the service received it from the practice.
    pub received_at: Timestamp,
}

/// The Summary Care Record.
#[async_trait]
pub trait SummaryRecords: Send + Sync {
    /// The patient's choice, and whether there is a summary.
    async fn holds(&self, permit: &Permit<AskSummary>) -> Result<SummaryHeld>;

    /// The summary. `None` where there is none.
    async fn summary(&self, permit: &Permit<ViewSummary>) -> Result<Option<SummaryReceived>>;
}

/// Patient Flags: the reasonable adjustment flag.
#[async_trait]
pub trait PatientFlags: Send + Sync {
    /// Whether there is a flag. Anyone who may open the record may know.
    async fn exists(&self, permit: &Permit<ViewDemographics>) -> Result<bool>;

    /// What it says, with its history.
    async fn record(&self, permit: &Permit<ViewAdjustments>) -> Result<AdjustmentRecord>;

    /// Carries the command out, exactly once: the same command again gives the same receipt, and an
    /// old base gives the record as it stands. `at` is the server's time.
    ///
    /// # Errors
    /// `Invalid` where the change is incomplete or does not fit the record, `CommandReused` where
    /// the id was another command's, `StepUp` where nothing would be left on the flag and the permit was
    /// given without a fingerprint.
    async fn apply(
        &self,
        permit: &Permit<ManageAdjustments>,
        command: &Command<AdjustmentChange>,
        at: Timestamp,
    ) -> Result<Receipt<AdjustmentRecord>>;
}

/// The national services of this server.
#[derive(Clone)]
pub struct National {
    /// Who patients are.
    pub demographics: Arc<dyn Demographics>,
    /// Their summaries.
    pub summaries: Arc<dyn SummaryRecords>,
    /// Their flags.
    pub flags: Arc<dyn PatientFlags>,
}
