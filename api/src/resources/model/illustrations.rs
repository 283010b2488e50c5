//! Diagrams as pictures.

use std::hash::{DefaultHasher, Hash, Hasher};

use aide::axum::ApiRouter;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Violations,
    model::illustration::{
        self, Facts, LARGEST_WIDTH, LEAST_WIDTH, Legend, Options, Theme, Unpaintable,
    },
    permission::ReadModels,
};
use entity::{Ref, diagram, threat_model};
use serde_json::json;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    error::Result,
    extract::{Allowed, Key},
    input::Params,
    resource::{Doc, answer_file, describe, query_parameter},
    routing::get_with,
    state::AppState,
};

const TAG: &str = "Diagrams";
/// Pictures drawn or painted at a time; each may take 100 MB.
static DRAWING: Semaphore = Semaphore::const_new(2);
/// Width of a PNG of which no width is asked, in pixels.
const USUAL_WIDTH: u32 = 1_600;
/// Lets a picture style itself, and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// A drawing on its way to a picture.
struct Draft {
    row: diagram::Model,
    facts: Facts,
    options: Options,
}

impl Draft {
    async fn read(
        state: &AppState,
        actor: &Allowed<ReadModels>,
        key: Ref<diagram::Entity>,
        options: Options,
    ) -> Result<Self> {
        let scope = state.store.read(actor);
        let row = scope.get(key).await?;
        let names = scope
            .lookup::<threat_model::Entity, String>(
                [row.threat_model_id],
                threat_model::Column::Name,
            )
            .await?;
        let context = names.get(&row.threat_model_id).cloned().unwrap_or_default();
        let facts = Facts { title: row.name.clone(), context };
        Ok(Self { row, facts, options })
    }

    fn svg(&self) -> String {
        illustration::svg(&self.row.canvas_data, &self.facts, &self.options)
    }
}

/// Does long work on a thread of its own, and not too much at a time. The permit stays with the
/// work, also when nobody waits for it any more.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let failed = |text: String| domain::Error::Internal(text);
    let permit: SemaphorePermit<'static> =
        DRAWING.acquire().await.map_err(|error| failed(error.to_string()))?;
    let working = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    });
    Ok(working.await.map_err(|error| failed(format!("drawing a diagram: {error}")))?)
}

/// Reads `theme` and `legend`.
fn options(params: &Params, violations: &mut Violations) -> Options {
    let theme = match params.get("theme") {
        None | Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        Some("auto") => Theme::Auto,
        Some(_) => {
            violations.add("theme", "Choose light, dark or auto.");
            Theme::Light
        }
    };
    let legend = match params.get("legend") {
        None | Some("true" | "1") => Legend::Shown,
        Some("false" | "0") => Legend::Hidden,
        Some(_) => {
            violations.add("legend", "Must be true or false.");
            Legend::Shown
        }
    };
    Options { theme, legend }
}

/// Reads `width`.
fn width(params: &Params, violations: &mut Violations) -> u32 {
    let Some(text) = params.get("width") else { return USUAL_WIDTH };
    match text.parse() {
        Ok(width) if (LEAST_WIDTH..=LARGEST_WIDTH).contains(&width) => width,
        _ => {
            let text = format!("Expected a number from {LEAST_WIDTH} to {LARGEST_WIDTH}.");
            violations.add("width", text);
            USUAL_WIDTH
        }
    }
}

/// The name of one state of a picture.
fn tag(picture: &str, width: Option<u32>) -> String {
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), picture, width).hash(&mut hasher);
    // Weak, since answers may be compressed on the way.
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Whether the client has this state already (RFC 9110, 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let sent = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut sent = sent.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
    sent.any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

fn kept(tag: &str) -> [(HeaderName, String); 2] {
    [(header::ETAG, tag.to_owned()), (header::CACHE_CONTROL, "private, no-cache".to_owned())]
}

fn unchanged(tag: &str) -> Response {
    (StatusCode::NOT_MODIFIED, kept(tag)).into_response()
}

fn file(tag: &str, kind: &'static str, content: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (kept(tag), headers, content).into_response()
}

/// Draws a diagram as SVG: its nodes, trust zones, boundaries and flows as a data flow diagram,
/// with a legend of what occurs. The picture refers to nothing outside and runs nothing. It is
/// made of the stored drawing, whatever its form. Send the `ETag` back as `If-None-Match` to hear
/// with 304 that nothing has changed.
async fn svg(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(key): Key<diagram::Entity>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response> {
    let mut violations = Violations::default();
    let options = options(&params, &mut violations);
    violations.check()?;
    let draft = Draft::read(&state, &actor, key, options).await?;
    let picture = apart(move || draft.svg()).await?;
    let tag = tag(&picture, None);
    if is_known(&headers, &tag) {
        return Ok(unchanged(&tag));
    }
    Ok(file(&tag, "image/svg+xml; charset=utf-8", picture.into_bytes()))
}

/// Paints the SVG of a diagram as PNG. A picture that would get higher than 8000 pixels or larger
/// than 16 million pixels is painted smaller, and one of thousands of nodes and edges is refused
/// with 400. Letters other than Latin, Greek and Cyrillic ones are
/// missing; the SVG has them.
async fn png(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(key): Key<diagram::Entity>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response> {
    let mut violations = Violations::default();
    let options = options(&params, &mut violations);
    let width = width(&params, &mut violations);
    violations.check()?;
    let draft = Draft::read(&state, &actor, key, options).await?;
    let (tag, painted) = apart(move || {
        let picture = draft.svg();
        let tag = tag(&picture, Some(width));
        let painted = (!is_known(&headers, &tag)).then(|| illustration::png(&picture, width));
        (tag, painted)
    })
    .await?;
    let Some(painted) = painted else { return Ok(unchanged(&tag)) };
    let content = painted.map_err(|error| match error {
        Unpaintable::TooLarge => domain::Error::unfit(error.to_string()),
        other => domain::Error::Internal(other.to_string()),
    })?;
    Ok(file(&tag, "image/png", content))
}

fn document<'t>(operation: Doc<'t>, id: &str, kind: &str, themes: &[&str]) -> Doc<'t> {
    let operation = describe(operation, id, TAG);
    let text = "Colours of the picture. `light` if it is not said.";
    let schema = json!({"type": "string", "enum": themes});
    let operation = query_parameter(operation, "theme", text, schema);
    let text =
        "Whether forms and colours are explained below the picture. They are unless `false`.";
    let operation = query_parameter(operation, "legend", text, json!({"type": "boolean"}));
    let operation = answer_file(operation, &[kind], "The picture.");
    operation.response_with::<304, (), _>(|response| {
        response.description("The picture is the one that `If-None-Match` names.")
    })
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/diagrams/{id}/svg/",
            get_with(svg, |operation| {
                document(operation, "drawDiagram", "image/svg+xml", &["light", "dark", "auto"])
                    .summary("Draw a diagram as SVG")
            }),
        )
        .api_route(
            "/api/diagrams/{id}/png/",
            get_with(png, |operation| {
                let operation =
                    document(operation, "paintDiagram", "image/png", &["light", "dark", "auto"])
                        .summary("Paint a diagram as PNG");
                let text = "Width in pixels, 1600 if it is not said.";
                let schema =
                    json!({"type": "integer", "minimum": LEAST_WIDTH, "maximum": LARGEST_WIDTH});
                query_parameter(operation, "width", text, schema)
            }),
        )
}
