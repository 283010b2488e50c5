//! What a threat model consists of: systems, components, zones, flows and data.

pub mod belonging;
pub mod component;
pub mod data_asset;
pub mod data_flow;
pub mod hierarchy;
mod inheritance;
pub mod integration;
pub mod placement;
pub mod system;
pub mod trust_boundary;
pub mod trust_zone;
