//! A read is a value with where it came from and how old it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Answered by the service just now.
    Live {
        /// When the service answered.
        at: Timestamp,
    },
    /// Read from what was saved on this device.
    Saved {
        /// When the service answered the read that was saved.
        at: Timestamp,
        /// When the saved copy may no longer be shown.
        until: Timestamp,
    },
}

/// A value that says where it came from. There is no way to take the value and lose its source
/// unseen: screens receive this and show both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// What was read.
    pub value: T,
    /// Where it came from and when.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// A value that the service answered at that time.
    pub fn live(value: T, at: Timestamp) -> Self {
        Self {
            value,
            source: Source::Live { at },
        }
    }

    /// The same source for a part or another form of the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced {
            value: change(self.value),
            source: self.source,
        }
    }

    /// When the service answered.
    pub fn at(&self) -> Timestamp {
        match self.source {
            Source::Live { at } | Source::Saved { at, .. } => at,
        }
    }
}
