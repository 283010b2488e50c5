//! What several tasks ask for at the same time is asked for together, so that one statement does
//! for all of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Turn, oneshot};

/// Questions that wait for the one before them.
pub(crate) struct Gathering<Q, A> {
    waiting: Mutex<Vec<(Q, oneshot::Sender<A>)>>,
    turn: Turn<()>,
}

impl<Q, A> Default for Gathering<Q, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: Turn::default() }
    }
}

impl<Q, A> Gathering<Q, A> {
    /// The answer to a question. Whoever comes first asks for all who wait: `answers` gets their
    /// questions and gives as many answers, in the same order. `None` when the one who asked was
    /// stopped.
    pub(crate) async fn ask<F>(&self, question: Q, answers: impl FnOnce(Vec<Q>) -> F) -> Option<A>
    where
        F: Future<Output = Vec<A>>,
    {
        let (sender, mut receiver) = oneshot::channel();
        self.waiting().push((question, sender));
        let turn = self.turn.lock().await;
        if let Ok(answer) = receiver.try_recv() {
            return Some(answer);
        }
        let (questions, senders): (Vec<Q>, Vec<_>) = self.waiting().drain(..).unzip();
        for (sender, answer) in senders.into_iter().zip(answers(questions).await) {
            // Fails when nobody waits any more, which is no failure.
            let _ = sender.send(answer);
        }
        drop(turn);
        receiver.try_recv().ok()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Q, oneshot::Sender<A>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use super::*;

    const MOMENT: Duration = Duration::from_millis(5);

    #[tokio::test(start_paused = true)]
    async fn everyone_gets_the_answer_to_his_own_question_and_few_are_asked() {
        let gathering = Gathering::<u32, u32>::default();
        let rounds = AtomicUsize::new(0);
        let double = |questions: Vec<u32>| async {
            rounds.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
            questions.into_iter().map(|number| number * 2).collect()
        };
        let answers = futures::future::join_all((0..100).map(|n| gathering.ask(n, double))).await;
        assert_eq!(answers, (0..100).map(|number| Some(number * 2)).collect::<Vec<_>>());
        assert!(rounds.load(Ordering::Relaxed) <= 2, "{rounds:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_is_stopped_leaves_the_turn_to_the_next() {
        let gathering = Gathering::<u32, u32>::default();
        let first = tokio::time::timeout(MOMENT, gathering.ask(1, never));
        let (first, second) = tokio::join!(first, gathering.ask(2, same));
        assert!(first.is_err());
        assert_eq!(second, Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_is_stopped_while_he_asks_for_others_leaves_them_without_an_answer() {
        let gathering = Gathering::<u32, u32>::default();
        let slow = |questions: Vec<u32>| async {
            tokio::time::sleep(MOMENT / 2).await;
            questions
        };
        let stopped = tokio::time::timeout(MOMENT, gathering.ask(2, never));
        let (first, stopped, with_him) =
            tokio::join!(gathering.ask(1, slow), stopped, gathering.ask(3, same));
        assert_eq!((first, with_him), (Some(1), None));
        assert!(stopped.is_err());
        assert_eq!(gathering.ask(4, same).await, Some(4));
    }

    async fn never(_: Vec<u32>) -> Vec<u32> {
        std::future::pending().await
    }

    async fn same(questions: Vec<u32>) -> Vec<u32> {
        questions
    }
}
