//! What is asked at sign-in besides the password.

use crate::table::{Delete, Table};

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![second_factor(), recovery_code()]
}

fn second_factor() -> Table {
    Table::numbered("second_factor")
        .reference("user_id", "user", Delete::Cascade)
        .text("secret_encrypted")
        .optional_moment("enabled_at")
        .big_integer_or("last_step", 0)
        .moment("created_at")
        .unique(&["user_id"])
}

fn recovery_code() -> Table {
    Table::numbered("recovery_code")
        .reference("second_factor_id", "second_factor", Delete::Cascade)
        .text("code_hash")
        .moment("created_at")
        .unique(&["second_factor_id", "code_hash"])
}
