//! Waiting for the end of a job without asking the database again and again.

use std::time::Duration;

use domain::Store;
use entity::job;
use tokio::{sync::broadcast, time::Instant};
use uuid::Uuid;

/// Announcements kept for those who are slow; whoever misses one looks into the ledger.
const KEPT: usize = 1024;

/// After this long without an announcement the ledger is asked, in case one was lost.
const LOOK: Duration = Duration::from_secs(2);

/// Where the news arrives that a job changed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Completions(broadcast::Sender<Uuid>);

impl Default for Completions {
    fn default() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }
}

impl Completions {
    /// Wakes those who wait for this job.
    pub fn announce(&self, id: Uuid) {
        // Fails when nobody listens, which is no failure.
        let _ = self.0.send(id);
    }

    /// Changes of one job from now on.
    pub fn changes(&self, id: Uuid) -> Changes {
        Changes { id, receiver: self.0.subscribe() }
    }

    /// Waits until the job is done, failed or cancelled, at most for `limit`. `None` when it is
    /// still under way then.
    pub async fn wait(
        &self,
        store: &Store,
        id: Uuid,
        limit: Duration,
    ) -> domain::Result<Option<job::Model>> {
        let deadline = Instant::now() + limit;
        // Before the first look, so that a change between look and wait is not missed.
        let mut changes = self.changes(id);
        loop {
            let settled = store.ledger().settled(id).await?;
            if settled.is_some() || Instant::now() >= deadline {
                return Ok(settled);
            }
            let _ = tokio::time::timeout_at(deadline, changes.next()).await;
        }
    }
}

/// Changes of one job.
#[derive(Debug)]
pub struct Changes {
    id: Uuid,
    receiver: broadcast::Receiver<Uuid>,
}

impl Changes {
    /// Returns when the job may have changed: at its announcement, or two seconds later in case
    /// one was lost.
    pub async fn next(&mut self) {
        let look = Instant::now() + LOOK;
        while let Ok(Ok(id)) = tokio::time::timeout_at(look, self.receiver.recv()).await {
            if id == self.id {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_the_own_job_wakes() {
        let completions = Completions::default();
        let (mine, other) = (Uuid::new_v4(), Uuid::new_v4());
        let mut changes = completions.changes(mine);
        completions.announce(other);
        completions.announce(mine);
        let begun = Instant::now();
        changes.next().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        changes.next().await;
        assert_eq!(begun.elapsed(), LOOK, "without news the ledger is asked from time to time");
    }
}
