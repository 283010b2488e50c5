//! How ids of jobs travel from the ledger to whoever performs them, and how the news that a job
//! changed travels back.
//!
//! Only ids travel. The ledger in the database stays the truth: what a queue loses is published
//! again, and what it delivers twice is performed once.

mod backend;
mod local;
mod redis;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::store::Published;
use platform::{Settings, redis::RedisUnusable};
use uuid::Uuid;

pub use backend::QueueBackend;
pub use local::Local;
pub use redis::Redis;

use crate::completion::Completions;

/// Why a queue cannot take or give ids right now.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Redis failed.
    #[error("Redis failed: {0}")]
    Redis(#[from] ::redis::RedisError),
    /// Redis cannot be reached at all.
    #[error(transparent)]
    Unusable(#[from] RedisUnusable),
}

/// Something that carries ids.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Puts ids into the queue. One that waits there already stays once.
    async fn publish(&self, jobs: &[Published]) -> Result<(), QueueError>;

    /// Waits for the next id, the most urgent first.
    async fn next(&self) -> Result<Uuid, QueueError>;

    /// Tells everyone who waits that a job changed.
    async fn announce(&self, id: Uuid) -> Result<(), QueueError>;

    /// Passes announcements on to those who wait in this process, until the connection fails.
    async fn listen(&self, completions: &Completions) -> Result<(), QueueError>;

    /// Whether other processes use the same queue.
    fn reach(&self) -> Reach;

    /// Answers whether the queue can be used.
    async fn ping(&self) -> Result<(), QueueError>;
}

/// Who shares a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This process alone, which must perform the jobs, too.
    Process,
    /// Every process that is connected to the same Redis.
    Cluster,
}

/// A queue and the announcements that belong to it. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    transport: Arc<dyn Transport>,
    completions: Completions,
}

impl Queue {
    /// The queue that the settings ask for: Redis, or one inside this process.
    pub async fn open(settings: &Settings) -> Result<Self, QueueError> {
        match &settings.redis_url {
            Some(address) => Ok(Self::over(Redis::connect(address, &settings.redis_prefix).await?)),
            None => Ok(Self::local()),
        }
    }

    /// A queue inside this process.
    pub fn local() -> Self {
        let completions = Completions::default();
        Self { transport: Arc::new(Local::new(completions.clone())), completions }
    }

    /// A queue over any transport that has its own announcements.
    pub fn over(transport: impl Transport) -> Self {
        Self { transport: Arc::new(transport), completions: Completions::default() }
    }

    /// Who shares this queue.
    pub fn reach(&self) -> Reach {
        self.transport.reach()
    }

    /// Where to wait for the end of a job.
    pub const fn completions(&self) -> &Completions {
        &self.completions
    }

    /// Answers whether the queue can be used.
    pub async fn ping(&self) -> Result<(), QueueError> {
        self.transport.ping().await
    }

    /// Tells everyone who waits that a job changed. A failure is logged: those who wait look for
    /// themselves from time to time.
    pub async fn announce(&self, id: Uuid) {
        match tokio::time::timeout(ANNOUNCING, self.transport.announce(id)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(job.id = %id, %error, "the change of a job was not announced");
            }
            Err(_) => tracing::warn!(job.id = %id, "the queue takes no news of jobs"),
        }
    }

    pub(crate) async fn publish(&self, jobs: &[Published]) -> Result<(), QueueError> {
        self.transport.publish(jobs).await
    }

    pub(crate) fn backend(&self) -> QueueBackend {
        QueueBackend::new(Arc::clone(&self.transport))
    }

    /// Passes announcements on, for ever: a lost connection is made anew.
    pub(crate) async fn listen(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let begun = Instant::now();
            if let Err(error) = self.transport.listen(&self.completions).await {
                tracing::warn!(%error, "announcements of jobs are interrupted");
            }
            if begun.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// How long the news of a job may hold up the job.
const ANNOUNCING: Duration = Duration::from_millis(500);

/// First pause before a lost connection is made anew; doubles with every failure.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
