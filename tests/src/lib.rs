//! A running API for tests: real database, real queue, real sockets, mails in a folder.

mod app;
mod audited;
mod authenticator;
mod backend;
mod browser;
mod client;
mod packs;
mod smtp;

pub use app::{App, PASSWORD};
pub use audited::{quiet, reasons};
pub use authenticator::{Authenticator, recovery_codes};
pub use backend::{Backend, address_of};
pub use browser::{Browser, Shown};
pub use client::{Answer, Client};
pub use packs::{canvas, edge, node, write_pack};
pub use smtp::{Behaviour, MailServer};
