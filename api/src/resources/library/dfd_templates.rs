use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    Find, Result, Scope, Transaction,
    library::template::{self, Resolution},
    permission,
};
use entity::{
    Document, Id,
    choice::DiagramType,
    component_library,
    dfd_template::{ActiveModel, Column, Entity, Model},
    pack,
};
use schemars::JsonSchema;
use sea_orm::Order;
use serde::Serialize;
use serde_json::Value;

use super::{TAG, offered, pack_names};
use crate::{
    error,
    extract::{Allowed, Key},
    input::{Body, Field, Filter, Params, Sort},
    resource::{self, Resource, Sorting, describe},
    routing::get_with,
    state::AppState,
    wire::Timestamp,
};

/// Diagrams to start from.
pub struct DfdTemplates;

/// A diagram to start from.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DfdTemplate")]
pub struct View {
    id: Id<Entity>,
    name: String,
    description: String,
    category: String,
    diagram_type: DiagramType,
    /// The drawing. Nodes name library components by `componentRef`.
    canvas_data: Document,
    source_pack: Option<Id<pack::Entity>>,
    /// Left out if the template came with no pack.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_pack_name: Option<String>,
    /// Left out if the template came with no pack.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_pack_slug: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Resource for DfdTemplates {
    const NAME: &'static str = "DfdTemplate";
    const PATH: &'static str = "/api/dfd-templates/";
    const TAG: &'static str = TAG;
    const FIELDS: &'static [Field<Column>] = &[];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::text("category", Column::Category),
        Filter::choice::<DiagramType>("diagram_type", Column::DiagramType),
    ];
    const NARROWING: &'static [(&'static str, &'static str)] = &[
        (
            "threat_model",
            "Only templates of packs connected to the model, and those without a pack.",
        ),
        ("retired", "`true` shows templates that their pack no longer brings, too."),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Description];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[
        (Sort::by("category", Column::Category), Order::Asc),
        (Sort::by("name", Column::Name), Order::Asc),
    ];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = Entity;
    type View = View;
    type Item = View;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        scope: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        Ok(offered(find, params, scope, Column::SourcePackId, Column::RetiredAt))
    }

    /// Templates come with packs only.
    async fn prepare(_: &mut ActiveModel, _: &Body, _: &Transaction<'_>) -> Result<()> {
        Err(domain::Error::forbidden())
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
                category: row.category,
                diagram_type: row.diagram_type,
                canvas_data: row.canvas_data,
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

/// A template whose nodes carry the library components that they name.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ResolvedTemplate {
    id: Id<Entity>,
    name: String,
    description: String,
    category: String,
    diagram_type: DiagramType,
    /// The drawing. Nodes whose component was found have `componentLibraryId` and
    /// `componentLibraryName` in `data`.
    canvas_data: Value,
    source_pack_id: Option<Id<pack::Entity>>,
    source_pack_name: Option<String>,
    /// What became of each node that names a library component.
    resolution_results: Vec<ResolutionResult>,
    all_resolved: bool,
}

/// What became of a node that names a library component.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ResolutionResult {
    node_id: Option<String>,
    component_ref: String,
    resolved: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    component_library_id: Option<Id<component_library::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component_library_name: Option<String>,
    /// Why the component was not found.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<Resolution> for ResolutionResult {
    fn from(resolution: Resolution) -> Self {
        let missing = || format!("There is no component \"{}\".", resolution.reference);
        let error = resolution.component.is_none().then(missing);
        let (id, name) = resolution.component.map(|found| (found.id, found.name)).unzip();
        Self {
            node_id: resolution.node,
            component_ref: resolution.reference,
            resolved: id.is_some(),
            component_library_id: id,
            component_library_name: name,
            error,
        }
    }
}

/// A template with the library components that its nodes name.
async fn resolve(
    State(state): State<AppState>,
    actor: Allowed<permission::ReadLibrary>,
    Key(key): Key<Entity>,
) -> error::Result<Json<ResolvedTemplate>> {
    let scope = state.store.read(&actor);
    let row = scope.get(key).await?;
    let resolved = template::resolve(scope, &row).await?;
    let results: Vec<ResolutionResult> =
        resolved.resolutions.into_iter().map(ResolutionResult::from).collect();
    Ok(Json(ResolvedTemplate {
        id: row.id,
        name: row.name,
        description: row.description,
        category: row.category,
        diagram_type: row.diagram_type,
        canvas_data: resolved.canvas,
        source_pack_id: row.source_pack_id,
        source_pack_name: resolved.pack_name,
        all_resolved: results.iter().all(|result| result.resolved),
        resolution_results: results,
    }))
}

/// The routes of templates.
pub fn routes() -> ApiRouter<AppState> {
    resource::read_only_routes::<DfdTemplates>().api_route(
        "/api/dfd-templates/{id}/resolved/",
        get_with(resolve, |operation| {
            describe(operation, "resolveDfdTemplate", TAG)
                .summary("Read a template with its library components")
        }),
    )
}
