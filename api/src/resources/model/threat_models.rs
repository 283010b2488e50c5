use aide::axum::{ApiRouter, routing::ApiMethodRouter};
use axum::{Json, extract::State, http::StatusCode};
use domain::{
    Find, Result, Scope, Transaction, Violations,
    model::{creation, creation::Links, deletion, detail::Detail, frameworks, listing, revision},
    permission::{ReadModels, WriteModels},
};
use entity::{
    Ref,
    choice::{Criticality, ScoringMethod},
    organization, team,
    threat_model::{ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, Order};
use serde_json::{Value, json};

use super::{
    media::{Addresses, discard},
    threat_model_view::{CreatedThreatModel, ThreatModel, ThreatModelDeletion, ThreatModelItem},
};
use crate::{
    error::Result as Answer,
    extract::{Allowed, Key},
    input::{
        Absent, Body, Field, Filter, Mode, Params, Sort, When, read_fields, read_integer, vouch,
    },
    resource::{
        Resource, Sorting, answer, describe, described_change, described_delete, described_replace,
        described_retrieve, handlers::change_row, json_body, listing as listed,
    },
    routing::{delete_with, get_with, patch_with, post_with, put_with},
    state::AppState,
};

const TAG: &str = "Threat models";

/// Threat models. Lists are generic; single models are answered with addresses of their images,
/// so their handlers are here.
pub struct ThreatModels;

const NAME: Field<Column> = Field::text("name", Column::Name, 255).required();
const DESCRIPTION: Field<Column> = Field::long_text("description", Column::Description);
const CRITICALITY: Field<Column> =
    Field::choice::<Criticality>("criticality", Column::Criticality, "medium");
const ORGANIZATION: Field<Column> =
    Field::reference("organization", Column::OrganizationId, vouch::<organization::Entity>)
        .required();
const OWNING_TEAM: Field<Column> =
    Field::reference("owning_team", Column::OwningTeamId, vouch::<team::Entity>);

/// What a new model may be given.
const NEW_FIELDS: &[Field<Column>] =
    &[NAME, DESCRIPTION, CRITICALITY, ORGANIZATION.or(Absent::Null), OWNING_TEAM];

impl Resource for ThreatModels {
    const NAME: &'static str = "ThreatModel";
    const PATH: &'static str = "/api/threat-models/";
    const TAG: &'static str = TAG;
    const FIELDS: &'static [Field<Column>] = &[
        NAME,
        DESCRIPTION,
        CRITICALITY,
        ORGANIZATION.note("Cannot be changed."),
        OWNING_TEAM,
        Field::object("workspace_data", Column::WorkspaceData).only(When::Change),
        Field::json("assumptions", Column::Assumptions)
            .or(Absent::EmptyList)
            .only(When::Change)
            .note("A list of objects with `description`, `validity` and `topics`."),
        Field::json("format_metadata", Column::FormatMetadata).only(When::Change),
        Field::flag("scope_locked", Column::ScopeLocked).only(When::Change),
        Field::date_time("scope_locked_at", Column::ScopeLockedAt).only(When::Change),
        Field::choice::<ScoringMethod>(
            "risk_scoring_method",
            Column::RiskScoringMethod,
            "tm_library",
        )
        .only(When::Change),
    ];
    const FILTERS: &'static [Filter<Column>] =
        &[Filter::reference("organization", Column::OrganizationId, vouch::<organization::Entity>)];
    const NARROWING: &'static [(&'static str, &'static str)] =
        &[("owning_team", "Id of a team: only its models and those without a team.")];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Description];
    const ORDERING: &'static [Sort<Column>] = &[
        Sort::by("name", Column::Name),
        Sort::by("created_at", Column::CreatedAt),
        Sort::by("updated_at", Column::UpdatedAt),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] =
        &[(Sort::by("updated_at", Column::UpdatedAt), Order::Desc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = ThreatModelItem;
    type Item = ThreatModelItem;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        _: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        let Some(team) = params.reference::<team::Entity>("owning_team") else { return Ok(find) };
        let of_team = Condition::any()
            .add(Column::OwningTeamId.eq(team.key()))
            .add(Column::OwningTeamId.is_null());
        Ok(find.filter(of_team))
    }

    async fn prepare(_: &mut ActiveModel, _: &Body, _: &Transaction<'_>) -> Result<()> {
        Ok(())
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        revision::check(before, draft, transaction.scope()).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<ThreatModelItem>> {
        Self::items(rows, scope).await
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<ThreatModelItem>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut names = listing::names(ids.iter().copied(), scope).await?;
        let mut frameworks = frameworks::of_models(&ids, scope).await?;
        let item = |row: Model| {
            let names = names.remove(&row.id);
            let frameworks = frameworks.remove(&row.id).unwrap_or_default();
            ThreatModelItem::new(row, names, frameworks)
        };
        Ok(rows.into_iter().map(item).collect())
    }
}

/// A new threat model.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body in the API document")]
struct NewThreatModel {
    #[schemars(length(max = 255))]
    name: String,
    description: Option<String>,
    criticality: Option<Criticality>,
    /// Without it the caller's first organization.
    organization: Option<i64>,
    /// Without it the caller's team in the organization, if there is exactly one.
    owning_team: Option<i64>,
    /// Frameworks that the model is held against.
    framework_ids: Option<Vec<i64>>,
    /// Systems that the model is about.
    system_ids: Option<Vec<i64>>,
    /// Models that the model refers to.
    referenced_model_ids: Option<Vec<i64>>,
}

async fn create(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    body: Body,
) -> Answer<(StatusCode, Json<CreatedThreatModel>)> {
    let transaction = state.store.write(&actor).await?;
    let values = read_fields(NEW_FIELDS, &body, Mode::Create, transaction.scope()).await?;
    let links = read_links(&body)?;
    let mut draft = <ActiveModel as Default>::default();
    for (column, value) in values.into_iter().filter(|(_, value)| !is_absent(value)) {
        draft.try_set(column, value)?;
    }
    let model = creation::create(draft, &links, &transaction).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(model.into())))
}

