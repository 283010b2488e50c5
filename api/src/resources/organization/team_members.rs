//! Members of teams: who they are, how they come and go.

use std::collections::HashMap;

use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use domain::{
    Scope,
    account::Address,
    organization::team as rules,
    permission::{ManageTeams, ReadOrganizations, SignedIn},
    sharing::invitation::Invited,
};
use entity::{Id, Ref, choice::TeamRole, team, team_member, user};
use schemars::JsonSchema;
use sea_orm::ColumnTrait;
use serde::Serialize;

use super::{
    invitations::{Invitation, invitation_view},
    team_role,
    teams::Teams,
};
use crate::{
    error::Result,
    extract::{Allowed, Key},
    input::Body,
    resource::{Resource, describe, json_body},
    routing::{get_with, post_with},
    state::AppState,
    wire::Timestamp,
};

/// Who belongs to which team.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TeamMembership {
    id: Id<team_member::Entity>,
    team: Id<team::Entity>,
    team_name: String,
    user: Id<user::Entity>,
    user_email: String,
    /// First and last name, or the address.
    user_name: String,
    role: TeamRole,
    joined_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Whether a membership is new.
#[derive(Serialize, JsonSchema)]
struct Joined {
    joined: bool,
    membership: TeamMembership,
}

/// What became of an address: `added` or `invited`.
#[derive(Serialize, JsonSchema)]
struct InviteAnswer {
    status: &'static str,
    /// Present if an account with the address exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<TeamMembership>,
    /// Present if an invitation was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<Invitation>,
}

/// A user and a role.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct MemberAndRole {
    user_id: i64,
    role: Option<TeamRole>,
}

/// A user.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct MemberOnly {
    user_id: i64,
}

/// An address and a role.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct AddressAndRole {
    #[schemars(email)]
    email: String,
    role: Option<TeamRole>,
}

const TAG: &str = Teams::TAG;

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/teams/{id}/members/",
            get_with(members, |operation| {
                describe(operation, "listTeamMembers", TAG).summary("Members of a team")
            }),
        )
        .api_route(
            "/api/teams/{id}/add-member/",
            post_with(add, |operation| {
                let operation = describe(operation, "addTeamMember", TAG)
                    .summary("Add a member of the organization to a team")
                    .description("For leads and the security team. A membership stays as it is.");
                json_body::<MemberAndRole>(operation)
            }),
        )
        .api_route(
            "/api/teams/{id}/remove-member/",
            post_with(remove, |operation| {
                let operation = describe(operation, "removeTeamMember", TAG)
                    .summary("Remove a member from a team")
                    .description(
                        "Members of the team remove members and viewers; leads and the security \
                         team remove everybody but the last lead.",
                    )
                    .response_with::<204, (), _>(|response| response.description("Removed."));
                json_body::<MemberOnly>(operation)
            }),
        )
        .api_route(
            "/api/teams/{id}/change-member-role/",
            post_with(change_role, |operation| {
                let operation = describe(operation, "changeTeamMemberRole", TAG)
                    .summary("Change the role of a member")
                    .description("For leads and the security team. The last lead stays lead.");
                json_body::<MemberAndRole>(operation)
            }),
        )
        .api_route(
            "/api/teams/{id}/invite-member/",
            post_with(invite, |operation| {
                let operation = describe(operation, "inviteTeamMember", TAG)
                    .summary("Invite an address to a team")
                    .description(
                        "An existing account is added at once; others get a mail. Answers 201 \
                         when an invitation was made, 200 otherwise.",
                    )
                    .response::<200, Json<InviteAnswer>>()
                    .response::<201, Json<InviteAnswer>>();
                json_body::<AddressAndRole>(operation)
            }),
        )
        .api_route(
            "/api/teams/{id}/join/",
            post_with(join, |operation| {
                describe(operation, "joinTeam", TAG).summary("Join a team").description(
                    "Accepts the caller's invitation to the team. The security team needs none.",
                )
            }),
        )
}

async fn members(
    State(state): State<AppState>,
    actor: Allowed<ReadOrganizations>,
    Key(team): Key<team::Entity>,
) -> Result<Json<Vec<TeamMembership>>> {
    use team_member::{Column, Entity};
    let scope = state.store.read(&actor);
    let team = scope.known(team).await?;
    let rows = scope
        .find::<Entity>()
        .filter(Column::TeamId.eq(team))
        .ascending([Column::Id])
        .all()
        .await?;
    Ok(Json(memberships(rows, scope).await?))
}

