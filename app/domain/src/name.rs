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
    /// (NHS Common User Interface, patient banner).
    pub fn banner(&self) -> String {
        let family = self.family.to_uppercase();
        let given = self.given.join(" ");
        let mut text = match (family.is_empty(), given.is_empty()) {
            (false, false) => format!("{family}, {given}"),
            (true, _) => given,
            (false, true) => family,
        };
        if let Some(prefix) = &self.prefix {
            text.push_str(&format!(" ({prefix})"));
        }
        text
    }

    /// As spoken: "Jane Smith".
    pub fn spoken(&self) -> String {
        match self.given.first() {
            Some(first) => format!("{first} {}", self.family).trim_end().to_owned(),
            None => self.family.clone(),
        }
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(hidden)")
    }
}
