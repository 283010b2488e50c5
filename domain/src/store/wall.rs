//! The second wall between tenants. PostgreSQL shows a connection the rows of those organizations
//! only that the connection names, whatever a statement asks for (row-level security).
//!
//! A statement outside of a transaction names them itself, in a condition that PostgreSQL checks
//! before it looks at any row. In a transaction the first statement names them for all. So naming
//! costs no way to the database and back.

use std::sync::atomic::{AtomicBool, Ordering};

use entity::{Actor, Id, user};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, Statement,
    sea_query::Expr,
};

use crate::Result;

/// The names end with the statement or the transaction.
const NAMING: &str = "set_config('forewarn.organizations', $1, true) \
     || set_config('forewarn.user', $2, true)";

/// The database behind a store.
#[derive(Clone, Debug)]
pub struct Connections {
    /// For work on behalf of an actor.
    pub(super) tenants: DatabaseConnection,
    /// For what crosses tenants: signing in, jobs, links, upkeep, the operator.
    pub(super) crossing: DatabaseConnection,
    pub(super) walled: bool,
}

impl Connections {
    /// Two pools, of which the first reaches the rows of named organizations only.
    pub const fn apart(tenants: DatabaseConnection, crossing: DatabaseConnection) -> Self {
        Self { tenants, crossing, walled: true }
    }
}

/// One pool for everything: only the first wall stands.
impl From<DatabaseConnection> for Connections {
    fn from(connection: DatabaseConnection) -> Self {
        Self { tenants: connection.clone(), crossing: connection, walled: false }
    }
}

/// How the organizations of an actor are named to the database.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wall<'c> {
    /// Not at all: there is no second wall.
    Absent,
    /// Each statement names them.
    Statement,
    /// Whichever statement of a transaction is the first one names them.
    Transaction(&'c Named),
}

/// Whether a transaction has named the organizations.
#[derive(Debug, Default)]
pub(super) struct Named(AtomicBool);

impl Wall<'_> {
    /// A condition that is always true and names the organizations, if that is to be done.
    pub(super) fn gate(self, actor: &Actor) -> Option<Expr> {
        match self {
            Self::Absent => None,
            Self::Transaction(named) if named.done() => None,
            Self::Statement | Self::Transaction(_) => {
                let condition = format!("(SELECT {NAMING}) IS NOT NULL");
                Some(Expr::cust_with_values(condition, names(actor, [])))
            }
        }
    }

    /// To be called when a row has come through the gate.
    pub(super) fn passed(self) {
        if let Self::Transaction(named) = self {
            named.0.store(true, Ordering::Relaxed);
        }
    }

    /// Names the organizations in a statement of its own, unless that was done.
    pub(super) async fn name(self, actor: &Actor, connection: &DatabaseTransaction) -> Result<()> {
        if self.gate(actor).is_some() {
            name(connection, names(actor, [])).await?;
            self.passed();
        }
        Ok(())
    }

    /// Names further organizations, to tell in their audit logs what an actor did to his own in
    /// them.
    pub(super) async fn name_also(
        self,
        actor: &Actor,
        connection: &DatabaseTransaction,
        organizations: impl IntoIterator<Item = i64>,
    ) -> Result<()> {
        let own = |key: &i64| actor.organizations().any(|organization| organization.key() == *key);
        let others: Vec<i64> = organizations.into_iter().filter(|key| !own(key)).collect();
        if others.is_empty() || matches!(self, Self::Absent) {
            return Ok(());
        }
        name(connection, names(actor, others)).await
    }
}

impl Named {
    fn done(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn names(actor: &Actor, others: impl IntoIterator<Item = i64>) -> [String; 2] {
    let keys = actor.organizations().map(Id::key).chain(others);
    let organizations: Vec<String> = keys.map(|key| key.to_string()).collect();
    let user = actor.user().map(Id::<user::Entity>::key);
    [organizations.join(","), user.map(|key| key.to_string()).unwrap_or_default()]
}

async fn name(connection: &DatabaseTransaction, names: [String; 2]) -> Result<()> {
    let sql = format!("SELECT {NAMING}");
    let values = names.map(Into::into);
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    connection.query_one_raw(statement).await?;
    Ok(())
}
