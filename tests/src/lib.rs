//! A running API for tests: real database, real queue, real sockets, mails in a folder.

mod app;
mod client;
mod packs;

pub use app::{App, Backend};
pub use client::{Answer, Client};
pub use packs::{canvas, edge, node, write_pack};
