//! Ends processes in the middle of their work and looks whether the work is done all the same,
//! once as far as anyone can see.
//!
//!     cargo build --workspace && target/debug/chaos           the short form
//!     cargo build --workspace && target/debug/chaos --long    everything
//!
//! Starts a PostgreSQL and a Redis of its own on loopback and removes them. The last line says how
//! many scenarios passed.

#![expect(clippy::disallowed_methods, reason = "what is left behind is read below the store")]

mod site;
mod work;

use std::{process::ExitCode, time::Duration};

use platform::{configuration::Address, database};
use sea_orm::DatabaseConnection;
use tests::Client;
use tokio::time::{Instant, sleep};

use site::Site;
use work::{Accepted, ask, faults, invite, jobs, register, until_none};

const UNFINISHED: &str = "state IN ('pending', 'queued', 'running')";

/// Targets: a job of a dead worker runs again, and a commit of a dead API is published.
const TAKEN_OVER: Duration = Duration::from_secs(15);
const PUBLISHED: Duration = Duration::from_secs(5);

/// What happens to the processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    WorkerKilled,
    ApiKilledAgainAndAgain,
    AllWorkersKilledDuringImports,
    RedisRestartedEmpty,
    RedisStopped,
    PostgresStopped,
    DiskFull,
    ClockAhead,
    IdsTwiceInTheQueue,
}

const SHORT: [Mishap; 3] =
    [Mishap::WorkerKilled, Mishap::RedisRestartedEmpty, Mishap::IdsTwiceInTheQueue];
const LONG: [Mishap; 9] = [
    Mishap::WorkerKilled,
    Mishap::ApiKilledAgainAndAgain,
    Mishap::AllWorkersKilledDuringImports,
    Mishap::RedisRestartedEmpty,
    Mishap::RedisStopped,
    Mishap::PostgresStopped,
    Mishap::DiskFull,
    Mishap::ClockAhead,
    Mishap::IdsTwiceInTheQueue,
];

/// How many jobs the worker that is killed holds at least.
const HELD: i64 = 2;

/// Organizations that ask for work; each asks for about fifteen jobs.
const SHORT_CROWD: usize = 3;
const LONG_CROWD: usize = 14;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let long = std::env::args().any(|argument| argument == "--long");
    let (mishaps, crowd) = if long { (&LONG[..], LONG_CROWD) } else { (&SHORT[..], SHORT_CROWD) };
    let mut score = Score::default();
    if let Err(error) = run(mishaps, crowd, &mut score).await {
        println!("the chaos broke off: {error}");
        score.failed += 1;
    }
    println!("chaos: {} passed, {} failed", score.passed, score.failed);
    if score.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many mishaps were survived.
#[derive(Default)]
struct Score {
    passed: u32,
    failed: u32,
}

/// What was seen while something befell the processes.
#[derive(Default)]
struct Seen {
    faults: Vec<String>,
    accepted: Accepted,
}

impl Seen {
    fn fault(&mut self, text: impl Into<String>) {
        self.faults.push(text.into());
    }
}

async fn run(mishaps: &[Mishap], crowd: usize, score: &mut Score) -> Result<(), Failure> {
    platform::tls::install();
    let mut site = Site::start()?;
    let database = database::connect(&Address::new(site.database()), 4).await?;
    for mishap in mishaps {
        let faults = survive(&mut site, &database, *mishap, crowd).await?;
        if faults.is_empty() {
            score.passed += 1;
            continue;
        }
        score.failed += 1;
        println!("  FAILED {mishap:?}");
        faults.iter().take(12).for_each(|fault| println!("    {fault}"));
        site.print_logs();
    }
    Ok(())
}

async fn survive(
    site: &mut Site,
    database: &DatabaseConnection,
    mishap: Mishap,
    crowd: usize,
) -> Result<Vec<String>, Failure> {
    let mut owners = Vec::new();
    for _ in 0..crowd {
        owners.push(register(&site.address()).await);
    }
    let before = jobs(database, "1 = 1").await;
    let work = tokio::spawn(crowd_asks(owners.clone()));
    let mut seen = Seen::default();
    befall(site, database, mishap, &owners[0], &mut seen).await?;
    let mended = Instant::now();
    seen.accepted.extend(work.await?);
    if until_none(database, UNFINISHED).await.is_none() {
        seen.fault(format!("{} jobs do not end", jobs(database, UNFINISHED).await));
    }
    let recovery = mended.elapsed();
    settle(&owners, database).await;
    let organizations: Vec<i64> = owners.iter().map(|owner| owner.organization).collect();
    seen.faults.extend(faults(database, &site.mails(), &seen.accepted, &organizations).await);
    let total = jobs(database, "1 = 1").await - before;
    println!("{mishap:?}: {total} jobs, all ended {:.1} s afterwards", recovery.as_secs_f64());
    Ok(seen.faults)
}

async fn crowd_asks(owners: Vec<Client>) -> Accepted {
    let asking = owners.into_iter().map(|owner| tokio::spawn(async move { ask(&owner).await }));
    let mut accepted = Accepted::default();
    for asked in asking.collect::<Vec<_>>() {
        accepted.extend(asked.await.expect("the asking ends"));
    }
    accepted
}

/// An API that was killed may have refused imports; a last sync brings all to the same state. What
/// was imported by halves would stay so, since it counts as up to date.
async fn settle(owners: &[Client], database: &DatabaseConnection) {
    for owner in owners {
        let body = serde_json::json!({});
        let _ = owner.post("/api/packs/sync_from_source/", body).await;
    }
    until_none(database, UNFINISHED).await;
}

