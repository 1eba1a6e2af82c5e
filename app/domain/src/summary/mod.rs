//! The Summary Care Record as a person reads it (DOMAIN section 5).
//!
//! The document is kept as it was received; this is what is read out of it. Nothing that it states
//! is dropped: statements that are not understood are kept as text, and so are unknown headings.

mod changes;
mod parts;
mod together;

pub use changes::{Change, Changed, Entry, clinical_changes};
pub use parts::{Emptiness, Part, Remark, Term};
pub use together::{Piece, together};

use serde::{Deserialize, Serialize};

/// A patient's summary, in the order of the document except that allergies come first.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The disclaimer at the head of every summary.
    pub disclaimer: String,
    /// "Summary created: 03 July 2026 08:00", as the document says it.
    pub created: String,
    /// "Summary sent: …", as the document says it.
    pub sent: String,
    /// "Author: Dr …", as the document says it.
    pub author: String,
    /// The practice, as the document says it.
    pub practice: String,
    /// "Patient recently registered, may be incomplete", where the document says so.
    pub recently_registered: Option<String>,
    /// "Entries have been deliberately withheld", where the document says so at its head.
    pub withheld: Option<String>,
    /// Any other statement at the head.
    pub statements: Vec<String>,
    /// One for each heading of the document, and each core heading even where it is missing.
    pub sections: Vec<Section>,
}

impl Summary {
    /// Whether the document has any of the additional headings beyond the four of the core.
    pub fn has_additional_information(&self) -> bool {
        self.sections
            .iter()
            .any(|section| !section.heading.is_core() && section.content != Content::Missing)
    }

    /// The titles of the headings that are none of the known ones. Under one of them may stand what
    /// another heading is missed for.
    pub fn unknown_headings(&self) -> Vec<&str> {
        self.sections
            .iter()
            .filter(|section| matches!(section.heading, Heading::Other { .. }))
            .map(|section| {
                if section.title.is_empty() {
                    section.heading.title()
                } else {
                    &section.title
                }
            })
            .collect()
    }
}

/// One heading with what is under it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Which.
    pub heading: Heading,
    /// Its title as the document says it, with any period: "Acute Medications (For the 12 month
    /// period 14-May-2025 to 14-May-2026)".
    pub title: String,
    /// "Entries in this section have been deliberately withheld", where it says so.
    pub withheld: Option<String>,
    /// Other statements above its table.
    pub statements: Vec<String>,
    /// What it says.
    pub content: Content,
}

/// Empty, missing and filled are three different things, and withheld is a fourth.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Rows under columns.
    Table(Table),
    /// The document states that there is nothing: "No relevant information available for this
    /// category", in its words.
    NothingStated(String),
    /// The document has no such section: nothing is known either way.
    Missing,
    /// The document has the section and nothing under it, with or without a reason.
    Empty(Emptiness),
    /// Anything else than one table: in the order of the document.
    Parts(Vec<Part>),
}

impl Section {
    /// The tables of rows, in the order of the document.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let (one, parts) = match &self.content {
            Content::Table(table) => (Some(table), [].as_slice()),
            Content::Parts(parts) => (None, parts.as_slice()),
            Content::NothingStated(_) | Content::Missing | Content::Empty(_) => {
                (None, [].as_slice())
            }
        };
        one.into_iter().chain(parts.iter().filter_map(|part| {
            if let Part::Table(table) = part {
                Some(table)
            } else {
                None
            }
        }))
    }

    /// How many rows it has, where all that it says are rows under one heading: nothing else is
    /// counted, and rows of which some are current and some stopped are no number of anything.
    pub fn count(&self) -> Option<usize> {
        let rows = |table: &Table| {
            let entries = table.rows.iter();
            entries.filter(|row| matches!(row, Row::Entry(_))).count()
        };
        let count = match &self.content {
            Content::Table(table) => rows(table),
            Content::Parts(parts) => {
                let mut count = 0;
                for part in parts {
                    match part {
                        Part::Table(table) => count += rows(table),
                        Part::Statement(_) | Part::Withheld(_) => {}
                        Part::Remark(_)
                        | Part::Subheading { .. }
                        | Part::NothingStated(_)
                        | Part::Empty(_)
                        | Part::Grid(_)
                        | Part::List { .. }
                        | Part::Terms(_) => return None,
                    }
                }
                count
            }
            Content::NothingStated(_) | Content::Missing | Content::Empty(_) => 0,
        };
        (count > 0).then_some(count)
    }

    /// Whether it says that some or all of it is withheld.
    pub fn says_withheld(&self) -> bool {
        let withheld =
            |part: &Part| matches!(part, Part::Withheld(_) | Part::Empty(Emptiness::Withheld));
        self.withheld.is_some()
            || match &self.content {
                Content::Empty(emptiness) => *emptiness == Emptiness::Withheld,
                Content::Parts(parts) => parts.iter().any(withheld),
                Content::Table(_) | Content::NothingStated(_) | Content::Missing => false,
            }
    }
}

