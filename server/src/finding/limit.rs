//! How often one person may search: enough for anyone at work, too little to copy a register.

use domain::ids::PersonId;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Searches of one person in one window, where no setting says otherwise.
pub const USUAL_LIMIT: u32 = 60;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// People who are remembered; far more than search in one window of one server.
const MOST_PEOPLE: usize = 50_000;

/// The limit, in memory.
#[derive(Clone, Debug)]
pub struct SearchLimit {
    most: u32,
    people: Arc<Mutex<HashMap<PersonId, Window>>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Timestamp,
    searches: u32,
}

impl Window {
    fn is_over(self, now: Timestamp) -> bool {
        // A clock that was turned back does not lock anyone out.
        now.duration_since(self.began).abs() >= WINDOW
    }
}

/// The limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// For the first time in this window: once in the audit is enough.
    pub first: bool,
}

impl Default for SearchLimit {
    fn default() -> Self {
        Self::of(USUAL_LIMIT)
    }
}

impl SearchLimit {
    /// So many searches of one person in a minute.
    pub fn of(most: u32) -> Self {
        Self {
            most,
            people: Arc::default(),
        }
    }

    /// Counts a search of that person.
    ///
    /// # Errors
    /// [`Limited`] where the person has to wait.
    pub fn take(&self, person: PersonId, now: Timestamp) -> Result<(), Limited> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if people.len() >= MOST_PEOPLE && !people.contains_key(&person) {
            people.retain(|_, window| !window.is_over(now));
            if people.len() >= MOST_PEOPLE {
                return Err(Limited { first: false });
            }
        }
        let window = people.entry(person).or_insert(Window {
            began: now,
            searches: 0,
        });
        if window.is_over(now) {
            *window = Window {
                began: now,
                searches: 0,
            };
        }
        window.searches = window.searches.saturating_add(1);
        if window.searches > self.most {
            Err(Limited {
                first: window.searches == self.most.saturating_add(1),
            })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn one_person_waits_and_others_do_not() {
        let limit = SearchLimit::default();
        let (one, other) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        for _ in 0..USUAL_LIMIT {
            assert_eq!(limit.take(one, now), Ok(()));
        }
        assert_eq!(limit.take(one, now), Err(Limited { first: true }));
        assert_eq!(limit.take(one, now), Err(Limited { first: false }));
        assert_eq!(limit.take(other, now), Ok(()));
        let later = now + SignedDuration::from_secs(59);
        assert_eq!(limit.take(one, later), Err(Limited { first: false }));
        assert_eq!(limit.take(one, now + WINDOW), Ok(()));
    }
}
