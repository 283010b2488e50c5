//! Invitations: how an address becomes a member of a team and its organization.

use chrono::TimeDelta;
use entity::{
    Actor, Id,
    choice::{InvitationStatus, OrganizationRole, TeamRole},
    organization, team, team_invitation, team_member, user,
};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use uuid::Uuid;

use crate::{
    Error, Refusal, Result, Store, Transaction,
    account::{
        Address, Vault,
        address::key,
        secret::{digest, random_token},
    },
    job::mail::SendInvitation,
    store::{IdentityChanges, Invitation, NewInvitation},
};

/// How long an invitation can be accepted.
pub const LIFETIME: TimeDelta = TimeDelta::days(7);

const UNKNOWN: &str = "Invalid invitation";
const USED_UP: &str = "Invitation expired or already used";

/// What a mail with an invitation says.
#[derive(Clone, Debug)]
pub struct InvitationLetter {
    /// Where to send it.
    pub email: String,
    /// The last part of the link.
    pub token: String,
    /// Name of the team.
    pub team: String,
    /// Name of the organization.
    pub organization: String,
    /// The role in the team.
    pub role: TeamRole,
    /// Address of the sender.
    pub sender: Option<String>,
}

/// What became of an address that was invited.
#[derive(Clone, Debug)]
pub enum Invited {
    /// An account with the address exists and is in the team now.
    Added(team_member::Model),
    /// An invitation was made.
    Sent(Box<team_invitation::Model>),
    /// An invitation to the team existed and was made anew.
    Renewed(Box<team_invitation::Model>),
}

/// Why an invitation was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// It was sent to another address.
    #[error("Invitation was sent to a different email address")]
    OtherAddress,
    /// Unknown, used up, or something else went wrong.
    #[error(transparent)]
    Domain(#[from] Error),
}

/// Whom to invite, to which team.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The team.
    pub team: Id<team::Entity>,
    /// The organization of the team.
    pub organization: Id<organization::Entity>,
    /// The address.
    pub email: Address,
    /// The role in the team.
    pub role: TeamRole,
}

/// Adds an existing account to a team, or has an invitation sent. Whether the actor may do so is
/// checked before.
pub async fn invite(store: &Store, actor: &Actor, invite: Invite) -> Result<Invited> {
    let changes = store.identity().begin().await?;
    let invited = match changes.user_at(&invite.email.key()).await? {
        Some(user) => {
            Invited::Added(add_to_team(&changes, &user, invite.organization, &invite).await?)
        }
        None => send(&changes, store.vault(), actor, invite).await?,
    };
    changes.commit().await?;
    Ok(invited)
}

/// Makes an invitation, also for an address that has an account already.
///
/// # Errors
/// [`Error::Invalid`] when the address has an invitation to the team.
pub async fn make(store: &Store, actor: &Actor, invite: Invite) -> Result<team_invitation::Model> {
    let changes = store.identity().begin().await?;
    if changes.invitation_to(invite.team, &invite.email.key()).await?.is_some() {
        return Err(Error::invalid_object("The fields team, email must make a unique set."));
    }
    let made = changes.add_invitation(written(store.vault(), &changes, actor, invite)).await?;
    changes.enqueue(&SendInvitation { invitation: made.id }).await?;
    changes.commit().await?;
    Ok(made)
}

/// A usable invitation by its token.
///
/// # Errors
/// [`Refusal::Missing`] for an unknown token, [`Refusal::Gone`] for one that is used up.
pub async fn preview(store: &Store, token: &str) -> Result<Invitation> {
    let found = store.identity().invitation_by_token(&digest(token)).await?;
    let found = found.ok_or_else(|| Error::missing(UNKNOWN))?;
    let usable =
        found.row.status == InvitationStatus::Pending && found.row.expires_at > store.clock().now();
    if usable { Ok(found) } else { Err(Error::Refused(Refusal::Gone, USED_UP.to_owned())) }
}

