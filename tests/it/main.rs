//! Tests against real databases.

mod schema;
