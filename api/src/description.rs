//! The OpenAPI document and the pages that show it, all served from the binary.

use std::{collections::HashMap, sync::Arc};

use aide::{
    openapi::{OpenApi, SecurityScheme, Tag},
    redoc::Redoc,
    swagger::Swagger,
    transform::TransformOpenApi,
};
use axum::{
    Router,
    body::Bytes,
    extract::Query,
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{error::Problem, state::AppState};

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const PAGE_POLICY: &str = "default-src 'self'; script-src 'unsafe-inline' 'self' blob:; \
     style-src 'unsafe-inline' 'self'; img-src 'self' data:; worker-src blob:; \
     connect-src 'self'; frame-ancestors 'none'";

/// What the document says besides its operations.
pub fn describe_api(api: TransformOpenApi<'_>) -> TransformOpenApi<'_> {
    let bearer = SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: Some("JWT".to_owned()),
        description: Some("The access token that login answers, valid for 60 minutes.".to_owned()),
        extensions: indexmap::IndexMap::default(),
    };
    api.title("Forewarn")
        .version(env!("CARGO_PKG_VERSION"))
        .description(
            "Model a system as a data flow diagram, get threats and countermeasures from library \
             packs, rate risks, prove compliance. Field names are in camel case; requests may use \
             snake case, too. Query parameters are in snake case.",
        )
        .security_scheme("bearer", bearer)
        .default_response::<axum::Json<Problem>>()
}

/// Sorts the groups, so that the document is the same in every run.
pub fn complete(document: &mut OpenApi) {
    let mut names: Vec<String> = document
        .paths
        .iter()
        .flat_map(|paths| paths.paths.values())
        .filter_map(|item| item.as_item())
        .flat_map(|item| item.iter().flat_map(|(_, operation)| operation.tags.clone()))
        .collect();
    names.sort();
    names.dedup();
    document.tags = names.into_iter().map(|name| Tag { name, ..Tag::default() }).collect();
}

/// The document as text, in both notations.
struct Texts {
    json: Bytes,
    yaml: Bytes,
}

/// The document at `/api/schema/`, Swagger UI at `/api/docs/`, `ReDoc` at `/api/redoc/`.
pub fn routes(document: &OpenApi) -> Router<AppState> {
    let json = serde_json::to_vec(document).expect("the document is JSON");
    let yaml = serde_saphyr::to_string(document).expect("the document is YAML");
    let texts = Arc::new(Texts { json: json.into(), yaml: yaml.into() });
    let schema = move |headers: HeaderMap, Query(query): Query<HashMap<String, String>>| {
        let texts = Arc::clone(&texts);
        async move { schema(&texts, &headers, query.get("format").map(String::as_str)) }
    };
    let swagger = swagger_page();
    let redoc = redoc_page();
    Router::new()
        .route("/api/schema/", get(schema))
        .route("/api/docs/", get(|| async { page(swagger) }))
        .route("/api/redoc/", get(|| async { page(redoc) }))
}

fn schema(texts: &Texts, headers: &HeaderMap, format: Option<&str>) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let json = match format {
        Some(format) => format == "json",
        None => accept.is_some_and(|accept| accept.contains("json")),
    };
    let (kind, body) = if json { (JSON, &texts.json) } else { (YAML, &texts.yaml) };
    ([(header::CONTENT_TYPE, kind)], body.clone()).into_response()
}

fn page(html: Bytes) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, Html(html)).into_response()
}

fn swagger_page() -> Bytes {
    // Without this Swagger UI sends the document to an outside validator.
    let page = Swagger::new("/api/schema/?format=json").with_title("Forewarn API").html();
    let quiet =
        page.replace("\"deepLinking\": true,", "\"deepLinking\": true, validatorUrl: null,");
    Bytes::from(quiet)
}

fn redoc_page() -> Bytes {
    let page = Redoc::new("/api/schema/?format=json").with_title("Forewarn API").html();
    // ReDoc's own logo is the only thing that the page would fetch from elsewhere.
    Bytes::from(page.replace("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,"))
}
