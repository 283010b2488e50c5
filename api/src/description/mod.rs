//! The OpenAPI document and the pages that show it, all served from the binary.

mod examples;
mod older;
mod scopes;
mod statuses;
mod values;

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use aide::{
    openapi::{OpenApi, SecurityScheme},
    redoc::Redoc,
    swagger::Swagger,
    transform::TransformOpenApi,
};
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use serde_json::{Value, json};

use crate::{error::Error, input::Params, state::AppState};

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const PAGE_POLICY: &str = "default-src 'self'; script-src 'unsafe-inline' 'self' blob:; \
     style-src 'unsafe-inline' 'self'; img-src 'self' data:; worker-src blob:; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

/// What the document says besides its operations.
pub fn describe_api(api: TransformOpenApi<'_>) -> TransformOpenApi<'_> {
    let bearer = SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: None,
        description: Some(
            "The access token that login answers, valid for 60 minutes, or a personal token. \
             `x-token-scope` says what scope a personal token needs for an operation: `read`, \
             `write`, or `none` where no personal token suffices."
                .to_owned(),
        ),
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
}

/// The document with what follows from its operations: their groups, the errors that they can
/// answer, and examples. It is the same in every run.
pub fn complete(document: &OpenApi) -> Value {
    let mut document = serde_json::to_value(document).expect("the document is JSON");
    document["tags"] = groups(&document).into_iter().map(|name| json!({"name": name})).collect();
    let schemas = document["components"]["schemas"].clone();
    scopes::complete(&mut document);
    for (path, operation) in operations(&mut document) {
        statuses::complete(path, operation);
        statuses::relax_body(operation, &schemas);
    }
    document["components"]["responses"] = statuses::components();
    for (name, schema) in statuses::schemas() {
        document["components"]["schemas"][name] = schema;
    }
    drop_unused_schemas(&mut document);
    examples::complete(&mut document);
    document
}

fn groups(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.filter_map(|(_, item)| item.as_object()).flatten();
    let mut names: Vec<String> = operations
        .filter_map(|(_, operation)| operation["tags"].as_array())
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// All operations with their paths.
fn operations(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object_mut().into_iter().flatten().map(|(_, operation)| operation);
        operations.filter(|operation| operation.is_object()).map(move |operation| (path, operation))
    })
}

/// Removes schemas to which nothing refers, such as those of parameters, which are written out.
fn drop_unused_schemas(document: &mut Value) {
    let schemas = document["components"]["schemas"].take();
    let Value::Object(mut schemas) = schemas else { return };
    let mut open = Vec::new();
    collect_references(document, &mut open);
    let mut used = HashSet::new();
    while let Some(name) = open.pop() {
        if let Some(schema) = schemas.get(&name)
            && used.insert(name)
        {
            collect_references(schema, &mut open);
        }
    }
    schemas.retain(|name, _| used.contains(name));
    document["components"]["schemas"] = schemas.into();
}

/// The names of all schemas to which a part of the document refers.
fn collect_references(part: &Value, names: &mut Vec<String>) {
    match part {
        Value::String(text) => {
            names.extend(text.strip_prefix("#/components/schemas/").map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, names)),
        Value::Object(members) => {
            members.values().for_each(|member| collect_references(member, names));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The document as text, in both notations.
struct Texts {
    json: Bytes,
    yaml: Bytes,
}

impl Texts {
    fn of(document: &Value) -> Self {
        let yaml = serde_saphyr::to_string(document).expect("the document is YAML");
        Self { json: document.to_string().into(), yaml: yaml.into() }
    }
}

/// The document in all versions of OpenAPI that are offered, written when somebody asks first.
struct Versions {
    document: Arc<Value>,
    present: OnceLock<Texts>,
    older: OnceLock<Texts>,
}

impl Versions {
    fn named(&self, version: &str) -> Option<&Texts> {
        match version {
            "3.1" | "3.1.0" => Some(self.present.get_or_init(|| Texts::of(&self.document))),
            "3.0" | "3.0.3" => {
                Some(self.older.get_or_init(|| Texts::of(&older::older(&self.document))))
            }
            _ => None,
        }
    }
}

/// The document at `/api/schema/`, Swagger UI at `/api/docs/`, `ReDoc` at `/api/redoc/`.
pub fn routes(document: Arc<Value>) -> Router<AppState> {
    let versions =
        Arc::new(Versions { document, present: OnceLock::new(), older: OnceLock::new() });
    let schema = move |headers: HeaderMap, params: Params| {
        let versions = Arc::clone(&versions);
        async move { schema(&versions, &headers, &params) }
    };
    let swagger = swagger_page();
    let redoc = redoc_page();
    Router::new()
        .route("/api/schema/", get(schema))
        .route("/api/docs/", get(|| async { page(swagger) }))
        .route("/api/redoc/", get(|| async { page(redoc) }))
}

fn schema(versions: &Versions, headers: &HeaderMap, params: &Params) -> Response {
    let version = params.get("version").unwrap_or("3.1");
    let Some(texts) = versions.named(version) else { return unknown_version() };
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let json = match params.get("format") {
        Some(format) => format == "json",
        None => accept.is_some_and(|accept| accept.contains("json")),
    };
    let (kind, body) = if json { (JSON, &texts.json) } else { (YAML, &texts.yaml) };
    ([(header::CONTENT_TYPE, kind)], body.clone()).into_response()
}

fn unknown_version() -> Response {
    let text = "There is no such version. Choose 3.1 or 3.0.";
    Error::Request(StatusCode::BAD_REQUEST, "unknown_version", text.into()).into_response()
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
