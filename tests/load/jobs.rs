//! A benchmark of jobs that do nothing: `cargo run --release -p tests --bin jobs`.
//!
//! With `TEST_POSTGRES_URL` and `TEST_REDIS_URL` one worker in a process of its own takes them from
//! Redis, as `forewarn-worker` does; otherwise the API performs them itself. Prints how long a job
//! waits on an idle system, how many end in a second, what that does to the answers of the API, and
//! the memory of the worker. Arguments: the number of jobs (20000), that of organizations (10).
//! `JOB_CONCURRENCY` is that of the worker. It tests nothing. Linux only.

use std::{
    collections::BTreeMap,
    fs,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use domain::{job::Job, store::JobSearch};
use entity::{Actor, Id, choice::JobState, organization};
use platform::{Pools, Settings, Shutdown};
use serde::{Deserialize, Serialize};
use tests::{App, Client};
use uuid::Uuid;
use worker::{Context, Failure, Perform, Queue, Registry, Runtime};

/// Jobs that are begun one after the other on an idle system.
const SINGLE: usize = 200;
/// Requests to an idle API.
const REQUESTS: usize = 500;
/// Jobs of one transaction.
const BATCH: usize = 500;
/// Names the child what it is.
const WORKER: &str = "FOREWARN_BENCHMARK_WORKER";

/// A job that does nothing.
#[derive(Serialize, Deserialize)]
struct Nothing {
    organization: i64,
}

impl Job for Nothing {
    const KIND: &'static str = "nothing";
    type Output = ();

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }
}

impl Perform for Nothing {
    async fn perform(self, _: &Context) -> Result<(), Failure> {
        Ok(())
    }
}

#[tokio::main]
async fn main() {
    if std::env::var_os(WORKER).is_some() {
        return work().await;
    }
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let (jobs, organizations) = (numbers.next().unwrap_or(20_000), numbers.next().unwrap_or(10));
    let app = App::hosting(Registry::standard().with::<Nothing>()).await;
    let worker = Worker::beside(&app);
    let mut owners = Vec::new();
    for _ in 0..organizations {
        owners.push(app.owner().await);
    }
    app.jobs_ended().await;
    delays(&app, &owners[0]).await;
    println!("API, idle:               {}", Times::of(requests(&owners[0], REQUESTS).await));
    throughput(&app, &owners, jobs, &worker).await;
}

/// How long jobs wait that nothing holds up.
async fn delays(app: &App, owner: &Client) {
    let mut times = Vec::new();
    for number in 0..=SINGLE {
        let id = enqueue(app, owner, 1).await[0];
        let job = loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if let Some(job) = app.state.store.ledger().settled(id).await.expect("the ledger") {
                break job;
            }
        };
        let begun = job.started_at.expect("a beginning");
        // The first waits for the worker to come up.
        if number > 0 {
            times.push((begun - job.created_at).to_std().unwrap_or_default());
        }
    }
    println!("from asked for to begun: {}", Times::of(times));
}

/// Lets many jobs wait, then calls the API while they are performed.
async fn throughput(app: &App, owners: &[Client], jobs: usize, worker: &Worker) {
    let before = worker.megabytes("VmRSS:");
    worker.signal("-STOP");
    let begun = Instant::now();
    for number in 0..jobs.div_ceil(BATCH) {
        enqueue(app, &owners[number % owners.len()], BATCH).await;
    }
    println!("{jobs} jobs asked for in {:.1} s", begun.elapsed().as_secs_f64());
    worker.signal("-CONT");
    let ended = AtomicBool::new(false);
    let watching = async {
        let mut memory = Vec::new();
        while app.state.store.ledger().unsettled().await.expect("the ledger") > 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            memory.push(worker.megabytes("VmRSS:"));
        }
        ended.store(true, Ordering::Relaxed);
        memory
    };
    let asking = async {
        let mut times = Vec::new();
        loop {
            times.extend(requests(&owners[0], 10).await);
            tokio::task::yield_now().await;
            if ended.load(Ordering::Relaxed) {
                return times;
            }
        }
    };
    let (memory, times) = tokio::join!(watching, asking);
    println!("API, meanwhile:          {}", Times::of(times));
    report(app, jobs).await;
    let tenth = memory.get(memory.len() / 10).copied().unwrap_or_default();
    println!(
        "worker: {before} MB before, {tenth} MB after a tenth, {} MB at the end, {} MB at most",
        worker.megabytes("VmRSS:"),
        worker.megabytes("VmHWM:")
    );
}