/// Rows under columns, as the document has them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The headings of the columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// One row of a table.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Row {
    /// A cell for each column (an empty text where the cell was empty).
    Entry(Vec<String>),
    /// A row across the table that belongs to the entry above it: the reason for a medication, or
    /// why it was discontinued.
    Note(String),
}

/// The heading of a section.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Heading {
    /// One of the known headings.
    Known(KnownHeading),
    /// Any other, with the code and the title that the document gives.
    Other {
        /// As in `EventsHeader`.
        code: String,
        /// As people read it.
        title: String,
    },
}

impl Heading {
    /// As people read it.
    pub fn title(&self) -> &str {
        match self {
            Self::Known(known) => known.title(),
            Self::Other { title, .. } => title,
        }
    }

    /// An anchor for the contents list.
    pub fn anchor(&self) -> String {
        let code = match self {
            Self::Known(known) => known.code(),
            Self::Other { code, .. } => code,
        };
        code.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    }

    /// One of the four headings of the core summary.
    pub fn is_core(&self) -> bool {
        matches!(self, Self::Known(known) if KnownHeading::CORE.contains(known))
    }
}

macro_rules! headings {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal;)+) => {
        /// The headings of a Summary Care Record, in the order in which they are shown.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum KnownHeading {
            $($(#[$doc])* $name,)+
        }

        impl KnownHeading {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code of the Composition's section (specs/scr/GetScrBundle.json).
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// As people read it.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// The heading with that section code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

headings! {
    /// Core.
    Allergies = "AllergiesHeader", "Allergies and adverse reactions";
    /// Core: last 12 months.
    AcuteMedications = "AcuteMedsHeader", "Acute medications";
    /// Core.
    RepeatMedications = "RepeatMedsHeader", "Current repeat medications";
    /// Core: last 6 months.
    DiscontinuedMedications = "DiscRepeatMedsHeader", "Discontinued repeat medications";
    /// Additional.
    RisksToPatient = "RisksToPatientHeader", "Risks to patient";
    /// Additional.
    Diagnoses = "DiagnosesHeader", "Diagnoses";
    /// Additional.
    Problems = "ProblemsHeader", "Problems and issues";
    /// Additional.
    Observations = "ObservationsHeader", "Clinical observations and findings";
    /// Additional.
    Treatments = "TreatmentsHeader", "Treatments";
    /// Additional.
    Investigations = "InvestigationsHeader", "Investigations";
    /// Additional.
    Results = "ResultsHeader", "Investigation results";
    /// Additional.
    Events = "EventsHeader", "Care events";
    /// Additional.
    Procedures = "ProceduresHeader", "Administrative procedures";
    /// Additional.
    Advice = "AdviceHeader", "Provision of advice and information to patients and carers";
    /// Additional.
    Preferences = "PreferencesHeader", "Personal preferences";
    /// Additional.
    Circumstances = "CircumstancesHeader", "Social and personal circumstances";
    /// Additional.
    Lifestyle = "LifestyleHeader", "Lifestyle";
    /// Additional.
    FamilyHistory = "HistoryHeader", "Family history";
    /// Additional.
    Correspondence = "PatientCarerCorrespondenceHeader", "Patient/carer correspondence";
    /// Additional.
    Documentation = "DocumentationHeader", "Care professional documentation";
    /// Additional.
    RisksToProfessional = "RisksToProfessionalHeader", "Risks to care professional or third party";
    /// Additional.
    Services = "ServicesHeader", "Services, care professionals and carers";
}

impl KnownHeading {
    /// The four headings of the core summary: shown as missing where the document has none.
    pub const CORE: [Self; 4] = [
        Self::Allergies,
        Self::AcuteMedications,
        Self::RepeatMedications,
        Self::DiscontinuedMedications,
    ];
}

crate::hidden_debug!(Summary, Section, Content, Table, Row);
