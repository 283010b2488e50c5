//! A queue inside one process, for the embedded default.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::store::Published;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{QueueError, Reach, Transport};
use crate::completion::Completions;

/// Ids in memory: the most urgent first, then by turn, then in the order of their arrival.
pub struct Local {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    completions: Completions,
}

#[derive(Default)]
struct Waiting {
    /// May name an id more than once: the turn of a job that waits comes closer.
    order: BinaryHeap<Entry>,
    /// The turns of those that wait.
    turns: HashMap<Uuid, i64>,
    arrivals: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    urgency: i32,
    // Downwards, so that the first is the greatest.
    turn: Reverse<i64>,
    arrival: Reverse<u64>,
    id: Uuid,
}

impl Local {
    /// An empty queue that announces to `completions`.
    pub fn new(completions: Completions) -> Self {
        Self { waiting: Mutex::default(), arrived: Notify::new(), completions }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, job: Published) {
        if self.turns.get(&job.id).is_some_and(|turn| *turn <= job.turn) {
            return;
        }
        self.turns.insert(job.id, job.turn);
        self.arrivals += 1;
        let (turn, arrival) = (Reverse(job.turn), Reverse(self.arrivals));
        self.order.push(Entry { urgency: job.priority, turn, arrival, id: job.id });
    }

    fn pop(&mut self) -> Option<Uuid> {
        while let Some(entry) = self.order.pop() {
            if self.turns.remove(&entry.id).is_some() {
                return Some(entry.id);
            }
        }
        None
    }
}

#[async_trait]
impl Transport for Local {
    async fn publish(&self, jobs: &[Published]) -> Result<(), QueueError> {
        let mut waiting = self.waiting();
        for job in jobs {
            waiting.push(*job);
        }
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    async fn next(&self) -> Result<Uuid, QueueError> {
        loop {
            let id = self.waiting().pop();
            match id {
                Some(id) => return Ok(id),
                None => self.arrived.notified().await,
            }
        }
    }

    async fn announce(&self, id: Uuid) -> Result<(), QueueError> {
        self.completions.announce(id);
        Ok(())
    }

    async fn listen(&self, _completions: &Completions) -> Result<(), QueueError> {
        // Announcements reach the process without a detour.
        std::future::pending().await
    }

    fn reach(&self) -> Reach {
        Reach::Process
    }

    async fn ping(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_most_urgent_comes_first_and_nothing_comes_twice() {
        let queue = Local::new(Completions::default());
        let jobs = [(0, 1), (5, 1), (0, 1), (5, 1), (0, 9)].map(|(priority, turn)| Published {
            id: Uuid::new_v4(),
            priority,
            turn,
        });
        queue.publish(&jobs).await.expect("published");
        queue.publish(&jobs).await.expect("published again");
        let sooner = Published { turn: 0, ..jobs[4] };
        queue.publish(&[sooner]).await.expect("published with an earlier turn");
        let mut order = Vec::new();
        for _ in 0..5 {
            order.push(queue.next().await.expect("an id"));
        }
        assert_eq!(order, [1, 3, 4, 0, 2].map(|place: usize| jobs[place].id));
        let empty = tokio::time::timeout(std::time::Duration::from_millis(20), queue.next()).await;
        assert!(empty.is_err());
    }
}
