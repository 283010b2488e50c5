//! Files that clients uploaded, under addresses that expire.

use std::sync::Arc;

use aide::{
    OperationInput,
    axum::ApiRouter,
    openapi::{MediaType, ReferenceOr, Response as OpenApiResponse, StatusCode as Code},
    transform::TransformOperation,
};
use axum::{
    extract::{FromRef, FromRequestParts, Path, Query, State, rejection::QueryRejection},
    http::{HeaderName, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{
    account::{Accounts, secret::random_token},
    model::picture::{Format, Picture},
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    error::{Error, Result},
    input::Params,
    resource::describe,
    routing::get_with,
    state::AppState,
};

/// Makes addresses of files that are good for a while.
pub struct Addresses {
    accounts: Arc<Accounts>,
    origin: String,
}

impl Addresses {
    /// The address of a file, without and with the host.
    pub fn of(&self, key: &str) -> (String, String) {
        let path = self.accounts.files().address(key);
        let absolute = format!("{}{path}", self.origin);
        (path, absolute)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Addresses
where
    AppState: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let params = Params::from_request_parts(parts, state).await?;
        let accounts = AppState::from_ref(state).accounts;
        Ok(Self { accounts, origin: params.origin().to_owned() })
    }
}

impl OperationInput for Addresses {}

/// Puts a picture into the storage under a new random name, and answers the name.
pub async fn keep(picture: &Picture, state: &AppState) -> Result<String> {
    let key = format!("{}.{}", random_token(), picture.format.extension());
    match state.storage.put(&key, picture.content.clone().into()).await {
        Ok(()) => Ok(key),
        Err(error) => Err(out_of_order(&error)),
    }
}

/// Removes files from the storage. No row names them any more, so that a failure is only logged.
pub async fn discard(keys: &[String], state: &AppState) {
    for key in keys {
        if let Err(error) = state.storage.remove(key).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                key,
                "a file was left behind"
            );
        }
    }
}

/// The answer while the storage fails.
pub fn out_of_order(error: &platform::storage::StorageError) -> Error {
    tracing::error!(error = error as &dyn std::error::Error, "the storage failed");
    let text = "Files cannot be stored at the moment. Try again later.".to_owned();
    domain::Error::Refused(domain::Refusal::Busy, text).into()
}

#[derive(Deserialize, JsonSchema)]
struct FileKey {
    key: String,
}

#[derive(Deserialize, JsonSchema)]
struct Signature {
    /// Until when the address is good, in seconds since 1970.
    expires: i64,
    signature: String,
}

async fn file(
    State(state): State<AppState>,
    Path(FileKey { key }): Path<FileKey>,
    query: Result<Query<Signature>, QueryRejection>,
) -> Result<Response> {
    // An address that lost its signature names nothing.
    let Query(query) = query.map_err(|_| Error::not_found())?;
    let files = state.accounts.files();
    let left = files.admits(&key, query.expires, &query.signature).ok_or_else(Error::not_found)?;
    let format = Format::of_name(&key).ok_or_else(Error::not_found)?;
    let content = state.storage.get(&key).await.map_err(|error| out_of_order(&error))?;
    let content = content.ok_or_else(Error::not_found)?;
    let headers: [(HeaderName, String); 5] = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{key}\"")),
        (header::CACHE_CONTROL, format!("private, max-age={left}, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, content).into_response())
}

/// Documents the file itself.
fn picture_answer(mut operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let kinds = [Format::Jpeg, Format::Png, Format::WebP].map(Format::content_type);
    let content = kinds.map(|kind| (kind.to_owned(), MediaType::default())).into_iter().collect();
    let response =
        OpenApiResponse { description: "The file.".to_owned(), content, ..Default::default() };
    let responses = operation.inner_mut().responses.get_or_insert_default();
    responses.responses.insert(Code::Code(200), ReferenceOr::Item(response));
    operation
}

/// The route of uploaded files.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/media/{key}",
        get_with(file, |operation| {
            describe(operation, "getFile", "Reference images")
                .summary("Read an uploaded file")
                .description(
                    "Needs no login: the address is signed, and good for 15 minutes after the \
                     answer that held it.",
                )
                .with(picture_answer)
        }),
    )
}
