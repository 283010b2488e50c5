//! Business rules shared by the API and the worker. Knows nothing of HTTP or queues.

pub mod account;
pub mod clock;

pub use clock::Clock;
