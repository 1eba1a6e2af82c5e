//! Names of patients.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One name of a person. Either part may be missing: some people have one name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// Title, such as "Mrs".
    pub prefix: Option<String>,
    /// Given names in order; none for a one-word name.
    pub given: Vec<String>,
    /// Family name.
    pub family: String,
}

impl PersonName {
    /// Family name in capitals, then the given names and the title: "SMITH, Jane Anne (Mrs)"
    /// (NHS Common User Interface, patient banner). Always says something: that no name is recorded,
    /// or no last name.
    pub fn banner(&self) -> String {
        let family = said(&self.family).map(|family| family.to_uppercase());
        let given = self.said_given().join(" ");
        let mut text = match (family, given.is_empty()) {
            (Some(family), false) => format!("{family}, {given}"),
            (Some(family), true) => family,
            (None, false) => format!("{NO_LAST_NAME}, {given}"),
            (None, true) => NO_NAME.to_owned(),
        };
        if let Some(prefix) = self.prefix.as_deref().and_then(said) {
            text.push_str(&format!(" ({prefix})"));
        }
        text
    }

    /// As spoken: "Jane Smith".
    pub fn spoken(&self) -> String {
        match (self.said_given().first(), said(&self.family)) {
            (Some(first), Some(family)) => format!("{first} {family}"),
            (Some(first), None) => first.clone(),
            (None, Some(family)) => family,
            (None, None) => NO_NAME.to_owned(),
        }
    }

    fn said_given(&self) -> Vec<String> {
        self.given.iter().filter_map(|name| said(name)).collect()
    }
}

/// In the place of a name that has no letter in any of its parts.
const NO_NAME: &str = "Name not recorded";
const NO_LAST_NAME: &str = "Last name not recorded";

/// The text with single spaces, or `None` where there is nothing to read: spaces, dots and dashes only.
fn said(text: &str) -> Option<String> {
    // Letters by the book that nobody can see: Hangul fillers.
    let unseen = |c: char| matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    text.contains(|c: char| c.is_alphanumeric() && !unseen(c))
        .then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(hidden)")
    }
}
