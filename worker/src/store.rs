//! Opening the database on behalf of a process.

use std::sync::Arc;

use domain::{
    Clock, Store,
    account::{Secrets, Vault},
    store::Connections,
};
use platform::{Pools, Settings};

/// Why the database cannot be opened.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The database behind these connections, with the keys of the installation.
pub fn open_store(settings: &Settings, pools: Pools) -> Result<(Store, Secrets), Failure> {
    let secrets = Secrets::new(settings.secret_keys()?.verifying())?;
    let vault = Arc::new(Vault::new(&secrets));
    let connections = match pools {
        Pools::Single(connection) => connection.into(),
        Pools::Apart { tenants, crossing } => Connections::apart(tenants, crossing),
    };
    Ok((Store::new(connections, Clock::system(), vault), secrets))
}
