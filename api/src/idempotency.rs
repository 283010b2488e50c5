//! `Idempotency-Key`: a POST that is sent twice is carried out once
//! (draft-ietf-httpapi-idempotency-key-header).

use aide::openapi::{
    OpenApi, Operation, Parameter, ParameterData, ParameterSchemaOrContent, ReferenceOr,
    SchemaObject,
};
use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::store::{Begun, FirstTime, KeptAnswer};
use entity::{Id, user};
use schemars::json_schema;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

use crate::{
    error::{Error, Result},
    extract::Anyone,
    router::DOCUMENT_LIMIT,
    state::AppState,
};

const NAME: &str = "Idempotency-Key";
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells that an answer is the one that was kept.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Where the header means nothing: answers with tokens are not kept.
const SIGNING_IN: &str = "/api/auth/";

/// The longest key, letters.
const LONGEST_KEY: usize = 255;

/// The largest body of an answer that is kept, bytes.
const LARGEST_ANSWER: u64 = 1_000_000;

/// Headers of an answer that are kept with it.
const KEPT_HEADERS: [HeaderName; 3] =
    [header::CONTENT_TYPE, header::CONTENT_DISPOSITION, header::LOCATION];

/// An answer as it is stored.
#[derive(Serialize, Deserialize)]
struct Kept {
    headers: Vec<(String, String)>,
    /// Base64.
    body: String,
}

/// Carries a request with a key out once, and answers it with the same answer when it comes again.
pub async fn answer_once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let applies = request.method() == Method::POST
        && request.headers().contains_key(HEADER)
        && !request.uri().path().starts_with(SIGNING_IN);
    if !applies {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Whoever is not signed in, or may only read, is answered as without a key.
    let Ok(Some(user)) = caller(&mut parts, &state).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    match with_key(state, user, parts, body, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn caller(parts: &mut Parts, state: &AppState) -> Result<Option<Id<user::Entity>>> {
    use axum::extract::FromRequestParts as _;
    let Anyone(caller) = Anyone::from_request_parts(parts, state).await?;
    Ok(caller.and_then(|caller| caller.actor.user()))
}

async fn with_key(
    state: AppState,
    user: Id<user::Entity>,
    parts: Parts,
    body: Body,
    next: Next,
) -> Result<Response> {
    let key = key_in(&parts.headers)?;
    let body = to_bytes(body, DOCUMENT_LIMIT).await.map_err(|_| {
        let text = "The body is too large, or it did not arrive as a whole.";
        Error::Request(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text.into())
    })?;
    let content = content(&parts, &body);
    let request = Request::from_parts(parts, Body::from(body));
    // A task of its own, from taking the key on: a client that gives up waiting and sends the
    // request again shall find the answer, not a request that was broken off.
    let work = first_answer(state, user, key, content, request, next);
    match tokio::spawn(work.in_current_span()).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(domain::Error::Internal(error.to_string()).into()),
        },
    }
}

/// Takes the key and carries the request out, or answers what became of the first one.
async fn first_answer(
    state: AppState,
    user: Id<user::Entity>,
    key: String,
    content: Vec<u8>,
    request: Request,
    next: Next,
) -> Result<Response> {
    match state.store.repetitions(user).begin(&key, &content).await? {
        Begun::FirstTime(first) => {
            let response = first.carry_out(next.run(request)).await;
            Ok(keep(&state, user, first, response).await)
        }
        Begun::Answered(answer) => Ok(replayed(&answer)),
        other => Err(refusal(&other)),
    }
}

/// All that makes a request, besides who sends it.
fn content(parts: &Parts, body: &[u8]) -> Vec<u8> {
    let address = parts.uri.path_and_query().map_or("", |address| address.as_str());
    let mut content = format!("{} {address}\n", parts.method).into_bytes();
    content.extend_from_slice(body);
    content
}

/// The key: a string in quotes, as the draft has it, or without.
fn key_in(headers: &HeaderMap) -> Result<String> {
    let malformed = || {
        let text = format!("{NAME} must be one text of 1 to {LONGEST_KEY} letters.");
        Error::Request(StatusCode::BAD_REQUEST, "idempotency_key_malformed", text.into())
    };
    let mut values = headers.get_all(HEADER).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(malformed()) };
    let text = value.to_str().map_err(|_| malformed())?.trim();
    let key = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').ok_or_else(malformed)?,
        None => text,
    };
    if key.is_empty() || key.len() > LONGEST_KEY { Err(malformed()) } else { Ok(key.to_owned()) }
}

