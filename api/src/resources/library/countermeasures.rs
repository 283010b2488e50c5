use aide::axum::ApiRouter;
use domain::{Find, Result, Scope, Transaction, permission};
use entity::{
    Id, choice,
    countermeasure_library::{self, ActiveModel, Column, Entity, Model},
    pack, threat_library, threat_library_countermeasure,
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, ColumnTrait, Order};
use serde::Serialize;

use super::{TAG, offered, organization_for, pack_names};
use crate::{
    input::{Absent, Body, Field, Filter, Params, Sort, vouch},
    resource::{self, Paging, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// The countermeasures that threats can be met with.
pub struct CountermeasureLibrary;

/// A countermeasure in general, from which those of threats are made.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LibraryCountermeasure")]
pub struct View {
    id: Id<Entity>,
    name: String,
    description: String,
    /// Usually `preventive`, `detective`, `corrective` or `procedural`.
    control_type: String,
    cost: choice::ControlCost,
    /// The status it starts with in a threat model.
    default_status: choice::DefaultStatus,
    /// The pack that brought it.
    source_pack: Option<Id<pack::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_pack_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_pack_slug: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Resource for CountermeasureLibrary {
    const NAME: &'static str = "LibraryCountermeasure";
    const PATH: &'static str = "/api/countermeasure-library/";
    const TAG: &'static str = TAG;
    const PAGING: Paging = Paging::Plain;
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::long_text("description", Column::Description).required(),
        Field::text("control_type", Column::ControlType, 50).or(Absent::Text("preventive")),
        Field::choice::<choice::ControlCost>("cost", Column::Cost, "medium"),
        Field::choice::<choice::DefaultStatus>("default_status", Column::DefaultStatus, "gap"),
        Field::reference("source_pack", Column::SourcePackId, vouch::<pack::Entity>),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::text("control_type", Column::ControlType),
        Filter::choice::<choice::ControlCost>("cost", Column::Cost),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Description];
    const ORDERING: &'static [Sort<Column>] = &[
        Sort::by("name", Column::Name),
        Sort::by("control_type", Column::ControlType),
        Sort::by("created_at", Column::CreatedAt),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = countermeasure_library::Entity;
    type View = View;
    type Item = View;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        scope: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        let find = offered(find, params, scope, Column::SourcePackId, Column::RetiredAt);
        Ok(applicable(find, params, scope))
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
        let packs = pack_names(scope, rows.iter().map(|row| row.source_pack_id)).await?;
        let view = |row: Model| {
            let pack = row.source_pack_id.and_then(|pack| packs.get(&pack)).cloned();
            let (source_pack_name, source_pack_slug) =
                pack.map(|pack| (pack.name, pack.slug)).unzip();
            View {
                id: row.id,
                name: row.name,
                description: row.description,
                control_type: row.control_type,
                cost: row.cost,
                default_status: row.default_status,
                source_pack: row.source_pack_id,
                source_pack_name,
                source_pack_slug,
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

/// With `?applicable_threats=1,2`: countermeasures that meet one of these library threats.
fn applicable<'c>(find: Find<'c, Entity>, params: &Params, scope: Scope<'c>) -> Find<'c, Entity> {
    let Some(sent) = params.get("applicable_threats") else { return find };
    let threats = sent.split(',').filter_map(|key| key.trim().parse().ok());
    let threats = threats.map(Id::<threat_library::Entity>::trusted);
    let linked = scope
        .find::<threat_library_countermeasure::Entity>()
        .filter(threat_library_countermeasure::Column::ThreatLibraryId.is_in(threats))
        .subquery(threat_library_countermeasure::Column::CountermeasureLibraryId);
    find.filter(Column::Id.in_subquery(linked))
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<CountermeasureLibrary>()
}
