use aide::axum::ApiRouter;
use domain::{Find, Result, Scope, Transaction, library::classification, permission};
use entity::{
    Id, Ref, component, component_library, component_library_threat, pack,
    threat_library::{self, ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, ColumnTrait, Order};
use serde::Serialize;

use super::{TAG, offered, organization_for, pack_names};
use crate::{
    input::{Body, Field, Params, Sort, vouch},
    resource::{self, Paging, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// The threats that components and flows may be exposed to.
pub struct ThreatLibrary;

/// A threat in general, from which the threats of components and flows are made.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LibraryThreat")]
pub struct View {
    #[serde(flatten)]
    item: Item,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A threat in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LibraryThreatItem")]
pub struct Item {
    id: Id<Entity>,
    name: String,
    description: String,
    /// The pack that brought it.
    source_pack: Option<Id<pack::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_pack_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_pack_slug: Option<String>,
    /// How taxonomies such as STRIDE, CWE and CAPEC classify it.
    taxonomy_entries: Vec<classification::Classification>,
}

impl Resource for ThreatLibrary {
    const NAME: &'static str = "LibraryThreat";
    const PATH: &'static str = "/api/threat-library/";
    const TAG: &'static str = TAG;
    const PAGING: Paging = Paging::Plain;
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::long_text("description", Column::Description).required(),
        Field::reference("source_pack", Column::SourcePackId, vouch::<pack::Entity>),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Description];
    const ORDERING: &'static [Sort<Column>] =
        &[Sort::by("name", Column::Name), Sort::by("created_at", Column::CreatedAt)];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = threat_library::Entity;
    type View = View;
    type Item = Item;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        scope: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        let find = offered(find, params, scope, Column::SourcePackId, Column::RetiredAt);
        let Some(component) = params.reference::<component::Entity>("component_id") else {
            return Ok(find);
        };
        of_component(find, component, scope).await
    }

    async fn prepare(
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        draft.organization_id = Set(organization_for(body, transaction).await?);
        Ok(())
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        if before.source_pack_id.is_some() {
            draft.customised_at = Set(Some(transaction.now()));
        }
        Ok(())
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        let dates: Vec<_> = rows.iter().map(|row| (row.created_at, row.updated_at)).collect();
        let items = Self::items(rows, scope).await?;
        let view = |(item, (created_at, updated_at)): (Item, (_, _))| View {
            item,
            created_at: Timestamp(created_at),
            updated_at: Timestamp(updated_at),
        };
        Ok(items.into_iter().zip(dates).map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Item>> {
        let packs = pack_names(scope, rows.iter().map(|row| row.source_pack_id)).await?;
        let ids = rows.iter().map(|row| row.id);
        let mut entries = classification::classifications(scope, ids).await?;
        let item = |row: Model| {
            let pack = row.source_pack_id.and_then(|pack| packs.get(&pack)).cloned();
            let (source_pack_name, source_pack_slug) =
                pack.map(|pack| (pack.name, pack.slug)).unzip();
            Item {
                id: row.id,
                name: row.name,
                description: row.description,
                source_pack: row.source_pack_id,
                source_pack_name,
                source_pack_slug,
                taxonomy_entries: entries.remove(&row.id).unwrap_or_default(),
            }
        };
        Ok(rows.into_iter().map(item).collect())
    }
}

/// Narrows the list to threats of the component's kind; all if it has none or is unknown.
async fn of_component<'c>(
    find: Find<'c, Entity>,
    component: Ref<component::Entity>,
    scope: Scope<'c>,
) -> Result<Find<'c, Entity>> {
    let kinds: Vec<Option<Id<component_library::Entity>>> = scope
        .find::<component::Entity>()
        .filter(component::Column::Id.eq(component.key()))
        .values(component::Column::ComponentLibraryId)
        .await?;
    let Some(kind) = kinds.into_iter().flatten().next() else { return Ok(find) };
    let linked = scope
        .find::<component_library_threat::Entity>()
        .filter(component_library_threat::Column::ComponentLibraryId.eq(kind))
        .subquery(component_library_threat::Column::ThreatLibraryId);
    Ok(find.filter(Column::Id.in_subquery(linked)))
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<ThreatLibrary>()
}
