//! What the operator's commands do.

pub mod doctor;
pub mod jobs;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use domain::{
    Store,
    library::{Catalogue, KnownLibrary, validate},
};
use entity::Id;
use platform::{Pools, Settings, Shutdown, tls};
use worker::{Queue, Runtime};

use crate::{demo, document, server, server::Failure};

/// Prints the OpenAPI document.
pub fn print_document() -> io::Result<ExitCode> {
    let text = serde_json::to_string_pretty(document()).map_err(io::Error::other)?;
    writeln!(io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the effective settings.
pub fn print_settings(settings: &Settings) {
    for (name, value) in settings.effective() {
        println!("{name}={value}");
    }
}

/// Brings the database to the current schema.
pub async fn migrate(settings: &Settings) -> Result<(), Failure> {
    tls::install();
    server::connected(settings).await?;
    println!("The database {} has the current schema.", settings.database_url);
    Ok(())
}

/// Makes the demo organization in a database without accounts, and prints its login.
pub async fn make_demo(settings: Settings) -> Result<(), Failure> {
    tls::install();
    let pools = server::connected(&settings).await?;
    let queue = Queue::open(&settings).await?;
    let state = server::assemble(settings, pools, queue).await?;
    let shutdown = Shutdown::default();
    let runtime = Runtime::open(&state.settings, state.store.clone())?;
    let engine = worker::host(runtime, state.queue.clone(), &shutdown);
    match demo::make_demo(&state).await? {
        Some(login) => println!("e-mail {}, password {}", login.email, login.password),
        None => println!("The database has accounts already; nothing was made."),
    }
    shutdown.begin();
    engine.stopped().await;
    Ok(())
}

/// Makes an organization the one that people without an invitation join.
pub async fn make_primary(settings: &Settings, organization: i64) -> Result<(), Failure> {
    let administration = store(settings).await?;
    let made = administration.administration().make_primary(organization).await;
    match made {
        Ok(made) => println!("{} is the primary organization.", made.name),
        Err(domain::Error::NotFound) => {
            return Err(format!("there is no organization with the id {organization}").into());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Removes the second factor of an account whose owner lost the device and the recovery codes.
pub async fn remove_second_factor(settings: &Settings, email: &str) -> Result<(), Failure> {
    let administration = store(settings).await?;
    match administration.administration().remove_second_factor(email).await {
        Ok(user) => println!("{} signs in with the password alone.", user.email),
        Err(domain::Error::NotFound) => {
            return Err(format!("no account with the address {email} has a second factor").into());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Prints what is wrong with audit logs. Fails if something is.
pub async fn verify_audit_log(
    settings: &Settings,
    organization: Option<i64>,
) -> Result<ExitCode, Failure> {
    let store = store(settings).await?;
    let reports = store.audit_log().verify(organization.map(Id::trusted)).await?;
    for report in &reports {
        println!(
            "organization {}: {} entries, last {} {}",
            report.organization, report.entries, report.position, report.hash
        );
        for fault in &report.faults {
            println!("  {fault}");
        }
        if report.unknown_keys > 0 {
            println!("  {} entries were signed with an unknown secret", report.unknown_keys);
        }
    }
    let sound = reports.iter().all(|report| report.faults.is_empty());
    println!("{} logs, {}", reports.len(), if sound { "all sound" } else { "NOT sound" });
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The database, as it is.
async fn store(settings: &Settings) -> Result<Store, Failure> {
    tls::install();
    let (store, _) = worker::open_store(settings, Pools::open(settings).await?)?;
    store.synchronise_clock().await?;
    Ok(store)
}

/// Prints what is wrong with packs. Fails if one cannot be imported.
pub async fn check_packs(settings: &Settings, slugs: &[String]) -> Result<ExitCode, Failure> {
    let packs = Catalogue::new(&settings.packs_dir).packs().await;
    if let Some(slug) = slugs.iter().find(|slug| packs.by_slug(slug).is_none()) {
        return Err(format!("no pack {slug} in {}", settings.packs_dir.display()).into());
    }
    let chosen = packs.iter().filter(|pack| slugs.is_empty() || slugs.contains(&pack.slug));
    let mut sound = true;
    for pack in chosen {
        let validation = validate(pack, &packs, &KnownLibrary::default());
        println!(
            "{}: {}",
            pack.slug,
            if validation.success { "sound" } else { "cannot be imported" }
        );
        for fault in &validation.errors {
            println!("  {fault}");
        }
        for caution in &validation.warnings {
            println!("  {caution}");
        }
        sound &= validation.success;
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
