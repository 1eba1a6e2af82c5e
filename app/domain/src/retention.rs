//! For how long a copy that was saved on a device is shown, whatever its clock says.
//!
//! A device's clock can be wrong, and it can be turned. What is decided here:
//!
//! | the clock                         | a copy within its time | a copy past its time by the clock      |
//! |-----------------------------------|------------------------|----------------------------------------|
//! | runs on                           | shown                  | hidden, and destroyed                  |
//! | was turned back                   | as long as before: time stands still until the clock catches up | hidden |
//! | leapt ahead by more than a day    | cannot be told: hidden | hidden, not destroyed                  |
//! | any, once the service told its time | by the service's time | hidden, and destroyed                |
//!
//! A correction of a clock that was ahead looks just like turning it back, so a copy that was hidden
//! stays hidden until the service tells the time. It is not destroyed by mistake: with the service's
//! time a copy that is still within its own is shown again. What a person wrote is no copy, and is
//! never destroyed by time. A clock that is ahead by less than a day is believed: at worst a copy ends
//! that early, and is taken anew where there is signal.

use crate::sourced::Source;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest time for which any organisation may keep a copy.
pub const LONGEST_HOURS: u16 = 24;

/// From that age on, a copy is marked as old wherever it is shown.
pub const MARKED_AFTER: SignedDuration = SignedDuration::from_hours(4);

/// The longest time between two looks at a clock after which it is still believed enough to destroy
/// by it.
const LONGEST_LEAP: SignedDuration = SignedDuration::from_hours(24);

/// How far the clocks of the service's own machines may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The latest time that a device ever saw. Kept with the copies, and read with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// By any clock, since the service last told its own time.
    latest: Timestamp,
    /// Told by the service, or reached from there without a leap.
    sure: Timestamp,
}

impl Seen {
    /// The service told its time. It is right, even where it is earlier than what was seen.
    pub fn told(service: Timestamp) -> Self {
        Self {
            latest: service,
            sure: service,
        }
    }

    /// The device's clock was looked at. To be kept about once a minute while the app is in use, and
    /// whenever a copy is opened.
    #[must_use]
    pub fn looked(self, now: Timestamp) -> Self {
        let believed = now > self.sure && now.duration_since(self.sure) <= LONGEST_LEAP;
        Self {
            latest: self.latest.max(now),
            sure: if believed { now } else { self.sure },
        }
    }

    /// The time that counts while the clock says `now`: it never goes back.
    pub fn at_least(self, now: Timestamp) -> Timestamp {
        self.latest.max(now)
    }

    /// What may be done with something that may be shown until then, while the clock says `now`.
    pub fn fate(self, until: Timestamp, now: Timestamp) -> Fate {
        let seen = self.looked(now);
        if seen.sure >= until {
            Fate::Over
        } else if seen.at_least(now) < until {
            Fate::Shown
        } else {
            Fate::Hidden
        }
    }
}

/// What may be done with a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It may be shown.
    Shown,
    /// It may not be shown. It may be within its time, if the clock is wrong.
    Hidden,
    /// It is past its time for sure: destroy it.
    Over,
}

/// For how long one copy may be shown. Both times are the service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// When the service gave what was saved.
    pub saved_at: Timestamp,
    /// From then on it is not shown.
    pub until: Timestamp,
}

impl Retention {
    /// For as long as the service said, but never longer than [`LONGEST_HOURS`].
    pub fn new(saved_at: Timestamp, until: Timestamp) -> Self {
        let longest = SignedDuration::from_hours(i64::from(LONGEST_HOURS));
        let furthest = saved_at.checked_add(longest).unwrap_or(saved_at);
        Self {
            saved_at,
            until: until.min(furthest),
        }
    }

    /// For so many hours; 0 is not at all.
    pub fn for_hours(saved_at: Timestamp, hours: u16) -> Self {
        let kept = SignedDuration::from_hours(i64::from(hours));
        Self::new(saved_at, saved_at.checked_add(kept).unwrap_or(saved_at))
    }

    /// What may be done with the copy while the device's clock says `now`.
    ///
    /// | time that counts             | sure that it is over | fate   |
    /// |------------------------------|----------------------|--------|
    /// | before it was saved          | no                   | hidden |
    /// | from saving until its end    | no                   | shown  |
    /// | after its end                | no                   | hidden |
    /// | any                          | yes                  | over   |
    pub fn fate(&self, now: Timestamp, seen: Seen) -> Fate {
        let at = seen.at_least(now);
        match seen.fate(self.until, now) {
            Fate::Shown if self.saved_at > at.checked_add(SKEW).unwrap_or(at) => Fate::Hidden,
            fate => fate,
        }
    }

    /// Whether the copy may be shown.
    pub fn is_shown(&self, now: Timestamp, seen: Seen) -> bool {
        match self.fate(now, seen) {
            Fate::Shown => true,
            Fate::Hidden | Fate::Over => false,
        }
    }

    /// How old the copy is, at least.
    pub fn age(&self, now: Timestamp, seen: Seen) -> SignedDuration {
        let age = seen.at_least(now).duration_since(self.saved_at);
        age.max(SignedDuration::ZERO)
    }

    /// Whether it is marked as old: 4 hours or more.
    pub fn is_marked(&self, now: Timestamp, seen: Seen) -> bool {
        self.age(now, seen) >= MARKED_AFTER
    }
}

impl From<Retention> for Source {
    fn from(retention: Retention) -> Self {
        Self::Saved {
            at: retention.saved_at,
            until: retention.until,
        }
    }
}
