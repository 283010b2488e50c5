//! Performs jobs: linked by the worker binary, which takes them from Redis, and by the API when it
//! runs alone and performs them itself.

mod clerk;
pub mod completion;
pub mod engine;
mod gathering;
mod library;
pub mod mail;
mod meters;
mod perform;
pub mod queue;
pub mod registry;
mod relay;
pub mod report;
mod risk;
pub mod runtime;
pub mod schedule;
mod store;
mod upkeep;

pub use completion::Completions;
pub use engine::{Engine, feed, host, start};
pub use queue::Queue;
pub use registry::{Failure, Perform, Registry};
pub use runtime::{Context, Runtime, RuntimeError};
pub use store::open_store;
