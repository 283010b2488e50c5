//! What CRUD resources have in common: list, create, retrieve, replace, change, delete.
//!
//! A resource states its table, fields, filters, orderings, permissions and views; the handlers
//! are ordinary functions generic over that statement. A resource that does not fit writes its own
//! handlers with the same parts.

pub mod below;
mod document;
pub mod handlers;
mod page;

use aide::axum::{ApiRouter, routing::ApiMethodRouter};
use domain::{Find, Right, Scope, Transaction, Violations};
use entity::{Keyed, Tenanted};
use schemars::JsonSchema;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel, ModelTrait, Order,
};
use serde::Serialize;

pub use document::{
    Doc, answer, answer_file, change as described_change, create as described_create,
    delete as described_delete, describe, json_body, list as described_list, page_parameter,
    query_parameter, refusal, replace as described_replace, retrieve as described_retrieve,
};
pub use page::{Listing, Page, Paging, Place, page_of};

use crate::{
    input::{Body, Field, Filter, Params, Sort},
    routing::{delete_with, get_with, patch_with, post_with, put_with},
    state::AppState,
};

/// A row of a resource's table.
pub type Row<R> = <<R as Resource>::Entity as EntityTrait>::Model;
/// A row of a resource's table on its way into the database.
pub type Draft<R> = <<R as Resource>::Entity as EntityTrait>::ActiveModel;
/// A column of a resource's table.
pub type Column<R> = <<R as Resource>::Entity as EntityTrait>::Column;
/// A sorting of a resource's rows.
pub type Sorting<R> = (Sort<Column<R>>, Order);

/// A table that clients list, read, create, change and delete.
pub trait Resource: Sized + Send + Sync + 'static {
    /// Singular, in camel case with a capital, as in operation ids: `DataAsset`.
    const NAME: &'static str;
    /// The address of the collection, with slashes at both ends: `/api/data-assets/`.
    const PATH: &'static str;
    /// The group in the API document: `Data assets`.
    const TAG: &'static str;
    /// What clients may send.
    const FIELDS: &'static [Field<Column<Self>>];
    /// How lists are narrowed.
    const FILTERS: &'static [Filter<Column<Self>>] = &[];
    /// Parameters that [`Resource::narrow`] understands: name and meaning.
    const NARROWING: &'static [(&'static str, &'static str)] = &[];
    /// Columns that `?search=` looks into.
    const SEARCH: &'static [Column<Self>] = &[];
    /// Names that `?ordering=` understands.
    const ORDERING: &'static [Sort<Column<Self>>] = &[];
    /// The order of a list that asks for none.
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[];
    /// Pages or a plain array.
    const PAGING: Paging = Paging::Pages;
    /// Names of the columns that must be unique together, for the message.
    const UNIQUE: &'static str = "";
    /// A reference that a new record needs and that is no field of it afterwards, in camel case.
    const PARENT: Option<&'static str> = None;

    /// Who may read.
    type Read: Right;
    /// Who may create, change and delete.
    type Write: Right;
    /// The table.
    type Entity: Tenanted<
            Model: IntoActiveModel<Draft<Self>> + ModelTrait<Entity = Self::Entity> + Sync,
            ActiveModel: ActiveModelTrait<Entity = Self::Entity> + ActiveModelBehavior + Send,
        >;
    /// One record, as answered by everything but lists.
    type View: Serialize + JsonSchema + Send;
    /// One record in a list.
    type Item: Serialize + JsonSchema + Send;

    /// Narrows lists by parameters that are no plain filters.
    fn narrow<'c>(
        find: Find<'c, Self::Entity>,
        _params: &Params,
        _scope: Scope<'c>,
    ) -> impl Future<Output = domain::Result<Find<'c, Self::Entity>>> + Send {
        async { Ok(find) }
    }

    /// What is wrong with a request besides its single fields. `before` is absent for a new row.
    fn examine(_body: &Body, _before: Option<&Row<Self>>) -> Violations {
        Violations::default()
    }

    /// Completes a new row: organization, model and whatever no field holds.
    fn prepare(
        draft: &mut Draft<Self>,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> impl Future<Output = domain::Result<()>> + Send;

    /// Checks and completes a change of `before`.
    fn changing(
        _before: &Row<Self>,
        _draft: &mut Draft<Self>,
        _body: &Body,
        _transaction: &Transaction<'_>,
    ) -> impl Future<Output = domain::Result<()>> + Send {
        async { Ok(()) }
    }

    /// What else follows from a new or changed row, in the same transaction. `before` is absent
    /// for a new row.
    fn saved(
        _before: Option<&Row<Self>>,
        _row: &Row<Self>,
        _body: &Body,
        _transaction: &Transaction<'_>,
    ) -> impl Future<Output = domain::Result<()>> + Send {
        async { Ok(()) }
    }

    /// Deletes a row that the actor may change, and does what follows from it.
    fn delete(
        row: Row<Self>,
        transaction: &Transaction<'_>,
    ) -> impl Future<Output = domain::Result<()>> + Send {
        async move {
            let column = Self::Entity::key_column();
            let key = row.get(column);
            let which = sea_orm::sea_query::ExprTrait::eq(
                sea_orm::sea_query::Expr::col((Self::Entity::default(), column)),
                key,
            );
            transaction.delete_where::<Self::Entity>(which).await.map(drop)
        }
    }

    /// Rows as clients read them, in a fixed number of statements.
    fn views(
        rows: Vec<Row<Self>>,
        scope: Scope<'_>,
    ) -> impl Future<Output = domain::Result<Vec<Self::View>>> + Send;

    /// Rows as lists show them, in a fixed number of statements.
    fn items(
        rows: Vec<Row<Self>>,
        scope: Scope<'_>,
    ) -> impl Future<Output = domain::Result<Vec<Self::Item>>> + Send;
}

/// Routes for list, create, retrieve, replace, change and delete.
pub fn routes<R: Resource<Entity: Keyed>>() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(R::PATH, collection::<R>())
        .api_route(&format!("{}{{id}}/", R::PATH), record::<R>())
}

/// Routes for list and retrieve only.
pub fn read_only_routes<R: Resource<Entity: Keyed>>() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(R::PATH, get_with(handlers::list::<R>, document::list::<R>))
        .api_route(
            &format!("{}{{id}}/", R::PATH),
            get_with(handlers::retrieve::<R>, document::retrieve::<R>),
        )
}

/// List only, to be completed with an own way to create.
pub fn listing<R: Resource>() -> ApiMethodRouter<AppState> {
    get_with(handlers::list::<R>, document::list::<R>)
}

/// List and create.
pub fn collection<R: Resource>() -> ApiMethodRouter<AppState> {
    listing::<R>().merge(post_with(handlers::create::<R>, document::create::<R>))
}

/// Retrieve, replace, change and delete.
pub fn record<R: Resource<Entity: Keyed>>() -> ApiMethodRouter<AppState> {
    kept_record::<R>().merge(delete_with(handlers::delete::<R>, document::delete::<R>))
}

/// Retrieve, replace and change, to be completed with an own way to delete.
pub fn kept_record<R: Resource<Entity: Keyed>>() -> ApiMethodRouter<AppState> {
    get_with(handlers::retrieve::<R>, document::retrieve::<R>)
        .merge(put_with(handlers::replace::<R>, document::replace::<R>))
        .merge(patch_with(handlers::change::<R>, document::change::<R>))
}
