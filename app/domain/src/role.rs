//! Who a member of staff is and what their role allows (DOMAIN section 2).

use crate::OdsCode;
use crate::ids::{PersonId, RoleId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

macro_rules! activities {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $label:literal;)+) => {
        /// What a role may do, by its national activity code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Activity {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl Activity {
            /// Every activity that the service knows.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The national code, such as `B0264`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What it allows, to finish the sentence "your role does not allow you to …".
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// The activity with that national code; `None` for the many that do not concern us.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

activities! {
    /// Find a patient and see that a flag exists.
    FindPatient = "B0264", "find a patient";
    /// Search by postcode.
    PostcodeSearch = "B0098", "search by postcode";
    /// Change demographics.
    AmendDemographics = "B0825", "change a patient's details";
    /// View a Summary Care Record.
    ViewSummary = "B0370", "view a Summary Care Record";
    /// View without asking, in an emergency.
    EmergencyAccess = "B0168", "view a record in an emergency without asking";
    /// Legal override of consent.
    LegalOverride = "B0082", "override a patient's choice on legal grounds";
    /// See the detail of reasonable adjustments.
    ViewAdjustments = "B0257", "see the detail of reasonable adjustments";
    /// Create, edit and remove reasonable adjustments.
    ManageAdjustments = "B0380", "add or remove reasonable adjustments";
    /// Sensitive records.
    SensitiveRecords = "B1611", "open sensitive records";
    /// View documents.
    ViewDocuments = "B0268", "view documents";
    /// Receive alerts on emergency views.
    EmergencyAlerts = "B0015", "receive alerts on emergency access";
    /// Receive alerts on self-claimed legitimate relationships.
    RelationshipAlerts = "B0016", "receive alerts on self-claimed relationships";
    /// Logs and reports.
    Reports = "B0011", "see logs and reports";
    /// Register staff and give them roles: the work of a Registration Authority agent. No document
    /// that we have confirms the code.
    RegisterStaff = "B0274", "register staff and give them roles";
    /// Complete the readiness checklist of one's own organisation. A right of this service: no
    /// national activity stands for it, so its code begins with another letter.
    OrganisationAdmin = "L0001", "complete the readiness checklist of the organisation";
    /// Decide on the steps of every organisation that need national approval. Also of this service.
    NationalApprover = "L0002", "approve organisations nationally";
}

/// The care setting of an organisation, and with it whether the Summary Care Record may be used
/// there (DOMAIN section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CareSetting {
    /// NHS 111.
    Nhs111,
    /// Accident and emergency.
    EmergencyDepartment,
    /// Acute assessment unit.
    AcuteAssessment,
    /// Ambulance service.
    Ambulance,
    /// Community care.
    CommunityCare,
    /// GP out of hours.
    OutOfHours,
    /// General practice.
    GeneralPractice,
    /// Hospital pharmacy.
    HospitalPharmacy,
    /// Minor injury unit, walk-in centre, urgent treatment centre.
    UrgentTreatment,
    /// Planned hospital care.
    ScheduledCare,
    /// Mental health.
    MentalHealth,
    /// Health and justice.
    HealthAndJustice,
    /// Hospice.
    Hospice,
    /// Community pharmacy: every view raises an alert.
    CommunityPharmacy,
    /// Substance misuse.
    SubstanceMisuse,
    /// Domiciliary care and care homes: under discussion, not approved.
    AdultSocialCare,
    /// Dentistry: under discussion, not approved.
    Dentistry,
    /// Optometry: under discussion, not approved.
    Optometry,
    /// An organisation without care of its own, such as a registration authority.
    Administration,
    /// The national body that decides which organisations may use the service.
    NationalBody,
}

impl CareSetting {
    /// Whether the Summary Care Record may be viewed in this setting.
    pub fn approved_for_summary(self) -> bool {
        match self {
            Self::Nhs111
            | Self::EmergencyDepartment
            | Self::AcuteAssessment
            | Self::Ambulance
            | Self::CommunityCare
            | Self::OutOfHours
            | Self::GeneralPractice
            | Self::HospitalPharmacy
            | Self::UrgentTreatment
            | Self::ScheduledCare
            | Self::MentalHealth
            | Self::HealthAndJustice
            | Self::Hospice
            | Self::CommunityPharmacy
            | Self::SubstanceMisuse => true,
            Self::AdultSocialCare
            | Self::Dentistry
            | Self::Optometry
            | Self::Administration
            | Self::NationalBody => false,
        }
    }

