//! Carries jobs from the ledger to the queue, and back to the ledger what workers left behind.

use std::time::Duration;

use domain::Store;
use platform::Shutdown;
use tokio::time::Instant;

use crate::queue::Queue;

/// Jobs handed over at one time.
const BATCH: u64 = 200;

/// A job that waits in the queue for so long is handed over once more, in case it was lost.
const LEASE: Duration = Duration::from_secs(30);

/// How often the ledger is asked for jobs that become due or that other processes enqueued.
const POLL: Duration = Duration::from_millis(400);

/// How often expired leases are looked for.
const REAP: Duration = Duration::from_secs(5);

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Carries jobs until the process ends.
pub(crate) async fn run(store: Store, queue: Queue, shutdown: Shutdown) {
    let mut relay = Relay { store, queue, reap_at: Instant::now(), pause: POLL };
    while !shutdown.has_begun() {
        let rest = match relay.turn().await {
            Ok(rest) => {
                relay.pause = POLL;
                rest
            }
            Err(error) => {
                tracing::warn!(error = &*error, "jobs cannot be handed to the queue, trying again");
                relay.pause = (relay.pause * 2).min(LONGEST_PAUSE);
                Rest::Pause
            }
        };
        if matches!(rest, Rest::More) {
            continue;
        }
        tokio::select! {
            () = shutdown.begun() => {}
            () = relay.store.ledger().enqueued() => {}
            () = tokio::time::sleep(relay.pause) => {}
        }
    }
}

struct Relay {
    store: Store,
    queue: Queue,
    reap_at: Instant,
    pause: Duration,
}

/// What comes after a turn.
enum Rest {
    /// Another turn at once.
    More,
    /// A pause.
    Pause,
}

impl Relay {
    async fn turn(&mut self) -> Result<Rest, Box<dyn std::error::Error + Send + Sync>> {
        if Instant::now() >= self.reap_at {
            self.reap_at = Instant::now() + REAP;
            for id in self.store.ledger().reap().await? {
                tracing::warn!(job.id = %id, "failed: the worker stopped during the last attempt");
                self.queue.announce(id).await;
            }
        }
        let jobs = self.store.ledger().publish_due(BATCH, LEASE).await?;
        if let Err(error) = self.queue.publish(&jobs).await {
            self.store.ledger().take_back(&jobs).await?;
            return Err(error.into());
        }
        let full = u64::try_from(jobs.len()).unwrap_or(u64::MAX) >= BATCH;
        Ok(if full { Rest::More } else { Rest::Pause })
    }
}
