//! Tells the audit log by which request something is changed, and has refusals noted.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use domain::audit::Occasion;
use serde_json::Value;

use crate::{limits::origin_of, state::AppState};

/// Longest id of a request that is kept; callers may send their own.
const LONGEST_ID: usize = 100;

/// Ids of operations by method and path of the API document.
#[derive(Clone)]
pub(crate) struct Operations(Arc<HashMap<(String, String), String>>);

impl Operations {
    /// The operations of an API document.
    pub(crate) fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let item = item.as_object().into_iter().flatten();
            item.filter_map(move |(method, operation)| {
                let id = operation["operationId"].as_str()?;
                Some(((method.to_uppercase(), path.clone()), id.to_owned()))
            })
        });
        Self(Arc::new(operations.collect()))
    }

    /// The id of an operation; of a page, which has none, method and path.
    fn id(&self, method: &Method, path: &str) -> String {
        let key = (method.as_str().to_owned(), path.to_owned());
        self.0.get(&key).cloned().unwrap_or_else(|| format!("{method} {path}"))
    }
}

/// Surrounds a request with what the audit log tells about it.
pub(crate) async fn witness(
    State((state, operations)): State<(AppState, Operations)>,
    request: Request,
    next: Next,
) -> Response {
    let occasion = Arc::new(occasion(&request, &operations, &state));
    let response = Arc::clone(&occasion).of_work(next.run(request)).await;
    if response.status() == StatusCode::FORBIDDEN
        && let Err(error) = state.store.audit_log().note_refusal(occasion).await
    {
        tracing::error!(%error, "a refusal was not noted in the audit log");
    }
    response
}

fn occasion(request: &Request, operations: &Operations, state: &AppState) -> Occasion {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let headers = request.headers();
    let request_id = text(headers, &HeaderName::from_static("x-request-id"));
    let mut occasion = Occasion::of(operations.id(request.method(), path));
    occasion.target = target(path, request.uri().path());
    occasion.address = origin_of(headers, request.extensions(), &state.settings);
    occasion.user_agent = text(headers, &header::USER_AGENT);
    occasion.request_id = request_id.filter(|id| id.len() <= LONGEST_ID);
    occasion.trace_id = trace(headers);
    occasion
}

/// What stands in the place of the first `{id}` of a path. Nothing else: other places hold tokens.
fn target(pattern: &str, path: &str) -> Option<String> {
    let mut parts = pattern.split('/').zip(path.split('/'));
    parts.find(|(pattern, _)| *pattern == "{id}").map(|(_, value)| value.to_owned())
}

/// The trace of the request: the own one, or the one that the caller sent.
fn trace(headers: &HeaderMap) -> Option<String> {
    let sent = || text(headers, &HeaderName::from_static("traceparent"));
    let parent = domain::job::current_trace().or_else(sent)?;
    let id = parent.split('-').nth(1)?;
    let sound = id.len() == 32 && id.bytes().all(|letter| letter.is_ascii_hexdigit());
    sound.then(|| id.to_owned())
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_the_id_of_the_path_and_never_a_token() {
        assert_eq!(target("/api/risks/{id}/", "/api/risks/17/").as_deref(), Some("17"));
        assert_eq!(target("/share/{token}", "/share/s3cret"), None);
    }
}
