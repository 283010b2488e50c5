//! Formats in which threat models are exchanged with other tools.

pub mod tm_library;
