use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    Error,
    countermeasure::zone_protection::{self as rules, Protection, Suggestion},
    permission::{ReadModels, WriteModels},
};
use entity::{Id, Ref, component_countermeasure, threat_model};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    error::Result,
    extract::{Allowed, Key},
    input::{Body, read_key, read_text},
    resource::{describe, json_body},
    routing::{get_with, post_with},
    state::AppState,
};

/// Gaps that platform countermeasures of outer zones close.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ZoneProtections {
    suggestions: Vec<ZoneProtection>,
    total_count: usize,
}

/// A gap that a platform countermeasure of an outer zone closes.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ZoneProtection {
    /// The countermeasure with the gap.
    target_countermeasure_id: Id<component_countermeasure::Entity>,
    target_component_name: String,
    target_zone_name: String,
    source_component_name: String,
    source_zone_name: String,
    countermeasure_name: String,
    control_type: String,
}

impl From<Suggestion> for ZoneProtection {
    fn from(suggestion: Suggestion) -> Self {
        Self {
            target_countermeasure_id: suggestion.target,
            target_component_name: suggestion.target_component,
            target_zone_name: suggestion.target_zone,
            source_component_name: suggestion.source_component,
            source_zone_name: suggestion.source_zone,
            countermeasure_name: suggestion.countermeasure,
            control_type: suggestion.control_type,
        }
    }
}

/// Suggests platform countermeasures of outer trust zones for gaps in inner ones.
async fn suggest(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(key): Key<threat_model::Entity>,
) -> Result<Json<ZoneProtections>> {
    let scope = state.store.read(&actor);
    let model = scope.known(key).await?;
    let suggestions: Vec<ZoneProtection> =
        rules::suggestions(scope, model).await?.into_iter().map(ZoneProtection::from).collect();
    Ok(Json(ZoneProtections { total_count: suggestions.len(), suggestions }))
}

/// Suggestions to be applied.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Applying {
    items: Option<Vec<AppliedProtection>>,
}

/// One suggestion to be applied.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct AppliedProtection {
    countermeasure_id: Ref<component_countermeasure::Entity>,
    /// Kept with the countermeasure.
    source_component_name: Option<String>,
    /// Kept with the countermeasure.
    source_zone_name: Option<String>,
}

/// How many countermeasures were changed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Applied {
    updated_count: usize,
}

/// Closes gaps with platform countermeasures of outer trust zones.
async fn apply(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<threat_model::Entity>,
    body: Body,
) -> Result<Json<Applied>> {
    let protections = protections(&body)?;
    let transaction = state.store.write(&actor).await?;
    let updated_count = rules::apply(&transaction, key, &protections).await?;
    transaction.commit().await?;
    Ok(Json(Applied { updated_count }))
}

fn protections(body: &Body) -> domain::Result<Vec<Protection>> {
    let items = match body.get("items") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Error::invalid("items", "Expected a list of items.")),
    };
    items.iter().map(protection).collect()
}

fn protection(item: &Value) -> domain::Result<Protection> {
    let wrong = |message: String| Error::invalid("items", message);
    let get = |camel: &str, snake: &str| item.get(camel).or_else(|| item.get(snake));
    let name = |camel: &str, snake: &str| match get(camel, snake) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(value) => match read_text(value) {
            Ok(text) if text.chars().count() > 255 => {
                Err(wrong(format!("{camel}: Ensure this field has no more than 255 characters.")))
            }
            Ok(text) => Ok(text),
            Err(message) => Err(wrong(format!("{camel}: {message}"))),
        },
    };
    let target = get("countermeasureId", "countermeasure_id")
        .ok_or_else(|| wrong("countermeasureId: This field is required.".to_owned()))?;
    Ok(Protection {
        target: Ref::new(read_key(target).map_err(wrong)?),
        source_component: name("sourceComponentName", "source_component_name")?,
        source_zone: name("sourceZoneName", "source_zone_name")?,
    })
}

const TAG: &str = "Zone protections";

/// The routes of zone protections.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/threat-models/{id}/zone_protections/",
            get_with(suggest, |operation| {
                describe(operation, "listZoneProtections", TAG)
                    .summary("Suggest protections from outer zones")
            }),
        )
        .api_route(
            "/api/threat-models/{id}/apply_zone_protections/",
            post_with(apply, |operation| {
                let operation = describe(operation, "applyZoneProtections", TAG)
                    .summary("Apply protections from outer zones");
                json_body::<Applying>(operation)
            }),
        )
}
