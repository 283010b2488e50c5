//! Accounts, sessions and tokens.

use crate::table::{Delete, Table};

const TOKEN_PURPOSE: &[&str] = &["password_reset", "verify_email"];

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![user(), session(), one_time_token(), idempotency_key()]
}

fn user() -> Table {
    Table::numbered("user")
        .text("username")
        .text("email")
        .text("email_key")
        .text_or("first_name", "")
        .text_or("last_name", "")
        .text("password_hash")
        .flag("is_active", true)
        .optional_moment("email_verified_at")
        .optional_moment("last_login_at")
        .moment("joined_at")
        .moment("updated_at")
        .unique(&["username"])
        .unique(&["email_key"])
}

fn session() -> Table {
    Table::numbered("session")
        .reference("user_id", "user", Delete::Cascade)
        .text("refresh_hash")
        .text_or("user_agent", "")
        .moment("expires_at")
        .moment("last_used_at")
        .optional_moment("revoked_at")
        .moment("created_at")
        .unique(&["refresh_hash"])
        .index(&["expires_at"])
}

fn one_time_token() -> Table {
    Table::numbered("one_time_token")
        .reference("user_id", "user", Delete::Cascade)
        .choice("purpose", TOKEN_PURPOSE)
        .text("token_hash")
        .moment("expires_at")
        .optional_moment("used_at")
        .moment("created_at")
        .unique(&["token_hash"])
        .index(&["expires_at"])
}

fn idempotency_key() -> Table {
    Table::numbered("idempotency_key")
        .reference("user_id", "user", Delete::Cascade)
        .text("key")
        .text("fingerprint")
        .optional_integer("response_status")
        .optional_text("response_body")
        .moment("created_at")
        .moment("expires_at")
        .unique(&["user_id", "key"])
        .index(&["expires_at"])
}
