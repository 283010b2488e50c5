//! Invitations to teams, for those who manage them.

use std::collections::HashMap;

use aide::{axum::ApiRouter, transform::TransformOperation};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    Scope,
    account::Vault,
    link,
    organization::team as rules,
    permission::{ManageTeams, ReadOrganizations},
    sharing::invitation as sharing,
};
use entity::{
    Id,
    choice::{InvitationStatus, TeamRole},
    organization, team, team_invitation, user,
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, ColumnTrait, Order};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{organization_names, team_role};
use crate::{
    error::{Error, Result},
    extract::Allowed,
    input::{Body, Filter, Form, Params, Sort, filtered, ordered, vouch},
    resource::{Page, describe, json_body, page_of, query_parameter, refusal},
    routing::{delete_with, get_with, patch_with, post_with, put_with},
    state::AppState,
    wire::Timestamp,
};

type Column = team_invitation::Column;

const TAG: &str = "Team invitations";
const COLLECTION: &str = "/api/team-invitations/";
const FIXED: &str = "This field cannot be changed. Make a new invitation instead.";

const FILTERS: &[Filter<Column>] = &[
    Filter::reference("team", Column::TeamId, vouch::<team::Entity>),
    Filter::choice::<InvitationStatus>("status", Column::Status),
];
const ORDER: &[(Sort<Column>, Order)] = &[(Sort::by("created_at", Column::CreatedAt), Order::Desc)];

/// An invitation to a team.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TeamInvitation")]
pub(super) struct Invitation {
    id: Uuid,
    team: Id<team::Entity>,
    team_name: String,
    organization_name: String,
    email: String,
    role: TeamRole,
    /// The last part of the link.
    token: String,
    /// Below the address of the front end.
    invite_url: String,
    invited_by: Option<Id<user::Entity>>,
    invited_by_email: Option<String>,
    /// An expired invitation stays `pending`; only its date counts.
    status: InvitationStatus,
    /// 7 days after sending.
    expires_at: Timestamp,
    accepted_at: Option<Timestamp>,
    /// Why the mail did not arrive; null if it did, as far as is known.
    delivery_error: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The names that go with an invitation.
#[derive(Default)]
pub(super) struct Names {
    pub(super) team: String,
    pub(super) organization: String,
    pub(super) sender: Option<String>,
}

impl Invitation {
    /// An invitation as clients read it.
    pub(super) fn new(row: team_invitation::Model, names: Names, vault: &Vault) -> Result<Self> {
        let token = sharing::token(vault, &row)?;
        Ok(Self {
            invite_url: link::invitation_path(&token),
            token,
            team_name: names.team,
            organization_name: names.organization,
            invited_by_email: names.sender,
            id: row.id,
            team: row.team_id,
            email: row.email,
            role: row.role,
            invited_by: row.invited_by_id,
            status: row.status,
            expires_at: row.expires_at.into(),
            accepted_at: row.accepted_at.map(Timestamp::from),
            delivery_error: row.delivery_error,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        })
    }
}

/// A new invitation.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct NewInvitation {
    team: i64,
    #[schemars(email)]
    email: String,
    role: Option<TeamRole>,
}

/// What can be changed.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct InvitationChange {
    role: Option<TeamRole>,
}

/// An answer in a word.
#[derive(Serialize, JsonSchema)]
struct Status {
    status: InvitationStatus,
}

/// The invitation that a path names.
#[derive(Deserialize, JsonSchema)]
struct InvitationPath {
    #[schemars(with = "Uuid")]
    id: String,
}

