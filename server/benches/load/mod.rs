//! Work done over and over by many at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// For how long each is measured.
const FOR: Duration = Duration::from_secs(8);

/// How fast it went.
pub(crate) struct Load {
    /// How often.
    pub(crate) per_second: f64,
    /// In how many milliseconds 99 of 100 were done.
    pub(crate) p99: f64,
}

/// Does it over and over, so many at once, and tells how fast it went.
pub(crate) async fn load<F, W>(at_once: usize, work: F) -> Load
where
    F: Fn(usize) -> W + Clone + Send + 'static,
    W: Future<Output = ()> + Send,
{
    let turn = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let workers: Vec<_> = (0..at_once)
        .map(|_| {
            let (work, turn) = (work.clone(), Arc::clone(&turn));
            tokio::spawn(async move {
                let mut took = Vec::new();
                while began.elapsed() < FOR {
                    let start = Instant::now();
                    work(turn.fetch_add(1, Ordering::Relaxed)).await;
                    took.push(start.elapsed().as_secs_f64() * 1000.0);
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for worker in workers {
        took.extend(worker.await.unwrap());
    }
    let seconds = began.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts far below what a float holds exactly"
    )]
    Load {
        per_second: took.len() as f64 / seconds,
        p99: took[((took.len() as f64 * 0.99) as usize).min(took.len() - 1)],
    }
}
