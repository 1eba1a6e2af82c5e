//! NHS numbers: ten digits, checked by Modulus 11 (DOMAIN section 3).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A valid NHS number. One that exists has passed the Modulus 11 check.
///
/// `Debug` hides the digits, so that a number cannot reach a log by accident; `Display` shows them
/// in the 3-3-4 form for people, and [`NhsNumber::digits`] gives the ten digits for services.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NhsNumber(u64);

/// Why a text is not an NHS number, in the order in which a person can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnNhsNumber {
    /// Nothing was entered.
    #[error("Enter an NHS number")]
    Empty,
    /// Something other than digits, spaces, dashes and a leading "NHS number" label.
    #[error("NHS number must only include numbers, spaces and dashes")]
    OtherCharacters,
    /// Not ten digits.
    #[error("NHS number must be 10 numbers, like 999 012 3456")]
    WrongLength,
    /// Ten digits, but the last does not check the others.
    #[error("Check the NHS number: this one cannot be right")]
    CheckDigit,
}

impl NhsNumber {
    /// The check digit for nine digits, or `None` where no NHS number begins with them.
    ///
    /// Modulus 11: weights 10 to 2; 11 less the remainder; 11 means 0 and 10 is never issued.
    pub fn check_digit(nine: u64) -> Option<u64> {
        let mut rest = nine % 1_000_000_000;
        let mut sum = 0;
        for weight in 2..=10 {
            sum += (rest % 10) * weight;
            rest /= 10;
        }
        match 11 - sum % 11 {
            11 => Some(0),
            10 => None,
            digit => Some(digit),
        }
    }

    /// The NHS number that begins with those nine digits, if there is one.
    pub fn from_nine(nine: u64) -> Option<Self> {
        let nine = nine % 1_000_000_000;
        Self::check_digit(nine).map(|digit| Self(nine * 10 + digit))
    }

    /// The ten digits, for services and storage. Never for URLs or logs.
    pub fn digits(self) -> String {
        format!("{:010}", self.0)
    }

    /// In the range 999 000 0000 to 999 999 9999, which is never issued to a person.
    pub fn is_made_up(self) -> bool {
        self.0 / 10_000_000 == 999
    }

    /// The digits of what was typed or pasted: spaces of any kind, dashes and dots between groups,
    /// and a label such as `NHS:` or `NHS number` before them are left out.
    fn digits_of(text: &str) -> Result<String, NotAnNhsNumber> {
        let text = text.trim();
        let unlabelled = text.trim_start_matches(|c: char| {
            c.is_alphabetic()
                || c.is_whitespace()
                || ":.#\u{feff}\u{200b}\u{200e}\u{200f}\u{202a}\u{202d}".contains(c)
        });
        let label: String = text
            .strip_suffix(unlabelled)
            .unwrap_or_default()
            .chars()
            .filter(|c| c.is_alphabetic())
            .flat_map(char::to_lowercase)
            .collect();
        if !matches!(
            label.as_str(),
            "" | "nhs" | "nhsno" | "nhsnumber" | "no" | "number"
        ) {
            return Err(NotAnNhsNumber::OtherCharacters);
        }
        let mut digits = String::with_capacity(10);
        for c in unlabelled.chars() {
            match c {
                '0'..='9' => digits.push(c),
                // Dashes of every length, and the unseen marks that copying from a page brings along.
                '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => {}
                '\u{2060}'..='\u{2069}' | '\u{feff}' => {}
                c if c.is_whitespace() => {}
                _ => return Err(NotAnNhsNumber::OtherCharacters),
            }
        }
        Ok(digits)
    }
}

impl FromStr for NhsNumber {
    type Err = NotAnNhsNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err(NotAnNhsNumber::Empty);
        }
        let digits = Self::digits_of(text)?;
        if digits.len() != 10 {
            return Err(NotAnNhsNumber::WrongLength);
        }
        let value: u64 = digits
            .parse()
            .map_err(|_| NotAnNhsNumber::OtherCharacters)?;
        if Self::check_digit(value / 10) == Some(value % 10) {
            Ok(Self(value))
        } else {
            Err(NotAnNhsNumber::CheckDigit)
        }
    }
}

impl TryFrom<String> for NhsNumber {
    type Error = NotAnNhsNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<NhsNumber> for String {
    fn from(number: NhsNumber) -> Self {
        number.digits()
    }
}

impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        write!(
            f,
            "{:03} {:03} {:04}",
            value / 10_000_000,
            value / 10_000 % 1_000,
            value % 10_000
        )
    }
}

impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NhsNumber(hidden)")
    }
}