impl InvitationPath {
    /// A malformed id names nothing.
    fn id(&self) -> Result<Uuid> {
        self.id.parse().map_err(|_| Error::not_found())
    }
}

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, document_list).merge(post_with(create, document_create)))
        .api_route(
            "/api/team-invitations/{id}/",
            get_with(retrieve, |operation| {
                describe(operation, "getTeamInvitation", TAG).summary("Read an invitation")
            })
            .merge(put_with(change, |operation| {
                let operation = describe(operation, "replaceTeamInvitation", TAG)
                    .summary("Replace an invitation")
                    .description("Team and address stay as they are.");
                json_body::<InvitationChange>(operation)
            }))
            .merge(patch_with(change, |operation| {
                let operation = describe(operation, "changeTeamInvitation", TAG)
                    .summary("Change an invitation")
                    .description("Team and address stay as they are.");
                json_body::<InvitationChange>(operation)
            }))
            .merge(delete_with(delete, |operation| {
                describe(operation, "deleteTeamInvitation", TAG)
                    .summary("Delete an invitation")
                    .response_with::<204, (), _>(|response| response.description("Deleted."))
            })),
        )
        .api_route(
            "/api/team-invitations/{id}/resend/",
            post_with(resend, |operation| {
                describe(operation, "resendTeamInvitation", TAG)
                    .summary("Send an invitation once more")
                    .description(
                        "With a new link that works for 7 days; the old one ends. Also for one that \
                         expired or was revoked. 429 when the team sent too many in this hour.",
                    )
            }),
        )
        .api_route(
            "/api/team-invitations/{id}/revoke/",
            post_with(revoke, |operation| {
                let operation = describe(operation, "revokeTeamInvitation", TAG)
                    .summary("Revoke a pending invitation");
                refusal(operation, 400, "The invitation is not pending any more.")
            }),
        )
}

fn document_list(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let operation = describe(operation, "listTeamInvitations", TAG)
        .summary("Invitations to teams that the caller manages");
    FILTERS.iter().fold(operation, |operation, filter| {
        query_parameter(operation, filter.name, "Only these.", filter.schema())
    })
}

fn document_create(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let operation = describe(operation, "createTeamInvitation", TAG)
        .summary("Invite an address to a team")
        .description("Also makes an invitation for an address that has an account already.")
        .response::<201, Json<Invitation>>();
    json_body::<NewInvitation>(operation)
}

async fn list(
    State(state): State<AppState>,
    actor: Allowed<ReadOrganizations>,
    params: Params,
) -> Result<Json<Page<Invitation>>> {
    let scope = state.store.read(&actor);
    let find = filtered(scope.find::<team_invitation::Entity>(), FILTERS, &params, scope).await?;
    let (rows, place) = page_of(ordered(find, &[], ORDER, &params), &params).await?;
    let views = invitation_views(rows, scope).await?;
    Ok(Json(place.page(views, &params)))
}

async fn create(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    body: Body,
) -> Result<(StatusCode, Json<Invitation>)> {
    let mut form = Form::new(&body);
    let team = match body.reference::<team::Entity>("team")? {
        Some(team) => Some(team),
        None => form.refuse("team", "This field is required."),
    };
    let email = form.address("email");
    let (Some(team), Some(email)) = (team, email) else { return Err(form.into_error()) };
    let role = team_role(&body)?.unwrap_or_default();
    let scope = state.store.read(&actor);
    let managed = match rules::managed(scope, team).await {
        Err(domain::Error::NotFound) => {
            let text = format!("Invalid pk \"{}\" - object does not exist.", team.key());
            return Err(domain::Error::invalid("team", text).into());
        }
        managed => managed?,
    };
    managed.require_grantable(role)?;
    let invitation = managed.invitation(email, role, state.limits.mails());
    let made = sharing::make(&state.store, &actor, invitation).await?;
    Ok((StatusCode::CREATED, Json(invitation_view(made, scope).await?)))
}

async fn retrieve(
    State(state): State<AppState>,
    actor: Allowed<ReadOrganizations>,
    Path(path): Path<InvitationPath>,
) -> Result<Json<Invitation>> {
    let scope = state.store.read(&actor);
    let row = managed_invitation(scope, path.id()?).await?;
    Ok(Json(invitation_view(row, scope).await?))
}

