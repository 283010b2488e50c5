//! Business rules shared by the API and the worker. Knows nothing of HTTP or queues.

pub mod account;
pub mod audit;
pub mod clock;
pub mod compliance;
pub mod countermeasure;
pub mod error;
pub mod exchange;
pub mod job;
pub mod library;
pub mod link;
pub mod model;
pub mod organization;
pub mod permission;
pub mod report;
pub mod risk;
pub mod sharing;
pub mod store;
pub mod text;
pub mod threat;

pub use clock::Clock;
pub use error::{Error, Refusal, Result, Violations};
pub use link::Links;
pub use permission::{Effect, Permission, Right};
pub use store::{Find, Scope, Store, Transaction};
