//! Personal tokens for programs.

use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use domain::{
    account::api_token::{CreatedToken, MOST_DAYS, TokenWish, USUAL_DAYS},
    permission::ManageAccount,
};
use entity::{Id, api_token, choice::TokenScope};
use schemars::JsonSchema;
use sea_orm::ActiveEnum as _;
use serde::Serialize;
use serde_json::json;

use super::TAG;
use crate::{
    error::Result,
    extract::{Allowed, Key},
    input::{Body, Form, read_integer},
    resource::{Doc, answer, describe, json_body},
    routing::{delete_with, get_with, post_with},
    state::AppState,
    wire::Timestamp,
};

const PATH: &str = "/api/auth/tokens/";
const LONGEST_NAME: usize = 100;

pub(super) fn routes() -> ApiRouter<AppState> {
    let tokens = get_with(list, describe_list).merge(post_with(create, describe_create));
    ApiRouter::new()
        .api_route(PATH, tokens)
        .api_route(&format!("{PATH}{{id}}/"), delete_with(delete, describe_delete))
}

fn describe_list(operation: Doc<'_>) -> Doc<'_> {
    let operation = describe(operation, "listApiTokens", TAG)
        .summary("Your personal tokens")
        .description("Latest first, with those that expired within the last seven days.");
    answer::<Vec<ApiToken>>(operation, 200, "All tokens.")
}

fn describe_create(operation: Doc<'_>) -> Doc<'_> {
    let operation =
        describe(operation, "createApiToken", TAG).summary("Make a personal token").description(
            "A program sends it as `Authorization: Bearer` and acts in your name. Only this \
             answer shows it. There can be 50 that have not expired; another one is refused \
             with 409.",
        );
    let operation = answer::<NewApiToken>(operation, 201, "The token. It is not shown again.");
    answer::<TooManyApiTokens>(
        json_body::<ApiTokenWish>(operation),
        409,
        "There are as many as there can be.",
    )
}

fn describe_delete(operation: Doc<'_>) -> Doc<'_> {
    describe(operation, "deleteApiToken", TAG)
        .summary("Delete a personal token")
        .description("The next request with it is answered with 401.")
        .response_with::<204, (), _>(|response| response.description("Deleted."))
}

/// A personal token, but for its text.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApiToken {
    id: Id<api_token::Entity>,
    #[schemars(example = &"Nightly export")]
    name: String,
    scope: TokenScope,
    /// The first letters of the token, to tell it from others.
    #[schemars(example = &"fwt_7Jq2")]
    prefix: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// To the minute; null if it was never used.
    last_used_at: Option<Timestamp>,
}

impl From<api_token::Model> for ApiToken {
    fn from(row: api_token::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scope: row.scope,
            prefix: row.prefix,
            created_at: row.created_at.into(),
            expires_at: row.expires_at.into(),
            last_used_at: row.last_used_at.map(Timestamp::from),
        }
    }
}

/// A new personal token.
#[derive(Serialize, JsonSchema)]
struct NewApiToken {
    #[serde(flatten)]
    row: ApiToken,
    /// The token itself, which is not shown again.
    #[schemars(example = &"fwt_7Jq2bq0XkSw1o8JcV5tYzR3nUeHhLmPdGaQiTfBxNsE")]
    token: String,
}

impl From<CreatedToken> for NewApiToken {
    fn from(created: CreatedToken) -> Self {
        Self { row: created.row.into(), token: created.text }
    }
}

/// What a token shall be.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct ApiTokenWish {
    /// For you to know it by.
    #[schemars(length(min = 1, max = 100), example = &"Nightly export")]
    name: String,
    scope: TokenScope,
    /// For how many days it is valid: 1 to 365, 90 if absent.
    #[schemars(range(min = 1, max = 365), example = 90)]
    expires_in_days: Option<i64>,
}

/// Why there is no further token.
#[derive(JsonSchema)]
#[schemars(example = json!({"error": "You have 50 tokens already. Delete one that is not used."}))]
#[expect(dead_code, reason = "describes an answer")]
struct TooManyApiTokens {
    /// For people.
    error: String,
}

async fn list(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
) -> Result<Json<Vec<ApiToken>>> {
    let rows = state.accounts.api_tokens(caller.user()).await?;
    Ok(Json(rows.into_iter().map(ApiToken::from).collect()))
}

async fn create(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    body: Body,
) -> Result<(StatusCode, Json<NewApiToken>)> {
    let created = state.accounts.create_api_token(caller.session()?, wish(&body)?).await?;
    Ok((StatusCode::CREATED, Json(created.into())))
}

async fn delete(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    Key(token): Key<api_token::Entity>,
) -> Result<StatusCode> {
    state.accounts.delete_api_token(caller.user(), token).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn wish(body: &Body) -> Result<TokenWish> {
    let mut form = Form::new(body);
    let name = form.required("name", LONGEST_NAME);
    let scope = scope(&mut form);
    let days = days(body, &mut form);
    let (Some(name), Some(scope), Some(days)) = (name, scope, days) else {
        return Err(form.into_error());
    };
    form.check()?;
    Ok(TokenWish { name, scope, days })
}

fn scope(form: &mut Form<'_>) -> Option<TokenScope> {
    let word = form.required("scope", LONGEST_NAME)?;
    match TokenScope::try_from_value(&word) {
        Ok(scope) => Some(scope),
        Err(_) => form.refuse("scope", &format!("\"{word}\" is not a valid choice.")),
    }
}

fn days(body: &Body, form: &mut Form<'_>) -> Option<i64> {
    let Some(sent) = body.get("expires_in_days").filter(|sent| !sent.is_null()) else {
        return Some(USUAL_DAYS);
    };
    match read_integer(sent) {
        Ok(days) if (1..=MOST_DAYS).contains(&days) => Some(days),
        Ok(_) => form.refuse("expires_in_days", &format!("Choose 1 to {MOST_DAYS} days.")),
        Err(message) => form.refuse("expires_in_days", &message),
    }
}
