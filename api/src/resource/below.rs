//! CRUD resources whose addresses lie below a threat model: `/api/threat-models/{id}/…/{item_id}/`.

use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use domain::Scope;
use entity::{Id, Keyed, Tenanted, tenancy::Reach, threat_model};
use sea_orm::{ActiveModelTrait, ColumnTrait, Value};

use super::{
    Draft, Listing, Resource, Row, document,
    handlers::{change_row, create_row_from, listed, view},
};
use crate::{
    error::{Error, Result},
    extract::{Allowed, Key, KeyBelow},
    input::{Body, Mode, Params},
    routing::{delete_with, get_with, patch_with, post_with, put_with},
    state::AppState,
};

/// A key below a threat model.
type Item<R> = KeyBelow<threat_model::Entity, <R as Resource>::Entity>;

/// Routes for list, create, retrieve, replace, change and delete below a threat model.
pub fn routes<R: Resource<Entity: Keyed>>() -> ApiRouter<AppState> {
    let record = format!("{}{{item_id}}/", R::PATH);
    ApiRouter::new()
        .api_route(
            R::PATH,
            get_with(list::<R>, document::list::<R>)
                .merge(post_with(create::<R>, document::create::<R>)),
        )
        .api_route(
            &record,
            get_with(retrieve::<R>, document::retrieve::<R>)
                .merge(put_with(replace::<R>, document::replace::<R>))
                .merge(patch_with(change::<R>, document::change::<R>))
                .merge(delete_with(delete::<R>, document::delete::<R>)),
        )
}

async fn list<R: Resource>(
    State(state): State<AppState>,
    actor: Allowed<R::Read>,
    Key(model): Key<threat_model::Entity>,
    params: Params,
) -> Result<Listing<R::Item>> {
    let scope = state.store.read(&actor);
    let model = scope.known(model).await?;
    let find = scope.find::<R::Entity>().filter(column::<R::Entity>()?.eq(model));
    listed::<R>(find, &params, scope).await
}

async fn create<R: Resource>(
    State(state): State<AppState>,
    actor: Allowed<R::Write>,
    Key(model): Key<threat_model::Entity>,
    body: Body,
) -> Result<(StatusCode, Json<R::View>)> {
    let transaction = state.store.write(&actor).await?;
    let model = transaction.scope().get_writable(model).await?;
    let mut draft = Draft::<R>::default();
    let organization = Value::from(model.organization_id);
    draft.try_set(R::Entity::ORGANIZATION, organization)?;
    draft.try_set(column::<R::Entity>()?, Value::from(model.id))?;
    let row = create_row_from::<R>(draft, &body, &transaction).await?;
    let view = view::<R>(row, transaction.scope()).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

async fn retrieve<R: Resource<Entity: Keyed>>(
    State(state): State<AppState>,
    actor: Allowed<R::Read>,
    key: Item<R>,
) -> Result<Json<R::View>> {
    let scope = state.store.read(&actor);
    let key = known(key, scope).await?;
    let row = scope.get(key).await?;
    Ok(Json(view::<R>(row, scope).await?))
}

async fn replace<R: Resource<Entity: Keyed>>(
    state: State<AppState>,
    actor: Allowed<R::Write>,
    key: Item<R>,
    body: Body,
) -> Result<Json<R::View>> {
    save::<R>(state, actor, key, body, Mode::Replace).await
}

async fn change<R: Resource<Entity: Keyed>>(
    state: State<AppState>,
    actor: Allowed<R::Write>,
    key: Item<R>,
    body: Body,
) -> Result<Json<R::View>> {
    save::<R>(state, actor, key, body, Mode::Change).await
}

async fn save<R: Resource<Entity: Keyed>>(
    State(state): State<AppState>,
    actor: Allowed<R::Write>,
    key: Item<R>,
    body: Body,
    mode: Mode,
) -> Result<Json<R::View>> {
    let transaction = state.store.write(&actor).await?;
    let key = known(key, transaction.scope()).await?;
    let before: Row<R> = transaction.scope().get_writable(key).await?;
    let row = change_row::<R>(before, &body, mode, &transaction).await?;
    let view = view::<R>(row, transaction.scope()).await?;
    transaction.commit().await?;
    Ok(Json(view))
}

async fn delete<R: Resource<Entity: Keyed>>(
    State(state): State<AppState>,
    actor: Allowed<R::Write>,
    key: Item<R>,
) -> Result<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    let key = known(key, transaction.scope()).await?;
    let row = transaction.scope().get_writable::<R::Entity>(key).await?;
    R::delete(row, &transaction).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Vouches for an id, if the record belongs to the model.
pub async fn known<E: Tenanted + Keyed>(
    key: KeyBelow<threat_model::Entity, E>,
    scope: Scope<'_>,
) -> Result<Id<E>> {
    let found = scope
        .find::<E>()
        .filter(E::key_column().eq(key.item.key()))
        .filter(column::<E>()?.eq(key.parent.key()));
    found.values::<Id<E>>(E::key_column()).await?.pop().ok_or_else(Error::not_found)
}

/// The column that names the threat model.
fn column<E: Tenanted>() -> Result<E::Column> {
    match E::REACH {
        Reach::ThreatModel(column) => Ok(column),
        Reach::Organization => Err(Error::not_found()),
    }
}
