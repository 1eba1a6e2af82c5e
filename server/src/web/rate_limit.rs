//! Limits how often something may be tried: a bucket of tokens for each client, and one for all of
//! them together. In memory, and never more of it than a fixed number of buckets.

use crate::failure::Result;
use app::problem::Kind;
use jiff::Timestamp;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// How many clients are remembered.
const MOST_CLIENTS: usize = 10_000;

/// A limit.
#[derive(Debug)]
pub struct RateLimit {
    client: Rate,
    everyone: Rate,
    buckets: Mutex<Buckets>,
}

/// How many at once, and how many a second after that.
#[derive(Clone, Copy, Debug)]
struct Rate {
    burst: f64,
    per_second: f64,
}

#[derive(Debug, Default)]
struct Buckets {
    everyone: Option<Bucket>,
    clients: HashMap<IpAddr, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

impl Rate {
    /// What is in it now.
    fn filled(self, bucket: Option<Bucket>, now: Timestamp) -> f64 {
        bucket.map_or(self.burst, |bucket| {
            let elapsed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
            (bucket.tokens + elapsed * self.per_second).min(self.burst)
        })
    }
}

impl RateLimit {
    /// So many at once from one client, then so many a second; and the same for all clients.
    pub fn new(burst: u32, per_second: f64, everyone_burst: u32, everyone_per_second: f64) -> Self {
        Self {
            client: Rate {
                burst: burst.into(),
                per_second,
            },
            everyone: Rate {
                burst: everyone_burst.into(),
                per_second: everyone_per_second,
            },
            buckets: Mutex::default(),
        }
    }

    /// Takes a token of that client.
    ///
    /// # Errors
    /// `TooMany` where there is none left.
    pub fn take(&self, client: IpAddr, now: Timestamp) -> Result<()> {
        let client = network(client);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let own = self
            .client
            .filled(buckets.clients.get(&client).copied(), now);
        let all = self.everyone.filled(buckets.everyone, now);
        if own < 1.0 || all < 1.0 {
            return Err(Kind::TooMany.into());
        }
        if buckets.clients.len() >= MOST_CLIENTS && !buckets.clients.contains_key(&client) {
            // A full bucket says nothing that a missing one does not.
            buckets
                .clients
                .retain(|_, bucket| self.client.filled(Some(*bucket), now) < self.client.burst);
        }
        buckets.everyone = Some(Bucket {
            tokens: all - 1.0,
            at: now,
        });
        if buckets.clients.len() < MOST_CLIENTS || buckets.clients.contains_key(&client) {
            buckets.clients.insert(
                client,
                Bucket {
                    tokens: own - 1.0,
                    at: now,
                },
            );
        }
        Ok(())
    }
}

/// Whoever has one IPv6 address has all of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn taken(limit: &RateLimit, client: IpAddr, now: Timestamp) -> usize {
        (0..100)
            .take_while(|_| limit.take(client, now).is_ok())
            .count()
    }

    #[test]
    fn a_client_has_a_burst_and_then_a_rate() {
        let limit = RateLimit::new(3, 0.5, 100, 1.0);
        let start = Timestamp::UNIX_EPOCH;
        assert_eq!(taken(&limit, ONE, start), 3);
        assert_eq!(taken(&limit, OTHER, start), 3);
        assert_eq!(taken(&limit, ONE, start + SignedDuration::from_secs(4)), 2);
        assert_eq!(taken(&limit, ONE, start + SignedDuration::from_hours(1)), 3);
        // A clock that was turned back gives nothing.
        assert_eq!(taken(&limit, ONE, start), 0);
    }

    #[test]
    fn all_clients_share_a_limit() {
        let limit = RateLimit::new(3, 1.0, 4, 1.0);
        assert_eq!(taken(&limit, ONE, Timestamp::UNIX_EPOCH), 3);
        assert_eq!(taken(&limit, OTHER, Timestamp::UNIX_EPOCH), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let limit = RateLimit::new(1, 1.0, u32::MAX, 1.0);
        let mut now = Timestamp::UNIX_EPOCH;
        for client in 0..30_000_u32 {
            now += SignedDuration::from_micros(50);
            let _ = limit.take(IpAddr::V4(client.into()), now);
        }
        assert!(limit.buckets.lock().unwrap().clients.len() <= MOST_CLIENTS);
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let limit = RateLimit::new(1, 0.0, 100, 0.0);
        let client = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(
            limit
                .take(client("2001:db8::1"), Timestamp::UNIX_EPOCH)
                .is_ok()
        );
        assert!(
            limit
                .take(client("2001:db8::2"), Timestamp::UNIX_EPOCH)
                .is_err()
        );
        assert!(
            limit
                .take(client("2001:db8:0:1::1"), Timestamp::UNIX_EPOCH)
                .is_ok()
        );
    }
}
