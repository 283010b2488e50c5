use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{Error, Find, Result, Scope, Transaction, permission};
use entity::{
    Id, framework, pack,
    requirement::{self, ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, ColumnTrait, Order, QuerySelect};
use serde::Serialize;

use super::TAG;
use crate::{
    input::{Body, Field, Filter, Params, Sort, vouch},
    resource::{self, Paging, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// What frameworks require.
pub struct Requirements;

/// One requirement of a framework.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Requirement")]
pub struct View {
    id: Id<Entity>,
    framework: Id<framework::Entity>,
    framework_name: String,
    /// The pack that brought the framework.
    source_pack: Option<Id<pack::Entity>>,
    /// The section within the framework, such as `A.5.1`.
    section_code: String,
    description: String,
    /// The requirement that this one details.
    parent: Option<Id<Entity>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Where a requirement stands.
#[derive(Clone, Default)]
pub(super) struct Place {
    pub(super) section_code: String,
    pub(super) framework_name: String,
}

impl Resource for Requirements {
    const NAME: &'static str = "Requirement";
    const PATH: &'static str = "/api/requirements/";
    const TAG: &'static str = TAG;
    const PAGING: Paging = Paging::Plain;
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("framework", Column::FrameworkId, vouch::<framework::Entity>).required(),
        Field::text("section_code", Column::SectionCode, 50).required(),
        Field::long_text("description", Column::Description).required(),
        Field::reference("parent", Column::ParentId, vouch::<requirement::Entity>),
    ];
    const FILTERS: &'static [Filter<Column>] =
        &[Filter::reference("framework", Column::FrameworkId, vouch::<framework::Entity>)];
    const SEARCH: &'static [Column] = &[Column::SectionCode, Column::Description];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[
        (Sort::by("framework", Column::FrameworkId), Order::Asc),
        (Sort::by("section_code", Column::SectionCode), Order::Asc),
    ];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = requirement::Entity;
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

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let framework = draft.framework_id.clone().unwrap();
        let framework: framework::Model = transaction.scope().get(framework).await?;
        draft.organization_id = Set(framework.organization_id);
        check_parent(None, draft, transaction.scope()).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let framework = draft.framework_id.clone().unwrap();
        let framework: framework::Model = transaction.scope().get(framework).await?;
        draft.organization_id = Set(framework.organization_id);
        if framework.source_pack_id.is_some() {
            draft.customised_at = Set(Some(transaction.now()));
        }
        check_parent(Some(before.id), draft, transaction.scope()).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        let frameworks = rows.iter().map(|row| row.framework_id);
        let frameworks = frameworks_of(scope, frameworks).await?;
        let view = |row: Model| {
            let framework = frameworks.get(&row.framework_id).cloned();
            let (framework_name, source_pack) = framework.unwrap_or_default();
            View {
                id: row.id,
                framework: row.framework_id,
                framework_name,
                source_pack,
                section_code: row.section_code,
                description: row.description,
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

type FrameworkName = (String, Option<Id<pack::Entity>>);

async fn frameworks_of(
    scope: Scope<'_>,
    ids: impl Iterator<Item = Id<framework::Entity>>,
) -> Result<HashMap<Id<framework::Entity>, FrameworkName>> {
    use framework::Column as Framework;
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<(Id<framework::Entity>, String, Option<Id<pack::Entity>>)> = scope
        .find::<framework::Entity>()
        .filter(Framework::Id.is_in(ids))
        .shape(|select| {
            select.select_only().columns([Framework::Id, Framework::Name, Framework::SourcePackId])
        })
        .tuples()
        .await?;
    Ok(rows.into_iter().map(|(id, name, pack)| (id, (name, pack))).collect())
}

/// Code and framework of many requirements, in one statement.
pub(super) async fn places(
    scope: Scope<'_>,
    ids: impl Iterator<Item = Id<Entity>>,
) -> Result<HashMap<Id<Entity>, Place>> {
    use sea_orm::RelationTrait;
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<(Id<Entity>, String, String)> = scope
        .find::<Entity>()
        .filter(Column::Id.is_in(ids))
        .shape(|select| {
            select
                .join(sea_orm::JoinType::InnerJoin, requirement::Relation::Framework.def())
                .select_only()
                .columns([Column::Id, Column::SectionCode])
                .column(framework::Column::Name)
        })
        .tuples()
        .await?;
    let place = |(id, section_code, framework_name)| (id, Place { section_code, framework_name });
    Ok(rows.into_iter().map(place).collect())
}

/// A parent belongs to the same framework, and nothing is its own ancestor.
async fn check_parent(
    own: Option<Id<Entity>>,
    draft: &ActiveModel,
    scope: Scope<'_>,
) -> Result<()> {
    let Some(parent) = draft.parent_id.clone().take().flatten() else { return Ok(()) };
    let framework = draft.framework_id.clone().unwrap();
    let parents: HashMap<Id<Entity>, Option<Id<Entity>>> = scope
        .find::<Entity>()
        .filter(Column::FrameworkId.eq(framework))
        .shape(|select| select.select_only().columns([Column::Id, Column::ParentId]))
        .tuples()
        .await?
        .into_iter()
        .collect();
    if !parents.contains_key(&parent) {
        return Err(Error::invalid("parent", "The parent belongs to another framework."));
    }
    let mut ancestor = Some(parent);
    for _ in 0..=parents.len() {
        let Some(current) = ancestor else { return Ok(()) };
        if Some(current) == own {
            break;
        }
        ancestor = parents.get(&current).copied().flatten();
    }
    Err(Error::invalid("parent", "A requirement cannot be nested in itself."))
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<Requirements>()
}