    /// As people read it, in the middle of a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nhs111 => "NHS 111",
            Self::EmergencyDepartment => "accident and emergency",
            Self::AcuteAssessment => "acute assessment",
            Self::Ambulance => "ambulance service",
            Self::CommunityCare => "community care",
            Self::OutOfHours => "GP out of hours",
            Self::GeneralPractice => "general practice",
            Self::HospitalPharmacy => "hospital pharmacy",
            Self::UrgentTreatment => "urgent treatment",
            Self::ScheduledCare => "scheduled care",
            Self::MentalHealth => "mental health",
            Self::HealthAndJustice => "health and justice",
            Self::Hospice => "hospice",
            Self::CommunityPharmacy => "community pharmacy",
            Self::SubstanceMisuse => "substance misuse",
            Self::AdultSocialCare => "adult social care",
            Self::Dentistry => "dentistry",
            Self::Optometry => "optometry",
            Self::Administration => "administration",
            Self::NationalBody => "national body",
        }
    }
}

impl Activity {
    /// Whether a second agent has to approve it before anyone gets it: it opens what others may not
    /// see, or gives out rights.
    pub fn needs_second_person(self) -> bool {
        match self {
            Self::LegalOverride
            | Self::SensitiveRecords
            | Self::RegisterStaff
            | Self::NationalApprover => true,
            Self::FindPatient
            | Self::PostcodeSearch
            | Self::AmendDemographics
            | Self::ViewSummary
            | Self::EmergencyAccess
            | Self::ViewAdjustments
            | Self::ManageAdjustments
            | Self::ViewDocuments
            | Self::EmergencyAlerts
            | Self::RelationshipAlerts
            | Self::Reports
            | Self::OrganisationAdmin => false,
        }
    }

    /// Whether only agents of the national body give it, and only there.
    pub fn given_nationally(self) -> bool {
        self == Self::NationalApprover
    }
}

/// An organisation in which staff have roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its code.
    pub ods: OdsCode,
    /// Its name.
    pub name: String,
    /// What kind of care it gives.
    pub setting: CareSetting,
}

/// One role of a member of staff: where, as what, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignment {
    /// Names this role of this person.
    pub id: RoleId,
    /// Where.
    pub organisation: Organisation,
    /// `Sxxxx:Gxxxx:Rxxxx`.
    pub job_code: String,
    /// As in "Paramedic".
    pub job_name: String,
    /// What it allows.
    pub activities: BTreeSet<Activity>,
}

impl RoleAssignment {
    /// Whether the role has that activity.
    pub fn allows(&self, activity: Activity) -> bool {
        self.activities.contains(&activity)
    }

    /// Whether it receives alerts, of either type.
    pub fn receives_alerts(&self) -> bool {
        self.allows(Activity::EmergencyAlerts) || self.allows(Activity::RelationshipAlerts)
    }

    /// Whether it is there for work that has no patients in it: staff, alerts, or what an organisation
    /// has to show.
    pub fn works_without_patients(&self) -> bool {
        self.receives_alerts()
            || [
                Activity::RegisterStaff,
                Activity::OrganisationAdmin,
                Activity::NationalApprover,
            ]
            .into_iter()
            .any(|activity| self.allows(activity))
    }
}

/// A member of staff, as they see themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Names the person.
    pub id: PersonId,
    /// As spoken: "Priya Nair".
    pub name: String,
}

/// How a person gets a role after sign-in (DOMAIN section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoleChoice {
    /// No role: told to ask the Registration Authority.
    None,
    /// One role: chosen for them.
    Automatic,
    /// Two to five: listed.
    List,
    /// More than five: listed with a search box.
    SearchableList,
}

impl RoleChoice {
    /// How someone with that many roles chooses.
    pub fn for_count(roles: usize) -> Self {
        match roles {
            0 => Self::None,
            1 => Self::Automatic,
            2..=5 => Self::List,
            _ => Self::SearchableList,
        }
    }
}
