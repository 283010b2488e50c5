//! The only module that holds a database connection.
//!
//! Everyone else presents an [`Actor`] and gets a [`Scope`] to read or a [`Transaction`] to write.
//! Neither is a sea-orm connection, so no query can go around them.

#![expect(clippy::disallowed_methods, reason = "the only module with a connection")]

mod bulk;
mod find;
mod identity;
mod ledger;
mod link;
mod people;
mod scope;
mod transaction;
mod upkeep;

use std::sync::Arc;

use entity::{Actor, Id, Keyed, Tenanted};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, QueryFilter, QuerySelect,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::Notify;

pub use find::{Find, Rows};
pub use identity::{Identity, IdentityChanges, Invitation, NewInvitation, NewUser};
pub use ledger::{Afterwards, Claim, Ledger, Progress, Published};
pub use link::{Found, Links, Opened};
pub use people::Person;
pub use scope::Scope;
pub use transaction::{Change, Transaction};
pub use upkeep::Upkeep;

use crate::{Clock, Result, account::Vault};

/// Largest number of keys in one condition, under the bind limits of both databases.
pub const KEYS_PER_STATEMENT: usize = 30_000;

/// Largest number of rows in one statement, well under the bind limits of both databases.
pub const ROWS_PER_STATEMENT: usize = 500;

/// The database, for those who say on whose behalf they ask.
#[derive(Clone, Debug)]
pub struct Store {
    connection: DatabaseConnection,
    clock: Clock,
    vault: Arc<Vault>,
    enqueued: Arc<Notify>,
}

impl Store {
    /// Takes over a connection pool. The vault holds the keys of what is stored encrypted.
    pub fn new(connection: DatabaseConnection, clock: Clock, vault: Arc<Vault>) -> Self {
        Self { connection, clock, vault, enqueued: Arc::default() }
    }

    /// The clock by which rows are dated.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Encrypts and decrypts what is stored encrypted.
    pub const fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// What the actor may see.
    pub fn read<'s>(&'s self, actor: &'s Actor) -> Scope<'s> {
        Scope::pooled(actor, &self.connection, &self.vault, &self.clock)
    }

    /// Begins changes on behalf of the actor. Nothing is written until the commit.
    pub async fn write<'s>(&'s self, actor: &'s Actor) -> Result<Transaction<'s>> {
        Ok(Transaction::new(actor, self.begin().await?, self))
    }

    /// Answers whether the database can be reached.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.connection.ping().await?)
    }

    async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.connection.begin_with_options(options).await?)
    }
}

/// Locks a row until the end of the transaction; other transactions that ask for it wait. SQLite
/// has one writer at a time and needs no lock.
async fn hold<E: Tenanted + Keyed>(connection: &DatabaseTransaction, row: Id<E>) -> Result<()> {
    let held = E::find().select_only().column(E::key_column()).filter(E::key_column().eq(row));
    held.lock_exclusive().into_tuple::<i64>().one(connection).await?;
    Ok(())
}
