//! Connecting to Redis.

use std::time::{Duration, Instant};

use ::redis::{
    Client, IntoConnectionInfo as _, RedisError, aio::ConnectionManager,
    aio::ConnectionManagerConfig,
};

use crate::configuration::Address;

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);
const ATTEMPT: Duration = Duration::from_secs(5);

/// Why Redis cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RedisUnusable {
    /// The address makes no sense.
    #[error("REDIS_URL {address} cannot be used: {source}")]
    Address {
        /// The address without its password.
        address: Address,
        /// What is wrong with it.
        source: RedisError,
    },
    /// Nobody answered, or the answer was a refusal.
    #[error("Redis at {address} cannot be reached after {seconds} s: {source}")]
    Unreachable {
        /// The address without its password.
        address: Address,
        /// How long it was tried, seconds.
        seconds: u64,
        /// The last failure.
        source: RedisError,
    },
}

/// A client for an address, without connecting.
pub fn client(address: &Address) -> Result<Client, RedisUnusable> {
    let client = address.reveal().into_connection_info().and_then(|info| {
        // Otherwise a small message waits for the receipt of the one before it, 40 ms on Linux.
        let settings = info.tcp_settings().clone().set_nodelay(true);
        Client::open(info.set_tcp_settings(settings))
    });
    client.map_err(|source| RedisUnusable::Address { address: address.clone(), source })
}

/// A connection that comes back by itself after an outage. Tries for 30 seconds at the start.
pub async fn connect(address: &Address) -> Result<ConnectionManager, RedisUnusable> {
    connect_within(address, PATIENCE).await
}

/// Like [`connect`], with another patience.
pub async fn connect_within(
    address: &Address,
    patience: Duration,
) -> Result<ConnectionManager, RedisUnusable> {
    let client = client(address)?;
    let begun = Instant::now();
    loop {
        let source = match client.get_connection_manager_with_config(config()).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if begun.elapsed() + PAUSE > patience {
            let seconds = begun.elapsed().as_secs();
            return Err(RedisUnusable::Unreachable { address: address.clone(), seconds, source });
        }
        tracing::warn!(%address, error = %source, "Redis cannot be reached, trying again");
        tokio::time::sleep(PAUSE).await;
    }
}

fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_max_delay(PAUSE)
        .set_connection_timeout(Some(ATTEMPT))
        .set_response_timeout(Some(ATTEMPT))
}
