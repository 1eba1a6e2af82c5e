//! How long a change waits after a delivery that came to nothing.

use super::entry::{BackOff, Setback};
use jiff::{SignedDuration, Timestamp};

/// After the first setback.
const FIRST: SignedDuration = SignedDuration::from_secs(1);

/// At most.
pub const LONGEST_BACK_OFF: SignedDuration = SignedDuration::from_secs(5 * 60);

impl BackOff {
    /// After so many setbacks in a row: 1 second, doubled by each further one up to 5 minutes, and of
    /// that between a half and the whole by `chance` (0 to 1), so that the devices of a whole station
    /// do not come back at the same moment.
    pub fn after(setback: Setback, setbacks: u32, chance: f64, now: Timestamp) -> Self {
        let doublings = setbacks.saturating_sub(1).min(9);
        let whole = FIRST
            .checked_mul(1 << doublings)
            .map_or(LONGEST_BACK_OFF, |time| time.min(LONGEST_BACK_OFF));
        let chance = if chance.is_finite() {
            chance.clamp(0.0, 1.0)
        } else {
            1.0
        };
        let wait = whole.mul_f64(0.5 + 0.5 * chance);
        Self {
            until: now.checked_add(wait).unwrap_or(now),
            after: setback,
        }
    }

    /// When it is over, as seen from `now`. A clock that was turned back does not prolong it: it
    /// never lies further ahead than the longest one.
    pub fn over_at(self, now: Timestamp) -> Timestamp {
        let furthest = now.checked_add(LONGEST_BACK_OFF).unwrap_or(now);
        if self.until > furthest {
            now
        } else {
            self.until
        }
    }
}
