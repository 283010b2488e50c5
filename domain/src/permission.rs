//! What may be asked for at all, before rows are looked at.
//!
//! A permission is a coarse gate that refuses early and documents an operation. Which rows an actor
//! may see or change is decided per row by `entity::Tenanted`.

use std::marker::PhantomData;

use entity::{Actor, choice::TeamRole};

/// A permission as a type, so that a signature can demand it.
pub trait Right: Send + Sync + 'static {
    /// The permission demanded.
    const PERMISSION: Permission;
    /// What an operation with this permission does, as far as personal tokens are concerned.
    const EFFECT: Effect = Self::PERMISSION.effect();
}

/// What an operation does: it decides which personal tokens suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Reads or changes, as its method says.
    OfMethod,
    /// Reads, whatever its method.
    Reads,
    /// Manages the account itself, for which no personal token suffices.
    OnAccount,
}

/// A permission for an operation that only reads although its method does not say so.
#[derive(Clone, Copy, Debug)]
pub struct Reading<R>(PhantomData<R>);

impl<R: Right> Right for Reading<R> {
    const PERMISSION: Permission = R::PERMISSION;
    const EFFECT: Effect = Effect::Reads;
}

/// Declares the permissions once: as values for tables and messages, as types for signatures.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// An action on a kind of thing.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)+
        }

        impl Permission {
            /// All permissions.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name shown in the API document.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl Right for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )+
    };
}

permissions![
    /// Anybody with an account.
    SignedIn = "signed-in",
    /// Manage the own account: names, password, personal tokens.
    ManageAccount = "account:manage",
    /// Read threat models and what belongs to them.
    ReadModels = "models:read",
    /// Change threat models and what belongs to them.
    WriteModels = "models:write",
    /// Read the library: packs, components, threats, countermeasures, frameworks, taxonomies.
    ReadLibrary = "library:read",
    /// Change the library.
    WriteLibrary = "library:write",
    /// Read organizations, members, teams and business units.
    ReadOrganizations = "organizations:read",
    /// Change organizations, memberships and business units.
    WriteOrganizations = "organizations:write",
    /// Invite to teams and change their members.
    ManageTeams = "teams:manage",
    /// Look at background jobs.
    ReadJobs = "jobs:read",
    /// Read the audit logs of organizations in whose security team one is.
    ReadAudit = "audit:read",
];

impl Permission {
    /// What operations do for which nothing else is said.
    const fn effect(self) -> Effect {
        match self {
            Self::ManageAccount => Effect::OnAccount,
            _ => Effect::OfMethod,
        }
    }

    /// Whether the actor holds the permission in at least one organization or team.
    pub fn granted_to(self, actor: &Actor) -> bool {
        match self {
            Self::SignedIn
            | Self::ManageAccount
            | Self::ReadModels
            | Self::ReadLibrary
            | Self::ReadOrganizations
            | Self::ReadJobs => true,
            Self::WriteModels => actor.writing_organizations().next().is_some(),
            Self::WriteLibrary | Self::WriteOrganizations | Self::ReadAudit => actor.secures_any(),
            Self::ManageTeams => {
                actor.secures_any()
                    || actor.teams().iter().any(|membership| membership.role != TeamRole::Viewer)
            }
        }
    }
}
