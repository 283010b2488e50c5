//! The source from which apalis workers take ids, over any transport.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::{Task, builder::TaskBuilder, task_id::TaskId},
    worker::context::WorkerContext,
};
use futures::{FutureExt as _, future::BoxFuture};
use uuid::Uuid;

use super::{QueueError, Transport};

/// First pause after a failure; doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The pause is doubled at most so often.
const DOUBLINGS: u32 = 4;

/// An apalis backend that gives ids of jobs.
///
/// A failing transport is logged and asked again later, so that an outage never ends a worker.
pub struct QueueBackend {
    transport: Arc<dyn Transport>,
    state: State,
    failures: u32,
}

enum State {
    Idle,
    Asking(BoxFuture<'static, Result<Uuid, QueueError>>),
    Pausing(BoxFuture<'static, ()>),
}

impl QueueBackend {
    pub(super) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, state: State::Idle, failures: 0 }
    }

    fn ask(&self) -> State {
        let transport = Arc::clone(&self.transport);
        State::Asking(async move { transport.next().await }.boxed())
    }

    fn pause(&mut self, error: &QueueError) -> State {
        let pause = FIRST_PAUSE * 2_u32.pow(self.failures.min(DOUBLINGS));
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(%error, failures = self.failures, "the queue gives no jobs");
        State::Pausing(tokio::time::sleep(pause).boxed())
    }
}

impl Backend for QueueBackend {
    type Task = Task<Uuid>;
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        _context: &mut Context<'_>,
        _worker: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    /// Asked only when there is room for another job, so that an id that is taken starts at once.
    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        _worker: &WorkerContext,
    ) -> Poll<Option<Result<Task<Uuid>, Infallible>>> {
        loop {
            self.state = match &mut self.state {
                State::Idle => self.ask(),
                State::Pausing(pause) => {
                    ready!(pause.poll_unpin(context));
                    State::Idle
                }
                State::Asking(answer) => match ready!(answer.poll_unpin(context)) {
                    Ok(id) => {
                        self.failures = 0;
                        self.state = State::Idle;
                        return Poll::Ready(Some(Ok(task(id))));
                    }
                    Err(error) => self.pause(&error),
                },
            };
        }
    }

    /// An id that arrives while the worker closes is lost here and comes back by its lease.
    fn poll_close(
        &mut self,
        _context: &mut Context<'_>,
        _worker: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        self.state = State::Idle;
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for QueueBackend {
    type Args = Uuid;
    type Id = Uuid;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = tower::layer::util::Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _worker: &mut WorkerContext) -> Self::Layer {
        tower::layer::util::Identity::new()
    }
}

fn task(id: Uuid) -> Task<Uuid> {
    TaskBuilder::new(id).task_id(TaskId::from_string(id.to_string())).build()
}
