//! The rules of the product, used by the API and the worker alike.

pub mod account;
pub mod clock;
