//! A queue in Redis, shared by all processes.
//!
//! `forewarn:jobs:ready` is a sorted set of ids: by urgency, turn and age. Taking an id
//! removes it; the lease in the ledger brings it back when the taker dies. `forewarn:jobs:done` is
//! a channel of ids of jobs that changed. `REDIS_PREFIX` replaces `forewarn`.

use std::time::Duration;

use async_trait::async_trait;
use domain::store::Published;
use futures::StreamExt as _;
use platform::configuration::Address;
use redis::{
    AsyncCommands as _, AsyncConnectionConfig, Client, SortedSetAddOptions,
    aio::{ConnectionManager, MultiplexedConnection},
};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{QueueError, Reach, Transport};
use crate::completion::Completions;

/// How long one request waits for an id, seconds. Short enough to notice a dead connection.
const BLOCK: f64 = 5.0;
const ANSWER: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(5);

/// One turn weighs more than 30 years in milliseconds.
const TURN_WEIGHT: f64 = 1e12;

/// One step of urgency weighs more than any turn.
const PRIORITY_WEIGHT: f64 = 1e15;

/// The last turn that makes a difference.
const LAST_TURN: i64 = 999;

/// 2026 in milliseconds since 1970: less remains to be counted.
const ERA: u64 = 1_767_225_600_000;

/// Ids in Redis.
pub struct Redis {
    client: Client,
    commands: ConnectionManager,
    /// Waiting for an id blocks a connection, so it has one of its own.
    blocking: Mutex<Option<MultiplexedConnection>>,
    /// The key of the ids that wait.
    ready: String,
    /// The channel of the ids of jobs that changed.
    changed: String,
}

impl Redis {
    /// Connects; tries for a while when nobody answers. All keys begin with `prefix`.
    pub async fn connect(address: &Address, prefix: &str) -> Result<Self, QueueError> {
        Ok(Self {
            client: platform::redis::client(address)?,
            commands: platform::redis::connect(address).await?,
            blocking: Mutex::default(),
            ready: format!("{prefix}:jobs:ready"),
            changed: format!("{prefix}:jobs:done"),
        })
    }

    async fn take(
        &self,
        kept: &mut Option<MultiplexedConnection>,
    ) -> Result<Option<Uuid>, QueueError> {
        let connection = match kept {
            Some(connection) => connection,
            None => kept.insert(self.blocking_connection().await?),
        };
        let found: Option<(String, String, f64)> = connection.bzpopmin(&self.ready, BLOCK).await?;
        let Some((_, text, _)) = found else { return Ok(None) };
        let id = text.parse();
        if id.is_err() {
            tracing::warn!(text, "the queue held something that is no id of a job");
        }
        Ok(id.ok())
    }

    async fn blocking_connection(&self) -> Result<MultiplexedConnection, QueueError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER));
        Ok(self.client.get_multiplexed_async_connection_with_config(&config).await?)
    }
}

#[async_trait]
impl Transport for Redis {
    async fn publish(&self, jobs: &[Published]) -> Result<(), QueueError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let items: Vec<_> = jobs.iter().map(|job| (score(job), job.id.to_string())).collect();
        let options = SortedSetAddOptions::add_only();
        let mut commands = self.commands.clone();
        let _: usize = commands.zadd_multiple_options(&self.ready, &items, &options).await?;
        Ok(())
    }

    async fn next(&self) -> Result<Uuid, QueueError> {
        let mut kept = self.blocking.lock().await;
        loop {
            match self.take(&mut kept).await {
                Ok(Some(id)) => return Ok(id),
                Ok(None) => {}
                Err(error) => {
                    *kept = None;
                    return Err(error);
                }
            }
        }
    }

    async fn announce(&self, id: Uuid) -> Result<(), QueueError> {
        let _: usize = self.commands.clone().publish(&self.changed, id.to_string()).await?;
        Ok(())
    }

    async fn listen(&self, completions: &Completions) -> Result<(), QueueError> {
        let mut subscription = self.client.get_async_pubsub().await?;
        subscription.subscribe(&self.changed).await?;
        let mut messages = subscription.into_on_message();
        while let Some(message) = messages.next().await {
            let text: String = message.get_payload()?;
            if let Ok(id) = text.parse() {
                completions.announce(id);
            }
        }
        Ok(())
    }

    fn reach(&self) -> Reach {
        Reach::Cluster
    }

    async fn ping(&self) -> Result<(), QueueError> {
        Ok(self.commands.clone().ping().await?)
    }
}

/// Smaller is taken earlier: by urgency, then by turn, then by age, which the version 7 id
/// carries.
#[expect(clippy::cast_precision_loss, reason = "a few milliseconds more or less do not matter")]
fn score(job: &Published) -> f64 {
    let milliseconds = job.id.get_timestamp().map_or(ERA, |time| {
        let (seconds, nanoseconds) = time.to_unix();
        seconds.saturating_mul(1000) + u64::from(nanoseconds) / 1_000_000
    });
    let age = milliseconds.saturating_sub(ERA) as f64;
    let turn = job.turn.clamp(0, LAST_TURN) as f64;
    age + turn * TURN_WEIGHT - f64::from(job.priority) * PRIORITY_WEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_goes_before_old_and_old_before_new() {
        let job = |priority, turn| Published { id: Uuid::now_v7(), priority, turn };
        let old = job(0, 1);
        std::thread::sleep(Duration::from_millis(20));
        let (new, late, urgent, idle) = (job(0, 1), job(0, 2), job(5, 64), job(-5, 1));
        assert!(score(&urgent) < score(&old));
        assert!(score(&old) < score(&new));
        assert!(score(&new) < score(&late));
        assert!(score(&late) < score(&idle));
    }
}
