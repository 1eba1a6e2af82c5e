//! What stands under a heading where it is not one table.

use super::Table;
use serde::{Deserialize, Serialize};

/// Something under a heading.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// What follows belongs under it, until the next of the same or a higher level (1 is highest).
    Subheading {
        /// How far it is below the section's own heading.
        level: u8,
        /// As the document says it.
        text: String,
    },
    /// Text.
    Statement(String),
    /// What the reader of the document has to say about what follows.
    Remark(Remark),
    /// That entries are withheld, in the document's words.
    Withheld(String),
    /// That there is nothing, in the document's words.
    NothingStated(String),
    /// Why there is nothing.
    Empty(Emptiness),
    /// Rows under columns.
    Table(Table),
    /// Cells of which nobody can tell whether they stand in rows or in columns: as they came.
    Grid(Vec<Vec<String>>),
    /// A list.
    List {
        /// The number of the first item, where they are numbered.
        first: Option<i64>,
        /// Its items.
        items: Vec<String>,
    },
    /// Terms with what is said of each.
    Terms(Vec<Term>),
}

/// A term with what is said of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// As in "Penicillin".
    pub name: String,
    /// As in "Rash".
    pub says: Vec<String>,
}

/// What the reader of a document says about a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remark {
    /// Some of its characters are not known.
    Unsure,
    /// It is damaged or cut short.
    Damaged,
    /// There is something, and it cannot be read at all.
    Unreadable,
    /// It stands only as coded data, not in the text of the document.
    Coded,
    /// So many entries are named that the document does not contain.
    NotContained(usize),
    /// So many entries are about somebody else.
    SomebodyElse(usize),
}

impl Remark {
    /// As people read it.
    pub fn sentence(self) -> String {
        let entries = |count: usize| match count {
            1 => "1 entry".to_owned(),
            count => format!("{count} entries"),
        };
        match self {
            Self::Unsure => "Part of this text could not be read with certainty. It is shown as it came. Check it with the GP practice.".to_owned(),
            Self::Damaged => "The text under this heading is damaged or cut short. It is shown as it came, without its layout, and some of it may be missing. Check it with the GP practice.".to_owned(),
            Self::Unreadable => "Something under this heading could not be read. That is no statement about what it says. Ask the GP practice.".to_owned(),
            Self::Coded => "Read from the coded data of the summary, not from its text.".to_owned(),
            Self::NotContained(count) => format!("The summary names {} here without their content. Ask the GP practice.", entries(count)),
            Self::SomebodyElse(count) => format!("{} under this heading said to be about somebody else, so not shown.", match count {
                1 => "1 entry is".to_owned(),
                count => format!("{count} entries are"),
            }),
        }
    }
}

/// Why there is nothing under a heading (FHIR's list-empty-reason). Only the first says that there
/// is nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Emptiness {
    /// The patient is known to have none.
    NilKnown,
    /// Nobody asked.
    NotAsked,
    /// Kept back.
    Withheld,
    /// Could not be had.
    Unavailable,
    /// The work has not begun.
    NotStarted,
    /// No longer kept.
    Closed,
    /// Another reason, as the document says it.
    Other(String),
    /// No reason is given.
    Unsaid,
}

impl Emptiness {
    /// The reason of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        let code: String = code.chars().filter(char::is_ascii_alphabetic).collect();
        Some(match code.to_ascii_lowercase().as_str() {
            "nilknown" => Self::NilKnown,
            "notasked" => Self::NotAsked,
            "withheld" => Self::Withheld,
            "unavailable" => Self::Unavailable,
            "notstarted" => Self::NotStarted,
            "closed" => Self::Closed,
            _ => return None,
        })
    }

    /// As a clinician reads it.
    pub fn sentence(&self) -> String {
        match self {
            Self::NilKnown => "The GP practice states that there are none that it knows of.".to_owned(),
            Self::NotAsked => "The patient has not been asked about this, so nothing is known either way.".to_owned(),
            Self::Withheld => "What stands under this heading is withheld from this summary. There may be entries that you cannot see.".to_owned(),
            Self::Unavailable => "This information could not be obtained when the summary was made, so nothing is known either way.".to_owned(),
            Self::NotStarted => "The GP practice has not started to record this, so nothing is known either way.".to_owned(),
            Self::Closed => "The GP practice has closed this list and no longer keeps it, so there may be entries that are not here.".to_owned(),
            Self::Other(reason) => format!("There are no entries here. The reason that the summary gives: \u{201c}{reason}\u{201d}. Nothing is known either way."),
            Self::Unsaid => "The summary has this heading with nothing under it. It does not say that there are none.".to_owned(),
        }
    }
}

crate::hidden_debug!(Part, Term, Emptiness);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_a_sentence_of_its_own_and_only_one_says_none() {
        let codes = [
            "nilknown",
            "notasked",
            "withheld",
            "unavailable",
            "notstarted",
            "closed",
        ];
        let sentences: BTreeSet<String> = codes
            .iter()
            .map(|code| {
                Emptiness::from_code(code)
                    .map(|why| why.sentence())
                    .unwrap_or_default()
            })
            .collect();
        assert_eq!(sentences.len(), codes.len());
        let none = sentences
            .iter()
            .filter(|text| text.contains("there are none"));
        assert_eq!(none.count(), 1);
        assert!(Emptiness::from_code("not-started") == Some(Emptiness::NotStarted));
        assert!(Emptiness::from_code("nil").is_none());
    }
}
