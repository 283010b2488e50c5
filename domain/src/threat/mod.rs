//! Threats to components and data flows, and the countermeasures copied to them.

pub mod applying;
pub mod generation;
pub mod home;
pub mod kind;
pub mod ordering;
pub mod status;

pub use home::Home;
pub use kind::{Kind, OfComponent, OfFlow};
