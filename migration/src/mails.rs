//! What became of mails, how many may be sent, and what links and invitations need for them.

use crate::{step::Column, table::Table};

const MAIL_STATE: &[&str] = &["waiting", "handing_over", "sent", "refused", "unknown"];
const ALL_SECTIONS: &str = r#"["summary","diagram","threats","countermeasures","compliance"]"#;

/// In the order in which they are added.
pub(crate) fn columns() -> Vec<Column> {
    vec![
        Column::new("magic_link", "password_hash", |column| column.text()),
        Column::new("magic_link", "sections", |column| {
            column.text().not_null().default(ALL_SECTIONS)
        }),
        Column::new("magic_link", "recipients", |column| column.text().not_null().default("[]")),
        Column::new("team_invitation", "delivery_error", |column| column.text()),
        Column::new("team_invitation", "reminded_at", |column| column.timestamp_with_time_zone()),
        Column::new("organization", "weekly_digest", |column| {
            column.boolean().not_null().default(false)
        }),
        Column::new("organization_member", "digest_muted", |column| {
            column.boolean().not_null().default(false)
        }),
    ]
}

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![mail(), mail_quota()]
}

fn mail() -> Table {
    Table::identified("mail")
        .text("kind")
        .choice("state", MAIL_STATE)
        .optional_text("reply")
        .timestamps()
        .index(&["updated_at"])
}

fn mail_quota() -> Table {
    Table::numbered("mail_quota")
        .text("key")
        .big_integer("hour")
        .integer("used")
        .at_least("used", 0)
        .unique(&["key", "hour"])
        .index(&["hour"])
}
