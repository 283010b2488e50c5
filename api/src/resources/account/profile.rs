//! The own account.

use aide::{axum::ApiRouter, transform::TransformOperation};
use axum::{Json, extract::State};
use domain::{
    account::profile::ProfileChange,
    permission::{ManageAccount, SignedIn},
};
use schemars::JsonSchema;

use super::{TAG, User};
use crate::{
    error::Result,
    extract::Allowed,
    input::{Body, Form},
    resource::json_body,
    routing::{get_with, patch_with, put_with},
    state::AppState,
};

const LONGEST_NAME: usize = 150;

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/auth/user/",
        get_with(read, |operation| describe(operation, "getProfile", "Read the own account"))
            .merge(put_with(replace, |operation| {
                let operation = describe(operation, "replaceProfile", "Replace the own names");
                json_body::<Names>(operation)
            }))
            .merge(patch_with(change, |operation| {
                let operation = describe(operation, "changeProfile", "Change the own names");
                json_body::<SomeNames>(operation)
            })),
    )
}

fn describe<'t>(
    operation: TransformOperation<'t>,
    id: &str,
    summary: &str,
) -> TransformOperation<'t> {
    operation.id(id).tag(TAG).summary(summary)
}

/// The names of a user.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Names {
    /// Letters, digits and `@ . + - _`.
    #[schemars(length(max = 150))]
    username: String,
    #[schemars(length(max = 150))]
    first_name: Option<String>,
    #[schemars(length(max = 150))]
    last_name: Option<String>,
}

/// Some of the names of a user.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct SomeNames {
    /// Letters, digits and `@ . + - _`.
    #[schemars(length(max = 150))]
    username: Option<String>,
    #[schemars(length(max = 150))]
    first_name: Option<String>,
    #[schemars(length(max = 150))]
    last_name: Option<String>,
}

async fn read(State(state): State<AppState>, caller: Allowed<SignedIn>) -> Result<Json<User>> {
    Ok(Json(state.accounts.profile(caller.user()).await?.into()))
}

async fn replace(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    body: Body,
) -> Result<Json<User>> {
    let mut form = Form::new(&body);
    let username = form.required("username", LONGEST_NAME);
    save(&state, &caller, form, username).await
}

async fn change(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    body: Body,
) -> Result<Json<User>> {
    let mut form = Form::new(&body);
    let username = form.optional("username", LONGEST_NAME);
    save(&state, &caller, form, username).await
}

async fn save(
    state: &AppState,
    caller: &Allowed<ManageAccount>,
    mut form: Form<'_>,
    username: Option<String>,
) -> Result<Json<User>> {
    let change = ProfileChange {
        username,
        first_name: form.blankable("first_name", LONGEST_NAME),
        last_name: form.blankable("last_name", LONGEST_NAME),
    };
    form.check()?;
    Ok(Json(state.accounts.change_profile(caller.session()?, change).await?.into()))
}
