//! What else can be done with threats.

use aide::{axum::ApiRouter, transform::TransformOperation};
use axum::{Json, extract::State, http::StatusCode};
use domain::{
    Error as DomainError, Result as DomainResult,
    permission::{ReadModels, WriteModels},
    threat::{
        OfComponent, applying,
        kind::{Column, Row, value},
        ordering, status,
    },
};
use entity::{
    Keyed, Ref, Tenanted,
    choice::{CountermeasureStatus, ThreatStatus},
};
use schemars::JsonSchema;
use sea_orm::{ActiveEnum, Iterable};
use serde::Serialize;
use serde_json::Value;

use super::{
    ThreatKind,
    record::{Threats, name_of},
};
use crate::{
    error::Result,
    extract::{Allowed, Key},
    input::{Body, read_keys},
    resource::{Resource, answer, describe, json_body, routes as crud},
    resources::{countermeasure::record as countermeasures, library::countermeasures as library},
    routing::{get_with, post_with},
    state::AppState,
};

/// Which library countermeasure is copied to the threat.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read field by field")]
struct Application {
    /// The library countermeasure.
    countermeasure_library_id: i64,
    /// The status to begin with; the library's if left out. `platform` is for the security team.
    status: Option<CountermeasureStatus>,
}

/// The countermeasure that was made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Applied{T}")]
struct Applied<T> {
    countermeasure: countermeasures::View<T>,
    /// For people.
    message: String,
}

/// The status before and after.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Recalculated {
    threat_id: i64,
    old_status: ThreatStatus,
    new_status: ThreatStatus,
    /// For people.
    message: String,
}

/// Countermeasures that the library links to a threat.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Suggestions {
    threat_id: i64,
    threat_name: Option<String>,
    /// Those that the threat does not have yet.
    suggested: Vec<library::View>,
    /// Those that it has.
    applied: Vec<library::View>,
    suggested_count: usize,
    applied_count: usize,
}

/// The new order.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read field by field")]
struct Order {
    /// All records in their new order.
    ordered_ids: Vec<i64>,
}

/// That the order was changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Reordered {
    /// Always `ok`.
    status: &'static str,
    /// How many records got a position.
    updated: u64,
}

/// Copies a countermeasure of the library to the threat, with its name and compliance mappings. The
/// status of the threat and its risks follow.
async fn apply<K: ThreatKind>(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<K::Threat>,
    body: Body,
) -> Result<(StatusCode, Json<Applied<K::Countered>>)> {
    let transaction = state.store.write(&actor).await?;
    let threat = transaction.scope().get_writable::<K::Threat>(key).await?;
    let library = body.required_reference("countermeasure_library_id")?;
    let status = asked_status(&body)?;
    let (row, library) = applying::apply_to::<K>(&transaction, &threat, library, status).await?;
    let views = countermeasures::views::<K>(&[row], transaction.scope()).await?;
    transaction.commit().await?;
    let countermeasure = views.into_iter().next().ok_or(DomainError::NotFound)?;
    let message = format!("Applied countermeasure '{}' to {}", library.name, K::TARGET);
    Ok((StatusCode::CREATED, Json(Applied { countermeasure, message })))
}

fn asked_status(body: &Body) -> Result<Option<CountermeasureStatus>> {
    let Some(word) = body.text("status")? else { return Ok(None) };
    let found = CountermeasureStatus::iter().find(|status| status.to_value() == word);
    let unknown = || DomainError::invalid("status", format!("\"{word}\" is not a valid choice."));
    Ok(Some(found.ok_or_else(unknown)?))
}

/// Derives the status of the threat from its countermeasures.
async fn recalculate<K: ThreatKind>(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<K::Threat>,
) -> Result<Json<Recalculated>> {
    let transaction = state.store.write(&actor).await?;
    let threat = transaction.scope().get_writable::<K::Threat>(key).await?;
    let id = K::threat_id(&threat);
    status::recalculate::<K>(&transaction, &[id]).await?;
    let after = transaction.scope().get::<K::Threat>(id).await?;
    transaction.commit().await?;
    let status = |row: &Row<K::Threat>| value::<K::Threat, ThreatStatus>(row, K::THREAT.status);
    let new_status = status(&after);
    let message = format!("Status updated to {}", new_status.to_value());
    let old_status = status(&threat);
    Ok(Json(Recalculated { threat_id: id.key(), old_status, new_status, message }))
}

