//! Who manages a team, and what follows for its members.

use entity::{
    Actor, Id, Ref, choice::TeamRole, organization_member, team, team_member, threat_model, user,
};
use sea_orm::ColumnTrait;

use crate::{
    Error, Refusal, Result, Scope, Store, Transaction,
    account::Address,
    sharing::{
        Allowance,
        invitation::{self, Invite, Invited},
    },
    store::IdentityChanges,
};

const LAST_LEAD: &str = "A team needs a lead. Appoint another one first.";
const NO_MEMBER: &str = "Member not found";
const NO_USER: &str = "User not found. Use invite_member for non-existent users.";

/// What an actor may do with the members of a team.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Authority {
    /// Everything: leads, and the security team of the organization.
    Manage,
    /// Invite, and remove members and viewers: members of the team.
    Invite,
}

/// A team together with what the actor may do with its members.
#[derive(Clone, Debug)]
pub struct Managed {
    /// The team.
    pub team: team::Model,
    /// What the actor may do.
    pub authority: Authority,
}

/// What became of somebody who wants to join a team.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Whether the membership is new.
    pub is_new: bool,
    /// The membership.
    pub membership: team_member::Model,
}

/// A team whose members the actor may invite or manage.
///
/// # Errors
/// [`Error::NotFound`] for a team the actor does not see, [`Error::Forbidden`] for others.
pub async fn managed(scope: Scope<'_>, team: Ref<team::Entity>) -> Result<Managed> {
    let team = scope.get(team).await?;
    let authority = authority(scope.actor(), &team).ok_or_else(Error::forbidden)?;
    Ok(Managed { team, authority })
}

impl Managed {
    /// Refuses those who may only invite.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn require_manager(&self) -> Result<()> {
        match self.authority {
            Authority::Manage => Ok(()),
            Authority::Invite => Err(Error::forbidden()),
        }
    }

    /// Refuses to give a role above the own one.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn require_grantable(&self, role: TeamRole) -> Result<()> {
        match (self.authority, role) {
            (Authority::Manage, _) | (_, TeamRole::Member | TeamRole::Viewer) => Ok(()),
            (Authority::Invite, TeamRole::Lead) => Err(Error::forbidden()),
        }
    }

    /// An invitation to the team.
    pub fn invitation(&self, email: Address, role: TeamRole, allowance: Allowance) -> Invite {
        let organization = self.team.organization_id;
        Invite { team: self.team.id, organization, email, role, allowance }
    }
}

/// Adds the account with the address to the team, or has an invitation sent.
pub async fn invite(
    store: &Store,
    actor: &Actor,
    managed: &Managed,
    (email, role): (Address, TeamRole),
    allowance: Allowance,
) -> Result<Invited> {
    managed.require_grantable(role)?;
    invitation::invite(store, actor, managed.invitation(email, role, allowance)).await
}

/// Adds a member of the organization to the team. A membership that exists stays as it is.
///
/// # Errors
/// [`Error::Forbidden`] unless the actor manages the team, [`Refusal::Missing`] for a user outside
/// the organization.
pub async fn add_member(
    store: &Store,
    actor: &Actor,
    managed: &Managed,
    (user, role): (Ref<user::Entity>, TeamRole),
) -> Result<team_member::Model> {
    use organization_member::{Column, Entity};
    managed.require_manager()?;
    let team = &managed.team;
    let user = Id::trusted(user.key());
    let belongs = store
        .read(actor)
        .find::<Entity>()
        .filter(Column::OrganizationId.eq(team.organization_id))
        .filter(Column::UserId.eq(user))
        .exists()
        .await?;
    if !belongs {
        return Err(Error::missing(NO_USER));
    }
    let changes = store.identity().begin().await?;
    changes.join_teams(user, [(team.organization_id, team.id, role)]).await?;
    let membership = membership(&changes, team.id, user).await?;
    changes.commit().await?;
    Ok(membership)
}

