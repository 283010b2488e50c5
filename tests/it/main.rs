//! Tests against real databases, queues and sockets.

mod accounts;
mod jobs;
mod schema;
