//! Tables, their typed ids and the path from each table to those who may use its rows.

pub mod actor;
pub mod id;
pub mod tenancy;

pub use actor::Actor;
pub use id::{Id, Names, Ref};
pub use tenancy::{Reach, Tenanted};
