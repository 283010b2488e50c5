//! What a process needs before it can do its work: configuration, telemetry, connections, storage
//! and an orderly end.

pub mod configuration;
pub mod database;
pub mod pools;
pub mod redis;
pub mod shutdown;
pub mod storage;
pub mod telemetry;
pub mod tls;

pub use configuration::{Settings, Signup};
pub use pools::{Pools, Roles};
pub use shutdown::Shutdown;
pub use storage::Storage;
