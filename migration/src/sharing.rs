//! Links that show a threat model to others.

use crate::table::{Delete, Table};

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![magic_link(), shared_model()]
}

fn magic_link() -> Table {
    Table::identified("magic_link")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .text("token_hash")
        .text("token_encrypted")
        .optional_reference("created_by_id", "user", Delete::SetNull)
        .moment("expires_at")
        .integer_or("accessed_count", 0)
        .at_least("accessed_count", 0)
        .flag("is_revoked", false)
        .timestamps()
        .unique(&["token_hash"])
        .index(&["organization_id", "created_at"])
        .index(&["organization_id", "is_revoked"])
        .index(&["threat_model_id", "created_at"])
}

fn shared_model() -> Table {
    Table::numbered("shared_model")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("user_id", "user", Delete::Cascade)
        .optional_uuid_reference("magic_link_id", "magic_link", Delete::SetNull)
        .moment("first_accessed_at")
        .moment("last_accessed_at")
        .integer_or("access_count", 1)
        .at_least("access_count", 0)
        .unique(&["user_id", "threat_model_id"])
        .index(&["user_id", "last_accessed_at"])
        .index(&["user_id", "first_accessed_at"])
        .index(&["user_id", "access_count"])
}
