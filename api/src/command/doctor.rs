//! `forewarn doctor`: looks at everything that an installation needs, changes nothing, and says
//! what to do.

use std::{fmt, process::ExitCode};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Store, library::Catalogue, store::Depth};
use entity::choice::JobState;
use migration::wall;
use platform::{Pools, Settings, Storage, database, tls};
use sea_orm::{DatabaseConnection, DbBackend};
use worker::{Queue, mail::Mailer};

use crate::server::Failure;

/// A file that is written, read and removed.
const PROBE: &str = "doctor-probe";

/// Jobs that wait longer have nobody who performs them.
const LONG_WAIT: TimeDelta = TimeDelta::minutes(5);

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Fine,
    /// It works, and somebody should look at it.
    Caution,
    /// It does not work, or is not safe.
    Fault,
}

/// One thing that was looked at.
#[derive(Debug)]
pub struct Finding {
    /// How bad it is.
    pub verdict: Verdict,
    /// What was looked at.
    pub subject: &'static str,
    /// What was found, and what to do.
    pub text: String,
}

/// What was found, in the order of looking.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn fine(&mut self, subject: &'static str, text: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Fine, subject, text: text.into() });
    }

    fn caution(&mut self, subject: &'static str, text: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Caution, subject, text: text.into() });
    }

    fn fault(&mut self, subject: &'static str, text: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Fault, subject, text: text.into() });
    }

    /// A part that works, or does not.
    fn check<E: fmt::Display>(
        &mut self,
        subject: &'static str,
        text: String,
        result: Result<(), E>,
    ) {
        match result {
            Ok(()) => self.fine(subject, text),
            Err(error) => self.fault(subject, format!("{text}: {error}")),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Fine => "ok",
            Self::Caution => "caution",
            Self::Fault => "FAULT",
        })
    }
}

