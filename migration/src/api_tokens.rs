//! Personal tokens of users.

use crate::table::{Delete, Table};

const SCOPE: &[&str] = &["read", "write"];

pub(crate) fn tables() -> Vec<Table> {
    vec![api_token()]
}

fn api_token() -> Table {
    Table::numbered("api_token")
        .reference("user_id", "user", Delete::Cascade)
        .text("name")
        .choice("scope", SCOPE)
        .text("token_hash")
        .text("prefix")
        .moment("expires_at")
        .optional_moment("last_used_at")
        .moment("created_at")
        .unique(&["token_hash"])
        .index(&["expires_at"])
}
