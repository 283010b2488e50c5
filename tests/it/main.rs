//! Tests against real databases, queues and sockets.

mod account_rules;
mod accounts;
mod architecture;
mod bulk;
mod description;
mod diagrams;
mod drawings;
mod exchange;
mod exports;
mod idempotency;
mod illustrations;
mod jobs;
mod listing;
mod mails;
mod operators;
mod organizations;
mod packs;
mod pages;
mod permissions;
mod schema;
mod sharing;
mod simulations;
mod statements;
mod threat_models;
mod threats;
