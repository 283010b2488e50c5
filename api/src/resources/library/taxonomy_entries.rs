use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{Find, Result, Scope, Transaction, permission};
use entity::{
    Id, taxonomy,
    taxonomy_entry::{self, ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, Order, QuerySelect};
use serde::Serialize;

use super::TAG;
use crate::{
    input::{Body, Field, Params, Sort},
    resource::{self, Paging, Resource, Sorting},
    state::AppState,
};

/// The entries of taxonomies. Packs bring them.
pub struct TaxonomyEntries;

/// One entry of a taxonomy.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TaxonomyEntry")]
pub struct View {
    id: Id<Entity>,
    taxonomy_slug: String,
    taxonomy_name: String,
    /// The code within the taxonomy: `tampering`, `CWE-89`.
    external_id: String,
    title: String,
    /// Where the entry is explained; may be empty.
    reference_url: String,
}

impl Resource for TaxonomyEntries {
    const NAME: &'static str = "TaxonomyEntry";
    const PATH: &'static str = "/api/taxonomy-entries/";
    const TAG: &'static str = TAG;
    const PAGING: Paging = Paging::Plain;
    const FIELDS: &'static [Field<Column>] = &[];
    const SEARCH: &'static [Column] = &[Column::ExternalId, Column::Title];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[
        (Sort::by("taxonomy", Column::TaxonomyId), Order::Asc),
        (Sort::by("external_id", Column::ExternalId), Order::Asc),
    ];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = taxonomy_entry::Entity;
    type View = View;
    type Item = View;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        scope: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        let all = params.is_true("retired");
        let find = if all { find } else { find.filter(Column::RetiredAt.is_null()) };
        let Some(slug) = params.get("taxonomy__slug") else { return Ok(find) };
        let named = scope
            .find::<taxonomy::Entity>()
            .filter(taxonomy::Column::Slug.eq(slug))
            .subquery(taxonomy::Column::Id);
        Ok(find.filter(Column::TaxonomyId.in_subquery(named)))
    }

    async fn prepare(_: &mut ActiveModel, _: &Body, _: &Transaction<'_>) -> Result<()> {
        Ok(())
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        use taxonomy::Column as Taxonomy;
        let mut ids: Vec<_> = rows.iter().map(|row| row.taxonomy_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let names: Vec<(Id<taxonomy::Entity>, String, String)> = scope
            .find::<taxonomy::Entity>()
            .filter(Taxonomy::Id.is_in(ids))
            .shape(|select| {
                select.select_only().columns([Taxonomy::Id, Taxonomy::Slug, Taxonomy::Name])
            })
            .tuples()
            .await?;
        let names: HashMap<_, _> =
            names.into_iter().map(|(id, slug, name)| (id, (slug, name))).collect();
        let view = |row: Model| {
            let (taxonomy_slug, taxonomy_name) =
                names.get(&row.taxonomy_id).cloned().unwrap_or_default();
            View {
                id: row.id,
                taxonomy_slug,
                taxonomy_name,
                external_id: row.external_id,
                title: row.title,
                reference_url: row.reference_url,
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        Self::views(rows, scope).await
    }
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::read_only_routes::<TaxonomyEntries>()
}
