//! Background work.

use crate::table::{Delete, Table};

const JOB_STATE: &[&str] = &["pending", "queued", "running", "done", "failed", "cancelled"];

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![job()]
}

fn job() -> Table {
    Table::identified("job")
        .optional_reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("user_id", "user", Delete::SetNull)
        .text("kind")
        .json_or("payload", "{}")
        .choice_or("state", JOB_STATE, "pending")
        .integer_or("priority", 0)
        .integer_or("attempts", 0)
        .at_least("attempts", 0)
        .integer("max_attempts")
        .at_least("max_attempts", 1)
        .moment("run_at")
        .optional_moment("lease_until")
        .optional_text("worker")
        .optional_text("dedupe_key")
        .big_integer_or("progress_done", 0)
        .at_least("progress_done", 0)
        .optional_big_integer("progress_total")
        .text_or("progress_message", "")
        .optional_json("result")
        .optional_text("error")
        .optional_text("trace_parent")
        .moment("created_at")
        .optional_moment("started_at")
        .optional_moment("finished_at")
        .optional_moment("published_at")
        .unique_where(&["kind", "dedupe_key"], "state IN ('pending', 'queued', 'running')")
        .index(&["state", "run_at"])
        .index(&["state", "lease_until"])
        .index(&["state", "finished_at"])
        .index(&["organization_id", "created_at"])
        .index(&["user_id", "created_at"])
}
