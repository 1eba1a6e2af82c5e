//! What the access module grants. Nothing outside can make one.

use crate::audit::Actor;
use domain::NhsNumber;
use domain::adjustment::Provenance;
use domain::alert::Receives;
use domain::ids::{AlertId, PersonId};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Something that may be granted.
pub trait Right: Send + Sync + 'static {
    /// What it is granted on: a patient, or nothing in particular.
    type Of: Copy + Send + Sync;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident of $of:ty;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name(());

            impl Right for $name {
                type Of = $of;
            }
        )+
    };
}

rights! {
    /// To search.
    FindPatients of ();
    /// To choose the patient of a number that someone has in front of them.
    OpenPatient of NhsNumber;
    /// To read demographics, and that there is a flag.
    ViewDemographics of NhsNumber;
    /// To record that the organisation cares for the patient.
    Refer of NhsNumber;
    /// To ask whether there is a summary.
    AskSummary of NhsNumber;
    /// To read the summary: permission was answered, and the audit has it.
    ViewSummary of NhsNumber;
    /// To read the reasonable adjustments.
    ViewAdjustments of NhsNumber;
    /// To change the reasonable adjustments.
    ManageAdjustments of NhsNumber;
    /// To have the patient on a visit list, and what may be seen of them on a device.
    TakeAlong of NhsNumber;
    /// To work with the alerts of one's organisation, of those types.
    ReviewAlerts of Receives;
    /// To see an alert and take steps with it.
    ReviewAlert of AlertId;
    /// To see what became of the alerts of one's organisation.
    ReportAlerts of ();
    /// To see the questions to oneself.
    ListTasks of PersonId;
    /// To answer one of them.
    AnswerTask of AlertId;
    /// To see who in one's organisation looked at a patient.
    ViewPatientLog of NhsNumber;
    /// To see what one looked at oneself.
    ViewOwnLog of PersonId;
    /// To complete the checklist of one's organisation.
    CompleteReadiness of ();
    /// To decide nationally on what organisations have shown.
    ApproveOrganisations of ();
}

/// A right that was granted to one person for one request. A port that reads a record takes one by
/// argument, so that code which skips the check does not compile.
///
/// ```compile_fail,E0624
/// use server::access::{Permit, ViewSummary};
/// let forge = Permit::<ViewSummary>::grant;
/// ```
#[derive(Debug)]
pub struct Permit<R: Right> {
    of: R::Of,
    actor: Actor,
    words: Words,
}

/// Who it is in words, for what is written into a record.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) person: String,
    pub(super) role: String,
    pub(super) organisation: String,
    /// They gave their fingerprint just now.
    pub(super) confirmed: bool,
}

impl<R: Right> Permit<R> {
    pub(super) fn grant(of: R::Of, actor: Actor, words: Words) -> Self {
        Self { of, actor, words }
    }

    /// What it is granted on.
    pub fn of(&self) -> R::Of {
        self.of
    }

    /// To whom it is granted.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether the person gave their fingerprint just now.
    pub fn is_confirmed(&self) -> bool {
        self.words.confirmed
    }

    /// What is written beside something recorded at that time.
    pub fn provenance(&self, at: Timestamp) -> Provenance {
        Provenance {
            person: self.words.person.clone(),
            role: self.words.role.clone(),
            organisation: self.words.organisation.clone(),
            at,
        }
    }
}

/// What a search found, held back until the audit has the patients that it returns. Only
/// [`super::Access::release`] gives it out.
pub struct Held<T> {
    pub(super) value: T,
    pub(super) patients: BTreeSet<NhsNumber>,
}

impl<T> Held<T> {
    /// A value with everyone whose record is in it.
    pub fn new(value: T, patients: impl IntoIterator<Item = NhsNumber>) -> Self {
        Self {
            value,
            patients: patients.into_iter().collect(),
        }
    }

    /// Another form of it, with the same patients or fewer.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Held<U> {
        Held {
            value: change(self.value),
            patients: self.patients,
        }
    }
}
