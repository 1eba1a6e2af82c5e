//! One-time enrolment codes, such as `7KQM-2X9D-HT4W`: easy to read out and to type, hard to guess.

use rand::{CryptoRng, Rng};
use sha2::{Digest, Sha256};
use std::fmt;

/// Crockford's alphabet of 32: without I, L, O and U. Twelve of them are 60 bits.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 12;
const GROUP: usize = 4;

/// A code in the form in which it was made, whatever case and punctuation it was typed in.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode(String);

impl EnrolmentCode {
    /// A new one.
    pub fn random(rng: &mut (impl Rng + CryptoRng)) -> Self {
        let letter = |_| {
            let at = rng.random_range(0..ALPHABET.len());
            char::from(ALPHABET.get(at).copied().unwrap_or(b'0'))
        };
        Self((0..LENGTH).map(letter).collect())
    }

    /// Reads what a person typed: spaces, dashes and case do not matter, and neither does O for 0
    /// nor I or L for 1. `None` where it cannot be a code.
    pub fn read(typed: &str) -> Option<Self> {
        // Whoever sends a book gets no answer later than whoever sends a code.
        let typed = typed.get(..typed.len().min(64))?;
        let code: String = typed
            .chars()
            .filter(|letter| {
                !letter.is_whitespace() && !matches!(letter, '-' | '\u{2010}'..='\u{2015}')
            })
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let fits = code.len() == LENGTH && code.bytes().all(|letter| ALPHABET.contains(&letter));
        fits.then_some(Self(code))
    }

    /// What is kept of it. The code itself is in no table and no log.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(format!("ncrs enrolment code {}", self.0)))
    }
}

/// In groups, as it is given to the person.
impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentCode(hidden)")
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    #[test]
    fn a_code_is_three_groups_of_four() {
        let code = EnrolmentCode::random(&mut rand_chacha::ChaCha20Rng::seed_from_u64(1));
        let shown = code.to_string();
        assert_eq!(shown.len(), 14);
        assert_eq!(EnrolmentCode::read(&shown), Some(code.clone()));
        assert_eq!(format!("{code:?}"), "EnrolmentCode(hidden)");
    }

    #[test]
    fn it_is_read_however_it_is_typed() {
        let typed = [
            "7KQM-2X9D-HT40",
            "7kqm2x9dht4o",
            " 7kqm 2x9d \u{2013} ht4O ",
        ];
        for other in typed {
            assert_eq!(
                EnrolmentCode::read(other)
                    .map(|code| code.to_string())
                    .as_deref(),
                Some("7KQM-2X9D-HT40")
            );
        }
        assert_eq!(
            EnrolmentCode::read("1il0o0000000"),
            EnrolmentCode::read("111000000000")
        );
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for other in [
            "",
            "7KQM-2X9D-HT4",
            "7KQM-2X9D-HT4WW",
            "7KQM-2X9D-HT4U",
            "7KQM-2X9D-HT4é",
        ] {
            assert_eq!(EnrolmentCode::read(other), None, "{other}");
        }
        assert_eq!(EnrolmentCode::read(&"é".repeat(1000)), None);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_it_is_a_code_or_none(typed in "[0-9A-Za-z -]{10,16}|.{0,80}") {
            if let Some(code) = EnrolmentCode::read(&typed) {
                let shown = code.to_string();
                prop_assert_eq!(shown.len(), 14);
                prop_assert!(shown.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)));
                prop_assert_eq!(EnrolmentCode::read(&shown), Some(code));
            }
        }
    }
}
