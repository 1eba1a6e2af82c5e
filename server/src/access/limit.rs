//! How many patients one person may reach in a minute, whichever way: enough for anyone at work, too
//! little to copy a register. Searching, opening, putting on the visit list and taking along all count
//! as one.
//!
//! The counting is the crate `governor`'s. By itself it gives back one at a time, so that whoever has
//! used up a minute goes on at that pace without ever resting. Here a whole minute comes back at once,
//! and a minute of its own begins every ten seconds: whoever goes past the limit where one ends and the
//! next begins meets another.

use crate::clock::SharedClock;
use domain::ids::PersonId;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Patients whom one person reaches in a minute, where no setting says otherwise.
pub const USUAL_LIMIT: NonZeroU32 = match NonZeroU32::new(60) {
    Some(most) => most,
    None => NonZeroU32::MIN,
};

/// Past so many people those are forgotten who did nothing for a while.
const MOST_PEOPLE: usize = 50_000;
const MINUTE: u64 = 60;
/// When the minutes begin, in seconds after each other.
const BEGINNINGS: [u64; 6] = [0, 10, 20, 30, 40, 50];

type Counter<C> = RateLimiter<PersonId, HashMapStateStore<PersonId>, C, NoOpMiddleware<Duration>>;

/// The limit, in the memory of this server.
#[derive(Clone)]
pub struct PatientLimit {
    counters: Arc<Counters>,
}

struct Counters {
    steady: Steady,
    minutes: Vec<(u64, Counter<Minute>)>,
    /// To whom it was said in the last minute.
    told: Counter<Steady>,
}

impl std::fmt::Debug for PatientLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PatientLimit")
    }
}

/// The limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// For the first time in this minute: once in the audit is enough.
    pub first: bool,
    /// In so many seconds it is worth another try.
    pub wait: u32,
}

impl PatientLimit {
    /// So many patients of one person in a minute of that clock.
    pub fn new(most: NonZeroU32, clock: SharedClock) -> Self {
        let steady = Steady::new(clock);
        let minute = |begins| Minute {
            steady: steady.clone(),
            begins,
        };
        let counters = Counters {
            minutes: BEGINNINGS
                .map(|begins| {
                    let counter =
                        RateLimiter::hashmap_with_clock(Quota::per_minute(most), minute(begins));
                    (begins, counter)
                })
                .into(),
            told: RateLimiter::hashmap_with_clock(
                Quota::per_minute(NonZeroU32::MIN),
                steady.clone(),
            ),
            steady,
        };
        Self {
            counters: Arc::new(counters),
        }
    }

    /// Counts a patient whom that person is about to reach.
    ///
    /// # Errors
    /// [`Limited`] where the person has to wait.
    pub fn take(&self, person: PersonId) -> Result<(), Limited> {
        let Counters {
            steady,
            minutes,
            told,
        } = &*self.counters;
        let now = steady.now().as_secs();
        // Whatever a later minute has counted, the oldest has too: where that one passes, all do.
        let age = |begins: u64| (now + MINUTE - begins) % MINUTE;
        let Some((oldest, counter)) = minutes.iter().max_by_key(|(begins, _)| age(*begins)) else {
            return Ok(());
        };
        if counter.check_key(&person).is_err() {
            return Err(Limited {
                first: told.check_key(&person).is_ok(),
                wait: u32::try_from(MINUTE - age(*oldest)).unwrap_or(u32::MAX),
            });
        }
        for (begins, counter) in minutes {
            if begins != oldest {
                // Only counted.
                let _ = counter.check_key(&person);
            }
            if counter.len() > MOST_PEOPLE {
                counter.retain_recent();
            }
        }
        if told.len() > MOST_PEOPLE {
            told.retain_recent();
        }
        Ok(())
    }
}

/// How long the server runs. A clock that was turned back stands still meanwhile: it locks nobody out.
#[derive(Clone)]
struct Steady {
    clock: SharedClock,
    seen: Arc<Mutex<(Timestamp, Duration)>>,
}

impl Steady {
    fn new(clock: SharedClock) -> Self {
        let seen = (clock.now(), Duration::ZERO);
        Self {
            clock,
            seen: Arc::new(Mutex::new(seen)),
        }
    }
}

impl Clock for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let since = Duration::try_from(now.duration_since(seen.0)).unwrap_or_default();
        *seen = (now, seen.1.saturating_add(since));
        seen.1
    }
}

