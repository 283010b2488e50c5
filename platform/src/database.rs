//! Connecting to the database.

#![expect(clippy::disallowed_methods, reason = "this module connects")]

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, DbErr,
    RuntimeErr, Statement,
};
use sqlx::{
    ConnectOptions as _, Connection as _,
    postgres::PgConnectOptions,
    sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::configuration::Address;

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);
const ATTEMPT: Duration = Duration::from_secs(5);

/// How long a SQLite writer waits for another one.
const BUSY: Duration = Duration::from_secs(10);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseUnusable {
    /// The folder of a SQLite file cannot be made.
    #[error("the folder of the database {address} cannot be made: {source}")]
    Folder {
        /// The address of the database.
        address: Address,
        /// What the operating system says.
        source: io::Error,
    },
    /// Somebody answered with a refusal that no waiting mends.
    #[error("the database at {address} refuses: {source}")]
    Refused {
        /// The address without its password.
        address: Address,
        /// What the database says.
        source: DbErr,
    },
    /// Somebody between drops what a session starts with.
    #[error(
        "the database at {address} does not give the rights of {role}: a pooler must pass the \
         startup parameter \"options\" on, or set ROW_LEVEL_SECURITY=off"
    )]
    Role {
        /// The address without its password.
        address: Address,
        /// The role that was asked for.
        role: String,
    },
    /// Nobody answered.
    #[error("the database at {address} cannot be reached after {seconds} s: {source}")]
    Unreachable {
        /// The address without its password.
        address: Address,
        /// How long it was tried, seconds.
        seconds: u64,
        /// The last failure.
        source: DbErr,
    },
}

/// A pool of at most `connections` connections. Tries for 30 seconds.
pub async fn connect(
    address: &Address,
    connections: u32,
) -> Result<DatabaseConnection, DatabaseUnusable> {
    connect_within(address, None, connections, PATIENCE).await
}

/// Like [`connect`], to PostgreSQL, with the rights of another role than that of the login.
pub async fn connect_as(
    role: &str,
    address: &Address,
    connections: u32,
) -> Result<DatabaseConnection, DatabaseUnusable> {
    let connection = connect_within(address, Some(role), connections, PATIENCE).await?;
    let question = Statement::from_string(DbBackend::Postgres, "SELECT current_user::text AS name");
    let refused = |source| DatabaseUnusable::Refused { address: address.clone(), source };
    let row = connection.query_one_raw(question).await.map_err(refused)?;
    let current: Option<String> = row.and_then(|row| row.try_get("", "name").ok());
    if current.as_deref() == Some(role) {
        return Ok(connection);
    }
    Err(DatabaseUnusable::Role { address: address.clone(), role: role.to_owned() })
}

async fn connect_within(
    address: &Address,
    role: Option<&str>,
    connections: u32,
    patience: Duration,
) -> Result<DatabaseConnection, DatabaseUnusable> {
    make_folder(address)
        .map_err(|source| DatabaseUnusable::Folder { address: address.clone(), source })?;
    let begun = Instant::now();
    loop {
        let source = match attempt(address, role, connections).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if is_final(address, &source) {
            return Err(DatabaseUnusable::Refused { address: address.clone(), source });
        }
        if begun.elapsed() + PAUSE > patience {
            let seconds = begun.elapsed().as_secs();
            return Err(DatabaseUnusable::Unreachable {
                address: address.clone(),
                seconds,
                source,
            });
        }
        tracing::warn!(%address, error = %source, "the database cannot be reached, trying again");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn attempt(
    address: &Address,
    role: Option<&str>,
    connections: u32,
) -> Result<DatabaseConnection, DbErr> {
    if address.scheme() != "sqlite" {
        // The pool would only tell that it waited in vain, not why.
        probe(address, role)
            .await
            .map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
    }
    Database::connect(options(address, role, connections)).await
}

async fn probe(address: &Address, role: Option<&str>) -> Result<(), sqlx::Error> {
    let options = with_settings(address.reveal().parse()?, role);
    let Ok(connected) = tokio::time::timeout(ATTEMPT, options.connect()).await else {
        let silence = format!("no answer within {} seconds", ATTEMPT.as_secs());
        return Err(io::Error::new(io::ErrorKind::TimedOut, silence).into());
    };
    connected?.close().await
}

/// What every session of PostgreSQL starts with.
fn with_settings(postgres: PgConnectOptions, role: Option<&str>) -> PgConnectOptions {
    // Compiling a statement takes PostgreSQL longer than any of them runs.
    let postgres = postgres.application_name("forewarn").options([("jit", "off")]);
    match role {
        Some(role) => postgres.options([("role", role)]),
        None => postgres,
    }
}

fn options(address: &Address, role: Option<&str>, connections: u32) -> ConnectOptions {
    let role = role.map(str::to_owned);
    let mut options = ConnectOptions::new(address.reveal());
    options
        .max_connections(connections)
        .connect_timeout(ATTEMPT)
        .acquire_timeout(BUSY)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(move |postgres| with_settings(postgres, role.as_deref()))
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(BUSY)
        });
    if in_memory(address) {
        // Every connection would see a database of its own.
        options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);
    } else if address.scheme() != "sqlite" {
        options.test_before_acquire_if_idle_for(Duration::from_secs(30));
    }
    options
}

fn in_memory(address: &Address) -> bool {
    let url = address.reveal();
    url.starts_with("sqlite::memory:") || url.contains("mode=memory")
}

fn make_folder(address: &Address) -> io::Result<()> {
    if address.scheme() != "sqlite" || in_memory(address) {
        return Ok(());
    }
    let url = address.reveal();
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or_default();
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

/// A file does not become readable by waiting; a wrong password or a missing database does not
/// mend itself either.
fn is_final(address: &Address, error: &DbErr) -> bool {
    if address.scheme() == "sqlite" {
        return true;
    }
    let text = error.to_string();
    ["password authentication failed", "does not exist", "no pg_hba.conf entry"]
        .iter()
        .any(|refusal| text.contains(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sqlite_file_is_made_with_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deeper/forewarn.db");
        let address = Address::new(format!("sqlite://{}?mode=rwc", path.display()));
        connect(&address, 2).await.expect("a connection").close().await.expect("closed");
        assert!(path.exists());
    }

    #[tokio::test]
    async fn an_absent_server_is_named_without_its_password() {
        let address = Address::new("postgres://app:hidden@127.0.0.1:1/forewarn");
        let error =
            connect_within(&address, None, 2, Duration::ZERO).await.expect_err("nobody there");
        let text = error.to_string();
        assert!(text.contains("postgres://app:********@127.0.0.1:1/forewarn"), "{text}");
        assert!(text.contains("refused"), "the cause is told: {text}");
        assert!(!text.contains("hidden"), "{text}");
    }
}
