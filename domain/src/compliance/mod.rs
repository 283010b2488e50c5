//! How the compliance mappings of a model keep up with the library.

pub mod drift;

pub use drift::{Drift, drift, refresh};