async fn add(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    Key(team): Key<team::Entity>,
    body: Body,
) -> Result<Json<TeamMembership>> {
    let scope = state.store.read(&actor);
    let managed = rules::managed(scope, team).await?;
    managed.require_manager()?;
    let missing = "user_id is required. For new users, use invite_member.";
    let user = body.reference("user_id")?.ok_or_else(|| domain::Error::unfit(missing))?;
    let role = team_role(&body)?.unwrap_or_default();
    let row = rules::add_member(&state.store, &actor, &managed, (user, role)).await?;
    Ok(Json(membership(row, scope).await?))
}

async fn remove(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    Key(team): Key<team::Entity>,
    body: Body,
) -> Result<StatusCode> {
    let managed = rules::managed(state.store.read(&actor), team).await?;
    let user: Ref<user::Entity> = body.required_reference("user_id")?;
    rules::remove_member(&state.store, &actor, &managed, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change_role(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    Key(team): Key<team::Entity>,
    body: Body,
) -> Result<Json<TeamMembership>> {
    let scope = state.store.read(&actor);
    let managed = rules::managed(scope, team).await?;
    managed.require_manager()?;
    let (Some(user), Some(role)) = (body.reference("user_id")?, team_role(&body)?) else {
        return Err(domain::Error::unfit("user_id and role are required").into());
    };
    let row = rules::change_role(&state.store, &managed, (user, role)).await?;
    Ok(Json(membership(row, scope).await?))
}

async fn invite(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    Key(team): Key<team::Entity>,
    body: Body,
) -> Result<(StatusCode, Json<InviteAnswer>)> {
    let scope = state.store.read(&actor);
    let managed = rules::managed(scope, team).await?;
    let email = body.text("email")?.ok_or_else(|| domain::Error::unfit("email is required"))?;
    let email =
        Address::parse(&email).map_err(|malformed| domain::Error::invalid("email", malformed))?;
    let role = team_role(&body)?.unwrap_or_default();
    let allowance = state.limits.mails();
    let invited = rules::invite(&state.store, &actor, &managed, (email, role), allowance).await?;
    let (status, row) = match invited {
        Invited::Added(row) => {
            let membership = Some(membership(row, scope).await?);
            let answer = InviteAnswer { status: "added", membership, invitation: None };
            return Ok((StatusCode::OK, Json(answer)));
        }
        Invited::Sent(row) => (StatusCode::CREATED, row),
        Invited::Renewed(row) => (StatusCode::OK, row),
    };
    let invitation = Some(invitation_view(*row, scope).await?);
    Ok((status, Json(InviteAnswer { status: "invited", membership: None, invitation })))
}

async fn join(
    State(state): State<AppState>,
    actor: Allowed<SignedIn>,
    Key(team): Key<team::Entity>,
) -> Result<Json<Joined>> {
    let joined = rules::join(&state.store, &actor, team).await?;
    let membership = membership(joined.membership, state.store.read(&actor)).await?;
    Ok(Json(Joined { joined: joined.is_new, membership }))
}

/// Memberships as clients read them, in two statements.
async fn memberships(
    rows: Vec<team_member::Model>,
    scope: Scope<'_>,
) -> domain::Result<Vec<TeamMembership>> {
    let people = scope.people(rows.iter().map(|row| row.user_id)).await?;
    let names: HashMap<_, String> =
        scope.lookup(rows.iter().map(|row| row.team_id), team::Column::Name).await?;
    let views = rows.into_iter().map(|row| {
        let person = people.get(&row.user_id);
        TeamMembership {
            team_name: names.get(&row.team_id).cloned().unwrap_or_default(),
            user_email: person.map(|person| person.email.clone()).unwrap_or_default(),
            user_name: person.map(|person| person.name.clone()).unwrap_or_default(),
            id: row.id,
            team: row.team_id,
            user: row.user_id,
            role: row.role,
            joined_at: row.joined_at.into(),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    });
    Ok(views.collect())
}

/// One membership, of a team that the caller sees.
pub(super) async fn membership(
    row: team_member::Model,
    scope: Scope<'_>,
) -> Result<TeamMembership> {
    let views = memberships(vec![row], scope).await?;
    views.into_iter().next().ok_or_else(crate::error::Error::not_found)
}
