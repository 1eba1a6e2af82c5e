//! A made-up patient's history, as a GP system sends it: sections with rows.

use domain::summary::{KnownHeading, Row};
use jiff::civil::Date;

/// Everything that a summary states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The head of the document.
    pub heads: Heads,
    /// In the order of the document.
    pub sections: Vec<HistorySection>,
}

/// What stands at the head of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The day on which the practice's system wrote it.
    pub created: Date,
    /// Who wrote it: "PATEL, Anita (Dr)".
    pub author: String,
    /// The practice with its address.
    pub practice: String,
    /// State that the patient registered recently and that the summary may be incomplete.
    pub recently_registered: bool,
    /// State that entries are withheld.
    pub withheld: bool,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySection {
    /// Which.
    pub heading: KnownHeading,
    /// The time that it covers, where it is limited.
    pub period: Option<(Date, Date)>,
    /// State that entries of this section are withheld.
    pub withheld: bool,
    /// What is under it.
    pub entries: Entries,
}

/// What is under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entries {
    /// Rows of the heading's table.
    Rows(Vec<Row>),
    /// Stated to be empty: "No relevant information available for this category."
    Nothing,
    /// Stated to be left out: nothing is known either way.
    NotIncluded,
}

/// The code of a heading's section, as GP systems send it.
pub fn section_code(heading: KnownHeading) -> &'static str {
    match heading {
        KnownHeading::FamilyHistory => "HistoryHeader",
        KnownHeading::Correspondence => "PatientCarerCorrespondenceHeader",
        other => other.code(),
    }
}

/// The title of a heading's section, as GP systems send it.
pub fn section_title(heading: KnownHeading) -> &'static str {
    match heading {
        KnownHeading::Allergies => "Allergies and Adverse Reactions",
        KnownHeading::AcuteMedications => "Acute Medications",
        KnownHeading::RepeatMedications => "Current Repeat Medications",
        KnownHeading::DiscontinuedMedications => "Discontinued Repeat Medications",
        KnownHeading::RisksToPatient => "Risks to Patient",
        KnownHeading::Diagnoses => "Diagnoses",
        KnownHeading::Problems => "Problems and Issues",
        KnownHeading::Observations => "Clinical Observations and Findings",
        KnownHeading::Treatments => "Treatments",
        KnownHeading::Investigations => "Investigations",
        KnownHeading::Results => "Investigation Results",
        KnownHeading::Events => "Care Events",
        KnownHeading::Procedures => "Administrative Procedures",
        KnownHeading::Advice => "Provision of Advice and Information to Patients and Carers",
        KnownHeading::Preferences => "Personal Preferences",
        KnownHeading::Circumstances => "Social and Personal Circumstances",
        KnownHeading::Lifestyle => "Lifestyle",
        KnownHeading::FamilyHistory => "Family History",
        KnownHeading::Correspondence => "Patient/Carer Correspondence",
        KnownHeading::Documentation => "Care Professional Documentation",
        KnownHeading::RisksToProfessional => "Risks to Care Professional or Third Party",
        KnownHeading::Services => "Services, Care Professionals and Carers",
    }
}

/// The columns of a heading's table.
pub(super) fn columns(heading: KnownHeading) -> &'static [&'static str] {
    match heading {
        KnownHeading::Allergies => &[
            "Date",
            "Description",
            "Certainty",
            "Severity",
            "Supporting Information",
        ],
        KnownHeading::AcuteMedications
        | KnownHeading::RepeatMedications
        | KnownHeading::DiscontinuedMedications => &[
            "Type",
            "Date",
            "Medication Item",
            "Dosage Instructions",
            "Quantity",
        ],
        _ => &["Date", "Description", "Additional information"],
    }
}

/// The title with the period that it covers: "(For the 12 month period 14-May-2025 to 14-May-2026)".
pub(super) fn full_title(section: &HistorySection) -> String {
    let title = section_title(section.heading);
    let Some((from, to)) = section.period else {
        return title.to_owned();
    };
    let months = match section.heading {
        KnownHeading::DiscontinuedMedications => 6,
        _ => 12,
    };
    let [from, to] = [from, to].map(domain::clock::banner_date);
    format!("{title} (For the {months} month period {from} to {to})")
}
