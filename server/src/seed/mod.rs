//! A made-up England: patients for training, tests and load tests, and staff to look them up.
//!
//! Nothing here is drawn from a real person. NHS numbers come from the range that is never issued,
//! telephone numbers from those that Ofcom keeps for drama, e-mail addresses from `example.com` and
//! `example.nhs.uk`. Streets and organisations are put together from word lists.
//!
//! A [`Generator`] gives the patient at any index as a pure function of the seed, the day and the
//! index: a million patients need no more memory than one, and an interrupted run goes on where it
//! stopped. [`personas`] are the few patients that people know by name.

mod flags;
mod numbers;
mod people;
mod personas;
mod readiness;
mod staff;
mod tables;

pub use numbers::{MADE_UP, Numbers};
pub use people::Generator;
pub use personas::{PERSONA_NUMBERS, Persona, personas};
pub use readiness::demo_readiness;
pub use staff::{
    DemoPerson, demo_joining, demo_offline_hours, demo_organisations, demo_registrar, demo_staff,
};

use crate::summary_document::{SummarySpec, write};
use domain::adjustment::AdjustmentRecord;
use domain::patient::Patient;
use domain::permission::SpineConsent;

/// One made-up patient with what the national services hold about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeededPatient {
    /// Demographics.
    pub patient: Patient,
    /// The patient's choice on their summary.
    pub consent: SpineConsent,
    /// What their summary says; `None` where they have none. Building the document costs far more
    /// than the rest, so it is left to [`SeededPatient::document`].
    pub summary: Option<SummarySpec>,
    /// Their reasonable adjustments, where any were ever recorded.
    pub adjustments: Option<AdjustmentRecord>,
}

impl SeededPatient {
    /// Their summary as the national service sends it: the JSON of a FHIR document Bundle.
    pub fn document(&self) -> Option<Vec<u8>> {
        self.summary
            .as_ref()
            .map(|spec| write(&self.patient, &spec.history(&self.patient)))
    }
}
