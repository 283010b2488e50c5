//! One attempt at one job: take it, do it, note how it ended.

use std::{any::Any, collections::HashMap, sync::Arc, time::Duration};

use domain::{
    audit::Occasion,
    job::Pauses,
    store::{Afterwards, Claim},
};
use entity::job;
use opentelemetry::global;
use serde_json::Value;
use tokio::{
    task::{JoinError, JoinHandle},
    time::{Instant, MissedTickBehavior},
};
use tracing::{Instrument as _, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

use crate::{
    clerk::Clerk,
    meters::Meters,
    queue::Queue,
    registry::{Failure, Handler},
    runtime::{Context, Runtime},
};

/// How long a job belongs to a worker that says nothing more.
pub(crate) const LEASE: Duration = Duration::from_secs(10);

/// How often a worker says that it is alive.
const BEAT: Duration = Duration::from_secs(2);

/// How often the end of a job is noted again when the database does not answer.
const NOTES: u32 = 6;
const NOTE_PAUSE: Duration = Duration::from_millis(250);

const UNKNOWN_PAUSES: Pauses = Pauses::up_to(Duration::from_mins(10));

/// Performs jobs in the name of one worker.
#[derive(Clone)]
pub(crate) struct Performer {
    runtime: Runtime,
    queue: Queue,
    clerk: Arc<Clerk>,
}

/// How an attempt ended.
enum Ending {
    /// By itself.
    Ended(Result<Value, Failure>),
    /// The job was cancelled or belongs to somebody else.
    Lost,
}

impl Ending {
    /// For measures.
    const fn name(&self) -> &'static str {
        match self {
            Self::Ended(Ok(_)) => "done",
            Self::Ended(Err(Failure::Delegated)) => "delegated",
            Self::Ended(Err(_)) => "failed",
            Self::Lost => "lost",
        }
    }
}

impl Performer {
    pub(crate) fn new(runtime: Runtime, queue: Queue) -> Self {
        let name = format!("{}-{}", std::process::id(), Uuid::new_v4().simple());
        let kinds = runtime.registry().kinds();
        let clerk = Clerk::new(runtime.store().clone(), name, kinds, LEASE);
        Self { runtime, queue, clerk: Arc::new(clerk) }
    }

    /// Performs the job unless another worker has it or it is finished. Safe to call twice.
    pub(crate) async fn perform(&self, id: Uuid) -> domain::Result<()> {
        let Some(claim) = self.clerk.claim(id).await? else {
            if self.clerk.leave(id).await? {
                tracing::warn!(job.id = %id, "left to a worker of another version: unknown kind");
            }
            return Ok(());
        };
        let span = span(&claim.job);
        self.attempt(Arc::new(claim)).instrument(span).await
    }

    /// Gives back what this worker holds, for a process that cannot wait any longer.
    pub(crate) async fn release(&self) -> domain::Result<u64> {
        self.clerk.release().await
    }

    async fn attempt(&self, claim: Arc<Claim>) -> domain::Result<()> {
        let begun = Instant::now();
        let ending = match self.runtime.registry().get(&claim.job.kind) {
            Some(handler) => self.run(handler, &claim).await,
            None => Ending::Ended(Err(Failure::Passing("no handler for this kind of job".into()))),
        };
        let time = begun.elapsed();
        Meters::of_process().tell_attempt(&claim.job.kind, ending.name(), time);
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Span::current().record("job.milliseconds", milliseconds);
        match ending {
            Ending::Ended(result) => self.conclude(&claim, result).await,
            Ending::Lost => {
                tracing::info!("stopped: cancelled, or taken over by another worker");
                Ok(())
            }
        }
    }

