//! When a screen that nobody attends to is locked.
//!
//! | the person                                | with what limit          | is locked because of |
//! |-------------------------------------------|--------------------------|----------------------|
//! | has not touched any tab                   | 15 minutes, or what the session says where that is less | `Unused` |
//! | sees no tab                               | 5 minutes                | `Hidden`             |
//! | anything, by a clock that was turned back | a minute of difference   | `Clock`              |
//! | is asked for a passkey                    | 5 minutes from the question | not until then    |
//!
//! The times are those of all tabs of a browser together, by the clock on the wall and not by timers:
//! timers stand still while a machine sleeps, and are slowed down in a tab that is hidden. While the
//! device asks for the passkey the browser calls the page hidden or without focus: that is no absence.
//! A passkey that was used is a use like any other, one that was not is none.

use serde::{Deserialize, Serialize};

/// Unused for so long, in milliseconds.
const UNUSED: i64 = 15 * 60 * 1000;
/// Hidden for so long, in milliseconds.
const HIDDEN: i64 = 5 * 60 * 1000;
/// For so long the device may ask for the passkey, in milliseconds: as long as the service waits for it.
const CEREMONY: i64 = 5 * 60 * 1000;
/// A clock that goes back by more than this was turned, not put right. In milliseconds.
const TURNED: i64 = 60 * 1000;

/// Why a screen was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockReason {
    /// The person locked it.
    ByHand,
    /// It was not used for too long.
    Unused,
    /// It was out of sight for too long.
    Hidden,
    /// The clock was turned back: nobody knows how long it was.
    Clock,
}

/// When someone was last there, in milliseconds since 1970 by the device's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Touched, typed, or used the passkey.
    pub used: i64,
    /// Had a tab in sight.
    pub seen: i64,
}

impl Presence {
    /// There just now.
    pub fn at(now: i64) -> Self {
        Self {
            used: now,
            seen: now,
        }
    }

    /// What two tabs know together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            used: self.used.max(other.used),
            seen: self.seen.max(other.seen),
        }
    }

    /// As it is kept for the other tabs and for the next page: `used seen`.
    pub fn written(self) -> String {
        format!("{} {}", self.used, self.seen)
    }

    /// As it was kept.
    pub fn read(text: &str) -> Option<Self> {
        let (used, seen) = text.split_once(' ')?;
        Some(Self {
            used: used.parse().ok()?,
            seen: seen.parse().ok()?,
        })
    }

    /// Whether the screen is to be locked now. `idle_seconds` is what the session says, `asked` is since
    /// when the device asks for the passkey.
    pub fn due(self, now: i64, idle_seconds: u64, asked: Option<i64>) -> Option<LockReason> {
        if now < self.used.max(self.seen).saturating_sub(TURNED) {
            return Some(LockReason::Clock);
        }
        if asked.is_some_and(|since| (since..=since.saturating_add(CEREMONY)).contains(&now)) {
            return None;
        }
        let longest = i64::try_from(idle_seconds)
            .unwrap_or(i64::MAX)
            .saturating_mul(1000)
            .min(UNUSED);
        let over = |since: i64, longest| now.saturating_sub(since) > longest;
        if over(self.used, longest) {
            Some(LockReason::Unused)
        } else if over(self.seen, HIDDEN) {
            Some(LockReason::Hidden)
        } else {
            None
        }
    }
}

/// What one tab knows of the person in front of it.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    presence: Presence,
    in_sight: bool,
    /// Since when the device asks for the passkey, and how often: one question may take the place of another.
    asked: Option<i64>,
    questions: u32,
}

impl Watch {
    /// Of a tab that was opened just now. `before` is what other tabs and pages knew.
    pub fn new(before: Option<Presence>, in_sight: bool, now: i64) -> Self {
        Self {
            presence: before.unwrap_or_else(|| Presence::at(now)),
            in_sight,
            asked: None,
            questions: 0,
        }
    }

    /// Since when someone was there, as far as is known here.
    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// Who sees the page is there.
    fn look(&mut self, now: i64) {
        if self.in_sight {
            self.presence.seen = now;
        }
    }

    /// What the other tabs know.
    pub fn learn(&mut self, others: Option<Presence>) {
        if let Some(others) = others {
            self.presence = self.presence.and(others);
        }
    }

    /// Whether to lock now. A page that is in sight was so until now, also where no timer ran meanwhile.
    pub fn check(&mut self, now: i64, idle_seconds: u64) -> Option<LockReason> {
        let turned = self.presence.due(now, u64::MAX, None) == Some(LockReason::Clock);
        if turned {
            return Some(LockReason::Clock);
        }
        self.look(now);
        self.presence.due(now, idle_seconds, self.asked)
    }

    /// The page went out of sight, or came back. Ask [`Self::check`] first.
    pub fn sight(&mut self, in_sight: bool, now: i64) {
        self.look(now);
        self.in_sight = in_sight;
        self.look(now);
    }

    /// The page was used. Ask [`Self::check`] first: who comes back too late has used nothing.
    pub fn used(&mut self, now: i64) {
        self.presence.used = now;
        self.look(now);
    }

    /// The device asks for a passkey.
    pub fn asks(&mut self, now: i64) {
        self.asked = Some(now);
        self.questions = self.questions.saturating_add(1);
    }

    /// It was given, or not.
    pub fn answered(&mut self, given: bool, now: i64) {
        self.questions = self.questions.saturating_sub(1);
        // Out of sight behind the browser's own question is not away, but only for as long as that may stand.
        if self.presence.due(now, u64::MAX, self.asked) != Some(LockReason::Hidden) {
            self.presence.seen = now;
        }
        if self.questions == 0 {
            self.asked = None;
        }
        if given {
            self.presence = Presence::at(now);
        }
    }

    /// The person has just shown who they are, so nothing of before counts.
    pub fn arrived(&mut self, now: i64) {
        self.presence = Presence::at(now);
    }
}
