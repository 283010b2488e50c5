//! Members of organizations.

use entity::{Id, choice::OrganizationRole, organization, organization_member, user};
use sea_orm::ColumnTrait;

use crate::{Error, Result, Scope, Transaction};

const LAST_GUARDIAN: &str =
    "An organization needs somebody in its security team. Appoint somebody else first.";

/// Removes a member; the memberships of teams stay, without effect.
///
/// # Errors
/// [`Error::Refused`] for the last one in the security team.
pub async fn remove(
    member: organization_member::Model,
    transaction: &Transaction<'_>,
) -> Result<()> {
    if member.role == OrganizationRole::SecurityTeam
        && !is_guarded_without(&member, transaction).await?
    {
        return Err(Error::unfit(LAST_GUARDIAN));
    }
    transaction.delete::<organization_member::Entity>(member.id).await
}

/// Refuses a change that would leave an organization without a security team.
///
/// # Errors
/// [`Error::Invalid`] for the role.
pub async fn check_role_change(
    before: &organization_member::Model,
    role: OrganizationRole,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let demoted =
        before.role == OrganizationRole::SecurityTeam && role != OrganizationRole::SecurityTeam;
    if demoted && !is_guarded_without(before, transaction).await? {
        return Err(Error::invalid("role", LAST_GUARDIAN));
    }
    Ok(())
}

/// What a user is in an organization.
pub async fn of(
    organization: Id<organization::Entity>,
    user: Id<user::Entity>,
    scope: Scope<'_>,
) -> Result<Option<organization_member::Model>> {
    use organization_member::{Column, Entity};
    scope
        .find::<Entity>()
        .filter(Column::OrganizationId.eq(organization))
        .filter(Column::UserId.eq(user))
        .one()
        .await
}

async fn is_guarded_without(
    member: &organization_member::Model,
    transaction: &Transaction<'_>,
) -> Result<bool> {
    use organization_member::{Column, Entity};
    transaction.hold(member.organization_id).await?;
    transaction
        .scope()
        .find::<Entity>()
        .filter(Column::OrganizationId.eq(member.organization_id))
        .filter(Column::Role.eq(OrganizationRole::SecurityTeam))
        .filter(Column::Id.ne(member.id))
        .exists()
        .await
}
