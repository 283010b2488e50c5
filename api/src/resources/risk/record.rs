//! Risks as records, below their threat model.

use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use domain::{
    Error as DomainError, Result as DomainResult, Scope, Transaction,
    permission::{ReadModels, WriteModels},
    risk::{self, Threats, level_of, scoring},
    threat::Home,
};
use entity::{
    Ref,
    choice::{RiskLevel, ScoringMethod},
    risk::{ActiveModel, Column, Entity, Model},
    threat_model,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Order};

use super::{TAG, view};
use crate::{
    error::Result,
    extract::{Allowed, Key, KeyBelow},
    input::{Body, Field, Filter, Mode, Params, Sort, read_integer, read_keys, vouch_colleague},
    resource::{
        Listing, Resource, Sorting, described_change, described_create, described_delete,
        described_list, described_replace, described_retrieve, handlers,
    },
    routing::{delete_with, get_with, patch_with, post_with, put_with},
    state::AppState,
};

/// The key of a risk below its threat model.
pub(super) type RiskKey = KeyBelow<threat_model::Entity, Entity>;

pub(super) struct Risks;

impl Resource for Risks {
    const NAME: &'static str = "Risk";
    const PATH: &'static str = "/api/threat-models/{id}/risks/";
    const TAG: &'static str = TAG;
    const UNIQUE: &'static str = "threat_model, name";
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::long_text("description", Column::Description),
        Field::object("scoring_metadata", Column::ScoringMetadata)
            .note("The inputs of the scoring method; see `/api/scoring-methods/`."),
        Field::reference("owner", Column::OwnerId, vouch_colleague),
        Field::reference("assigned_to", Column::AssignedToId, vouch_colleague),
        Field::json("format_metadata", Column::FormatMetadata),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::choice::<RiskLevel>("inherent_level", Column::InherentLevel),
        Filter::choice::<RiskLevel>("residual_level", Column::ResidualLevel),
        Filter::reference("owner", Column::OwnerId, vouch_colleague),
        Filter::reference("assigned_to", Column::AssignedToId, vouch_colleague),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Description];
    const ORDERING: &'static [Sort<Column>] = &[
        Sort::by("inherent_score", Column::InherentScore),
        Sort::by("residual_score", Column::ResidualScore),
        Sort::by("created_at", Column::CreatedAt),
        Sort::by("name", Column::Name),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] =
        &[(Sort::by("inherent_score", Column::InherentScore), Order::Desc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = view::View;
    type Item = view::Item;

    async fn prepare(
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> DomainResult<()> {
        let model = settle(draft, body, transaction.scope()).await?;
        draft.organization_id = Set(model.organization_id);
        let stated = stated_score(body);
        score(draft, model.risk_scoring_method, stated)?;
        draft.residual_score = Set(draft.inherent_score.try_as_ref().copied());
        draft.residual_level = Set(*draft.inherent_level.as_ref());
        Ok(())
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> DomainResult<()> {
        let model = settle(draft, body, transaction.scope()).await?;
        let states_score = model.risk_scoring_method != ScoringMethod::TmLibrary
            && body.get("inherent_score").is_some();
        if body.get("scoring_metadata").is_none() && !states_score {
            return Ok(());
        }
        let stated = if states_score { stated_score(body) } else { Some(before.inherent_score) };
        score(draft, model.risk_scoring_method, stated)
    }

    async fn saved(
        before: Option<&Model>,
        row: &Model,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> DomainResult<()> {
        if before.is_none() {
            risk::link(transaction, row, &threats(body)?).await?;
        }
        risk::follow_risks(transaction, &[row.id]).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> DomainResult<Vec<view::View>> {
        view::views(rows, scope).await
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> DomainResult<Vec<view::Item>> {
        view::items(&rows, scope).await
    }
}

/// Checks that the people in a request belong to the organization of the model, and returns the
/// model.
async fn settle(
    draft: &ActiveModel,
    body: &Body,
    scope: Scope<'_>,
) -> DomainResult<threat_model::Model> {
    let model = scope.get(*draft.threat_model_id.as_ref()).await?;
    let home = Home { organization: model.organization_id, threat_model: Some(model.id) };
    for (field, person) in [("owner", &draft.owner_id), ("assigned_to", &draft.assigned_to_id)] {
        if body.get(field).is_some() {
            home.admit_user(scope, field, *person.as_ref()).await?;
        }
    }
    Ok(model)
}

fn score(draft: &mut ActiveModel, method: ScoringMethod, stated: Option<i32>) -> DomainResult<()> {
    let inherent = scoring::inherent_score(method, draft.scoring_metadata.as_ref(), stated)?;
    draft.inherent_score = Set(inherent.score);
    draft.inherent_level = Set(level_of(inherent.score));
    draft.scoring_result = Set(inherent.result.map(Into::into));
    Ok(())
}

/// The score in a request, if it is one from 0 to 100.
fn stated_score(body: &Body) -> Option<i32> {
    let score = read_integer(body.get("inherent_score")?).ok()?;
    i32::try_from(score).ok().filter(|score| (0..=100).contains(score))
}

/// The threats that a request names.
pub(super) fn threats(body: &Body) -> DomainResult<Threats> {
    Ok(Threats {
        component: refs(body, "component_threat_ids")?,
        flow: refs(body, "flow_threat_ids")?,
    })
}

fn refs<E>(body: &Body, name: &str) -> DomainResult<Vec<Ref<E>>> {
    let Some(list) = body.get(name).filter(|list| !list.is_null()) else { return Ok(Vec::new()) };
    let keys = read_keys(list).map_err(|message| DomainError::invalid(name, message))?;
    Ok(keys.into_iter().map(Ref::new).collect())
}

/// A risk that belongs to the model in the path.
pub(super) async fn found(scope: Scope<'_>, key: RiskKey) -> DomainResult<Model> {
    scope
        .find::<Entity>()
        .filter(Column::Id.eq(key.item.key()))
        .filter(Column::ThreatModelId.eq(key.parent.key()))
        .one()
        .await?
        .ok_or(DomainError::NotFound)
}

/// A risk that belongs to the model in the path and that the caller may change.
pub(super) async fn found_writable(scope: Scope<'_>, key: RiskKey) -> DomainResult<Model> {
    let row = found(scope, key).await?;
    scope.get_writable(row.id).await
}

/// A risk as it is after changes within a transaction.
pub(super) async fn answer(transaction: Transaction<'_>, row: &Model) -> Result<Json<view::View>> {
    let row = transaction.scope().get(row.id).await?;
    let view = handlers::view::<Risks>(row, transaction.scope()).await?;
    transaction.commit().await?;
    Ok(Json(view))
}

async fn list(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(model): Key<threat_model::Entity>,
    params: Params,
) -> Result<Listing<view::Item>> {
    let scope = state.store.read(&actor);
    let find = scope.find::<Entity>().filter(Column::ThreatModelId.eq(model.key()));
    handlers::listed::<Risks>(find, &params, scope).await
}

async fn create(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(model): Key<threat_model::Entity>,
    body: Body,
) -> Result<(StatusCode, Json<view::View>)> {
    let transaction = state.store.write(&actor).await?;
    let model = transaction.scope().get_writable(model).await?;
    let draft = ActiveModel { threat_model_id: Set(model.id), ..ActiveModel::default() };
    let row = handlers::create_row_from::<Risks>(draft, &body, &transaction).await?;
    Ok((StatusCode::CREATED, answer(transaction, &row).await?))
}

async fn retrieve(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    key: RiskKey,
) -> Result<Json<view::View>> {
    let scope = state.store.read(&actor);
    let row = found(scope, key).await?;
    Ok(Json(handlers::view::<Risks>(row, scope).await?))
}

async fn replace(
    state: State<AppState>,
    actor: Allowed<WriteModels>,
    key: RiskKey,
    body: Body,
) -> Result<Json<view::View>> {
    save(state, actor, key, body, Mode::Replace).await
}

async fn change(
    state: State<AppState>,
    actor: Allowed<WriteModels>,
    key: RiskKey,
    body: Body,
) -> Result<Json<view::View>> {
    save(state, actor, key, body, Mode::Change).await
}

async fn save(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: RiskKey,
    body: Body,
    mode: Mode,
) -> Result<Json<view::View>> {
    let transaction = state.store.write(&actor).await?;
    let before = found_writable(transaction.scope(), key).await?;
    let row = handlers::change_row::<Risks>(before, &body, mode, &transaction).await?;
    answer(transaction, &row).await
}

async fn delete(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: RiskKey,
) -> Result<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    let row = found_writable(transaction.scope(), key).await?;
    transaction.delete::<Entity>(row.id).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            Risks::PATH,
            get_with(list, described_list::<Risks>)
                .merge(post_with(create, described_create::<Risks>)),
        )
        .api_route(
            &format!("{}{{item_id}}/", Risks::PATH),
            get_with(retrieve, described_retrieve::<Risks>)
                .merge(put_with(replace, described_replace::<Risks>))
                .merge(patch_with(change, described_change::<Risks>))
                .merge(delete_with(delete, described_delete::<Risks>)),
        )
}