fn refusal(begun: &Begun) -> Error {
    let (status, code, text) = match begun {
        Begun::Different => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request. Take a new one.",
        ),
        Begun::AnswerLost => (
            StatusCode::CONFLICT,
            "idempotency_answer_lost",
            "This request was carried out, but its answer is not kept. Look at the records \
             before you send it with a new Idempotency-Key.",
        ),
        _ => (
            StatusCode::CONFLICT,
            "idempotency_under_way",
            "The request with this Idempotency-Key is still under way. Send it again in a moment.",
        ),
    };
    Error::Request(status, code, text.into())
}

/// Keeps an answer and returns it. Refusals that another attempt may overcome are not kept.
async fn keep(
    state: &AppState,
    user: Id<user::Entity>,
    first: FirstTime,
    response: Response,
) -> Response {
    let repetitions = state.store.repetitions(user);
    let status = response.status();
    if is_passing(status) {
        noted(repetitions.forget(first, status.as_u16()).await);
        return response;
    }
    let size = response.body().size_hint().upper();
    if size.is_none_or(|size| size > LARGEST_ANSWER) {
        noted(repetitions.keep_status(first, status.as_u16()).await);
        return response;
    }
    let (parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return Error::bad_request(error.to_string()).into_response(),
    };
    let answer = KeptAnswer { status: status.as_u16(), content: kept(&parts.headers, &body) };
    noted(repetitions.keep(first, answer).await);
    Response::from_parts(parts, Body::from(body))
}

fn is_passing(status: StatusCode) -> bool {
    use StatusCode as S;
    status.is_server_error()
        || [S::UNAUTHORIZED, S::REQUEST_TIMEOUT, S::PAYLOAD_TOO_LARGE, S::TOO_MANY_REQUESTS]
            .contains(&status)
}

fn kept(headers: &HeaderMap, body: &Bytes) -> String {
    let headers = KEPT_HEADERS.iter().filter_map(|name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let kept = Kept { headers: headers.collect(), body: BASE64_STANDARD.encode(body) };
    serde_json::to_string(&kept).unwrap_or_default()
}

fn replayed(answer: &KeptAnswer) -> Response {
    let Ok(kept) = serde_json::from_str::<Kept>(&answer.content) else {
        return refusal(&Begun::AnswerLost).into_response();
    };
    let body = BASE64_STANDARD.decode(kept.body).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// A request that was answered is not refused because its answer could not be kept.
fn noted(result: domain::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the answer to a repeatable request was not kept");
    }
}

/// Adds the header to the description of every POST to which it applies.
pub fn describe(document: &mut OpenApi) {
    let Some(paths) = &mut document.paths else { return };
    for (path, item) in &mut paths.paths {
        let ReferenceOr::Item(item) = item else { continue };
        let Some(operation) = &mut item.post else { continue };
        if !path.starts_with(SIGNING_IN) && !operation.security.is_empty() {
            describe_header(operation);
        }
    }
}

fn describe_header(operation: &mut Operation) {
    let schema = json_schema!({"type": "string", "minLength": 1, "maxLength": LONGEST_KEY});
    let parameter_data = ParameterData {
        name: NAME.to_owned(),
        description: Some(
            "A text of your choice. The same request with the same key is carried out once \
             within 24 hours; it gets the first answer again."
                .to_owned(),
        ),
        required: false,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(SchemaObject {
            json_schema: schema,
            external_docs: None,
            example: None,
        }),
        example: None,
        examples: indexmap::IndexMap::default(),
        explode: None,
        extensions: indexmap::IndexMap::default(),
    };
    let header = Parameter::Header { parameter_data, style: aide::openapi::HeaderStyle::Simple };
    operation.parameters.push(ReferenceOr::Item(header));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &str) -> Option<String> {
        key_in(&HeaderMap::from_iter([(HEADER, value.parse().unwrap())])).ok()
    }

    #[test]
    fn a_key_may_stand_in_quotes() {
        assert_eq!(key("\"8e03978e\"").as_deref(), Some("8e03978e"));
        assert_eq!(key("8e03978e").as_deref(), Some("8e03978e"));
        assert_eq!(key("\"8e03978e"), None);
        assert_eq!(key(""), None);
        assert_eq!(key(&"k".repeat(256)), None);
    }
}
