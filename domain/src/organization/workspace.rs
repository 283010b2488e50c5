//! Making organizations.

use entity::{
    Actor,
    choice::{OrganizationRole, Plan, TeamRole},
    organization, team, user,
};
use sea_orm::ActiveValue::Set;

use crate::{Error, Result, Store, store::IdentityChanges};

/// What an organization may start with; what is absent gets the usual value.
#[derive(Clone, Debug, Default)]
pub struct NewOrganization {
    /// The name.
    pub name: String,
    /// The internet domain.
    pub domain: String,
    /// What it pays for.
    pub plan: Plan,
    /// What its units are called.
    pub business_unit_label: Option<String>,
    /// Whether its security team gets the weekly mail.
    pub weekly_digest: bool,
    /// After how many days entries of its audit log are removed; 0 for never.
    pub audit_retention_days: i32,
}

/// Makes an organization whose security team is the actor.
///
/// # Errors
/// [`Error::Forbidden`] unless the actor is in the security team of another one.
pub async fn create(
    store: &Store,
    actor: &Actor,
    new: NewOrganization,
) -> Result<organization::Model> {
    let user = actor.user().filter(|_| actor.secures_any()).ok_or_else(Error::forbidden)?;
    let changes = store.identity().begin().await?;
    let made = changes.add_organization(row(new)).await?;
    changes.join_organizations(user, [(made.id, OrganizationRole::SecurityTeam)]).await?;
    changes.commit().await?;
    Ok(made)
}

/// Makes the organization that a new user has for himself, with a team that he leads.
pub(crate) async fn create_for(changes: &IdentityChanges<'_>, user: &user::Model) -> Result<()> {
    let name = format!("{}'s Workspace", user.email);
    let made = changes
        .add_organization(row(NewOrganization { name, ..NewOrganization::default() }))
        .await?;
    changes.join_organizations(user.id, [(made.id, OrganizationRole::SecurityTeam)]).await?;
    let team = team::ActiveModel {
        organization_id: Set(made.id),
        business_unit_id: Set(None),
        name: Set("My Team".to_owned()),
        code: Set(String::new()),
        description: Set(String::new()),
        is_default: Set(true),
        ..Default::default()
    };
    let team = changes.add_team(team).await?;
    changes.join_teams(user.id, [(made.id, team.id, TeamRole::Lead)]).await
}

fn row(new: NewOrganization) -> organization::ActiveModel {
    let label = new.business_unit_label.unwrap_or_else(|| "Business Unit".to_owned());
    organization::ActiveModel {
        name: Set(new.name),
        domain: Set(new.domain),
        plan: Set(new.plan),
        business_unit_label: Set(label),
        is_primary: Set(false),
        weekly_digest: Set(new.weekly_digest),
        audit_retention_days: Set(new.audit_retention_days),
        ..Default::default()
    }
}