/// Removes a member of the team.
///
/// # Errors
/// [`Refusal::Missing`] for a stranger, [`Error::Forbidden`] for a lead unless a manager asks,
/// [`Refusal::Unfit`] for the last lead.
pub async fn remove_member(
    store: &Store,
    actor: &Actor,
    managed: &Managed,
    user: Ref<user::Entity>,
) -> Result<()> {
    let changes = store.identity().begin().await?;
    changes.hold_team(managed.team.id).await?;
    let member = membership(&changes, managed.team.id, Id::trusted(user.key())).await?;
    managed.require_grantable(member.role)?;
    if member.role == TeamRole::Lead {
        let others = changes.team_roles_without(&member).await?;
        let emptied = others.is_empty() && actor.secures(managed.team.organization_id);
        if !others.contains(&TeamRole::Lead) && !emptied {
            return Err(Error::unfit(LAST_LEAD));
        }
    }
    changes.remove_from_team(&member).await?;
    changes.commit().await
}

/// Changes the role of a member.
///
/// # Errors
/// [`Error::Forbidden`] unless the actor manages the team, [`Refusal::Missing`] for a stranger,
/// [`Refusal::Unfit`] for the last lead.
pub async fn change_role(
    store: &Store,
    managed: &Managed,
    (user, role): (Ref<user::Entity>, TeamRole),
) -> Result<team_member::Model> {
    managed.require_manager()?;
    let changes = store.identity().begin().await?;
    changes.hold_team(managed.team.id).await?;
    let member = membership(&changes, managed.team.id, Id::trusted(user.key())).await?;
    if member.role == TeamRole::Lead
        && role != TeamRole::Lead
        && !changes.team_roles_without(&member).await?.contains(&TeamRole::Lead)
    {
        return Err(Error::unfit(LAST_LEAD));
    }
    let member = changes.set_team_role(member, role).await?;
    changes.commit().await?;
    Ok(member)
}

/// Makes the actor a member of a team: the security team of its organization as it likes, others
/// by the invitation that waits for them.
///
/// # Errors
/// [`Error::NotFound`] for a team the actor does not see, [`Error::Forbidden`] without invitation.
pub async fn join(store: &Store, actor: &Actor, team: Ref<team::Entity>) -> Result<Joined> {
    let team = store.read(actor).get(team).await?;
    let user = actor.user().ok_or_else(Error::forbidden)?;
    let changes = store.identity().begin().await?;
    if let Some(membership) = changes.team_membership(team.id, user).await? {
        return Ok(Joined { is_new: false, membership });
    }
    if actor.secures(team.organization_id) {
        let seat = (team.organization_id, team.id, TeamRole::Member);
        changes.join_teams(user, [seat]).await?;
    } else {
        let email_key = changes.user(user).await?.email_key;
        let waiting: Vec<_> = changes
            .usable_invitations(&email_key)
            .await?
            .into_iter()
            .filter(|waiting| waiting.team_id == team.id)
            .collect();
        if waiting.is_empty() {
            return Err(Error::forbidden());
        }
        if invitation::accept_all(&changes, user, &waiting).await? == 0 {
            return Err(Error::forbidden());
        }
    }
    let membership = membership(&changes, team.id, user).await?;
    changes.commit().await?;
    Ok(Joined { is_new: true, membership })
}

/// Deletes a team that owns no threat models.
///
/// # Errors
/// [`Refusal::Conflict`] if it owns some.
pub async fn delete(team: team::Model, transaction: &Transaction<'_>) -> Result<()> {
    let owns = transaction
        .scope()
        .find::<threat_model::Entity>()
        .filter(threat_model::Column::OwningTeamId.eq(team.id))
        .exists()
        .await?;
    if owns {
        let text = "The team owns threat models. Give them to another team first.";
        return Err(Error::Refused(Refusal::Conflict, text.to_owned()));
    }
    transaction.delete::<team::Entity>(team.id).await
}

fn authority(actor: &Actor, team: &team::Model) -> Option<Authority> {
    if actor.secures(team.organization_id) {
        return Some(Authority::Manage);
    }
    match actor.role_in_team(team.id)? {
        TeamRole::Lead => Some(Authority::Manage),
        TeamRole::Member => Some(Authority::Invite),
        TeamRole::Viewer => None,
    }
}

async fn membership(
    changes: &IdentityChanges<'_>,
    team: Id<team::Entity>,
    user: Id<user::Entity>,
) -> Result<team_member::Model> {
    changes.team_membership(team, user).await?.ok_or_else(|| Error::missing(NO_MEMBER))
}
