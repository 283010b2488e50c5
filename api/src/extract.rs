//! Who asks, and for what record. Extractors refuse before the body is read, and document that.

use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{MediaType, Operation, ReferenceOr, Response, SchemaObject, StatusCode},
};
use axum::{
    extract::{FromRef, FromRequestParts, Path},
    http::{HeaderMap, Method, header, request::Parts},
};
use domain::{
    Effect, Right,
    account::{SessionError, TokenError, TokenType, api_token::is_api_token, token::Claims},
    audit::Occasion,
    store::Grant,
};
use entity::{Actor, Id, Ref, choice::TokenScope, user};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::{
    error::{Error, Problem, Result},
    state::AppState,
};

/// Says in the document which personal tokens suffice for an operation.
pub(crate) const TOKEN_SCOPE: &str = "x-token-scope";
/// Stands there until the method of the operation is known.
pub(crate) const OF_METHOD: &str = "of-method";

const READS_ONLY: &str = "This token may only read. Use one with the scope \"write\".";
const NEEDS_SESSION: &str = "Personal tokens cannot manage the account. Sign in with the password \
     and send the access token instead.";

/// The caller, who holds `R`. Dereferences to the [`Actor`].
pub struct Allowed<R> {
    caller: Arc<Caller>,
    right: PhantomData<fn() -> R>,
}

/// Who sent a request with a valid token.
#[derive(Debug)]
pub struct Caller {
    /// Organizations, teams and roles at this moment.
    pub actor: Actor,
    /// By what the caller is known.
    pub access: Access,
}

/// By what a caller is known.
#[derive(Debug)]
pub enum Access {
    /// The access token of a session, and what it states.
    Session(Claims),
    /// A personal token, and what it grants.
    ApiToken(Grant),
}

impl Caller {
    /// The account.
    pub const fn user(&self) -> Id<user::Entity> {
        match &self.access {
            Access::Session(claims) => claims.user(),
            Access::ApiToken(grant) => grant.user,
        }
    }

    /// The session.
    ///
    /// # Errors
    /// 403 for a personal token.
    pub fn session(&self) -> Result<&Claims> {
        match &self.access {
            Access::Session(claims) => Ok(claims),
            Access::ApiToken(_) => Err(session_required()),
        }
    }

    /// The account, unless the token is for reading only.
    pub fn changer(&self) -> Option<Id<user::Entity>> {
        self.access.admits(Effect::OfMethod, &Method::POST).ok().map(|()| self.user())
    }

    /// What the caller may do by now: other memberships, or none if the token, its session or the
    /// account has ended.
    pub async fn now(&self, state: &AppState) -> Result<Option<Actor>> {
        match &self.access {
            Access::Session(claims) if claims.exp <= state.store.clock().now().timestamp() => {
                Ok(None)
            }
            Access::Session(claims) => Ok(state.store.identity().actor(claims).await?),
            Access::ApiToken(grant) => Ok(state.accounts.still_granted(grant).await?),
        }
    }

    /// Tells the audit log who asks.
    fn note(&self) {
        let Some(occasion) = Occasion::current() else { return };
        let token = match &self.access {
            Access::Session(_) => None,
            Access::ApiToken(grant) => Some(grant.token.key()),
        };
        occasion.note_caller(&self.actor, token);
    }
}

impl Access {
    /// Refuses what a personal token is not good for.
    fn admits(&self, effect: Effect, method: &Method) -> Result<()> {
        let Self::ApiToken(grant) = self else { return Ok(()) };
        match (scope_for(effect, method), grant.scope) {
            (None, _) => Err(session_required()),
            (Some(TokenScope::Write), TokenScope::Read) => {
                Err(Error::refused("token_scope", READS_ONLY))
            }
            _ => Ok(()),
        }
    }
}

