//! All routes, their description, and what surrounds every request.

use std::{
    any::Any,
    sync::{Arc, LazyLock},
    time::Duration,
};

use aide::{axum::ApiRouter, openapi::OpenApi};
use axum::{
    Router,
    body::Body as HttpBody,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use platform::Settings;
use serde_json::Value;
use tower::{ServiceBuilder, util::option_layer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};

use crate::{
    audit::{self, Operations},
    description,
    error::Error,
    idempotency, limits, pages, resources,
    state::AppState,
    tracing::trace_requests,
};

/// Largest body, in bytes, where an endpoint says nothing else.
pub const BODY_LIMIT: usize = 1_000_000;
/// Largest body of a diagram save, in bytes.
pub const CANVAS_LIMIT: usize = 5_000_000;
/// Largest body with an image, in bytes.
pub const IMAGE_LIMIT: usize = 10_500_000;
/// Largest imported document, in bytes.
pub const DOCUMENT_LIMIT: usize = 25_000_000;

/// Answers of the API are data: browsers load nothing for them and show them in no frame.
const POLICY: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Longest time for an answer. Endpoints that wait for jobs give up earlier.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// The service of the whole API.
pub fn router(state: AppState) -> Router {
    let settings = Arc::clone(&state.settings);
    let guard = axum::middleware::from_fn_with_state(state.clone(), limits::guard);
    let witness = || {
        let known = (state.clone(), DESCRIBED.operations.clone());
        axum::middleware::from_fn_with_state(known, audit::witness)
    };
    let app = DESCRIBED
        .routes
        .clone()
        .layer(witness())
        .layer(axum::middleware::from_fn_with_state(state.clone(), idempotency::answer_once))
        .merge(pages::routes().layer(witness()))
        .fallback(pages::missing)
        .method_not_allowed_fallback(pages::wrong_method)
        .layer(guard)
        .with_state(state);
    surround(app, &settings)
}

/// The description of the API.
pub fn document() -> &'static Value {
    &DESCRIBED.document
}

/// The routes with their description, made once in a process: that takes longer than the rest of a
/// start.
static DESCRIBED: LazyLock<Described> = LazyLock::new(Described::new);

struct Described {
    routes: Router<AppState>,
    document: Arc<Value>,
    operations: Operations,
}

impl Described {
    fn new() -> Self {
        aide::generate::extract_schemas(true);
        aide::generate::infer_responses(true);
        let mut document = OpenApi::default();
        let routes = ApiRouter::new()
            .merge(resources::routes())
            .finish_api_with(&mut document, description::describe_api);
        idempotency::describe(&mut document);
        let document = Arc::new(description::complete(&document));
        let routes = routes.merge(description::routes(Arc::clone(&document)));
        Self { routes, operations: Operations::of(&document), document }
    }
}

fn surround(app: Router, settings: &Settings) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    let app = app.layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
            .layer(axum::middleware::from_fn(trace_requests))
            .layer(PropagateRequestIdLayer::new(request_id))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(fixed("x-content-type-options", "nosniff"))
            .layer(fixed("x-frame-options", "DENY"))
            .layer(fixed("referrer-policy", "same-origin"))
            .layer(fixed("permissions-policy", "camera=(), geolocation=(), microphone=()"))
            .layer(fixed("cache-control", "no-store"))
            .layer(fixed("content-security-policy", POLICY))
            .layer(option_layer(keep_to_tls(settings)))
            .layer(cors(settings))
            .layer(CompressionLayer::new())
            .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIME_LIMIT))
            .layer(DefaultBodyLimit::max(BODY_LIMIT)),
    );
    // The rewriting must happen before routing, so it goes around the router as a service.
    let rewritten = ServiceBuilder::new().map_request(with_slash).service(app);
    Router::new().fallback_service(rewritten)
}

/// Tells browsers to use TLS only, if clients do. Without TLS at the proxy it would lock them out.
fn keep_to_tls(settings: &Settings) -> Option<SetResponseHeaderLayer<HeaderValue>> {
    let secure = settings.public_url.starts_with("https://");
    secure.then(|| fixed("strict-transport-security", "max-age=31536000; includeSubDomains"))
}

/// Sets a header that the answer does not have yet.
fn fixed(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}

fn cors(settings: &Settings) -> CorsLayer {
    let origins = &settings.cors_allowed_origins;
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("prefer"),
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([
            header::CONTENT_DISPOSITION,
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("idempotency-replayed"),
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
        ])
        .max_age(Duration::from_hours(1))
}

/// The slash at the end of an address makes no difference: addresses of the API are routed with it,
/// those of pages without.
fn with_slash(mut request: Request<HttpBody>) -> Request<HttpBody> {
    let uri = request.uri();
    let path = uri.path();
    let routed = match (path.starts_with("/api/"), path.strip_suffix('/')) {
        (true, None) => format!("{path}/"),
        (false, Some(page)) if !page.is_empty() => page.to_owned(),
        _ => return request,
    };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("{routed}{query}")).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    domain_failure(text).into_response()
}

fn domain_failure(text: &str) -> Error {
    Error::Domain(domain::Error::Internal(format!("a handler panicked: {text}")))
}
