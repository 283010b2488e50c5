//! Threat models: what they consist of, what follows from that, and what goes with them.

pub mod assumptions;
pub mod belonging;
pub mod canvas;
pub mod checklist;
pub mod component;
pub mod connections;
pub mod creation;
pub mod dashboard;
pub mod data_asset;
pub mod data_flow;
pub mod deletion;
pub mod detail;
pub mod diagram;
pub mod drawing;
mod exposure;
pub mod file_address;
pub mod frameworks;
pub mod hierarchy;
pub mod illustration;
pub mod images;
mod inheritance;
pub mod integration;
pub mod listing;
pub mod picture;
pub mod placement;
pub mod relations;
pub mod revision;
pub mod synchronisation;
pub mod system;
pub mod trust_boundary;
pub mod trust_zone;

pub use canvas::{Canvas, Shown};
pub use connections::{ConnectedPack, Connections};
pub use drawing::Drawing;
pub use file_address::FileAddresses;
pub use frameworks::Framework;