/// Accepts an invitation for a user with the address it was sent to.
///
/// # Errors
/// As [`preview`], and [`AcceptError::OtherAddress`].
pub async fn accept(
    store: &Store,
    token: &str,
    user: Id<user::Entity>,
) -> Result<team_member::Model, AcceptError> {
    let invitation = preview(store, token).await?.row;
    let changes = store.identity().begin().await?;
    let user = changes.user(user).await?;
    if user.email_key != invitation.email_key {
        return Err(AcceptError::OtherAddress);
    }
    let team = invitation.team_id;
    accept_all(&changes, user.id, &[invitation]).await?;
    let membership = changes.team_membership(team, user.id).await?.ok_or(Error::NotFound)?;
    changes.commit().await?;
    Ok(membership)
}

/// Accepts invitations: memberships of their teams with their roles, and of their organizations. A
/// membership that exists stays as it is.
pub(crate) async fn accept_all(
    changes: &IdentityChanges<'_>,
    user: Id<user::Entity>,
    invitations: &[team_invitation::Model],
) -> Result<()> {
    let organizations =
        invitations.iter().map(|row| (row.organization_id, OrganizationRole::Member));
    changes.join_organizations(user, organizations).await?;
    let teams = invitations.iter().map(|row| (row.organization_id, row.team_id, row.role));
    changes.join_teams(user, teams).await?;
    changes.mark_accepted(invitations.iter().map(|row| row.id).collect()).await
}

/// Makes a pending invitation useless.
///
/// # Errors
/// [`Refusal::Unfit`] for one that is not pending.
pub async fn revoke(row: team_invitation::Model, transaction: &Transaction<'_>) -> Result<()> {
    if row.status != InvitationStatus::Pending {
        return Err(Error::unfit("Can only revoke pending invitations"));
    }
    let mut row = row.into_active_model();
    row.status = Set(InvitationStatus::Revoked);
    transaction.save(row).await?;
    Ok(())
}

/// What to write into the mail of an invitation. None if it cannot be accepted any more.
pub async fn letter(store: &Store, invitation: Uuid) -> Result<Option<InvitationLetter>> {
    let Some(found) = store.identity().invitation(invitation).await? else {
        return Ok(None);
    };
    if found.row.status != InvitationStatus::Pending {
        return Ok(None);
    }
    let token = token(store.vault(), &found.row)?;
    Ok(Some(InvitationLetter {
        email: found.row.email,
        token,
        team: found.team_name,
        organization: found.organization_name,
        role: found.row.role,
        sender: found.sender_email,
    }))
}

/// The token of an invitation, for those who may see it.
pub fn token(vault: &Vault, invitation: &team_invitation::Model) -> Result<String> {
    vault
        .open(&invitation.token_encrypted)
        .map_err(|unreadable| Error::Internal(unreadable.to_string()))
}

async fn send(
    changes: &IdentityChanges<'_>,
    vault: &Vault,
    actor: &Actor,
    invite: Invite,
) -> Result<Invited> {
    let earlier = changes.invitation_to(invite.team, &invite.email.key()).await?;
    let new = written(vault, changes, actor, invite);
    let invited = match earlier {
        Some(earlier) => Invited::Renewed(Box::new(changes.renew_invitation(earlier, new).await?)),
        None => Invited::Sent(Box::new(changes.add_invitation(new).await?)),
    };
    if let Invited::Sent(row) | Invited::Renewed(row) = &invited {
        changes.enqueue(&SendInvitation { invitation: row.id }).await?;
    }
    Ok(invited)
}

fn written(
    vault: &Vault,
    changes: &IdentityChanges<'_>,
    actor: &Actor,
    invite: Invite,
) -> NewInvitation {
    let token = random_token();
    NewInvitation {
        team: invite.team,
        organization: invite.organization,
        email_key: key(invite.email.as_str()),
        email: invite.email.into(),
        role: invite.role,
        token_hash: digest(&token),
        token_encrypted: vault.seal(&token),
        invited_by: actor.user(),
        expires_at: changes.now() + LIFETIME,
    }
}

async fn add_to_team(
    changes: &IdentityChanges<'_>,
    user: &user::Model,
    organization: Id<organization::Entity>,
    invite: &Invite,
) -> Result<team_member::Model> {
    changes.join_organizations(user.id, [(organization, OrganizationRole::Member)]).await?;
    changes.join_teams(user.id, [(organization, invite.team, invite.role)]).await?;
    changes.team_membership(invite.team, user.id).await?.ok_or(Error::NotFound)
}
