//! Organizations, teams and invitations to them.

use crate::table::{Delete, Table};

const ORGANIZATION_ROLE: &[&str] = &["security_team", "member"];
const PLAN: &[&str] = &["free", "pro", "enterprise"];
const TEAM_ROLE: &[&str] = &["lead", "member", "viewer"];
const INVITATION_STATUS: &[&str] = &["pending", "accepted", "expired", "revoked"];

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![
        organization(),
        organization_member(),
        business_unit(),
        team(),
        team_member(),
        team_invitation(),
    ]
}

fn organization() -> Table {
    Table::numbered("organization")
        .text("name")
        .text_or("domain", "")
        .choice_or("plan", PLAN, "free")
        .text_or("business_unit_label", "Business Unit")
        .flag("is_primary", false)
        .timestamps()
        .unique_where(&["is_primary"], "is_primary")
        .index(&["name"])
        .index(&["created_at"])
        .index(&["plan"])
}

fn organization_member() -> Table {
    Table::numbered("organization_member")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("user_id", "user", Delete::Cascade)
        .choice_or("role", ORGANIZATION_ROLE, "member")
        .moment("joined_at")
        .timestamps()
        .unique(&["organization_id", "user_id"])
        .index(&["organization_id", "role"])
}

fn business_unit() -> Table {
    Table::numbered("business_unit")
        .reference("organization_id", "organization", Delete::Cascade)
        .text("name")
        .text_or("code", "")
        .text_or("description", "")
        .optional_reference("parent_id", "business_unit", Delete::Cascade)
        .timestamps()
        .unique_where(&["organization_id", "code"], "code <> ''")
        .index(&["organization_id", "name"])
        .index(&["organization_id", "created_at"])
}

fn team() -> Table {
    Table::numbered("team")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("business_unit_id", "business_unit", Delete::SetNull)
        .text("name")
        .text_or("code", "")
        .text_or("description", "")
        .flag("is_default", false)
        .timestamps()
        .unique_where(&["organization_id", "code"], "code <> ''")
        .index(&["organization_id", "name"])
        .index(&["organization_id", "created_at"])
        .index(&["organization_id", "is_default"])
}

fn team_member() -> Table {
    Table::numbered("team_member")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("team_id", "team", Delete::Cascade)
        .reference("user_id", "user", Delete::Cascade)
        .choice_or("role", TEAM_ROLE, "member")
        .moment("joined_at")
        .timestamps()
        .unique(&["team_id", "user_id"])
}

fn team_invitation() -> Table {
    Table::identified("team_invitation")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("team_id", "team", Delete::Cascade)
        .text("email")
        .text("email_key")
        .choice_or("role", TEAM_ROLE, "member")
        .text("token_hash")
        .text("token_encrypted")
        .optional_reference("invited_by_id", "user", Delete::SetNull)
        .choice_or("status", INVITATION_STATUS, "pending")
        .moment("expires_at")
        .optional_moment("accepted_at")
        .timestamps()
        .unique(&["team_id", "email_key"])
        .unique(&["token_hash"])
        .index(&["email_key", "status"])
        .index(&["team_id", "status"])
        .index(&["organization_id", "created_at"])
}
