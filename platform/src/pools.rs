//! The connections of a process to its database.

use sea_orm::DatabaseConnection;
use sqlx::postgres::PgConnectOptions;

use crate::{
    Settings,
    configuration::Address,
    database::{self, DatabaseUnusable},
};

/// Bytes of the name of a database that the names of its roles begin with: PostgreSQL takes names
/// of 63.
const LONGEST_PREFIX: usize = 50;

/// The roles of PostgreSQL under which a process works. They belong to one database, since roles
/// are shared by all databases of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Reaches rows of those organizations that it names.
    pub tenant: String,
    /// Reaches all rows of a few tables.
    pub crossing: String,
}

impl Roles {
    /// The roles for the database at an address. None for SQLite, which has no roles.
    pub fn of(address: &Address) -> Option<Self> {
        if address.scheme() == "sqlite" {
            return None;
        }
        let options: PgConnectOptions = address.reveal().parse().ok()?;
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        let prefix = &database[..database.floor_char_boundary(LONGEST_PREFIX)];
        Some(Self { tenant: format!("{prefix}_tenant"), crossing: format!("{prefix}_crossing") })
    }
}

/// The name with which an address signs in to PostgreSQL.
pub fn login(address: &Address) -> Option<String> {
    let options: PgConnectOptions = address.reveal().parse().ok()?;
    Some(options.get_username().to_owned())
}

/// The connections of a process to its database.
#[derive(Clone, Debug)]
pub enum Pools {
    /// One pool for everything: SQLite, or PostgreSQL without row-level security.
    Single(DatabaseConnection),
    /// A pool for each of the [`Roles`].
    Apart {
        /// For work on behalf of somebody.
        tenants: DatabaseConnection,
        /// For what crosses tenants.
        crossing: DatabaseConnection,
    },
}

impl Pools {
    /// Connects to a database that is ready for use.
    pub async fn open(settings: &Settings) -> Result<Self, DatabaseUnusable> {
        let (address, connections) = (&settings.database_url, settings.database_connections);
        let Some(roles) = settings.database_roles() else {
            return Ok(Self::Single(database::connect(address, connections).await?));
        };
        Ok(Self::Apart {
            tenants: database::connect_as(&roles.tenant, address, connections).await?,
            crossing: database::connect_as(&roles.crossing, address, connections).await?,
        })
    }
}

impl Settings {
    /// The roles under which the process works. None for SQLite and without row-level security.
    pub fn database_roles(&self) -> Option<Roles> {
        if !self.row_level_security {
            return None;
        }
        Roles::of(&self.database_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_named_after_their_database() {
        let named = |url: &str| Roles::of(&Address::new(url)).map(|roles| roles.tenant);
        let expected = Some("models_tenant".to_owned());
        assert_eq!(named("postgres://app:secret@db:5432/models?sslmode=require"), expected);
        assert_eq!(named("sqlite://./data/forewarn.db"), None);
        let long = named(&format!("postgres://app@db/{}", "é".repeat(60))).unwrap_or_default();
        assert!(long.ends_with("_tenant") && long.len() < 63, "{long}");
    }
}