const fn is_absent(value: &sea_orm::Value) -> bool {
    matches!(value, sea_orm::Value::BigInt(None))
}

fn read_links(body: &Body) -> Result<Links> {
    let mut violations = Violations::default();
    let links = Links {
        frameworks: references(body, "framework_ids", &mut violations),
        systems: references(body, "system_ids", &mut violations),
        references: references(body, "referenced_model_ids", &mut violations),
    };
    violations.check()?;
    Ok(links)
}

/// Ids in a list. What is wrong with one is told by its position.
fn references<E>(body: &Body, field: &str, violations: &mut Violations) -> Vec<Ref<E>> {
    let list = match body.get(field) {
        None => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(Value::Null) => {
            violations.add(field, "This field may not be null.");
            return Vec::new();
        }
        Some(_) => {
            violations.add(field, "Expected a list of items.");
            return Vec::new();
        }
    };
    let mut wrong = serde_json::Map::new();
    let mut ids = Vec::with_capacity(list.len());
    for (place, value) in list.iter().enumerate() {
        match read_integer(value) {
            Ok(key) => ids.push(Ref::new(key)),
            Err(problem) => {
                wrong.insert(place.to_string(), json!([problem]));
            }
        }
    }
    if !wrong.is_empty() {
        violations.nest(field, Value::Object(wrong));
    }
    ids
}

async fn retrieve(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(key): Key<Entity>,
    addresses: Addresses,
) -> Answer<Json<ThreatModel>> {
    let scope = state.store.read(&actor);
    let row = scope.get(key).await?;
    let detail = Detail::of(row.id, scope).await?;
    Ok(Json(ThreatModel::new(row, detail, &addresses)))
}

async fn replace(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
    addresses: Addresses,
    body: Body,
) -> Answer<Json<ThreatModel>> {
    save(&state, &actor, key, &addresses, &body, Mode::Replace).await
}

async fn change(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
    addresses: Addresses,
    body: Body,
) -> Answer<Json<ThreatModel>> {
    save(&state, &actor, key, &addresses, &body, Mode::Change).await
}

async fn save(
    state: &AppState,
    actor: &Allowed<WriteModels>,
    key: Ref<Entity>,
    addresses: &Addresses,
    body: &Body,
    mode: Mode,
) -> Answer<Json<ThreatModel>> {
    let transaction = state.store.write(actor).await?;
    let before = transaction.scope().get_writable(key).await?;
    let row = change_row::<ThreatModels>(before, body, mode, &transaction).await?;
    let detail = Detail::of(row.id, transaction.scope()).await?;
    transaction.commit().await?;
    Ok(Json(ThreatModel::new(row, detail, addresses)))
}

async fn delete(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
) -> Answer<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    let files = deletion::delete(key, &transaction).await?;
    transaction.commit().await?;
    discard(&files, &state).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn preview(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(key): Key<Entity>,
) -> Answer<Json<ThreatModelDeletion>> {
    let scope = state.store.read(&actor);
    let row = scope.get(key).await?;
    let preview = deletion::preview(row.id, scope).await?;
    Ok(Json(ThreatModelDeletion::new(row, preview)))
}

/// The routes of threat models.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            ThreatModels::PATH,
            listed::<ThreatModels>().merge(post_with(create, |operation| {
                let operation = describe(operation, "createThreatModel", TAG)
                    .summary("Create: Threat models")
                    .description("All packs of the organization are connected.");
                let operation = json_body::<NewThreatModel>(operation);
                answer::<CreatedThreatModel>(operation, 201, "Created.")
            })),
        )
        .api_route("/api/threat-models/{id}/", record())
        .api_route(
            "/api/threat-models/{id}/delete_preview/",
            get_with(preview, |operation| {
                describe(operation, "previewThreatModelDeletion", TAG)
                    .summary("Count what would be deleted")
            }),
        )
}

fn record() -> ApiMethodRouter<AppState> {
    get_with(retrieve, described_retrieve::<ThreatModels>)
        .merge(put_with(replace, described_replace::<ThreatModels>))
        .merge(patch_with(change, described_change::<ThreatModels>))
        .merge(delete_with(delete, described_delete::<ThreatModels>))
}
