use aide::axum::ApiRouter;
use domain::{Find, Result, Scope, Transaction, permission};
use entity::{
    Id, choice,
    component_library::{self, ActiveModel, Column, Entity, Model},
    pack,
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, Order};
use serde::Serialize;

use super::{TAG, offered, organization_for, pack_names, qualified};
use crate::{
    input::{Absent, Body, Field, Filter, Params, Sort, vouch},
    resource::{self, Paging, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// The kinds of components that diagrams are drawn with.
pub struct ComponentLibrary;

/// A kind of component, such as a web server or a message queue.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LibraryComponent")]
pub struct View {
    id: Id<Entity>,
    /// Short name, unique within its pack; may be empty.
    slug: String,
    /// `pack/slug`, or `custom/slug` for one that no pack brought; null without a slug.
    qualified_slug: Option<String>,
    name: String,
    /// What a diagram draws it as.
    category: choice::ComponentCategory,
    /// Free text, such as `Database`.
    component_type: String,
    /// Who offers it, such as `aws`; may be empty.
    provider: String,
    /// The pack that brought it.
    source_pack: Option<Id<pack::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_pack_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_pack_slug: Option<String>,
    /// The more general kind, if the pack names one.
    parent: Option<Id<Entity>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Resource for ComponentLibrary {
    const NAME: &'static str = "LibraryComponent";
    const PATH: &'static str = "/api/component-library/";
    const TAG: &'static str = TAG;
    const PAGING: Paging = Paging::Plain;
    const UNIQUE: &'static str = "source_pack, slug";
    const FIELDS: &'static [Field<Column>] = &[
        Field::slug("slug", Column::Slug, 100),
        Field::text("name", Column::Name, 255).required(),
        Field::choice::<choice::ComponentCategory>("category", Column::Category, "").required(),
        Field::text("component_type", Column::ComponentType, 100).required(),
        Field::text("provider", Column::Provider, 100).or(Absent::Text("")),
        Field::reference("source_pack", Column::SourcePackId, vouch::<pack::Entity>),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::choice::<choice::ComponentCategory>("category", Column::Category),
        Filter::text("component_type", Column::ComponentType),
        Filter::text("provider", Column::Provider),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::ComponentType, Column::Slug];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = component_library::Entity;
    type View = View;
    type Item = View;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        scope: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        Ok(offered(find, params, scope, Column::SourcePackId, Column::RetiredAt))
    }

    async fn prepare(
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        draft.organization_id = Set(organization_for(body, transaction).await?);
        qualify(draft, transaction).await
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
        qualify(draft, transaction).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        let packs = pack_names(scope, rows.iter().map(|row| row.source_pack_id)).await?;
        let view = |row: Model| {
            let pack = row.source_pack_id.and_then(|pack| packs.get(&pack)).cloned();
            let (source_pack_name, source_pack_slug) =
                pack.map(|pack| (pack.name, pack.slug)).unzip();
            View {
                id: row.id,
                slug: row.slug,
                qualified_slug: row.qualified_slug,
                name: row.name,
                category: row.category,
                component_type: row.component_type,
                provider: row.provider,
                source_pack: row.source_pack_id,
                source_pack_name,
                source_pack_slug,
                parent: row.parent_id,
                created_at: row.created_at.into(),
                updated_at: row.updated_at.into(),
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        Self::views(rows, scope).await
    }
}

async fn qualify(draft: &mut ActiveModel, transaction: &Transaction<'_>) -> Result<()> {
    let pack = draft.source_pack_id.clone().take().flatten();
    let slug = draft.slug.clone().take().unwrap_or_default();
    draft.qualified_slug = Set(qualified(transaction.scope(), pack, &slug).await?);
    Ok(())
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<ComponentLibrary>()
}