async fn befall(
    site: &mut Site,
    database: &DatabaseConnection,
    mishap: Mishap,
    owner: &Client,
    seen: &mut Seen,
) -> Result<(), Failure> {
    match mishap {
        Mishap::WorkerKilled => kill_worker(site, database, seen).await?,
        Mishap::ApiKilledAgainAndAgain => kill_api(site, database, owner, seen).await?,
        Mishap::AllWorkersKilledDuringImports => {
            for _ in 0..3 {
                under_way(database, "kind = 'import_pack'").await;
                site.kill_worker()?;
                site.kill_worker()?;
                site.start_worker()?;
                site.start_worker()?;
            }
        }
        Mishap::RedisRestartedEmpty => {
            under_way(database, "1 = 1").await;
            site.empty_redis()?;
        }
        Mishap::RedisStopped => {
            under_way(database, "1 = 1").await;
            site.stop_redis_for(Duration::from_secs(20));
        }
        Mishap::PostgresStopped => {
            under_way(database, "1 = 1").await;
            site.stop_postgres_for(Duration::from_secs(10));
        }
        Mishap::DiskFull => fill_disk(site, database, owner, seen).await?,
        Mishap::ClockAhead => {
            site.start_worker_ahead()?;
            under_way(database, "1 = 1").await;
            sleep(Duration::from_secs(12)).await;
            if !site.clock_was_noticed() {
                seen.fault("no worker noticed that its clock is wrong");
            }
        }
        Mishap::IdsTwiceInTheQueue => repeat_ids(site, database).await?,
    }
    Ok(())
}

/// Waits until a job runs.
async fn under_way(database: &DatabaseConnection, condition: &str) {
    let running = format!("state = 'running' AND {condition}");
    for _ in 0..300 {
        if jobs(database, &running).await > 0 {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn kill_worker(
    site: &mut Site,
    database: &DatabaseConnection,
    seen: &mut Seen,
) -> Result<(), Failure> {
    let number = busiest(site, database).await;
    let held = format!("state = 'running' AND worker LIKE '{number}-%'");
    site.kill_worker_of(number)?;
    let killed = Instant::now();
    let jobs_held = jobs(database, &held).await;
    if jobs_held == 0 {
        seen.fault("the worker that was killed held no job");
    }
    until_none(database, &held).await;
    let time = killed.elapsed();
    println!(
        "  {jobs_held} jobs of the dead worker were given on after {:.1} s",
        time.as_secs_f64()
    );
    if time > TAKEN_OVER {
        seen.fault(format!("jobs of a dead worker waited {time:?}"));
    }
    site.start_worker()?;
    Ok(())
}

/// The number of the process of a worker that holds several jobs; of any if none does in time.
async fn busiest(site: &Site, database: &DatabaseConnection) -> u32 {
    let workers = site.workers();
    for _ in 0..600 {
        for number in &workers {
            let held = format!("state = 'running' AND worker LIKE '{number}-%'");
            if jobs(database, &held).await >= HELD {
                return *number;
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
    workers[0]
}

/// The API dies between commit and publishing, each time: Redis does not answer, so that what it
/// commits stays in the ledger; then the API is killed, and Redis answers again.
async fn kill_api(
    site: &mut Site,
    database: &DatabaseConnection,
    owner: &Client,
    seen: &mut Seen,
) -> Result<(), Failure> {
    // Imports wait for each other and may rest in the ledger; mails have no limit.
    let resting = "state = 'pending' AND attempts = 0 AND kind LIKE 'send%'";
    for pause in [300, 150, 450, 50, 250] {
        sleep(Duration::from_millis(pause)).await;
        site.hold_redis();
        seen.accepted.extend(invite(owner, 3).await);
        let unpublished = jobs(database, resting).await;
        site.kill_api()?;
        site.let_redis_go();
        let killed = Instant::now();
        if unpublished == 0 {
            seen.fault("the API had published everything when it died");
        }
        until_none(database, resting).await;
        let time = killed.elapsed();
        println!(
            "  {unpublished} commits were published {:.1} s after the death",
            time.as_secs_f64()
        );
        if time > PUBLISHED {
            seen.fault(format!("a commit was published after {time:?}"));
        }
        site.start_api()?;
    }
    Ok(())
}

/// Mails cannot be written while the disk is full, and leave once there is room again.
async fn fill_disk(
    site: &Site,
    database: &DatabaseConnection,
    owner: &Client,
    seen: &mut Seen,
) -> Result<(), Failure> {
    let filler = site.fill_disk()?;
    seen.accepted.extend(invite(owner, 3).await);
    let hit = "state = 'pending' AND attempts > 0 AND kind LIKE 'send%'";
    let mut failed = 0;
    for _ in 0..200 {
        failed = jobs(database, hit).await;
        if failed > 0 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    println!("  {failed} mails found the disk full");
    if failed == 0 {
        seen.fault("no mail found the disk full");
    }
    std::fs::remove_file(filler)?;
    Ok(())
}

/// Puts all ids into the queue again and again, also those of jobs that run or have ended.
async fn repeat_ids(site: &Site, database: &DatabaseConnection) -> Result<(), Failure> {
    use sea_orm::{ConnectionTrait as _, Statement};
    let mut queue = platform::redis::connect(&Address::new(site.queue())).await?;
    for _ in 0..10 {
        let question = "SELECT CAST(id AS text) AS id FROM job ORDER BY id DESC LIMIT 200";
        let statement = Statement::from_string(database.get_database_backend(), question);
        for row in database.query_all_raw(statement).await? {
            let id: String = row.try_get("", "id")?;
            let mut add = redis::cmd("ZADD");
            add.arg("forewarn:jobs:ready").arg(0).arg(id);
            let _: i64 = add.query_async(&mut queue).await?;
        }
        sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}
