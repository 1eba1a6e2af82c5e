//! What was done on a device without the service: a chained log, delivered to the audit in order.
//!
//! Each entry holds the hash of the one before it, so that an entry that was changed, left out or
//! put in shows when the log is delivered (DOMAIN section 8).

use crate::ids::{VaultId, VisitId};
use crate::permission::PermissionAnswer;
use crate::search::SearchKind;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A part of a record that can be looked at without the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Overview.
    Overview,
    /// Patient details.
    Details,
    /// Summary Care Record.
    Summary,
    /// Reasonable adjustments.
    Adjustments,
}

/// What someone did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub enum Act {
    /// Opened what is saved on the device by passkey.
    Unlocked,
    /// Tried to, in vain, so many times since it was last opened.
    UnlockFailed {
        /// How often.
        times: u32,
    },
    /// Searched the visit list. Never what was searched for.
    Searched {
        /// By what.
        by: SearchKind,
        /// Whom it found.
        found: Vec<VisitId>,
    },
    /// Looked at a part of a saved record.
    Looked {
        /// Whose.
        visit: VisitId,
        /// At what.
        part: Part,
    },
    /// Answered the permission question on the doorstep.
    Answered {
        /// For whose summary.
        visit: VisitId,
        /// How.
        answer: PermissionAnswer,
    },
}

/// A SHA-256 hash in hexadecimal.
pub type Hash = String;

/// The hash before the first entry of a vault.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// From 1, without a gap, for each vault.
    pub seq: u64,
    /// By the device's clock, which may be wrong.
    pub at: Timestamp,
    /// What was done.
    pub act: Act,
    /// The hash of the entry before.
    pub prev: Hash,
    /// The hash of this one.
    pub hash: Hash,
}

/// Where a log stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHead {
    /// Of the last entry; 0 where there is none.
    pub seq: u64,
    /// Of the last entry.
    pub hash: Hash,
}

impl Default for LogHead {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: BEGINNING.to_owned(),
        }
    }
}

/// Why an entry does not continue a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Break {
    /// Entries before it are missing.
    Gap,
    /// It is already there, with the same number.
    Again,
    /// It was changed, or it follows another entry than the one before it.
    Forged,
    /// It is one of those that were missing, and fits where it was missed.
    Late,
}

/// What earlier deliveries brought around an entry's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered<'a> {
    /// The hash of the entry of that number.
    pub same: Option<&'a str>,
    /// The hash of the entry before it.
    pub before: Option<&'a str>,
    /// The hash that the entry after it names as the one before.
    pub named_after: Option<&'a str>,
}

/// How far a device's clock may be off without anyone being told.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// How a device's clock was off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockOff {
    /// The entry says that it was made after it arrived.
    Ahead,
    /// The entry says that it was made before there was a log.
    Behind,
}

/// When an entry was made, as far as the service believes the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Believed {
    /// Never before the log began, and never after it arrived.
    pub at: Timestamp,
    /// The device said something else, by more than [`CLOCK_TOLERANCE`].
    pub off: Option<ClockOff>,
}

/// What is believed of the time that a device gave. Everything that is decided or found by time goes
/// by this; what the device said is only told.
///
/// | the device says        | believed      | told, beyond the tolerance |
/// |------------------------|---------------|----------------------------|
/// | before the log began   | its beginning | behind                     |
/// | between                | as it says    |                            |
/// | after it arrived       | the arrival   | ahead                      |
pub fn believed(said: Timestamp, began: Timestamp, arrived: Timestamp) -> Believed {
    // The clocks of two servers may differ: the one that has it now is right.
    let began = began.min(arrived);
    let far =
        |later: Timestamp, earlier: Timestamp| later.duration_since(earlier) > CLOCK_TOLERANCE;
    if said > arrived {
        Believed {
            at: arrived,
            off: far(said, arrived).then_some(ClockOff::Ahead),
        }
    } else if said < began {
        Believed {
            at: began,
            off: far(began, said).then_some(ClockOff::Behind),
        }
    } else {
        Believed {
            at: said,
            off: None,
        }
    }
}

impl LogHead {
    /// The next entry, and where the log then stands.
    pub fn append(&self, vault: VaultId, at: Timestamp, act: Act) -> (LogEntry, Self) {
        let seq = self.seq.saturating_add(1);
        let hash = hash(vault, seq, at, &act, &self.hash);
        let entry = LogEntry {
            seq,
            at,
            act,
            prev: self.hash.clone(),
            hash: hash.clone(),
        };
        (entry, Self { seq, hash })
    }

    /// Where the log stands after that entry.
    ///
    /// # Errors
    /// Where the entry does not continue it.
    pub fn follow(&self, vault: VaultId, entry: &LogEntry) -> Result<Self, Break> {
        if entry.hash != hash(vault, entry.seq, entry.at, &entry.act, &entry.prev) {
            return Err(Break::Forged);
        }
        if entry.seq <= self.seq {
            return Err(Break::Again);
        }
        if entry.seq != self.seq + 1 {
            return Err(Break::Gap);
        }
        if entry.prev != self.hash {
            return Err(Break::Forged);
        }
        Ok(Self {
            seq: entry.seq,
            hash: entry.hash.clone(),
        })
    }
}

impl LogHead {
    /// As [`Self::follow`], and also whether an entry with an old number is the one that came before.
    ///
    /// | the number              | of that number is there | it fits its neighbours | |
    /// |-------------------------|-------------------------|------------------------|-----------|
    /// | after the end           |                         |                        | as [`Self::follow`] says |
    /// | at the end, or before   | the same entry          |                        | again     |
    /// |                         | another                 |                        | forged    |
    /// |                         | nothing                 | yes, as far as known   | late      |
    /// |                         | nothing                 | no                     | forged    |
    ///
    /// # Errors
    /// Where the entry does not continue it.
    pub fn judge(
        &self,
        vault: VaultId,
        entry: &LogEntry,
        delivered: Delivered<'_>,
    ) -> Result<Self, Break> {
        match self.follow(vault, entry) {
            Err(Break::Again) => {}
            outcome => return outcome,
        }
        let fits = |known: Option<&str>, here: &str| known.is_none_or(|known| known == here);
        let at_the_end = (entry.seq == self.seq).then_some(self.hash.as_str());
        Err(match delivered.same {
            Some(same) if same == entry.hash => Break::Again,
            Some(_) => Break::Forged,
            None if entry.seq > 0
                && fits(at_the_end, &entry.hash)
                && fits(delivered.before, &entry.prev)
                && fits(delivered.named_after, &entry.hash) =>
            {
                Break::Late
            }
            None => Break::Forged,
        })
    }
}

/// Over everything in the entry, and the vault, in a form with one reading.
fn hash(vault: VaultId, seq: u64, at: Timestamp, act: &Act, prev: &str) -> Hash {
    // A struct of strings and numbers is always written.
    let act = serde_json::to_string(act).unwrap_or_default();
    let mut digest = Sha256::new();
    for part in [
        vault.to_string(),
        seq.to_string(),
        at.as_microsecond().to_string(),
        prev.to_owned(),
        act,
    ] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
