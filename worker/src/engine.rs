//! The parts that run as long as the process: relay, workers, schedules, announcements.

use std::{sync::Arc, time::Duration};

use apalis::prelude::{BoxDynError, Data, Monitor, WorkerBuilder, WorkerBuilderExt as _};
use domain::Store;
use platform::Shutdown;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    perform::Performer,
    queue::{Queue, Reach},
    registry::Registry,
    relay,
    runtime::Runtime,
    schedule,
};

/// How long running jobs may take to end once the process shall end.
const GRACE: Duration = Duration::from_secs(20);

/// What was started. It ends with the switch it was started with.
#[must_use = "a process that does not wait for the engine cuts running jobs off"]
pub struct Engine(JoinSet<()>);

impl Engine {
    /// Returns when everything has ended.
    pub async fn stopped(mut self) {
        while self.0.join_next().await.is_some() {}
    }
}

/// What the API needs: with a queue of its own it performs the jobs itself, otherwise it only feeds
/// the queue and listens for announcements.
pub fn host(runtime: Runtime, queue: Queue, shutdown: &Shutdown) -> Engine {
    match queue.reach() {
        Reach::Process => start(runtime, queue, shutdown),
        Reach::Cluster => carry(&runtime, queue, shutdown),
    }
}

/// Performs jobs, feeds the queue, keeps the schedules and passes announcements on.
pub fn start(runtime: Runtime, queue: Queue, shutdown: &Shutdown) -> Engine {
    let store = runtime.store().clone();
    let concurrency = runtime.concurrency();
    let mut engine = carry(&runtime, queue.clone(), shutdown);
    let performer = Performer::new(runtime, queue.clone());
    engine.0.spawn(schedule::run(store, shutdown.clone()));
    engine.0.spawn(work(performer, queue, concurrency, shutdown.clone()));
    engine
}

/// Feeds the queue and passes announcements on to those who wait in this process.
pub fn feed(store: Store, queue: Queue, shutdown: &Shutdown) -> Engine {
    carry_kinds(store, Registry::standard(), queue, shutdown)
}

fn carry(runtime: &Runtime, queue: Queue, shutdown: &Shutdown) -> Engine {
    carry_kinds(runtime.store().clone(), runtime.registry().clone(), queue, shutdown)
}

fn carry_kinds(store: Store, registry: Registry, queue: Queue, shutdown: &Shutdown) -> Engine {
    let mut tasks = JoinSet::new();
    tasks.spawn(relay::run(store, queue.clone(), registry, shutdown.clone()));
    let shutdown = shutdown.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = queue.listen() => {}
            () = shutdown.begun() => {}
        }
    });
    Engine(tasks)
}

async fn work(performer: Performer, queue: Queue, concurrency: usize, shutdown: Shutdown) {
    let workers = workers(performer.clone(), queue, concurrency);
    let signal = {
        let shutdown = shutdown.clone();
        async move {
            shutdown.begun().await;
            Ok(())
        }
    };
    let too_late = async {
        shutdown.begun().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = workers.run_with_signal(signal) => if let Err(error) = ended {
            tracing::error!(%error, "the workers stopped");
        },
        () = too_late => tracing::warn!("running jobs are cut off and given back"),
    }
    match performer.release().await {
        Ok(0) => {}
        Ok(jobs) => tracing::info!(jobs, "gave back what was not finished"),
        Err(error) => tracing::warn!(%error, "jobs were not given back; their leases run out"),
    }
}

fn workers(performer: Performer, queue: Queue, concurrency: usize) -> Monitor {
    let performer = Arc::new(performer);
    Monitor::new().should_restart(|_, _| true).register(move |restarts| {
        WorkerBuilder::new(format!("jobs-{restarts}"))
            .backend(queue.backend())
            .data(Arc::clone(&performer))
            .concurrency(concurrency)
            .build(handle)
    })
}

async fn handle(id: Uuid, performer: Data<Arc<Performer>>) -> Result<(), BoxDynError> {
    // The job itself never fails here: its end is noted in the ledger. This is the noting.
    if let Err(error) = performer.perform(id).await {
        tracing::error!(job.id = %id, %error, "the ledger of jobs cannot be used");
    }
    Ok(())
}
