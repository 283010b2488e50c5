//! The HTTP surface: extractors, resources, routes and their OpenAPI description.

pub mod error;
pub mod input;
pub mod wire;
