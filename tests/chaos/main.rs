//! Ends processes in the middle of their work and looks whether the work is done all the same,
//! once as far as anyone can see.
//!
//!     cargo build --workspace && target/debug/chaos           the short form
//!     cargo build --workspace && target/debug/chaos --long    everything
//!
//! Starts a PostgreSQL and a Redis of its own on loopback and removes them. The last line says how
//! many scenarios passed.

mod site;
mod work;

use std::{process::ExitCode, time::Duration};

use platform::{configuration::Address, database};
use sea_orm::DatabaseConnection;
use tests::Client;
use tokio::time::{Instant, sleep};

use site::Site;
use work::{Accepted, ask, faults, jobs, register, until_none};

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

/// Organizations that ask for work; each asks for about fifteen jobs.
const SHORT_CROWD: usize = 3;
const LONG_CROWD: usize = 14;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let long = std::env::args().any(|argument| argument == "--long");
    let (mishaps, crowd) = if long { (&LONG[..], LONG_CROWD) } else { (&SHORT[..], SHORT_CROWD) };
    let (mut passed, mut failed) = (0, 0);
    match run(mishaps, crowd, &mut passed, &mut failed).await {
        Ok(()) => {}
        Err(error) => {
            println!("the chaos broke off: {error}");
            failed += 1;
        }
    }
    println!("chaos: {passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(
    mishaps: &[Mishap],
    crowd: usize,
    passed: &mut u32,
    failed: &mut u32,
) -> Result<(), Failure> {
    platform::tls::install();
    let mut site = Site::start()?;
    let database = database::connect(&Address::new(site.database()), 4).await?;
    for mishap in mishaps {
        let faults = survive(&mut site, &database, *mishap, crowd).await?;
        if faults.is_empty() {
            *passed += 1;
            continue;
        }
        *failed += 1;
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
    let mut found = Vec::new();
    befall(site, database, mishap, &mut found).await?;
    let mended = Instant::now();
    let accepted = work.await?;
    if until_none(database, UNFINISHED).await.is_none() {
        found.push(format!("{} jobs do not end", jobs(database, UNFINISHED).await));
    }
    let recovery = mended.elapsed();
    settle(&owners, database).await;
    let organizations: Vec<i64> = owners.iter().map(|owner| owner.organization).collect();
    found.extend(faults(database, &site.mails(), &accepted, &organizations).await);
    let total = jobs(database, "1 = 1").await - before;
    println!("{mishap:?}: {total} jobs, all ended {:.1} s afterwards", recovery.as_secs_f64());
    Ok(found)
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
    found: &mut Vec<String>,
) -> Result<(), Failure> {
    match mishap {
        Mishap::WorkerKilled => kill_worker(site, database, found).await?,
        Mishap::ApiKilledAgainAndAgain => kill_api(site, database, found).await?,
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
        Mishap::DiskFull => {
            if !site.fill_disk_for(Duration::from_secs(4))? {
                println!("  left out: no small disk can be mounted here");
            }
        }
        Mishap::ClockAhead => {
            let ahead = site.start_worker_ahead()?;
            under_way(database, "1 = 1").await;
            sleep(Duration::from_secs(12)).await;
            if !ahead {
                println!("  left out: libfaketime is not installed");
            } else if !site.clock_was_noticed() {
                found.push("no worker noticed that its clock is wrong".to_owned());
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
    found: &mut Vec<String>,
) -> Result<(), Failure> {
    under_way(database, "kind LIKE '%pack%'").await;
    let number = site.kill_worker()?;
    let killed = Instant::now();
    let held = format!("state = 'running' AND worker LIKE '{number}-%'");
    let jobs_held = jobs(database, &held).await;
    until_none(database, &held).await;
    let time = killed.elapsed();
    println!(
        "  {jobs_held} jobs of the dead worker were given on after {:.1} s",
        time.as_secs_f64()
    );
    if time > TAKEN_OVER {
        found.push(format!("jobs of a dead worker waited {time:?}"));
    }
    site.start_worker()?;
    Ok(())
}

async fn kill_api(
    site: &mut Site,
    database: &DatabaseConnection,
    found: &mut Vec<String>,
) -> Result<(), Failure> {
    // Imports wait for each other and may rest in the ledger; mails have no limit.
    let resting = "state = 'pending' AND attempts = 0 AND kind LIKE 'send%'";
    for pause in [300, 150, 450, 50, 250] {
        sleep(Duration::from_millis(pause)).await;
        site.kill_api()?;
        let killed = Instant::now();
        until_none(database, resting).await;
        if killed.elapsed() > PUBLISHED {
            found.push(format!("a commit was published after {:?}", killed.elapsed()));
        }
        println!("  published {:.1} s after the death", killed.elapsed().as_secs_f64());
        site.start_api()?;
    }
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