async fn report(app: &App, jobs: usize) {
    let search = JobSearch {
        states: vec![JobState::Done],
        kind: Some(Nothing::KIND.to_owned()),
        ..JobSearch::default()
    };
    let most = u64::try_from(jobs).expect("a number of jobs");
    let done = app.state.store.ledger().search(&search, most).await.expect("the jobs");
    let moments = |moment: fn(&entity::job::Model) -> Option<DateTime<Utc>>| {
        done.iter().filter_map(moment).collect::<Vec<_>>()
    };
    let first = moments(|job| job.started_at).into_iter().min().expect("a beginning");
    let last = moments(|job| job.finished_at).into_iter().max().expect("an end");
    let working = (last - first).to_std().unwrap_or_default().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let number = done.len() as f64;
    println!(
        "{number} jobs in {working:.1} s from the first beginning to the last end, {:.0} a second",
        number / working
    );
}

/// Asks for jobs of an organization in one transaction.
async fn enqueue(app: &App, owner: &Client, number: usize) -> Vec<Uuid> {
    let actor = Actor::for_job(Id::trusted(owner.organization), None);
    let transaction = app.state.store.write(&actor).await.expect("a transaction");
    let mut ids = Vec::new();
    for _ in 0..number {
        let job = Nothing { organization: owner.organization };
        ids.push(transaction.enqueue(&job).await.expect("a job"));
    }
    transaction.commit().await.expect("the commit");
    ids
}

async fn requests(client: &Client, number: usize) -> Vec<Duration> {
    let mut times = Vec::with_capacity(number);
    for _ in 0..number {
        let begun = Instant::now();
        client.get("/api/threat-models/").await.expect(200);
        times.push(begun.elapsed());
    }
    times
}

struct Times(Vec<Duration>);

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |percent: usize| self.0[(self.0.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
        let (median, p99, most) = (at(50), at(99), at(100));
        write!(formatter, "median {median:.1} ms, p99 {p99:.1} ms, at most {most:.1} ms")
    }
}

/// The process that performs the jobs: this one unless there is Redis.
struct Worker(Option<Child>);

impl Worker {
    fn beside(app: &App) -> Self {
        let settings = &app.state.settings;
        let Some(redis) = &settings.redis_url else { return Self(None) };
        let program = std::env::current_exe().expect("this program");
        let child = Command::new(program)
            .env(WORKER, "yes")
            .env("DATABASE_URL", settings.database_url.reveal())
            .env("REDIS_URL", redis.reveal())
            .env("REDIS_PREFIX", &settings.redis_prefix)
            .env("DATA_DIR", app.data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(Some(child.expect("a worker")))
    }

    /// Lets the worker rest while jobs gather, if it is a process of its own.
    fn signal(&self, signal: &str) {
        let Some(child) = &self.0 else { return };
        let status = Command::new("kill").arg(signal).arg(child.id().to_string()).status();
        assert!(status.expect("kill").success());
    }

    /// A line of what the kernel says of the process.
    fn megabytes(&self, name: &str) -> u64 {
        let id = self.0.as_ref().map_or_else(std::process::id, Child::id);
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        let number = line.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        number.unwrap_or_default() / 1024
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            child.kill().and_then(|()| child.wait()).map(|_| ()).unwrap_or_default();
        }
    }
}

/// What the worker process does: as `forewarn-worker`, with one more kind of job.
async fn work() {
    let given = ["DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "DATA_DIR"];
    let concurrency = std::env::var("JOB_CONCURRENCY").unwrap_or_else(|_| "8".to_owned());
    let settings: BTreeMap<String, String> = given
        .into_iter()
        .map(|name| (name.to_owned(), std::env::var(name).expect("a setting")))
        .chain([("JOB_CONCURRENCY".to_owned(), concurrency)])
        .collect();
    let settings = Settings::read(settings, None).expect("settings");
    let _telemetry = platform::telemetry::install(&settings, "benchmark").expect("a log");
    let pools = Pools::open(&settings).await.expect("the database");
    let (store, _) = worker::open_store(&settings, pools).expect("keys");
    let queue = Queue::open(&settings).await.expect("a queue");
    let registry = Registry::standard().with::<Nothing>();
    let runtime = Runtime::with_registry(&settings, store, registry).expect("a worker");
    worker::start(runtime, queue, &Shutdown::on_signals()).stopped().await;
}