/// Prints what is right and what is wrong. Fails if something does not work.
pub async fn examine(settings: &Settings) -> ExitCode {
    let findings = findings(settings).await;
    for Finding { verdict, subject, text } in &findings {
        println!("{verdict:<8} {subject:<9} {text}");
    }
    let number = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (faults, cautions) = (number(Verdict::Fault), number(Verdict::Caution));
    println!("{faults} faults, {cautions} cautions");
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Looks at everything. Changes nothing that stays.
pub async fn findings(settings: &Settings) -> Vec<Finding> {
    tls::install();
    let mut findings = Findings::default();
    look_at_settings(settings, &mut findings);
    look_at_database(settings, &mut findings).await;
    look_at_surroundings(settings, &mut findings).await;
    findings.0
}

fn look_at_settings(settings: &Settings, findings: &mut Findings) {
    let subject = "settings";
    match settings.secret_keys() {
        Ok(_) if settings.secret_key.is_none() && settings.redis_url.is_some() => {
            findings.fault(subject, "SECRET_KEY is unset: each machine would make its own");
        }
        Ok(_) => findings.fine(subject, "SECRET_KEY can be used"),
        Err(error) => findings.fault(subject, error.to_string()),
    }
    if !settings.bind.ip().is_loopback() && !settings.public_url.starts_with("https://") {
        let text = format!("PUBLIC_URL is {}: passwords need https", settings.public_url);
        findings.caution(subject, text);
    }
    if !settings.rate_limits {
        findings.caution(subject, "RATE_LIMITS is off: passwords can be guessed");
    }
    if settings.cors_allowed_origins.iter().any(|origin| origin == "*") {
        findings.caution(subject, "CORS_ALLOWED_ORIGINS is *: name the origins of your clients");
    }
}

async fn look_at_database(settings: &Settings, findings: &mut Findings) {
    let subject = "database";
    let owner = match database::connect(settings.owner_url(), 1).await {
        Ok(owner) => owner,
        Err(error) => return findings.fault(subject, error.to_string()),
    };
    let address = &settings.database_url;
    match migration::pending(&owner).await {
        Ok(0) => findings.fine(subject, format!("{address} has the current schema")),
        Ok(steps) => {
            let text = format!("{steps} steps of the schema are missing: run forewarn migrate");
            return findings.fault(subject, text);
        }
        Err(error) => return findings.fault(subject, error.to_string()),
    }
    look_at_wall(settings, &owner, findings).await;
    match Pools::open(settings).await {
        Ok(pools) => look_through_pools(settings, pools, findings).await,
        Err(error) => findings.fault(subject, error.to_string()),
    }
}

/// Whether the database itself keeps organizations apart.
async fn look_at_wall(settings: &Settings, owner: &DatabaseConnection, findings: &mut Findings) {
    let subject = "tenants";
    if owner.get_database_backend() != DbBackend::Postgres {
        return findings.fine(subject, "kept apart by every statement; SQLite has no second wall");
    }
    let Some(roles) = settings.database_roles() else {
        return findings.caution(
            subject,
            "ROW_LEVEL_SECURITY is off: PostgreSQL does not keep organizations apart",
        );
    };
    let roles = wall::Roles { tenant: &roles.tenant, crossing: &roles.crossing, login: None };
    match wall::gaps(owner, roles).await {
        Ok(gaps) if gaps.is_empty() => {
            findings.fine(subject, "every table of organizations has its policies");
        }
        Ok(gaps) => {
            for gap in gaps {
                findings.fault(subject, format!("{gap}: run forewarn migrate"));
            }
        }
        Err(error) => findings.fault(subject, error.to_string()),
    }
}

async fn look_through_pools(settings: &Settings, pools: Pools, findings: &mut Findings) {
    if let Pools::Apart { tenants, .. } = &pools {
        look_through_wall(tenants, findings).await;
    }
    match worker::open_store(settings, pools) {
        Ok((store, _)) => look_at_store(settings, &store, findings).await,
        Err(error) => findings.fault("database", error.to_string()),
    }
}

async fn look_through_wall(tenants: &DatabaseConnection, findings: &mut Findings) {
    let subject = "tenants";
    match wall::leaks(tenants).await {
        Ok(tables) if tables.is_empty() => {
            findings.fine(subject, "nothing is shown to a connection that names no organization");
        }
        Ok(tables) => {
            findings.fault(subject, format!("rows are shown to everybody: {}", tables.join(", ")));
        }
        Err(error) => findings.fault(subject, error.to_string()),
    }
    match wall::strength_of_login(tenants).await {
        Ok(None) => {
            findings.fine(subject, "the login of the database can do no more than its roles");
        }
        Ok(Some(strength)) => {
            let text = format!(
                "{strength}: a statement could take its rights; set DATABASE_OWNER_URL to this \
                 login, and DATABASE_URL to another one"
            );
            findings.caution(subject, text);
        }
        Err(error) => findings.fault(subject, error.to_string()),
    }
}

async fn look_at_store(settings: &Settings, store: &Store, findings: &mut Findings) {
    match store.synchronise_clock().await {
        Ok(difference) if difference.abs() > TimeDelta::seconds(2) => {
            let seconds = difference.num_seconds();
            findings.caution("clock", format!("differs from the database by {seconds} s"));
        }
        Ok(_) => findings.fine("clock", "agrees with the database"),
        Err(error) => findings.fault("clock", error.to_string()),
    }
    match store.ledger().depths().await {
        Ok(depths) => look_at_jobs(settings, &late(&depths, store.clock().now()), findings),
        Err(error) => findings.fault("jobs", error.to_string()),
    }
}

/// How many jobs of which kinds wait for too long.
fn late(depths: &[Depth], now: DateTime<Utc>) -> Vec<String> {
    let late = depths
        .iter()
        .filter(|depth| depth.state == JobState::Pending && now - depth.oldest > LONG_WAIT);
    late.map(|depth| format!("{} {}", depth.jobs, depth.kind)).collect()
}

fn look_at_jobs(settings: &Settings, late: &[String], findings: &mut Findings) {
    if late.is_empty() {
        return findings.fine("jobs", "none waits for more than five minutes");
    }
    let who = if settings.redis_url.is_some() { "forewarn-worker" } else { "forewarn" };
    let late = late.join(", ");
    findings.caution("jobs", format!("wait for more than five minutes: {late}. Is {who} running?"));
}

async fn look_at_surroundings(settings: &Settings, findings: &mut Findings) {
    look_at_queue(settings, findings).await;
    let way = settings.smtp_url.as_ref().map_or_else(
        || format!("mails become files in {}", settings.mail_dir().display()),
        |address| format!("mails go to {address}"),
    );
    let mail = match Mailer::open(settings) {
        Ok(mailer) => mailer.check().await,
        Err(error) => Err(error.to_string()),
    };
    findings.check("mail", way, mail);
    let place = settings.storage_url.as_ref().map_or_else(
        || format!("files are kept in {}", settings.media_dir().display()),
        |address| format!("files are kept in {address}"),
    );
    findings.check("storage", place, try_storage(settings).await);
    let (folder, packs) = (settings.packs_dir.display(), Catalogue::new(&settings.packs_dir));
    match packs.packs().await.iter().len() {
        0 => findings.caution("packs", format!("{folder} holds none: set PACKS_DIR")),
        number => findings.fine("packs", format!("{folder} holds {number}")),
    }
}

async fn look_at_queue(settings: &Settings, findings: &mut Findings) {
    let Some(address) = &settings.redis_url else {
        return findings.fine("queue", "in the process; forewarn performs the jobs");
    };
    let ping = match Queue::open(settings).await {
        Ok(queue) => queue.ping().await,
        Err(error) => Err(error),
    };
    findings.check("queue", format!("Redis at {address}"), ping);
}

async fn try_storage(settings: &Settings) -> Result<(), Failure> {
    let storage = Storage::open(settings)?;
    storage.put(PROBE, PROBE.into()).await?;
    let found = storage.get(PROBE).await?;
    storage.remove(PROBE).await?;
    if found.is_none() {
        return Err("a file that was written cannot be read".into());
    }
    Ok(())
}
