//! What somebody with an invitation link sees and does.

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::sharing::invitation::{self as rules, AcceptError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    invitations::{Invitation, Names},
    team_members::{TeamMembership, membership},
};
use crate::{
    error::{Error, Result},
    extract::Anyone,
    resource::{describe, refusal},
    routing::{get_with, post_with},
    state::AppState,
};

const TAG: &str = "Team invitations";

/// A link to an invitation.
#[derive(Deserialize, JsonSchema)]
struct Link {
    token: String,
}

/// A usable invitation.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Preview {
    invitation: Invitation,
    /// Whether the caller has to sign in or sign up first.
    requires_signup: bool,
}

/// A new membership.
#[derive(Serialize, JsonSchema)]
struct Accepted {
    status: &'static str,
    membership: TeamMembership,
}

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/invite/{token}/",
        get_with(preview, |operation| {
            describe(operation, "previewInvitation", TAG)
                .summary("Look at an invitation")
                .description("Needs no login. 404 for an unknown link, 410 for one used up.")
                .with(|operation| refusal(operation, 410, ""))
        })
        .merge(post_with(accept, |operation| {
            describe(operation, "acceptInvitation", TAG)
                .summary("Accept an invitation")
                .description("The caller's address must be the one that was invited.")
                .with(|operation| refusal(operation, 401, "Not signed in."))
                .with(|operation| refusal(operation, 403, "Another address was invited."))
                .with(|operation| refusal(operation, 410, ""))
        })),
    )
}

async fn preview(
    State(state): State<AppState>,
    Anyone(caller): Anyone,
    Path(Link { token }): Path<Link>,
) -> Result<Json<Preview>> {
    let found = rules::preview(&state.store, &token).await?;
    let names = Names {
        team: found.team_name,
        organization: found.organization_name,
        sender: found.sender_email,
    };
    let invitation = Invitation::new(found.row, names, state.store.vault())?;
    Ok(Json(Preview { invitation, requires_signup: caller.is_none() }))
}

async fn accept(
    State(state): State<AppState>,
    Anyone(caller): Anyone,
    Path(Link { token }): Path<Link>,
) -> Result<Json<Accepted>> {
    let Some(caller) = caller else {
        return Err(answer(StatusCode::UNAUTHORIZED, "Must be logged in to accept invitation"));
    };
    let user = caller.user();
    let row = match rules::accept(&state.store, &token, user).await {
        Ok(row) => row,
        Err(AcceptError::Domain(error)) => return Err(error.into()),
        Err(other @ AcceptError::OtherAddress) => {
            return Err(answer(StatusCode::FORBIDDEN, &other.to_string()));
        }
    };
    // The caller belongs to more now than when the request came in.
    let actor = state.store.identity().actor_of(user).await?.ok_or_else(Error::not_found)?;
    let membership = membership(row, state.store.read(&actor)).await?;
    Ok(Json(Accepted { status: "accepted", membership }))
}

fn answer(status: StatusCode, text: &str) -> Error {
    Error::Answer(status, Box::new(json!({"error": text})))
}
