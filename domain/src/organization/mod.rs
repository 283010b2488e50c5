//! Organizations, their members, teams and business units.

pub mod business_unit;
pub mod digest;
pub mod membership;
pub mod team;
pub mod workspace;
