//! ODS codes: the identifiers of organisations.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An Organisation Data Service code: 3 to 10 capital letters and digits, such as `RX9` or `Y05868`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OdsCode(String);

/// Not in the form of an ODS code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an ODS code has 3 to 10 letters and digits")]
pub struct NotAnOdsCode;

impl FromStr for OdsCode {
    type Err = NotAnOdsCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.trim().to_ascii_uppercase();
        let fits =
            (3..=10).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits {
            Ok(Self(code))
        } else {
            Err(NotAnOdsCode)
        }
    }
}

impl TryFrom<String> for OdsCode {
    type Error = NotAnOdsCode;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<OdsCode> for String {
    fn from(code: OdsCode) -> Self {
        code.0
    }
}

impl fmt::Display for OdsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
