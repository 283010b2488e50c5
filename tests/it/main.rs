//! Tests against real databases.

mod jobs;
mod schema;