async fn change(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    Path(path): Path<InvitationPath>,
    body: Body,
) -> Result<Json<Invitation>> {
    let transaction = state.store.write(&actor).await?;
    let scope = transaction.scope();
    let row = managed_invitation(scope, path.id()?).await?;
    refuse_moves(&row, &body)?;
    let role = team_role(&body)?.unwrap_or(row.role);
    let row =
        transaction.update_row::<team_invitation::Entity>(row, |row| row.role = Set(role)).await?;
    let view = invitation_view(row, scope).await?;
    transaction.commit().await?;
    Ok(Json(view))
}

async fn delete(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    Path(path): Path<InvitationPath>,
) -> Result<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    let which = Column::Id.eq(path.id()?);
    if transaction.delete_where::<team_invitation::Entity>(which).await? == 0 {
        return Err(Error::not_found());
    }
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    Path(path): Path<InvitationPath>,
) -> Result<Json<Status>> {
    let transaction = state.store.write(&actor).await?;
    let row = managed_invitation(transaction.scope(), path.id()?).await?;
    sharing::revoke(row, &transaction).await?;
    transaction.commit().await?;
    Ok(Json(Status { status: InvitationStatus::Revoked }))
}

async fn resend(
    State(state): State<AppState>,
    actor: Allowed<ManageTeams>,
    Path(path): Path<InvitationPath>,
) -> Result<Json<Invitation>> {
    let scope = state.store.read(&actor);
    let row = managed_invitation(scope, path.id()?).await?;
    let row = sharing::resend(&state.store, &actor, row, state.limits.mails()).await?;
    Ok(Json(invitation_view(row, scope).await?))
}

/// Whoever sees an invitation may change it.
async fn managed_invitation(scope: Scope<'_>, id: Uuid) -> Result<team_invitation::Model> {
    let found = scope.find::<team_invitation::Entity>().filter(Column::Id.eq(id)).one().await?;
    found.ok_or_else(Error::not_found)
}

/// The link was sent to the address, so that neither it nor the team can be another one now.
fn refuse_moves(row: &team_invitation::Model, body: &Body) -> Result<()> {
    let team = body.reference::<team::Entity>("team")?;
    let mut form = Form::new(body);
    if team.is_some_and(|team| team.key() != row.team_id.key()) {
        form.refuse::<()>("team", FIXED);
    }
    let email = body.text("email")?;
    if email.is_some_and(|email| domain::account::address::key(&email) != row.email_key) {
        form.refuse::<()>("email", FIXED);
    }
    form.check()
}

/// One invitation to a team that the caller sees.
pub(super) async fn invitation_view(
    row: team_invitation::Model,
    scope: Scope<'_>,
) -> Result<Invitation> {
    let views = invitation_views(vec![row], scope).await?;
    views.into_iter().next().ok_or_else(Error::not_found)
}

async fn invitation_views(
    rows: Vec<team_invitation::Model>,
    scope: Scope<'_>,
) -> Result<Vec<Invitation>> {
    let senders = rows.iter().filter_map(|row| row.invited_by_id);
    let people = scope.people(senders).await?;
    let teams: HashMap<Id<team::Entity>, String> =
        scope.lookup(rows.iter().map(|row| row.team_id), team::Column::Name).await?;
    let organizations: HashMap<Id<organization::Entity>, String> =
        organization_names(scope, rows.iter().map(|row| row.organization_id)).await?;
    rows.into_iter()
        .map(|row| {
            let sender = row.invited_by_id.and_then(|sender| people.get(&sender));
            let names = Names {
                team: teams.get(&row.team_id).cloned().unwrap_or_default(),
                organization: organizations.get(&row.organization_id).cloned().unwrap_or_default(),
                sender: sender.map(|person| person.email.clone()),
            };
            Invitation::new(row, names, scope.vault())
        })
        .collect()
}
