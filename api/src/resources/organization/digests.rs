//! The weekly mail about an organization: who wants it.

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    organization::digest::{self, Muted},
    permission::ReadOrganizations,
};
use entity::organization;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    extract::{Allowed, Key},
    input::Body,
    resource::{describe, json_body},
    routing::post_with,
    state::AppState,
};

const TAG: &str = "Organizations";

/// The link of a mail.
#[derive(Deserialize, JsonSchema)]
struct Link {
    token: String,
}

/// Whether the mail is wanted.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Wish {
    wanted: bool,
}

/// Whether the caller gets the mail if the organization sends it.
#[derive(Serialize, JsonSchema)]
struct Subscription {
    wanted: bool,
    /// Name of the organization.
    organization: String,
}

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/organizations/{id}/digest/",
            post_with(wish, |operation| {
                let operation = describe(operation, "chooseDigest", TAG)
                    .summary("Choose whether to get the weekly mail about an organization")
                    .description(
                        "For the caller alone. The organization sends it with `weeklyDigest` on, \
                         to its security team.",
                    );
                json_body::<Wish>(operation)
            }),
        )
        .api_route(
            "/api/unsubscribe/{token}/",
            post_with(unsubscribe, |operation| {
                describe(operation, "unsubscribe", TAG)
                    .summary("End the weekly mails that a link came with")
                    .description(
                        "Needs no login. Where mail programs send the one click of RFC 8058; the \
                         body does not matter. 404 for a link that is not genuine.",
                    )
            }),
        )
}

async fn wish(
    State(state): State<AppState>,
    actor: Allowed<ReadOrganizations>,
    Key(organization): Key<organization::Entity>,
    body: Body,
) -> Result<Json<Subscription>> {
    let organization = state.store.read(&actor).known(organization).await?;
    let wanted = body.flag("wanted")?;
    let muted = if wanted { Muted::No } else { Muted::Yes };
    let user = actor.user();
    let name = digest::mute(&state.store, organization, user, muted).await?;
    let organization = name.ok_or_else(Error::not_found)?;
    Ok(Json(Subscription { wanted, organization }))
}

async fn unsubscribe(
    State(state): State<AppState>,
    Path(link): Path<Link>,
) -> Result<Json<Subscription>> {
    let name = digest::unsubscribe(&state.store, &link.token).await?;
    let organization = name.ok_or_else(Error::not_found)?;
    Ok(Json(Subscription { wanted: false, organization }))
}