    /// Runs the handler in a task of its own, so that neither a busy nor a panicking handler
    /// touches the worker.
    async fn run(&self, handler: &Handler, claim: &Arc<Claim>) -> Ending {
        let context = Context::new(self.runtime.clone(), self.queue.clone(), Arc::clone(claim));
        let work = handler.run(claim.job.payload.0.clone(), context);
        let work = occasion(&claim.job).of_work(work);
        let mut work = Aborting(tokio::spawn(work.in_current_span()));
        let limit = tokio::time::sleep(handler.time_limit);
        tokio::pin!(limit);
        let mut beat = tokio::time::interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = &mut work.0 => return Ending::Ended(ended.unwrap_or_else(|error| Err(panicked(error)))),
                () = &mut limit => return Ending::Ended(Err(out_of_time(handler.time_limit))),
                _ = beat.tick() => if !self.still_mine(claim).await {
                    return Ending::Lost;
                },
            }
        }
    }

    /// A database that does not answer leaves the job alone: the lease outlasts several beats.
    async fn still_mine(&self, claim: &Claim) -> bool {
        match self.runtime.store().ledger().extend(claim, LEASE).await {
            Ok(mine) => mine,
            Err(error) => {
                tracing::warn!(%error, "the lease of a job was not extended");
                true
            }
        }
    }

    async fn conclude(
        &self,
        claim: &Arc<Claim>,
        result: Result<Value, Failure>,
    ) -> domain::Result<()> {
        if result == Err(Failure::Delegated) {
            tracing::info!("left to other jobs");
            self.queue.announce(claim.job.id).await;
            return Ok(());
        }
        let mut pause = NOTE_PAUSE;
        for _ in 1..NOTES {
            match self.note(claim, &result).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(%error, "the end of a job was not noted, trying again");
                }
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        self.note(claim, &result).await
    }

    async fn note(
        &self,
        claim: &Arc<Claim>,
        result: &Result<Value, Failure>,
    ) -> domain::Result<()> {
        let noted = match result {
            Ok(output) => self.clerk.finish(claim, output.clone()).await?,
            Err(failure) => {
                let afterwards = self.afterwards(claim, failure);
                let ledger = self.runtime.store().ledger();
                ledger.fail(claim, &failure.to_string(), afterwards).await?
            }
        };
        if !noted {
            tracing::info!("the end does not count: cancelled, or taken over by another worker");
        }
        match result {
            Ok(_) => tracing::info!("done"),
            Err(error) => tracing::warn!(%error, "failed"),
        }
        self.queue.announce(claim.job.id).await;
        match claim.job.parent_id {
            Some(parent) => self.tell_parent(parent, claim).await,
            None => self.runtime.store().ledger().wake(),
        }
        Ok(())
    }

    /// The job of which this one is a part shows how far it is and may go on now.
    async fn tell_parent(&self, parent: Uuid, claim: &Claim) {
        let store = self.runtime.store();
        let message = match store.ledger().get(claim.job.id).await {
            Ok(job) => job.progress_message,
            Err(_) => String::new(),
        };
        if let Err(error) = store.ledger().follow_parts(parent, &message).await {
            tracing::warn!(%error, "the progress of the whole was not noted");
        }
        self.queue.announce(parent).await;
    }

    #[expect(clippy::disallowed_methods, reason = "spreads retries, which need not repeat")]
    fn afterwards(&self, claim: &Claim, failure: &Failure) -> Afterwards {
        let job = &claim.job;
        if matches!(failure, Failure::Final(_)) || job.attempts >= job.max_attempts {
            return Afterwards::GiveUp;
        }
        let handler = self.runtime.registry().get(&job.kind);
        let pauses = handler.map_or(UNKNOWN_PAUSES, |handler| handler.pauses);
        Afterwards::Again(pauses.after(job.attempts, rand::random()))
    }
}

/// What the audit log says about changes of a job.
fn occasion(job: &job::Model) -> Arc<Occasion> {
    let trace = job.trace_parent.as_deref().and_then(|parent| parent.split('-').nth(1));
    let mut occasion = Occasion::of(format!("job:{}", job.kind));
    occasion.request_id = Some(job.id.to_string());
    occasion.trace_id = trace.map(str::to_owned);
    Arc::new(occasion)
}

/// Stops the task when it is dropped.
struct Aborting(JoinHandle<Result<Value, Failure>>);

impl Drop for Aborting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn out_of_time(limit: Duration) -> Failure {
    Failure::Passing(format!("not done within {} seconds", limit.as_secs()))
}

fn panicked(error: JoinError) -> Failure {
    let Ok(panic) = error.try_into_panic() else {
        return Failure::Passing("the worker stopped".to_owned());
    };
    tracing::error!(panic = text_of(&*panic), "the handler of a job panicked");
    Failure::Passing("an internal error; the log of the worker has the details".to_owned())
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text")
}

/// The span of an attempt, part of the trace in which the work was asked for.
fn span(job: &job::Model) -> Span {
    let span = tracing::info_span!(
        parent: None,
        "job",
        otel.name = format!("job {}", job.kind),
        otel.kind = "consumer",
        job.id = %job.id,
        job.kind = job.kind,
        job.attempt = job.attempts,
        organization = job.organization_id.map(entity::Id::key),
        trace_id = Empty,
        job.milliseconds = Empty,
    );
    if let Some(parent) = &job.trace_parent {
        let carrier = HashMap::from([("traceparent".to_owned(), parent.clone())]);
        let context = global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
        // Fails when traces are not collected, and then there is nothing to continue.
        let _ = span.set_parent(context);
        // The second part of `version-trace-span-flags`.
        span.record("trace_id", parent.split('-').nth(1));
    }
    span
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::{Document, choice::JobState};
    use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
    use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn job(trace_parent: Option<String>) -> job::Model {
        let moment = DateTime::UNIX_EPOCH;
        job::Model {
            id: Uuid::nil(),
            organization_id: None,
            user_id: None,
            kind: "probe".to_owned(),
            payload: Document::default(),
            state: JobState::Running,
            priority: 0,
            attempts: 1,
            max_attempts: 1,
            run_at: moment,
            lease_until: None,
            worker: None,
            dedupe_key: None,
            progress_done: 0,
            progress_total: None,
            progress_message: String::new(),
            result: None,
            error: None,
            trace_parent,
            created_at: moment,
            started_at: None,
            finished_at: None,
            published_at: None,
            parent_id: None,
            waits_for: None,
        }
    }

    #[test]
    fn an_attempt_belongs_to_the_trace_that_asked_for_the_job() {
        global::set_text_map_propagator(TraceContextPropagator::new());
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let trace = |span: &Span| span.context().span().span_context().trace_id();
            let request = tracing::info_span!("request");
            let parent = request.in_scope(domain::job::current_trace);
            assert!(parent.is_some());
            assert_eq!(trace(&span(&job(parent))), trace(&request));
            assert_ne!(trace(&span(&job(None))), trace(&request));
        });
    }
}