/// A clock that stands still for a minute at a time.
struct Minute {
    steady: Steady,
    begins: u64,
}

impl Clock for Minute {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let seconds = self.steady.now().as_secs() + MINUTE - self.begins;
        Duration::from_secs(seconds - seconds % MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;
    use uuid::Uuid;

    struct Set(Mutex<Timestamp>);

    impl crate::clock::Clock for Set {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn limit(most: u32) -> (Arc<Set>, PatientLimit) {
        let clock = Arc::new(Set(Mutex::new("2026-11-21T09:00:00Z".parse().unwrap())));
        let limit = PatientLimit::new(NonZeroU32::new(most).unwrap(), clock.clone());
        (clock, limit)
    }

    fn forward(clock: &Set, by: SignedDuration) {
        *clock.0.lock().unwrap() += by;
    }

    fn person(number: u128) -> PersonId {
        PersonId(Uuid::from_u128(number))
    }

    /// How many of so many are let through.
    fn taken(limit: &PatientLimit, person: PersonId, times: usize) -> usize {
        (0..times).filter(|_| limit.take(person).is_ok()).count()
    }

    #[test]
    fn one_person_waits_and_others_do_not() {
        let (clock, limit) = limit(60);
        let (one, other) = (person(1), person(2));
        assert_eq!(taken(&limit, one, 60), 60);
        assert!(limit.take(one).unwrap_err().first);
        assert!(!limit.take(one).unwrap_err().first);
        assert_eq!(taken(&limit, other, 1), 1);
        forward(&clock, SignedDuration::from_secs(49));
        assert_eq!(taken(&limit, one, 5), 0);
        forward(&clock, SignedDuration::from_secs(11));
        assert_eq!(taken(&limit, one, 60), 60);
        // In another minute it is said once more.
        assert!(limit.take(one).unwrap_err().first);
    }

    #[test]
    fn what_is_told_to_wait_leads_through_within_a_minute() {
        let (clock, limit) = limit(3);
        forward(&clock, SignedDuration::from_secs(34));
        assert_eq!(taken(&limit, person(1), 3), 3);
        let mut waited = 0;
        while let Err(limited) = limit.take(person(1)) {
            assert!((1..=10).contains(&limited.wait));
            waited += limited.wait;
            forward(&clock, SignedDuration::from_secs(limited.wait.into()));
        }
        assert!((50..=60).contains(&waited), "{waited}");
    }

    #[test]
    fn a_clock_that_was_turned_back_locks_nobody_out() {
        let (clock, limit) = limit(2);
        assert_eq!(taken(&limit, person(1), 3), 2);
        forward(&clock, SignedDuration::from_hours(-5));
        assert_eq!(taken(&limit, person(1), 1), 0);
        forward(&clock, SignedDuration::from_mins(1));
        assert_eq!(taken(&limit, person(1), 3), 2);
    }

    #[test]
    fn no_setting_is_too_large_or_too_small() {
        for most in [1, 7, 4_000_000_000, u32::MAX] {
            let (clock, limit) = limit(most);
            for _ in 0..3 {
                let often = usize::try_from(most.min(1_000)).unwrap();
                assert_eq!(taken(&limit, person(1), often), often);
                forward(&clock, SignedDuration::from_mins(1));
            }
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (clock, limit) = limit(1);
        for number in 0..130_000 {
            if number % 10_000 == 0 {
                forward(&clock, SignedDuration::from_secs(30));
            }
            limit.take(person(number)).unwrap();
        }
        for (_, counter) in &limit.counters.minutes {
            assert!(counter.len() <= MOST_PEOPLE);
        }
    }

    proptest! {
        /// However they are spread: never more within fifty seconds, and never twice as many in a minute.
        #[test]
        fn nobody_gets_past_it_by_timing(pauses in proptest::collection::vec(0_i64..4_000, 1..200)) {
            const MOST: usize = 20;
            let (clock, limit) = limit(20);
            let mut let_through: Vec<Timestamp> = Vec::new();
            for pause in pauses {
                forward(&clock, SignedDuration::from_millis(pause));
                if limit.take(person(1)).is_ok() {
                    let_through.push(*clock.0.lock().unwrap());
                }
            }
            for end in &let_through {
                let within = let_through
                    .iter()
                    .filter(|at| **at <= *end && end.duration_since(**at) < SignedDuration::from_secs(50))
                    .count();
                prop_assert!(within <= MOST);
            }
        }
    }
}
