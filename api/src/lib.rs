//! The HTTP surface: extractors, resources, routes and their OpenAPI description.

mod audit;
pub mod command;
pub mod demo;
pub mod description;
pub mod error;
pub mod extract;
pub mod idempotency;
pub mod input;
pub mod limits;
pub mod pages;
pub mod resource;
pub mod resources;
pub mod router;
mod routing;
pub mod server;
pub mod state;
pub mod tracing;
pub mod wait;
pub mod wire;

pub use router::{document, router};
pub use state::AppState;
