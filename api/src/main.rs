//! The `forewarn` command: serves the API, and what an operator needs besides.

use std::{path::PathBuf, process::ExitCode};

use api::{command, server};
use clap::{Parser, Subcommand};
use platform::Settings;

/// Threat-modelling platform: the HTTP API.
#[derive(Parser)]
#[command(name = "forewarn", version)]
struct Arguments {
    /// Read settings from this TOML file instead of `forewarn.toml`. The environment wins.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (the default).
    Serve,
    /// Bring the database to the current schema.
    Migrate,
    /// Make the demo organization, if the database has no account yet.
    Demo,
    /// Print the OpenAPI document as JSON.
    Openapi,
    /// Print the effective settings, secrets masked.
    Config,
    /// Look at everything that the installation needs, and say what is wrong. Fails if something is.
    Doctor,
    /// Look at background jobs, and retry, cancel or forget them.
    #[command(subcommand)]
    Jobs(command::jobs::JobsCommand),
    /// Check that nothing in the audit logs was changed or removed.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What only the operator of an installation may do.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Check every pack of the catalogue, or those with these slugs.
    Packs {
        /// Slugs of packs.
        slugs: Vec<String>,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Check the chain of hashes of every log. Fails if something is wrong.
    Verify {
        /// Only the log of this organization; 0 for changes that concern none.
        #[arg(long)]
        organization: Option<i64>,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Make an organization the one that people join who register with SIGNUP=primary.
    PrimaryOrganization {
        /// The id of the organization.
        id: i64,
    },
    /// Remove the second factor of an account whose owner lost the device and the recovery codes.
    RemoveSecondFactor {
        /// The address of the account.
        email: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("forewarn: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<ExitCode, server::Failure> {
    if matches!(arguments.command, Some(Command::Openapi)) {
        return Ok(command::print_document()?);
    }
    let settings = Settings::load(arguments.config.as_deref())?;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => server::serve(settings).await?,
        Command::Migrate => command::migrate(&settings).await?,
        Command::Demo => command::make_demo(settings).await?,
        Command::Config => command::print_settings(&settings),
        Command::Doctor => return Ok(command::doctor::examine(&settings).await),
        Command::Packs { slugs } => return command::check_packs(&settings, &slugs).await,
        Command::Jobs(command) => command::jobs::run(&settings, &command).await?,
        Command::Audit(AuditCommand::Verify { organization }) => {
            return command::verify_audit_log(&settings, organization).await;
        }
        Command::Admin(AdminCommand::PrimaryOrganization { id }) => {
            command::make_primary(&settings, id).await?;
        }
        Command::Admin(AdminCommand::RemoveSecondFactor { email }) => {
            command::remove_second_factor(&settings, &email).await?;
        }
        Command::Openapi => {}
    }
    Ok(ExitCode::SUCCESS)
}
