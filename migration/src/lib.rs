//! The database schema, in steps, the same for PostgreSQL and SQLite.

#![expect(
    clippy::disallowed_methods,
    reason = "the schema is made and locked with statements of its own"
)]

mod accounts;
mod api_tokens;
mod audit;
mod exports;
mod families;
mod jobs;
mod lanes;
mod library;
mod mails;
mod models;
mod organizations;
mod risks;
mod second_factor;
mod sharing;
mod snapshots;
mod step;
mod table;
mod threats;
pub mod wall;

use sea_orm_migration::{
    prelude::{ConnectionTrait, DbErr, MigrationTrait, MigratorTrait},
    sea_orm::{
        DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
        TransactionOptions, TransactionTrait,
    },
};

use crate::step::{Extension, Tables};

/// Names the PostgreSQL lock under which only one process changes the schema at a time.
const LOCK: i64 = 0x0046_6f72_6577_6172;

/// All steps, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Tables { name: "m20261123_000001_accounts", tables: accounts::tables }),
            Box::new(Tables {
                name: "m20261123_000002_organizations",
                tables: organizations::tables,
            }),
            Box::new(Tables { name: "m20261123_000003_library", tables: library::tables }),
            Box::new(Tables { name: "m20261123_000004_models", tables: models::tables }),
            Box::new(Tables { name: "m20261123_000005_threats", tables: threats::tables }),
            Box::new(Tables { name: "m20261123_000006_risks", tables: risks::tables }),
            Box::new(Tables { name: "m20261123_000007_sharing", tables: sharing::tables }),
            Box::new(Tables { name: "m20261123_000008_jobs", tables: jobs::tables }),
            Box::new(families::Families),
            Box::new(Extension {
                name: "m20261123_000011_mails",
                columns: mails::columns,
                tables: mails::tables,
            }),
            Box::new(Tables { name: "m20261123_000012_exports", tables: exports::tables }),
            Box::new(Tables { name: "m20261123_000013_snapshots", tables: snapshots::tables }),
            Box::new(Extension {
                name: "m20261123_000014_scoring_results",
                columns: risks::scoring_results,
                tables: Vec::new,
            }),
            Box::new(audit::AuditLog),
            Box::new(lanes::Lanes),
            Box::new(Tables { name: "m20261128_000017_api_tokens", tables: api_tokens::tables }),
            Box::new(Tables {
                name: "m20261128_000018_second_factor",
                tables: second_factor::tables,
            }),
        ]
    }
}

/// Brings the schema up to date: all missing steps or none. Several processes may call it at once.
pub async fn migrate(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = alone(connection).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

/// Takes the last `steps` steps back, with all data in their tables.
pub async fn revert(connection: &DatabaseConnection, steps: u32) -> Result<(), DbErr> {
    let transaction = alone(connection).await?;
    Migrator::down(&transaction, Some(steps)).await?;
    transaction.commit().await
}

/// How many steps are missing. Changes nothing.
pub async fn pending(connection: &DatabaseConnection) -> Result<usize, DbErr> {
    Migrator::get_pending_migrations_read_only(connection).await.map(|missing| missing.len())
}

async fn alone(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let transaction = connection
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    Ok(transaction)
}