/// What a personal token must be good for to be used for an operation; nothing if none suffices.
pub(crate) fn scope_for(effect: Effect, method: &Method) -> Option<TokenScope> {
    match effect {
        Effect::OnAccount => None,
        Effect::Reads => Some(TokenScope::Read),
        Effect::OfMethod if method.is_safe() => Some(TokenScope::Read),
        Effect::OfMethod => Some(TokenScope::Write),
    }
}

/// The refusal of a personal token where the session of a person is needed.
pub(crate) fn session_required() -> Error {
    Error::refused("session_required", NEEDS_SESSION)
}

impl<R> Allowed<R> {
    /// The caller, for what goes on after the answer has begun.
    pub fn caller(&self) -> Arc<Caller> {
        Arc::clone(&self.caller)
    }

    /// The account.
    pub fn user(&self) -> Id<user::Entity> {
        self.caller.user()
    }

    /// The session.
    ///
    /// # Errors
    /// 403 for a personal token.
    pub fn session(&self) -> Result<&Claims> {
        self.caller.session()
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
        caller.access.admits(R::EFFECT, &parts.method)?;
        if !R::PERMISSION.granted_to(&caller.actor) {
            return Err(domain::Error::forbidden().into());
        }
        Ok(Self { caller, right: PhantomData })
    }
}

/// The caller, if there is one. A token that is sent must be valid, and good for the method.
pub struct Anyone(pub Option<Arc<Caller>>);

impl<S: Send + Sync> FromRequestParts<S> for Anyone
where
    AppState: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let caller = caller(parts, &AppState::from_ref(state)).await?;
        if let Some(caller) = &caller {
            caller.access.admits(Effect::OfMethod, &parts.method)?;
        }
        Ok(Self(caller))
    }
}

/// Who sends a request. Looked up once, however many ask.
pub(crate) async fn caller(parts: &mut Parts, state: &AppState) -> Result<Option<Arc<Caller>>> {
    let known = parts.extensions.get::<Arc<Caller>>().cloned();
    let caller = match known {
        Some(caller) => caller,
        None => match bearer(&parts.headers)? {
            Some(token) if is_api_token(token) => Arc::new(holder_of(token, state).await?),
            Some(token) => Arc::new(caller_with(token, state).await?),
            None => return Ok(None),
        },
    };
    // Who was looked up before the request became an occasion was not noted then.
    caller.note();
    parts.extensions.insert(Arc::clone(&caller));
    Ok(Some(caller))
}

/// Who holds a personal token.
async fn holder_of(token: &str, state: &AppState) -> Result<Caller> {
    match state.accounts.use_api_token(token).await {
        Ok((actor, grant)) => Ok(Caller { actor, access: Access::ApiToken(grant) }),
        Err(SessionError::Token(refused)) => Err(Error::TokenNotValid(token_message(refused))),
        Err(SessionError::Domain(error)) => Err(error.into()),
    }
}

/// Who holds the access token of a session.
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
    Ok(Caller { actor, access: Access::Session(claims) })
}

const fn token_message(error: TokenError) -> &'static str {
    use TokenError as E;
    match error {
        E::Expired => "Token is expired",
        E::Spent => "Token is blacklisted",
        E::WrongType => "Token has wrong type",
        E::Invalid => "Token is invalid",
    }
}

/// The token that a request carries.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
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
        operation.extensions.insert(TOKEN_SCOPE.to_owned(), stated(R::EFFECT).into());
        operation.security.push([("bearer".to_owned(), Vec::new())].into_iter().collect());
        let refusals = [
            (401, "Not signed in."),
            (403, "Signed in, but not allowed to do this, or not with this token."),
        ];
        for (code, text) in refusals {
            document_problem(context, operation, code, text);
        }
    }
}

/// What the document says of an effect before it is complete.
const fn stated(effect: Effect) -> &'static str {
    match effect {
        Effect::OfMethod => OF_METHOD,
        Effect::Reads => "read",
        Effect::OnAccount => "none",
    }
}

impl OperationInput for Anyone {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        operation.extensions.insert(TOKEN_SCOPE.to_owned(), stated(Effect::OfMethod).into());
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
