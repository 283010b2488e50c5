//! Carries jobs from the ledger to the queue, and back to the ledger what workers left behind.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{Store, store::Published};
use platform::Shutdown;
use tokio::time::Instant;

use crate::{perform, queue::Queue, registry::Registry};

/// Jobs handed over at one time.
const BATCH: u64 = 200;

/// A job that waits in the queue for so long is handed over once more, in case it was lost.
const LEASE: Duration = Duration::from_secs(5);

/// How often the ledger is asked for jobs that become due or that other processes enqueued.
const POLL: Duration = Duration::from_millis(400);

/// The longest rest between two turns, which is added to the time that a job waits.
const LONGEST_REST: Duration = Duration::from_millis(20);

/// How often expired leases are looked for.
const REAP: Duration = Duration::from_secs(2);

/// A database that takes longer was away: workers could not lengthen their leases and get time to.
const SLOW: Duration = Duration::from_secs(2);

/// How often the clock is compared with that of the database.
const CLOCK: Duration = Duration::from_secs(10);

/// Clocks may differ so much without a word.
const TOLERATED: TimeDelta = TimeDelta::seconds(5);

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Carries jobs until the process ends.
pub(crate) async fn run(store: Store, queue: Queue, registry: Registry, shutdown: Shutdown) {
    let now = Instant::now();
    let limits = registry.limits();
    let mut relay = Relay { store, queue, limits, reap_at: now, clock_at: now, pause: POLL };
    while !shutdown.has_begun() {
        let begun = Instant::now();
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
        // However often it is woken, it leaves the database as much time as a usual turn took.
        tokio::time::sleep(begun.elapsed().min(LONGEST_REST)).await;
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
    limits: Vec<(&'static str, u32)>,
    reap_at: Instant,
    clock_at: Instant,
    pause: Duration,
}

/// What comes after a turn.
enum Rest {
    /// Another turn at once.
    More,
    /// A pause.
    Pause,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Relay {
    async fn turn(&mut self) -> Result<Rest, Failure> {
        let begun = Instant::now();
        let due = self.due().await;
        if due.is_err() || begun.elapsed() > SLOW {
            self.reap_at = Instant::now() + perform::LEASE;
        }
        let jobs = due?;
        if let Err(error) = self.queue.publish(&jobs).await {
            self.store.ledger().take_back(&jobs).await?;
            return Err(error.into());
        }
        let full = u64::try_from(jobs.len()).unwrap_or(u64::MAX) >= BATCH;
        Ok(if full { Rest::More } else { Rest::Pause })
    }

    async fn due(&mut self) -> domain::Result<Vec<Published>> {
        if Instant::now() >= self.clock_at {
            self.clock_at = Instant::now() + CLOCK;
            let difference = self.store.synchronise_clock().await?;
            if difference.abs() > TOLERATED {
                let seconds = difference.num_seconds();
                tracing::warn!(
                    seconds,
                    "the clock of this machine is wrong; the database's counts"
                );
            }
        }
        if Instant::now() >= self.reap_at {
            self.reap_at = Instant::now() + REAP;
            self.reap().await?;
        }
        self.store.ledger().publish_due(BATCH, LEASE, &self.limits).await
    }

    async fn reap(&self) -> domain::Result<()> {
        for id in self.store.ledger().reap().await? {
            tracing::warn!(job.id = %id, "failed: the worker stopped during the last attempt");
            self.queue.announce(id).await;
        }
        Ok(())
    }
}
