//! What must be answered to whom, as it follows from the declared permission.

use super::{company::Role, operation::Operation};

/// Records that belong to one user, who alone sees them.
const OF_ONE_USER: [&str; 3] = ["jobs", "shared-with-me", "tokens"];

/// Records that belong to the organization: every member sees them.
const OF_THE_ORGANIZATION: [&str; 6] = [
    "business-units",
    "integrations",
    "systems",
    "trust-boundaries",
    "trust-zones",
    "verification-tests",
];

/// Records that hold secrets or addresses: only those who may change them see them.
const FOR_CHANGERS: [&str; 2] = ["magic-links", "team-invitations"];

/// What an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expectation {
    /// 401.
    Unknown,
    /// 403.
    Refused,
    /// 404: as if it did not exist.
    Absent,
    /// 403 or 404 or 400 if it names records of others: nothing is done with them.
    NothingDone,
    /// Not 401, 403 or 404.
    Allowed,
    /// Anything: the table shows what.
    AsInTable,
}

impl Expectation {
    /// What must be answered to a request for the first team's records.
    pub(super) fn of(operation: &Operation, role: Role) -> Self {
        let Some(permission) = operation.permission.as_deref() else { return Self::AsInTable };
        if matches!(role, Role::Stranger | Role::Expired | Role::Disabled) {
            return Self::Unknown;
        }
        if !holds(role, permission) {
            return Self::Refused;
        }
        let Some((_, kind)) = operation.places().first().copied() else {
            return without_record(operation, role);
        };
        if role == Role::Outsider {
            return Self::Absent;
        }
        if OF_ONE_USER.contains(&kind) {
            return Self::AsInTable;
        }
        if FOR_CHANGERS.contains(&kind) {
            return for_changers(kind, role);
        }
        let of_model = permission.starts_with("models:") && !OF_THE_ORGANIZATION.contains(&kind);
        match role {
            Role::OtherTeam if of_model => Self::Absent,
            Role::Guest if of_model && permission == "models:write" => Self::Refused,
            Role::Security => Self::Allowed,
            Role::Lead | Role::Member if of_model => Self::Allowed,
            _ if operation.is_read() => Self::Allowed,
            _ => Self::AsInTable,
        }
    }

    /// Whether a status is as expected.
    pub(super) const fn fits(self, status: u16) -> bool {
        match self {
            Self::Unknown => status == 401,
            Self::Refused => status == 403,
            Self::Absent => status == 404,
            Self::NothingDone => matches!(status, 400 | 403 | 404),
            Self::Allowed => !matches!(status, 401 | 403 | 404),
            Self::AsInTable => status < 500,
        }
    }

    /// Whether it is that somebody gets nothing.
    pub(super) const fn is_refusal(self) -> bool {
        matches!(self, Self::Unknown | Self::Refused | Self::Absent | Self::NothingDone)
    }
}

/// Viewers get nothing, and invitations are for leads.
fn for_changers(kind: &str, role: Role) -> Expectation {
    match role {
        Role::Security | Role::Lead => Expectation::Allowed,
        Role::Member if kind == "magic-links" => Expectation::Allowed,
        _ => Expectation::NothingDone,
    }
}

/// What follows for an operation that names no record in its path.
fn without_record(operation: &Operation, role: Role) -> Expectation {
    let names_others = operation.needs().iter().any(|kind| *kind != "users");
    match role {
        Role::Outsider if names_others => Expectation::NothingDone,
        Role::Security => Expectation::Allowed,
        _ if operation.is_read() => Expectation::Allowed,
        _ => Expectation::AsInTable,
    }
}

/// Whether a role holds a permission in at least one organization or team.
fn holds(role: Role, permission: &str) -> bool {
    match permission {
        "models:write" | "teams:manage" => role != Role::Viewer,
        "library:write" | "organizations:write" | "audit:read" => {
            matches!(role, Role::Security | Role::Outsider)
        }
        _ => true,
    }
}