/// Lists what the library knows against the threat. Nothing for a custom threat.
async fn suggested(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(key): Key<<OfComponent as domain::threat::Kind>::Threat>,
) -> Result<Json<Suggestions>> {
    let scope = state.store.read(&actor);
    let threat = scope.get(key).await?;
    let (suggested, applied) = applying::suggestions::<OfComponent>(scope, &threat).await?;
    let (suggested_count, applied_count) = (suggested.len(), applied.len());
    let rows = suggested.into_iter().chain(applied).collect();
    let mut suggested = library::CountermeasureLibrary::items(rows, scope).await?;
    let applied = suggested.split_off(suggested_count);
    let threat_name = name_of::<OfComponent>(&threat, scope).await?;
    let threat_id = threat.id.key();
    Ok(Json(Suggestions {
        threat_id,
        threat_name,
        suggested,
        applied,
        suggested_count,
        applied_count,
    }))
}

async fn reorder_threats<K: ThreatKind>(
    state: State<AppState>,
    actor: Allowed<WriteModels>,
    body: Body,
) -> Result<Json<Reordered>> {
    reorder::<K::Threat>(state, actor, body, K::THREAT.display_order).await
}

/// Gives records the order of a list of ids.
pub(crate) async fn reorder<E: Tenanted + Keyed>(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    body: Body,
    position: Column<E>,
) -> Result<Json<Reordered>> {
    let order = order::<E>(&body)?;
    let transaction = state.store.write(&actor).await?;
    let updated = ordering::reorder::<E>(&transaction, &order, position).await?;
    transaction.commit().await?;
    Ok(Json(Reordered { status: "ok", updated }))
}

fn order<E>(body: &Body) -> DomainResult<Vec<Ref<E>>> {
    let list = body.get("ordered_ids").filter(|value| is_filled_list(value));
    let list = list.ok_or_else(|| DomainError::unfit("ordered_ids list is required"))?;
    let keys =
        read_keys(list).map_err(|_| DomainError::unfit("Some IDs not found or not accessible"))?;
    Ok(keys.into_iter().map(Ref::new).collect())
}

fn is_filled_list(value: &Value) -> bool {
    value.as_array().is_some_and(|list| !list.is_empty())
}

/// Documents a change of order.
pub(crate) fn describe_order<'t>(
    operation: TransformOperation<'t>,
    name: &str,
    tag: &str,
) -> TransformOperation<'t> {
    let operation = describe(operation, &format!("reorder{name}s"), tag)
        .summary("Change the order")
        .description("Every record gets its position in the list, starting at 0.");
    json_body::<Order>(operation)
}

/// The routes of one kind of threats.
pub(super) fn routes<K: ThreatKind>() -> ApiRouter<AppState> {
    let names = K::THREATS;
    let path = names.path;
    crud::<Threats<K>>()
        .api_route(
            &format!("{path}reorder/"),
            post_with(reorder_threats::<K>, |operation| {
                describe_order(operation, names.name, names.tag)
            }),
        )
        .api_route(
            &format!("{path}{{id}}/apply_countermeasure/"),
            post_with(apply::<K>, |operation| {
                let id = format!("applyCountermeasureTo{}", names.name);
                let operation = describe(operation, &id, names.tag)
                    .summary("Apply a countermeasure of the library");
                let operation = json_body::<Application>(operation);
                answer::<Applied<K::Countered>>(operation, 201, "Applied.")
            }),
        )
        .api_route(
            &format!("{path}{{id}}/recalculate_status/"),
            post_with(recalculate::<K>, |operation| {
                let id = format!("recalculate{}", names.name);
                describe(operation, &id, names.tag).summary("Recalculate the status")
            }),
        )
}

/// The route that only threats to components have.
pub(super) fn suggestions() -> ApiRouter<AppState> {
    let names = OfComponent::THREATS;
    ApiRouter::new().api_route(
        &format!("{}{{id}}/suggested_countermeasures/", names.path),
        get_with(suggested, |operation| {
            describe(operation, "suggestCountermeasures", names.tag)
                .summary("Suggest countermeasures")
        }),
    )
}
