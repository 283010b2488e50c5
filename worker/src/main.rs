//! The worker: takes jobs from Redis and performs them.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use platform::{Pools, Settings, Shutdown, telemetry, tls};
use worker::{Queue, Runtime};

/// Performs the background jobs of Forewarn. Needs the same configuration as the API.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// A TOML file with settings; the environment wins over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forewarn-worker: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    tls::install();
    let settings = Settings::load(arguments.config.as_deref())?;
    if settings.redis_url.is_none() {
        return Err("REDIS_URL is not set; without it the API performs the jobs itself".into());
    }
    let _telemetry = telemetry::install(&settings, "forewarn-worker")?;
    let shutdown = Shutdown::on_signals();
    let (store, _) = worker::open_store(&settings, Pools::open(&settings).await?)?;
    store.synchronise_clock().await?;
    let queue = Queue::open(&settings).await?;
    let runtime = Runtime::open(&settings, store)?;
    tracing::info!(concurrency = settings.job_concurrency, "waiting for jobs");
    worker::start(runtime, queue, &shutdown).stopped().await;
    Ok(())
}
