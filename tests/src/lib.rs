//! A running API for tests: real database, real queue, real sockets, mails in a folder.

mod app;
mod browser;
mod client;
mod packs;

pub use app::{App, Backend, PASSWORD};
pub use browser::{Browser, Shown};
pub use client::{Answer, Client};
pub use packs::{canvas, edge, node, write_pack};
