//! Invitations: how an address becomes a member of a team and its organization.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Actor, Id,
    choice::{InvitationStatus, OrganizationRole, TeamRole},
    organization, team, team_invitation, team_member, user,
};
use sea_orm::{ColumnTrait, sea_query::Expr};
use uuid::Uuid;

use crate::{
    Error, Refusal, Result, Store, Transaction,
    account::{
        Address, Vault,
        address::key,
        secret::{digest, random_token, same},
    },
    job::mail::{SendInvitation, SendInvitationReminder},
    store::{IdentityChanges, Invitation, NewInvitation},
};

use super::Allowance;

/// How long an invitation can be accepted.
pub const LIFETIME: TimeDelta = TimeDelta::days(7);

/// How long before its end an invitation is brought to mind.
pub const REMINDER: TimeDelta = TimeDelta::days(2);

/// How many reminders are sent at once at most; the others follow an hour later.
const REMINDERS_AT_ONCE: u64 = 500;

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
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
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
    /// Whether the mails of the team are limited.
    pub allowance: Allowance,
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
    changes.spend(invite.allowance.invitation(invite.team, &invite.email.key())).await?;
    let made = changes.add_invitation(written(store.vault(), &changes, actor, invite)).await?;
    changes.enqueue(&SendInvitation::new(&made)).await?;
    changes.commit().await?;
    Ok(made)
}

/// Sends an invitation once more: with a new token and a new time, also if it has expired or was
/// revoked.
///
/// # Errors
/// [`Refusal::Unfit`] for one that was accepted, [`Error::Exhausted`] when too many were sent in
/// this hour.
pub async fn resend(
    store: &Store,
    actor: &Actor,
    row: team_invitation::Model,
    allowance: Allowance,
) -> Result<team_invitation::Model> {
    if row.status == InvitationStatus::Accepted {
        return Err(Error::unfit("The invitation was accepted already."));
    }
    let email = Address::parse(&row.email).map_err(Error::unfit)?;
    let (team, organization, role) = (row.team_id, row.organization_id, row.role);
    let changes = store.identity().begin().await?;
    changes.spend(allowance.invitation(team, &row.email_key)).await?;
    let invite = Invite { team, organization, email, role, allowance };
    let new = written(store.vault(), &changes, actor, invite);
    let renewed = changes.renew_invitation(row, new).await?;
    changes.enqueue(&SendInvitation::new(&renewed)).await?;
    changes.commit().await?;
    Ok(renewed)
}

/// Has reminders sent of invitations that end soon. Returns how many.
pub async fn remind(store: &Store) -> Result<usize> {
    let changes = store.identity().begin().await?;
    let until = changes.now() + REMINDER;
    let ending = changes.mark_reminded(until, REMINDERS_AT_ONCE).await?;
    let reminders: Vec<_> = ending.iter().map(SendInvitationReminder::new).collect();
    changes.enqueue_all(&reminders).await?;
    changes.commit().await?;
    Ok(reminders.len())
}

/// Notes why the mail with an invitation did not arrive, for those who manage the team.
pub async fn note_undelivered(
    store: &Store,
    invitation: Uuid,
    token_hash: &str,
    reason: &str,
) -> Result<()> {
    let changes = store.identity().begin().await?;
    changes.note_undelivered(invitation, token_hash, reason).await?;
    changes.commit().await
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
    if accept_all(&changes, user.id, &[invitation]).await? == 0 {
        return Err(Error::Refused(Refusal::Gone, USED_UP.to_owned()).into());
    }
    let membership = changes.team_membership(team, user.id).await?.ok_or(Error::NotFound)?;
    changes.commit().await?;
    Ok(membership)
}

/// Accepts invitations: memberships of their teams with their roles, and of their organizations. A
/// membership that exists stays as it is. Returns how many could be accepted.
pub(crate) async fn accept_all(
    changes: &IdentityChanges<'_>,
    user: Id<user::Entity>,
    invitations: &[team_invitation::Model],
) -> Result<usize> {
    let keys = invitations.iter().map(|row| row.id).collect();
    let accepted = changes.mark_accepted(keys).await?;
    let organizations = accepted.iter().map(|row| (row.organization_id, OrganizationRole::Member));
    changes.join_organizations(user, organizations).await?;
    let teams = accepted.iter().map(|row| (row.organization_id, row.team_id, row.role));
    changes.join_teams(user, teams).await?;
    Ok(accepted.len())
}

/// Makes a pending invitation useless.
///
/// # Errors
/// [`Refusal::Unfit`] for one that is not pending.
pub async fn revoke(row: team_invitation::Model, transaction: &Transaction<'_>) -> Result<()> {
    use team_invitation::{Column, Entity};
    // Somebody may accept it at this moment, so that what was read before does not count.
    let revoked = transaction
        .change::<Entity>()
        .set(Column::Status, Expr::value(InvitationStatus::Revoked))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Status.eq(InvitationStatus::Pending))
        .exec()
        .await?;
    if revoked == 0 {
        return Err(Error::unfit("Can only revoke pending invitations"));
    }
    Ok(())
}

/// What to write into the mail of an invitation. None if it cannot be accepted any more, or was
/// sent anew with another token.
pub async fn letter(
    store: &Store,
    invitation: Uuid,
    token_hash: &str,
) -> Result<Option<InvitationLetter>> {
    let found = store.identity().invitation(invitation).await?;
    let now = store.clock().now();
    let found = found.filter(|found| {
        let row = &found.row;
        row.status == InvitationStatus::Pending
            && row.expires_at > now
            && same(&row.token_hash, token_hash)
    });
    let Some(found) = found else { return Ok(None) };
    let token = token(store.vault(), &found.row)?;
    Ok(Some(InvitationLetter {
        email: found.row.email,
        token,
        team: found.team_name,
        organization: found.organization_name,
        role: found.row.role,
        sender: found.sender_email,
        expires_at: found.row.expires_at,
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
    changes.spend(invite.allowance.invitation(invite.team, &invite.email.key())).await?;
    let earlier = changes.invitation_to(invite.team, &invite.email.key()).await?;
    let new = written(vault, changes, actor, invite);
    let invited = match earlier {
        Some(earlier) => Invited::Renewed(Box::new(changes.renew_invitation(earlier, new).await?)),
        None => Invited::Sent(Box::new(changes.add_invitation(new).await?)),
    };
    if let Invited::Sent(row) | Invited::Renewed(row) = &invited {
        changes.enqueue(&SendInvitation::new(row)).await?;
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
