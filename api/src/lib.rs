//! The HTTP surface: extractors, resources, routes and their OpenAPI description.

pub mod error;
pub mod extract;
pub mod input;
pub mod resource;
pub mod state;
pub mod wire;

pub use state::AppState;
