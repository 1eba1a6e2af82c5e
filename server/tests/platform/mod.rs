//! The service among what it stands on: databases that stop, disks that fill up, clients that are slow,
//! certificates that end.

mod answers;
mod binary;
mod certificate;
mod files;
mod hung;
mod proxy;
mod reads;
mod recovery;
mod slow;

use std::time::{Duration, Instant};

/// Waits until it is so, and for how long that took.
pub(crate) async fn until(
    what: &str,
    within: Duration,
    mut so: impl AsyncFnMut() -> bool,
) -> Duration {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < within, "{what}: not within {within:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}
