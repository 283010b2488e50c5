//! Who reaches what: the declaration of each table.

/// Names the conditions. To be raised when one of them or a right changes: then walls of an
/// earlier version are built anew.
const VERSION: u32 = 2;

pub(super) const ALL: &str = "SELECT, INSERT, UPDATE, DELETE";

/// The user who was named, or null. As a subquery it is found out once for a statement, not once for
/// each row.
const USER: &str = "(SELECT NULLIF(current_setting('forewarn.user', true), '')::bigint)";

/// Whether anybody was named: work that no user asked for names an organization only.
const SOMEBODY: &str = "(SELECT CONCAT(current_setting('forewarn.organizations', true), \
     current_setting('forewarn.user', true)) <> '')";

/// The first of the organizations that were named, or null.
const FIRST: &str = "(SELECT NULLIF(split_part(current_setting('forewarn.organizations', true), ',', 1), '')::bigint)";

/// That the organization in a column was named. Most people belong to one, and a number is compared
/// faster, for each row, than a list is looked through.
fn named(column: &str) -> String {
    format!(
        "\"{column}\" = {FIRST} OR \"{column}\" = ANY ((SELECT string_to_array(\
         current_setting('forewarn.organizations', true), ',')::bigint[])::bigint[])"
    )
}

/// What `tenant` reaches in a table, and the rights of `crossing`.
pub(super) struct Declared {
    pub(super) tenant: Reach,
    pub(super) crossing: &'static str,
}

#[derive(Clone, Copy)]
pub(super) enum Reach {
    /// Rows of the organization in this column.
    Organization(&'static str),
    /// Rows of the user who asks, whose organizations do not matter.
    User,
    /// Rows of the organization, and those that belong to none but to the user who asks.
    Job,
    /// All rows with these rights: the table belongs to no tenant.
    Everything(&'static str),
    /// Reads all rows but not this column.
    EverythingBut(&'static str),
    /// Nothing.
    Nothing,
}

/// Tables whose rows belong to an organization and are reached on behalf of somebody only.
const CONTENT: &[&str] = &[
    "business_unit",
    "component",
    "component_countermeasure",
    "component_countermeasure_standard",
    "component_data_asset",
    "component_library",
    "component_library_threat",
    "component_threat",
    "countermeasure_library",
    "countermeasure_standard",
    "data_asset",
    "data_flow",
    "data_flow_asset",
    "dfd_template",
    "diagram",
    "flow_countermeasure",
    "flow_countermeasure_standard",
    "flow_threat",
    "framework",
    "integration_source",
    "orgsystem",
    "out_of_scope_item",
    "pack",
    "pack_dependency",
    "pending_overlay",
    "pentest_finding",
    "reference_image",
    "requirement",
    "requirement_mapping",
    "risk",
    "risk_component_threat",
    "risk_flow_threat",
    "taxonomy",
    "taxonomy_entry",
    "threat_library",
    "threat_library_countermeasure",
    "threat_library_taxonomy_entry",
    "threat_model_framework",
    "threat_model_pack",
    "threat_model_relation",
    "threat_model_system",
    "trust_boundary",
    "trust_zone",
    "verification_test",
    "verification_test_countermeasure",
];

/// How a table is declared. None: no role reaches it.
pub(super) fn declared(table: &str) -> Option<Declared> {
    const OWN: Reach = Reach::Organization("organization_id");
    let (tenant, crossing) = match table {
        content if CONTENT.contains(&content) => (OWN, ""),
        // Of an organization, and needed by what crosses tenants.
        "audit_chain"
        | "audit_entry"
        | "organization_member"
        | "team"
        | "team_invitation"
        | "team_member" => (OWN, ALL),
        "organization" => (Reach::Organization("id"), "SELECT, INSERT, UPDATE"),
        "magic_link" => (OWN, "SELECT, UPDATE"),
        "report_export" => (OWN, "SELECT, UPDATE, DELETE"),
        "threat_model" => (OWN, "SELECT"),
        "threat_model_snapshot" => (OWN, "SELECT, DELETE"),
        "job" => (Reach::Job, ALL),
        "shared_model" => (Reach::User, ALL),
        // Of nobody, or of an account.
        "idempotency_key" => (Reach::Everything("SELECT, UPDATE"), ALL),
        "mail_quota" => (Reach::Everything("SELECT, INSERT, UPDATE"), ALL),
        "user" => (Reach::EverythingBut("password_hash"), ALL),
        "api_token" | "mail" | "one_time_token" | "recovery_code" | "second_factor" | "session" => {
            (Reach::Nothing, ALL)
        }
        "seaql_migrations" => (Reach::Nothing, "SELECT"),
        _ => return None,
    };
    Some(Declared { tenant, crossing })
}

/// Whether it is said who reaches a table, and whether its rows belong to tenants.
pub fn declaration(table: &str) -> Option<Ownership> {
    let declared = declared(table)?;
    Some(if declared.tenant.condition().is_some() { Ownership::Tenant } else { Ownership::Shared })
}

/// To whom the rows of a table belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Each row to an organization, or to a user of one.
    Tenant,
    /// To no organization.
    Shared,
}

impl Reach {
    /// Which rows the policy lets through. None: there is no policy.
    pub(super) fn condition(self) -> Option<String> {
        match self {
            Self::Organization(column) => Some(named(column)),
            Self::User => Some(format!("user_id = {USER}")),
            Self::Job => Some(format!(
                "{} OR (organization_id IS NULL AND user_id IS NOT DISTINCT FROM {USER} \
                 AND {SOMEBODY})",
                named("organization_id")
            )),
            Self::Everything(_) | Self::EverythingBut(_) | Self::Nothing => None,
        }
    }

    pub(super) const fn rights(self) -> &'static str {
        match self {
            Self::Organization(_) | Self::User | Self::Job => ALL,
            Self::Everything(rights) => rights,
            Self::EverythingBut(_) | Self::Nothing => "",
        }
    }
}

/// The names of the policies of a table, in alphabetical order.
pub(super) fn policies(declared: &Declared) -> Vec<String> {
    if declared.tenant.condition().is_none() {
        return Vec::new();
    }
    let crossing = (!declared.crossing.is_empty()).then(|| policy("crossing"));
    crossing.into_iter().chain([policy("tenant")]).collect()
}

pub(super) fn policy(role: &str) -> String {
    format!("{role}_{VERSION}")
}
