//! Tests against real databases, queues and sockets.

mod account_rules;
mod accounts;
mod architecture;
mod bulk;
mod diagrams;
mod drawings;
mod jobs;
mod organizations;
mod packs;
mod schema;
mod threat_models;
mod threats;
