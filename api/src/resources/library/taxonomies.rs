use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{Find, Result, Scope, Transaction, permission};
use entity::{
    Id, pack,
    taxonomy::{self, ActiveModel, Column, Entity, Model},
    taxonomy_entry,
};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, Order, QuerySelect};
use serde::Serialize;

use super::TAG;
use crate::{
    input::{Body, Field, Filter, Params, Sort, vouch},
    resource::{self, Paging, Resource, Sorting},
    state::AppState,
};

/// The taxonomies that classify threats. Packs bring them.
pub struct Taxonomies;

/// A taxonomy, such as STRIDE or CWE.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Taxonomy")]
pub struct View {
    id: Id<Entity>,
    slug: String,
    name: String,
    description: String,
    /// Where it is published; may be empty.
    source_url: String,
    version: String,
    /// The pack that brought it.
    source_pack: Option<Id<pack::Entity>>,
    /// How many entries it has.
    entry_count: i64,
}

impl Resource for Taxonomies {
    const NAME: &'static str = "Taxonomy";
    const PATH: &'static str = "/api/taxonomies/";
    const TAG: &'static str = TAG;
    const PAGING: Paging = Paging::Plain;
    const FIELDS: &'static [Field<Column>] = &[];
    const FILTERS: &'static [Filter<Column>] =
        &[Filter::reference("source_pack", Column::SourcePackId, vouch::<pack::Entity>)];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = taxonomy::Entity;
    type View = View;
    type Item = View;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        _: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        let all = params.is_true("retired");
        Ok(if all { find } else { find.filter(Column::RetiredAt.is_null()) })
    }

    async fn prepare(_: &mut ActiveModel, _: &Body, _: &Transaction<'_>) -> Result<()> {
        Ok(())
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        use taxonomy_entry::Column as Entry;
        let counts: Vec<(Id<Entity>, i64)> = scope
            .find::<taxonomy_entry::Entity>()
            .filter(Entry::TaxonomyId.is_in(rows.iter().map(|row| row.id)))
            .filter(Entry::RetiredAt.is_null())
            .shape(|select| {
                select
                    .select_only()
                    .column(Entry::TaxonomyId)
                    .column_as(Entry::Id.count(), "entries")
                    .group_by(Entry::TaxonomyId)
            })
            .tuples()
            .await?;
        let counts: HashMap<_, _> = counts.into_iter().collect();
        let view = |row: Model| View {
            entry_count: counts.get(&row.id).copied().unwrap_or_default(),
            id: row.id,
            slug: row.slug,
            name: row.name,
            description: row.description,
            source_url: row.source_url,
            version: row.version,
            source_pack: row.source_pack_id,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        Self::views(rows, scope).await
    }
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::read_only_routes::<Taxonomies>()
}
