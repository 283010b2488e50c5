//! Who asks, and for what record. Extractors refuse before the body is read, and document that.

use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{MediaType, Operation, ReferenceOr, Response, SchemaObject, StatusCode},
};
use axum::{
    extract::{FromRef, FromRequestParts, Path},
    http::{header, request::Parts},
};
use domain::{
    Right,
    account::{TokenType, token::Claims},
    audit::Occasion,
};
use entity::{Actor, Ref};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::{
    error::{Error, Problem, Result},
    state::AppState,
};

/// The caller, who holds `R`. Dereferences to the [`Actor`].
pub struct Allowed<R> {
    caller: Arc<Caller>,
    right: PhantomData<fn() -> R>,
}

/// Who sent a request with a valid access token.
#[derive(Debug)]
pub struct Caller {
    /// Organizations, teams and roles at this moment.
    pub actor: Actor,
    /// What the token states.
    pub claims: Claims,
}

impl Caller {
    /// What the caller may do by now: other memberships, or none if the token, its session or the
    /// account has ended.
    pub async fn now(&self, state: &AppState) -> Result<Option<Actor>> {
        if self.claims.exp <= state.store.clock().now().timestamp() {
            return Ok(None);
        }
        Ok(state.store.identity().actor(&self.claims).await?)
    }
}

impl<R> Allowed<R> {
    /// The caller, for what goes on after the answer has begun.
    pub fn caller(&self) -> Arc<Caller> {
        Arc::clone(&self.caller)
    }

    /// What the access token states.
    pub fn claims(&self) -> &Claims {
        &self.caller.claims
    }
}

impl<R> Deref for Allowed<R> {
    type Target = Actor;
    fn deref(&self) -> &Actor {
        &self.caller.actor
    }
}

impl<R> fmt::Debug for Allowed<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.caller.fmt(formatter)
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for Allowed<R>
where
    AppState: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let state = AppState::from_ref(state);
        let caller = caller(parts, &state).await?.ok_or(Error::Unauthenticated)?;
        if !R::PERMISSION.granted_to(&caller.actor) {
            return Err(domain::Error::forbidden().into());
        }
        Ok(Self { caller, right: PhantomData })
    }
}

/// The caller, if there is one. A token that is sent must be valid.
pub struct Anyone(pub Option<Arc<Caller>>);

impl<S: Send + Sync> FromRequestParts<S> for Anyone
where
    AppState: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        Ok(Self(caller(parts, &AppState::from_ref(state)).await?))
    }
}

async fn caller(parts: &mut Parts, state: &AppState) -> Result<Option<Arc<Caller>>> {
    if let Some(caller) = parts.extensions.get::<Arc<Caller>>() {
        return Ok(Some(Arc::clone(caller)));
    }
    let Some(token) = bearer(parts)? else { return Ok(None) };
    let caller = Arc::new(caller_with(token, state).await?);
    if let Some(occasion) = Occasion::current() {
        occasion.note_caller(&caller.actor, None);
    }
    parts.extensions.insert(Arc::clone(&caller));
    Ok(Some(caller))
}

/// Who holds an access token.
pub(crate) async fn caller_with(token: &str, state: &AppState) -> Result<Caller> {
    let claims = state
        .accounts
        .tokens()
        .read_as(TokenType::Access, token)
        .map_err(|error| Error::TokenNotValid(token_message(error)))?;
    let actor = state
        .store
        .identity()
        .actor(&claims)
        .await?
        .ok_or(Error::TokenNotValid("Token is blacklisted"))?;
    Ok(Caller { actor, claims })
}

const fn token_message(error: domain::account::TokenError) -> &'static str {
    use domain::account::TokenError as E;
    match error {
        E::Expired => "Token is expired",
        E::Spent => "Token is blacklisted",
        E::WrongType => "Token has wrong type",
        E::Invalid => "Token is invalid",
    }
}

fn bearer(parts: &Parts) -> Result<Option<&str>> {
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| Error::TokenNotValid("Token is invalid"))?;
    let mut words = value.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(token))
        }
        (Some(scheme), _, _) if scheme.eq_ignore_ascii_case("bearer") => {
            Err(Error::TokenNotValid("Token is invalid"))
        }
        _ => Ok(None),
    }
}

impl<R: Right> OperationInput for Allowed<R> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        operation.extensions.insert("x-permission".to_owned(), R::PERMISSION.code().into());
        operation.security.push([("bearer".to_owned(), Vec::new())].into_iter().collect());
        let refusals = [(401, "Not signed in."), (403, "Signed in, but not allowed to do this.")];
        for (code, text) in refusals {
            document_problem(context, operation, code, text);
        }
    }
}

impl OperationInput for Anyone {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        document_problem(context, operation, 401, "A token was sent and is not valid.");
    }
}

/// Adds an error answer to the documentation of an operation.
pub fn document_problem(
    context: &mut GenContext,
    operation: &mut Operation,
    code: u16,
    text: &str,
) {
    let schema = context.schema.subschema_for::<Problem>();
    let media = MediaType {
        schema: Some(SchemaObject { json_schema: schema, external_docs: None, example: None }),
        ..MediaType::default()
    };
    let response = Response {
        description: text.to_owned(),
        content: [("application/json".to_owned(), media)].into_iter().collect(),
        ..Response::default()
    };
    let responses = operation.responses.get_or_insert_default();
    responses.responses.insert(StatusCode::Code(code), ReferenceOr::Item(response));
}

/// The record that a path names as `{id}`. A malformed id names nothing: 404.
#[derive(Clone, Copy, Debug)]
pub struct Key<E>(pub Ref<E>);

#[derive(Deserialize, JsonSchema)]
struct IdPath {
    #[serde(deserialize_with = "key_or_nothing")]
    #[schemars(with = "i64")]
    id: Option<i64>,
}

fn key_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(String::deserialize(deserializer)?.parse().ok())
}

impl<E, S: Send + Sync> FromRequestParts<S> for Key<E> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(path) = Path::<IdPath>::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::not_found())?;
        path.id.map(|key| Self(Ref::new(key))).ok_or_else(Error::not_found)
    }
}

impl<E> OperationInput for Key<E> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        <Path<IdPath> as OperationInput>::operation_input(context, operation);
        document_problem(context, operation, 404, "There is no such record, or it is not yours.");
    }
}

/// A record that a path names as `{item_id}` below another one, `{id}`. A malformed id names
/// nothing: 404. Whoever looks the record up must also compare its parent.
#[derive(Clone, Copy, Debug)]
pub struct KeyBelow<P, E> {
    /// What the record is below of.
    pub parent: Ref<P>,
    /// The record.
    pub item: Ref<E>,
}

#[derive(Deserialize, JsonSchema)]
struct ItemPath {
    #[serde(deserialize_with = "key_or_nothing")]
    #[schemars(with = "i64")]
    id: Option<i64>,
    #[serde(deserialize_with = "key_or_nothing")]
    #[schemars(with = "i64")]
    item_id: Option<i64>,
}

impl<P, E, S: Send + Sync> FromRequestParts<S> for KeyBelow<P, E> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(path) = Path::<ItemPath>::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::not_found())?;
        let keys = path.id.zip(path.item_id).ok_or_else(Error::not_found)?;
        Ok(Self { parent: Ref::new(keys.0), item: Ref::new(keys.1) })
    }
}

impl<P, E> OperationInput for KeyBelow<P, E> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        <Path<ItemPath> as OperationInput>::operation_input(context, operation);
        document_problem(context, operation, 404, "There is no such record, or it is not yours.");
    }
}
