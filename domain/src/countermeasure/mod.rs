//! Countermeasures against threats in a threat model.

pub mod coverage;
pub mod rules;
pub mod zone_protection;

pub use rules::{follow, may_have_status, required_evidence};
