//! Connecting threat models with systems, other models, packs and frameworks.

use aide::axum::{ApiRouter, routing::ApiMethodRouter};
use axum::{Json, extract::State};
use domain::{
    Transaction,
    model::relations::{self, Dependency},
    permission::WriteModels,
    threat::generation,
};
use entity::{choice::RelationType, threat_model};
use schemars::JsonSchema;
use sea_orm::{ActiveEnum, Iterable};
use serde::Serialize;

use crate::{
    error::Result,
    extract::{Allowed, Key},
    input::Body,
    resource::{describe, json_body},
    routing::post_with,
    state::AppState,
};

const TAG: &str = "Threat models";

/// That something was done.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LinkStatus")]
struct Status {
    status: &'static str,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body in the API document")]
struct SystemLink {
    system_id: i64,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body in the API document")]
struct ModelReference {
    target_model_id: i64,
    /// How the model refers to the other. New references are `related_to` without it; all are
    /// removed without it.
    relation_type: Option<RelationType>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body in the API document")]
struct PackLink {
    pack_id: i64,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body in the API document")]
struct FrameworkLink {
    framework_id: i64,
}

/// A model that the caller may change, within the changes.
async fn writable(
    Key(key): Key<threat_model::Entity>,
    transaction: &Transaction<'_>,
) -> Result<threat_model::Model> {
    Ok(transaction.scope().get_writable(key).await?)
}

async fn done(transaction: Transaction<'_>, status: &'static str) -> Result<Json<Status>> {
    transaction.commit().await?;
    Ok(Json(Status { status }))
}

type ModelKey = Key<threat_model::Entity>;

async fn add_system(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: ModelKey,
    body: Body,
) -> Result<Json<Status>> {
    let transaction = state.store.write(&actor).await?;
    let model = writable(key, &transaction).await?;
    relations::add_system(&model, body.required_reference("system_id")?, &transaction).await?;
    done(transaction, "system added").await
}

async fn remove_system(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: ModelKey,
    body: Body,
) -> Result<Json<Status>> {
    let transaction = state.store.write(&actor).await?;
    let model = writable(key, &transaction).await?;
    relations::remove_system(&model, body.required_reference("system_id")?, &transaction).await?;
    done(transaction, "system removed").await
}

async fn add_reference(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: ModelKey,
    body: Body,
) -> Result<Json<Status>> {
    let transaction = state.store.write(&actor).await?;
    let model = writable(key, &transaction).await?;
    let target = body.required_reference("target_model_id")?;
    let relation = relation_type(&body)?.unwrap_or_default();
    relations::add_reference(&model, target, relation, &transaction).await?;
    done(transaction, "reference added").await
}

async fn remove_reference(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: ModelKey,
    body: Body,
) -> Result<Json<Status>> {
    let transaction = state.store.write(&actor).await?;
    let model = writable(key, &transaction).await?;
    let target = body.required_reference("target_model_id")?;
    relations::remove_reference(&model, target, relation_type(&body)?, &transaction).await?;
    done(transaction, "reference removed").await
}

fn relation_type(body: &Body) -> Result<Option<RelationType>> {
    let Some(word) = body.text("relation_type")? else { return Ok(None) };
    let found = RelationType::iter().find(|relation| relation.to_value() == word);
    let message = || format!("\"{word}\" is not a valid choice.");
    match found {
        Some(relation) => Ok(Some(relation)),
        None => Err(domain::Error::invalid("relation_type", message()).into()),
    }
}

async fn add_framework(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: ModelKey,
    body: Body,
) -> Result<Json<Status>> {
    let transaction = state.store.write(&actor).await?;
    let model = writable(key, &transaction).await?;
    let framework = body.required_reference("framework_id")?;
    relations::add_framework(&model, framework, &transaction).await?;
    done(transaction, "framework added").await
}

async fn remove_framework(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: ModelKey,
    body: Body,
) -> Result<Json<Status>> {
    let transaction = state.store.write(&actor).await?;
    let model = writable(key, &transaction).await?;
    let framework = body.required_reference("framework_id")?;
    relations::remove_framework(&model, framework, &transaction).await?;
    done(transaction, "framework removed").await
}

/// What followed from connecting a pack.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PackAdded {
    status: &'static str,
    /// How many components of the model stem from the pack.
    components_matched: usize,
    /// How many threats were generated for them.
    threats_created: usize,
}

async fn add_pack(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: ModelKey,
    body: Body,
) -> Result<Json<PackAdded>> {
    let transaction = state.store.write(&actor).await?;
    let model = writable(key, &transaction).await?;
    let pack = body.required_reference("pack_id")?;
    let components = relations::add_pack(&model, pack, &transaction).await?;
    let generated = generation::generate_for_components(&transaction, &components).await?;
    transaction.commit().await?;
    Ok(Json(PackAdded {
        status: "pack added",
        components_matched: components.len(),
        threats_created: generated.created,
    }))
}

/// What is to be considered now.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PackRemoved {
    status: &'static str,
    dependency_warnings: Vec<DependencyWarning>,
}

/// A connected pack that the disconnected one needed, or that needs it.
#[derive(Serialize, JsonSchema)]
struct DependencyWarning {
    pack: String,
    message: String,
}

impl From<Dependency> for DependencyWarning {
    fn from(dependency: Dependency) -> Self {
        match dependency {
            Dependency::Needed(pack) => {
                let message =
                    format!("{pack} was needed by the disconnected pack and stays connected.");
                Self { pack, message }
            }
            Dependency::Needing(pack) => {
                let message = format!("{pack} needs the disconnected pack.");
                Self { pack, message }
            }
        }
    }
}

async fn remove_pack(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: ModelKey,
    body: Body,
) -> Result<Json<PackRemoved>> {
    let transaction = state.store.write(&actor).await?;
    let model = writable(key, &transaction).await?;
    let pack = body.required_reference("pack_id")?;
    let dependencies = relations::remove_pack(&model, pack, &transaction).await?;
    transaction.commit().await?;
    let dependency_warnings = dependencies.into_iter().map(DependencyWarning::from).collect();
    Ok(Json(PackRemoved { status: "pack removed", dependency_warnings }))
}

/// The routes that connect threat models.
pub fn routes() -> ApiRouter<AppState> {
    let path = |action: &str| format!("/api/threat-models/{{id}}/{action}/");
    ApiRouter::new()
        .api_route(&path("add_system"), add_system_route())
        .api_route(&path("remove_system"), remove_system_route())
        .api_route(&path("add_referenced_model"), add_reference_route())
        .api_route(&path("remove_referenced_model"), remove_reference_route())
        .api_route(&path("add_framework"), add_framework_route())
        .api_route(&path("remove_framework"), remove_framework_route())
        .api_route(&path("add_pack"), add_pack_route())
        .api_route(&path("remove_pack"), remove_pack_route())
}

type Route = ApiMethodRouter<AppState>;

fn add_system_route() -> Route {
    post_with(add_system, |operation| {
        let operation = describe(operation, "addSystem", TAG).summary("Link a system");
        json_body::<SystemLink>(operation)
    })
}

fn remove_system_route() -> Route {
    post_with(remove_system, |operation| {
        let operation = describe(operation, "removeSystem", TAG).summary("Unlink a system");
        json_body::<SystemLink>(operation)
    })
}

fn add_reference_route() -> Route {
    post_with(add_reference, |operation| {
        let operation =
            describe(operation, "addReferencedModel", TAG).summary("Refer to another model");
        json_body::<ModelReference>(operation)
    })
}

fn remove_reference_route() -> Route {
    post_with(remove_reference, |operation| {
        let operation = describe(operation, "removeReferencedModel", TAG)
            .summary("No longer refer to another model");
        json_body::<ModelReference>(operation)
    })
}

fn add_framework_route() -> Route {
    post_with(add_framework, |operation| {
        let operation = describe(operation, "addFramework", TAG)
            .summary("Hold the model against a framework")
            .description("The report names the framework.");
        json_body::<FrameworkLink>(operation)
    })
}

fn remove_framework_route() -> Route {
    post_with(remove_framework, |operation| {
        let operation = describe(operation, "removeFramework", TAG)
            .summary("No longer hold the model against a framework");
        json_body::<FrameworkLink>(operation)
    })
}

fn add_pack_route() -> Route {
    post_with(add_pack, |operation| {
        let operation = describe(operation, "addPack", TAG).summary("Connect a pack").description(
            "Generates threats for the components that stem from the pack, unless it was \
                 connected before.",
        );
        json_body::<PackLink>(operation)
    })
}

fn remove_pack_route() -> Route {
    post_with(remove_pack, |operation| {
        let operation = describe(operation, "removePack", TAG)
            .summary("Disconnect a pack")
            .description("Threats that were generated from it stay.");
        json_body::<PackLink>(operation)
    })
}
