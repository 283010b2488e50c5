//! The handlers of a CRUD resource. Each may also be used alone.

use axum::{Json, extract::State, http::StatusCode};
use domain::{Error as DomainError, Scope, Transaction};
use entity::Keyed;
use sea_orm::{ActiveModelTrait, IntoActiveModel, Value};

use super::{
    Column, Draft, Paging, Resource, Row,
    page::{Listing, page_of},
};
use crate::{
    error::{Error, Result},
    extract::{Allowed, Key},
    input::{Body, Mode, Params, filtered, ordered, read_fields, searched},
    state::AppState,
};

/// One page, or all records.
pub async fn list<R: Resource>(
    State(state): State<AppState>,
    actor: Allowed<R::Read>,
    params: Params,
) -> Result<Listing<R::Item>> {
    let scope = state.store.read(&actor);
    let find = R::narrow(scope.find::<R::Entity>(), &params, scope).await?;
    listed::<R>(find, &params, scope).await
}

/// A page of rows that were narrowed by the caller, or all of them.
pub async fn listed<R: Resource>(
    find: domain::Find<'_, R::Entity>,
    params: &Params,
    scope: Scope<'_>,
) -> Result<Listing<R::Item>> {
    let find = filtered(find, R::FILTERS, params, scope).await?;
    let find = searched(find, R::SEARCH, params);
    if R::PAGING == Paging::Plain {
        let rows = ordered(find, R::ORDERING, R::DEFAULT_ORDER, params).all().await?;
        return Ok(Listing::All(R::items(rows, scope).await?));
    }
    let find = ordered(find, R::ORDERING, R::DEFAULT_ORDER, params);
    let (rows, place) = page_of(find, params).await?;
    Ok(Listing::Page(place.page(R::items(rows, scope).await?, params)))
}

/// Makes a record.
pub async fn create<R: Resource>(
    State(state): State<AppState>,
    actor: Allowed<R::Write>,
    body: Body,
) -> Result<(StatusCode, Json<R::View>)> {
    let transaction = state.store.write(&actor).await?;
    let row = create_row::<R>(&body, &transaction).await?;
    let view = view::<R>(row, transaction.scope()).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Makes a row within a transaction.
pub async fn create_row<R: Resource>(body: &Body, transaction: &Transaction<'_>) -> Result<Row<R>> {
    create_row_from::<R>(Draft::<R>::default(), body, transaction).await
}

/// Makes a row within a transaction of which something is known already, such as its parent.
pub async fn create_row_from<R: Resource>(
    mut draft: Draft<R>,
    body: &Body,
    transaction: &Transaction<'_>,
) -> Result<Row<R>> {
    let values = read::<R>(body, Mode::Create, None, transaction.scope()).await?;
    assign::<R>(&mut draft, values)?;
    R::prepare(&mut draft, body, transaction).await?;
    let row = transaction.insert(draft).await.map_err(unique::<R>)?;
    R::saved(None, &row, body, transaction).await?;
    Ok(row)
}

/// One record.
pub async fn retrieve<R: Resource<Entity: Keyed>>(
    State(state): State<AppState>,
    actor: Allowed<R::Read>,
    Key(key): Key<R::Entity>,
) -> Result<Json<R::View>> {
    let scope = state.store.read(&actor);
    let row = scope.get(key).await?;
    Ok(Json(view::<R>(row, scope).await?))
}

/// Replaces a record: PUT.
pub async fn replace<R: Resource<Entity: Keyed>>(
    state: State<AppState>,
    actor: Allowed<R::Write>,
    key: Key<R::Entity>,
    body: Body,
) -> Result<Json<R::View>> {
    save::<R>(state, actor, key, body, Mode::Replace).await
}

/// Changes a record: PATCH.
pub async fn change<R: Resource<Entity: Keyed>>(
    state: State<AppState>,
    actor: Allowed<R::Write>,
    key: Key<R::Entity>,
    body: Body,
) -> Result<Json<R::View>> {
    save::<R>(state, actor, key, body, Mode::Change).await
}

async fn save<R: Resource<Entity: Keyed>>(
    State(state): State<AppState>,
    actor: Allowed<R::Write>,
    Key(key): Key<R::Entity>,
    body: Body,
    mode: Mode,
) -> Result<Json<R::View>> {
    let transaction = state.store.write(&actor).await?;
    let before = transaction.scope().get_writable(key).await?;
    let row = change_row::<R>(before, &body, mode, &transaction).await?;
    let view = view::<R>(row, transaction.scope()).await?;
    transaction.commit().await?;
    Ok(Json(view))
}

/// Changes a row within a transaction.
pub async fn change_row<R: Resource>(
    before: Row<R>,
    body: &Body,
    mode: Mode,
    transaction: &Transaction<'_>,
) -> Result<Row<R>> {
    let values = read::<R>(body, mode, Some(&before), transaction.scope()).await?;
    let mut draft = before.clone().into_active_model();
    assign::<R>(&mut draft, values)?;
    R::changing(&before, &mut draft, body, transaction).await?;
    let row = transaction.save(&before, draft).await.map_err(unique::<R>)?;
    R::saved(Some(&before), &row, body, transaction).await?;
    Ok(row)
}

/// Deletes a record.
pub async fn delete<R: Resource<Entity: Keyed>>(
    State(state): State<AppState>,
    actor: Allowed<R::Write>,
    Key(key): Key<R::Entity>,
) -> Result<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    let row = transaction.scope().get_writable::<R::Entity>(key).await?;
    R::delete(row, &transaction).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One row as clients read it.
pub async fn view<R: Resource>(row: Row<R>, scope: Scope<'_>) -> Result<R::View> {
    let views = R::views(vec![row], scope).await?;
    views.into_iter().next().ok_or_else(Error::not_found)
}

/// The values of a request, or all that is wrong with it.
async fn read<R: Resource>(
    body: &Body,
    mode: Mode,
    before: Option<&Row<R>>,
    scope: Scope<'_>,
) -> domain::Result<Vec<(Column<R>, Value)>> {
    let examined = R::examine(body, before);
    match read_fields(R::FIELDS, body, mode, scope).await {
        Ok(values) => examined.check().map(|()| values),
        Err(DomainError::Invalid(mut violations)) => {
            violations.join(examined);
            Err(DomainError::Invalid(violations))
        }
        Err(error) => Err(error),
    }
}

fn assign<R: Resource>(
    draft: &mut Draft<R>,
    values: Vec<(Column<R>, Value)>,
) -> domain::Result<()> {
    for (column, value) in values {
        draft.try_set(column, value)?;
    }
    Ok(())
}

fn unique<R: Resource>(error: DomainError) -> DomainError {
    match error {
        DomainError::Duplicate(_) if !R::UNIQUE.is_empty() => {
            DomainError::invalid_object(format!("The fields {} must make a unique set.", R::UNIQUE))
        }
        other => other,
    }
}
