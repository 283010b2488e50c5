//! The only module that holds a database connection.
//!
//! Everyone else presents an [`Actor`] and gets a [`Scope`] to read or a [`Transaction`] to write.
//! Neither is a sea-orm connection, so no query can go around them.

#![expect(clippy::disallowed_methods, reason = "the only module with a connection")]

mod administration;
mod audit;
mod bulk;
mod find;
mod identity;
mod ledger;
mod link;
mod mails;
mod people;
mod quota;
mod repetition;
mod scope;
mod transaction;
mod upkeep;
mod wall;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{Actor, Id, Keyed, Tenanted};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, QueryFilter,
    QuerySelect, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::Notify;

pub use administration::Administration;
pub use audit::{Fault, Log, LogReport};
pub use find::{Find, Rows};
pub use identity::{
    Account, Grant, Identity, IdentityChanges, Invitation, NewApiToken, NewInvitation, NewUser,
};
pub(crate) use ledger::with_parts;
pub use ledger::{Afterwards, Claim, Depth, JobSearch, Ledger, Progress, Published};
pub use link::{Links, NamedLink, Opened, SharedEntry};
pub use mails::{Handover, Mails};
pub use people::Person;
pub use repetition::{Begun, FirstTime, KeptAnswer, Repetitions};
pub use scope::Scope;
pub use transaction::{Change, Transaction};
pub use upkeep::Upkeep;
pub use wall::Connections;

use self::{scope::Connection, wall::Wall};
use crate::{Clock, Result, account::Vault};

/// Largest number of keys in one condition, under the bind limits of both databases.
pub const KEYS_PER_STATEMENT: usize = 30_000;

/// Largest number of rows in one statement, well under the bind limits of both databases.
pub const ROWS_PER_STATEMENT: usize = 500;

/// An answer that took longer tells the time of the database too vaguely.
const LONGEST_TRAVEL: TimeDelta = TimeDelta::seconds(1);

/// Clocks that differ less need no correction.
const SMALL_DIFFERENCE: TimeDelta = TimeDelta::milliseconds(500);

/// The database, for those who say on whose behalf they ask.
#[derive(Clone, Debug)]
pub struct Store {
    /// Reaches the rows of named organizations only, if the second wall stands.
    tenants: DatabaseConnection,
    /// For what crosses tenants.
    crossing: DatabaseConnection,
    walled: bool,
    clock: Clock,
    vault: Arc<Vault>,
    enqueued: Arc<Notify>,
    /// The attempt at a job whose changes these are.
    attempt: Option<Arc<Claim>>,
}

impl Store {
    /// Takes over connections. The vault holds the keys of what is stored encrypted.
    pub fn new(connections: impl Into<Connections>, clock: Clock, vault: Arc<Vault>) -> Self {
        let Connections { tenants, crossing, walled } = connections.into();
        Self { tenants, crossing, walled, clock, vault, enqueued: Arc::default(), attempt: None }
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
        let wall = if self.walled { Wall::Statement } else { Wall::Absent };
        Scope::new(actor, Connection::Pool(&self.tenants), wall, self)
    }

    /// Begins changes on behalf of the actor. Nothing is written until the commit.
    pub async fn write<'s>(&'s self, actor: &'s Actor) -> Result<Transaction<'s>> {
        Ok(Transaction::new(actor, begin(&self.tenants).await?, self))
    }

    /// Answers whether the database can be reached.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.crossing.ping().await?)
    }

    /// Takes the time from the database from now on if it is shared, so that all processes agree
    /// about leases whatever the clocks of their machines say. Returns by how much the own clock
    /// differs.
    pub async fn synchronise_clock(&self) -> Result<TimeDelta> {
        let backend = self.crossing.get_database_backend();
        if backend != DbBackend::Postgres {
            return Ok(TimeDelta::zero());
        }
        let before = self.clock.system_time();
        let question = Statement::from_string(backend, "SELECT clock_timestamp() AS moment");
        let Some(row) = self.crossing.query_one_raw(question).await? else {
            return Ok(TimeDelta::zero());
        };
        let after = self.clock.system_time();
        let moment: DateTime<Utc> = row.try_get("", "moment")?;
        let travel = after - before;
        if travel > LONGEST_TRAVEL || travel < TimeDelta::zero() {
            return Ok(TimeDelta::zero());
        }
        let difference = moment - (before + travel / 2);
        let small = difference.abs() < SMALL_DIFFERENCE;
        self.clock.correct(if small { TimeDelta::zero() } else { difference });
        Ok(difference)
    }

    /// Begins changes that cross tenants.
    async fn begin(&self) -> Result<DatabaseTransaction> {
        begin(&self.crossing).await
    }
}

async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(connection.begin_with_options(options).await?)
}

/// Locks a row until the end of the transaction; other transactions that ask for it wait. SQLite
/// has one writer at a time and needs no lock.
async fn hold<E: Tenanted + Keyed>(connection: &DatabaseTransaction, row: Id<E>) -> Result<()> {
    let held = E::find().select_only().column(E::key_column()).filter(E::key_column().eq(row));
    held.lock_exclusive().into_tuple::<i64>().one(connection).await?;
    Ok(())
}
