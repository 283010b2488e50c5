//! Background jobs of all organizations, for the operator.

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use domain::{
    Store,
    store::{Depth, JobSearch},
};
use entity::{Id, choice::JobState, job};
use platform::Settings;
use serde_json::{Value, json};
use uuid::Uuid;

use super::store;
use crate::server::Failure;

/// What is done with jobs.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List jobs, latest first.
    List {
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        form: Form,
    },
    /// List jobs that failed for good, with their errors.
    Dead {
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        form: Form,
    },
    /// Show how many jobs wait, run or have failed, and since when, by kind.
    Depth {
        #[command(flatten)]
        form: Form,
    },
    /// Show one job.
    Show {
        /// The id of the job.
        id: Uuid,
        #[command(flatten)]
        form: Form,
    },
    /// Let jobs that failed or were cancelled begin anew.
    Retry {
        /// The ids of the jobs.
        #[arg(required = true)]
        ids: Vec<Uuid>,
        #[command(flatten)]
        form: Form,
    },
    /// Stop jobs that have not ended.
    Cancel {
        /// The ids of the jobs.
        #[arg(required = true)]
        ids: Vec<Uuid>,
        #[command(flatten)]
        form: Form,
    },
    /// Forget jobs that have ended.
    Purge {
        #[command(flatten)]
        chosen: Chosen,
        /// Only those that were asked for so many days ago or earlier.
        #[arg(long, value_name = "DAYS", default_value_t = 14)]
        older_than: i64,
        #[command(flatten)]
        form: Form,
    },
}

/// Which jobs.
#[derive(Args, Debug)]
pub struct Chosen {
    /// Only in these states: pending, queued, running, done, failed, cancelled.
    #[arg(long, value_delimiter = ',', value_parser = state)]
    state: Vec<JobState>,
    /// Only of this kind, such as `import_pack`.
    #[arg(long)]
    kind: Option<String>,
    /// Only of the organization with this id.
    #[arg(long)]
    organization: Option<i64>,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: u64,
}

/// How the answer is printed.
#[derive(Args, Clone, Copy, Debug)]
pub struct Form {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn state(text: &str) -> Result<JobState, String> {
    serde_json::from_value(Value::from(text))
        .map_err(|_| "one of pending, queued, running, done, failed, cancelled".to_owned())
}

impl Chosen {
    fn search(&self) -> JobSearch {
        JobSearch {
            states: self.state.clone(),
            kind: self.kind.clone(),
            organization: self.organization.map(Id::trusted),
            before: None,
        }
    }
}

/// Does what the operator asked for.
pub async fn run(settings: &Settings, command: &JobsCommand) -> Result<(), Failure> {
    let store = store(settings).await?;
    let ledger = store.ledger();
    match command {
        JobsCommand::List { chosen, form } => {
            print_jobs(&ledger.search(&chosen.search(), chosen.limit).await?, *form);
        }
        JobsCommand::Dead { chosen, form } => {
            let search = JobSearch { states: vec![JobState::Failed], ..chosen.search() };
            print_jobs(&ledger.search(&search, chosen.limit).await?, *form);
        }
        JobsCommand::Depth { form } => {
            print_depths(&ledger.depths().await?, store.clock().now(), *form);
        }
        JobsCommand::Show { id, form } => print_job(&ledger.get(*id).await?, *form),
        JobsCommand::Retry { ids, form } => {
            for id in ids {
                let job = ledger.retry(*id).await.map_err(|error| format!("{id}: {error}"))?;
                print_jobs(&[job], *form);
            }
        }
        JobsCommand::Cancel { ids, form } => {
            for id in ids {
                let job = ledger.cancel(*id).await.map_err(|error| format!("{id}: {error}"))?;
                print_jobs(&[job], *form);
            }
        }
        JobsCommand::Purge { chosen, older_than, form } => {
            purge(&store, chosen, *older_than, *form).await?;
        }
    }
    Ok(())
}

async fn purge(store: &Store, chosen: &Chosen, days: i64, form: Form) -> Result<(), Failure> {
    let age = TimeDelta::try_days(days).ok_or("--older-than: too many days")?;
    let search = JobSearch { before: Some(store.clock().now() - age), ..chosen.search() };
    let jobs = store.ledger().forget(&search).await?;
    if form.json {
        println!("{}", json!({"forgotten": jobs}));
    } else {
        println!("Forgot {jobs} jobs.");
    }
    Ok(())
}

fn print_jobs(jobs: &[job::Model], form: Form) {
    if form.json {
        let jobs: Vec<Value> = jobs.iter().map(described).collect();
        println!("{}", Value::from(jobs));
        return;
    }
    for job in jobs {
        let organization = job.organization_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        println!(
            "{}  {:<20} {:<9} {}/{}  organization {organization}  {}",
            job.id,
            job.kind,
            word(job.state),
            job.attempts,
            job.max_attempts,
            moment(job.created_at),
        );
        if let Some(error) = &job.error {
            println!("    {error}");
        }
    }
}

fn print_job(job: &job::Model, form: Form) {
    let described = described(job);
    if form.json {
        println!("{described}");
        return;
    }
    for (name, value) in described.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => println!("{name}: {text}"),
            Value::Null => {}
            other => println!("{name}: {other}"),
        }
    }
}

fn print_depths(depths: &[Depth], now: DateTime<Utc>, form: Form) {
    let seconds = |depth: &Depth| (now - depth.oldest).num_seconds();
    if form.json {
        let depths = depths.iter().map(|depth| {
            json!({
                "kind": depth.kind, "state": depth.state, "jobs": depth.jobs,
                "oldestSeconds": seconds(depth),
            })
        });
        println!("{}", depths.collect::<Value>());
        return;
    }
    for depth in depths {
        let (state, seconds) = (word(depth.state), seconds(depth));
        println!("{:<24} {state:<9} {:>6}  oldest {seconds} s", depth.kind, depth.jobs);
    }
}

/// A job without what it works on and what came out of it.
fn described(job: &job::Model) -> Value {
    json!({
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "organization": job.organization_id,
        "user": job.user_id,
        "attempts": job.attempts,
        "maxAttempts": job.max_attempts,
        "priority": job.priority,
        "progress": {
            "done": job.progress_done,
            "total": job.progress_total,
            "message": job.progress_message,
        },
        "error": job.error,
        "worker": job.worker,
        "parent": job.parent_id,
        "waitsFor": job.waits_for,
        "traceParent": job.trace_parent,
        "createdAt": moment(job.created_at),
        "runAt": moment(job.run_at),
        "publishedAt": job.published_at.map(moment),
        "startedAt": job.started_at.map(moment),
        "finishedAt": job.finished_at.map(moment),
        "leaseUntil": job.lease_until.map(moment),
    })
}

fn word(state: JobState) -> String {
    json!(state).as_str().unwrap_or_default().to_owned()
}

fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
