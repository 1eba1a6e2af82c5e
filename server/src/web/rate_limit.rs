//! Limits how often something may be tried, each by whoever tries it: by `governor`, in memory, and
//! never more of it than a fixed number of those who try.
//!
//! Nothing is limited for all together: one who hammers would use up what everyone else needs.

use crate::clock::SharedClock;
use crate::failure::Result;
use app::problem::Kind;
use domain::ids::SessionRef;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many of those who try are remembered.
const MOST: usize = 50_000;

/// How often something may be done.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// So many at once.
    pub burst: u32,
    /// Then one in so long.
    pub every: Duration,
}

/// Time that only goes on. Where the clock is turned back it stands still: nobody gains anything by
/// that, and nobody is locked out until the old time comes again.
#[derive(Clone)]
struct Steady {
    clock: SharedClock,
    seen: Arc<Mutex<(Timestamp, Duration)>>,
}

impl Clock for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let gone = Duration::try_from(now.duration_since(seen.0)).unwrap_or_default();
        *seen = (now, seen.1.saturating_add(gone));
        seen.1
    }
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, Steady, NoOpMiddleware<Duration>>;

/// A limit for each key.
pub struct Limit<K: Clone + Eq + Hash> {
    quota: Quota,
    clock: Steady,
    most: usize,
    limiter: Mutex<Limiter<K>>,
}

impl<K: Clone + Eq + Hash> fmt::Debug for Limit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limit({:?})", self.quota)
    }
}

impl<K: Clone + Eq + Hash> Limit<K> {
    /// That often for each key.
    pub fn new(rate: Rate, clock: SharedClock) -> Self {
        Self::with_room(rate, clock, MOST)
    }

    fn with_room(rate: Rate, clock: SharedClock, most: usize) -> Self {
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(rate.every)
            .unwrap_or(Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst);
        let seen = Arc::new(Mutex::new((clock.now(), Duration::ZERO)));
        let clock = Steady { clock, seen };
        Self {
            quota,
            most,
            limiter: Mutex::new(RateLimiter::hashmap_with_clock(quota, clock.clone())),
            clock,
        }
    }

    /// Counts one of that key.
    ///
    /// # Errors
    /// `TooMany` where the key has to wait.
    pub fn take(&self, key: &K) -> Result<()> {
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        if limiter.len() >= self.most {
            // Whoever has waited long enough is as good as unknown.
            limiter.retain_recent();
            if limiter.len() >= self.most {
                // So many at once come from someone with as many addresses. To forget them all gives
                // each a fresh start; to take in no more would lock out everyone who is new.
                tracing::warn!("a limit was begun anew: more try than can be remembered");
                *limiter = RateLimiter::hashmap_with_clock(self.quota, self.clock.clone());
            }
        }
        limiter.check_key(key).map_err(|_| Kind::TooMany.into())
    }
}

/// Who tries, where some are signed in: those are counted by their session, so that no stranger behind
/// the same address can keep them out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// A session that is alive.
    Session(SessionRef),
    /// Anyone else, by their network.
    Network(IpAddr),
}

impl Whom {
    /// That session where there is one, else whoever has that address.
    pub fn of(session: Option<SessionRef>, address: IpAddr) -> Self {
        match session {
            Some(session) => Self::Session(session),
            None => Self::Network(network(address)),
        }
    }
}

/// Whoever has one IPv6 address has all of its network.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    struct Set(Mutex<Timestamp>);

    impl crate::clock::Clock for Set {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    impl Set {
        fn forward(&self, by: SignedDuration) {
            *self.0.lock().unwrap() += by;
        }
    }

    fn clock() -> Arc<Set> {
        Arc::new(Set(Mutex::new("2026-11-21T09:00:00Z".parse().unwrap())))
    }

    fn rate(burst: u32, seconds: u64) -> Rate {
        Rate {
            burst,
            every: Duration::from_secs(seconds),
        }
    }

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn taken(limit: &Limit<IpAddr>, key: IpAddr) -> usize {
        (0..100).take_while(|_| limit.take(&key).is_ok()).count()
    }

    #[test]
    fn a_client_has_a_burst_and_then_a_rate() {
        let clock = clock();
        let limit = Limit::new(rate(3, 2), clock.clone());
        assert_eq!(taken(&limit, ONE), 3);
        // Whatever one does, another has all of theirs.
        assert_eq!(taken(&limit, OTHER), 3);
        clock.forward(SignedDuration::from_secs(4));
        assert_eq!(taken(&limit, ONE), 2);
        clock.forward(SignedDuration::from_hours(1));
        assert_eq!(taken(&limit, ONE), 3);
    }

    #[test]
    fn a_clock_that_is_turned_back_gives_nothing_and_locks_nobody_out() {
        let clock = clock();
        let limit = Limit::new(rate(3, 2), clock.clone());
        clock.forward(SignedDuration::from_hours(24));
        assert_eq!(taken(&limit, ONE), 3);
        clock.forward(SignedDuration::from_hours(-24));
        assert_eq!(taken(&limit, ONE), 0);
        clock.forward(SignedDuration::from_secs(2));
        assert_eq!(taken(&limit, ONE), 1);
    }

    #[test]
    fn memory_is_bounded_and_whoever_is_new_gets_in() {
        let limit = Limit::with_room(rate(1, 3600), clock(), 100);
        for client in 0..1000_u32 {
            assert!(limit.take(&IpAddr::V4(client.into())).is_ok());
            assert!(limit.limiter.lock().unwrap().len() <= 100);
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let address = |text: &str| network(text.parse().unwrap());
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:2"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), ONE);
    }

    #[test]
    fn a_session_is_counted_by_itself() {
        let session = SessionRef(uuid::Uuid::from_u128(1));
        assert_eq!(Whom::of(Some(session), ONE), Whom::of(Some(session), OTHER));
        assert_ne!(Whom::of(Some(session), ONE), Whom::of(None, ONE));
    }
}
