//! Report files that were asked for.

use crate::table::{Delete, Table};

const FORMATS: &[&str] = &["pdf", "html", "markdown", "csv", "xlsx", "json"];
const TYPES: &[&str] = &["executive", "technical", "compliance", "full"];
const STATES: &[&str] = &["pending", "ready", "failed"];

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![report_export()]
}

fn report_export() -> Table {
    Table::identified("report_export")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .optional_reference("requested_by_id", "user", Delete::SetNull)
        .optional_uuid("job_id")
        .choice("format", FORMATS)
        .choice("report_type", TYPES)
        .json_or("sections", "[]")
        .text_or("title", "")
        .text_or("colour", "")
        .optional_text("logo_key")
        .flag("notify", false)
        .choice("state", STATES)
        .text_or("error", "")
        .optional_text("storage_key")
        .text_or("filename", "")
        .big_integer_or("byte_size", 0)
        .moment("expires_at")
        .timestamps()
        .index(&["organization_id", "created_at"])
        .index(&["threat_model_id", "created_at"])
        .index(&["expires_at"])
}
