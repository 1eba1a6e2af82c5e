//! Who a patient is: demographics as the Personal Demographics Service (PDS) keeps them.

use crate::clock::{Age, banner_date};
use crate::ids::ContextId;
use crate::name::PersonName;
use crate::{NhsNumber, OdsCode, Sourced};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Administrative gender as PDS records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gender {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Recorded as neither ("indeterminate" in older systems).
    Other,
    /// Not known.
    Unknown,
}

impl Gender {
    /// Every gender, in the order in which forms offer them.
    pub const ALL: [Self; 4] = [Self::Female, Self::Male, Self::Other, Self::Unknown];

    /// The code on the wire and in storage (FHIR administrative gender).
    pub fn code(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Female => "Female",
            Self::Male => "Male",
            Self::Other => "Other",
            Self::Unknown => "Not known",
        }
    }
}

/// Not one of the four codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a gender code")]
pub struct NotAGender;

impl FromStr for Gender {
    type Err = NotAGender;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|gender| gender.code() == code)
            .ok_or(NotAGender)
    }
}

/// Whether a death has been confirmed by its registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeathStatus {
    /// Told by a relative or another service; the death certificate is not yet registered.
    Informal,
    /// The death is registered.
    Formal,
}

/// A patient's death.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// The day of death.
    pub on: Date,
    /// How sure it is.
    pub status: DeathStatus,
}

/// A postal address, current or from the past.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// What it is for: "Home", "Temporary", "Correspondence".
    pub kind: String,
    /// Lines from the house to the county, none empty.
    pub lines: Vec<String>,
    /// With its space, in capitals: "LS1 6AE".
    pub postcode: String,
}

/// A way to reach someone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPoint {
    /// "Mobile phone", "Home phone", "Email".
    pub kind: String,
    /// The number or address.
    pub value: String,
}

/// Someone to contact about the patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedPerson {
    /// Their name.
    pub name: PersonName,
    /// "Daughter", "Carer", "Next of kin".
    pub relationship: String,
    /// How to reach them.
    pub contacts: Vec<ContactPoint>,
}

/// An organisation that looks after the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its code.
    pub ods: OdsCode,
    /// Its name.
    pub name: String,
    /// Telephone, where known.
    pub phone: Option<String>,
}

/// A value that no longer holds, and when it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former<T> {
    /// The value.
    pub value: T,
    /// First day, where known.
    pub from: Option<Date>,
    /// Last day, where known.
    pub to: Option<Date>,
}

/// A patient's demographics, whole.
///
/// `Debug` shows nothing of it, so that a patient cannot reach a log by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// The number under which the record is kept now.
    pub nhs_number: NhsNumber,
    /// The PDS version of the record (`W/"2"` on the wire).
    pub version: u64,
    /// The usual name.
    pub name: PersonName,
    /// Earlier and other names.
    pub former_names: Vec<Former<PersonName>>,
    /// Administrative gender.
    pub gender: Gender,
    /// Date of birth.
    pub birth_date: Date,
    /// Set when the patient has died.
    pub death: Option<Death>,
    /// Restricted (the S flag): location and contact are never shown, and there is no summary.
    pub restricted: bool,
    /// Where the patient lives and gets post. Empty for a restricted patient.
    pub addresses: Vec<Address>,
    /// Earlier addresses.
    pub former_addresses: Vec<Former<Address>>,
    /// Phone and e-mail.
    pub contacts: Vec<ContactPoint>,
    /// People to contact.
    pub related: Vec<RelatedPerson>,
    /// The GP practice where the patient is registered, and since when.
    pub gp: Option<Provider>,
    /// When the registration with the GP practice began.
    pub gp_since: Option<Date>,
    /// Earlier GP practices.
    pub former_gps: Vec<Former<Provider>>,
    /// Pharmacy chosen for prescriptions.
    pub pharmacy: Option<Provider>,
    /// The patient's language, where recorded: "Polish".
    pub language: Option<String>,
    /// An interpreter is needed.
    pub interpreter_needed: bool,
    /// Numbers that this record replaced.
    pub superseded: Vec<NhsNumber>,
}

impl Patient {
    /// The four identifiers, as they stand on every screen of the record.
    pub fn banner(&self, today: Date) -> PatientBanner {
        let until = self.death.map_or(today, |death| death.on);
        PatientBanner {
            name: self.name.banner(),
            spoken_name: self.name.spoken(),
            born: banner_date(self.birth_date),
            age: Age::between(self.birth_date, until),
            gender: self.gender,
            nhs_number: self.nhs_number,
            death: self.death,
            restricted: self.restricted,
        }
    }

    /// The same patient without what must not be shown of a restricted one: address, contact
    /// details and GP (DOMAIN section 3). Others are unchanged.
    #[must_use]
    pub fn as_shown(mut self) -> Self {
        if self.restricted {
            self.addresses.clear();
            self.former_addresses.clear();
            self.contacts.clear();
            self.related.clear();
            self.gp = None;
            self.gp_since = None;
            self.former_gps.clear();
            self.pharmacy = None;
        }
        self
    }
}

/// What stays in sight on every screen of a record.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientBanner {
    /// "SMITH, Jane (Mrs)".
    pub name: String,
    /// "Jane Smith".
    pub spoken_name: String,
    /// "05-Mar-1948".
    pub born: String,
    /// Today, or at death.
    pub age: Age,
    /// Administrative gender.
    pub gender: Gender,
    /// Shown as 3-3-4.
    pub nhs_number: NhsNumber,
    /// Set when the patient has died.
    pub death: Option<Death>,
    /// Restricted: location is never shown.
    pub restricted: bool,
}

/// Anything read of a patient, with whose it is and for which context it was read, so that an
/// answer can never be shown under another patient's banner.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InContext<T> {
    /// The context that asked.
    pub context: ContextId,
    /// Whose it is.
    pub banner: PatientBanner,
    /// What was read.
    pub read: Sourced<T>,
}

crate::hidden_debug!(Patient, PatientBanner, Address, ContactPoint, RelatedPerson);

impl<T> fmt::Debug for InContext<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InContext({}, hidden)", self.context)
    }
}
