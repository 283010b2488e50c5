use aide::{axum::ApiRouter, transform::TransformOperation};
use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
};
use domain::{
    Find, Result, Scope, Transaction,
    model::diagram::{self as rules, Deletion, Orphan, Orphans},
    permission::{ReadModels, WriteModels},
};
use entity::{
    Document, Id, Ref,
    choice::DiagramType,
    component, dfd_template,
    diagram::{ActiveModel, Column, Entity, Model},
    threat_model, user,
};
use schemars::JsonSchema;
use sea_orm::{Iterable, Order, QuerySelect, sea_query::Expr};
use serde::Serialize;

use crate::{
    error,
    extract::{Allowed, Key},
    input::{Body, Field, Filter, Params, Sort, When, vouch},
    resource::{
        self, Resource, Sorting, describe, described_create, handlers, query_parameter, refusal,
    },
    router::CANVAS_LIMIT,
    routing::{delete_with, get_with, post_with},
    state::AppState,
    wire::Timestamp,
};

/// Data flow diagrams.
pub struct Diagrams;

/// A diagram with its drawing.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the API says diagramType")]
pub struct Diagram {
    id: Id<Entity>,
    name: String,
    diagram_type: DiagramType,
    threat_model: Id<threat_model::Entity>,
    /// Saving the primary diagram of a model brings its drawing into the records of the model.
    is_primary: bool,
    /// The drawing as the editor sent it: `nodes`, `edges` and anything else. Nodes and edges of the
    /// primary diagram carry the ids of their records in `data`.
    canvas_data: Document,
    template_library: Option<Id<dfd_template::Entity>>,
    /// Who saved it last.
    updated_by: Option<Id<user::Entity>>,
    /// Left out if nobody is known to have saved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_by_email: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Diagram {
    /// A diagram and the address of whoever saved it last.
    pub(super) fn new(row: Model, updated_by_email: Option<String>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            diagram_type: row.diagram_type,
            threat_model: row.threat_model_id,
            is_primary: row.is_primary,
            canvas_data: row.canvas_data,
            template_library: row.template_library_id,
            updated_by: row.updated_by_id,
            updated_by_email,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

/// A diagram in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagramItem {
    id: Id<Entity>,
    name: String,
    diagram_type: DiagramType,
    is_primary: bool,
    updated_at: Timestamp,
}

const TAG: &str = "Diagrams";

impl Resource for Diagrams {
    const NAME: &'static str = "Diagram";
    const PATH: &'static str = "/api/diagrams/";
    const TAG: &'static str = TAG;
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::choice::<DiagramType>("diagram_type", Column::DiagramType, "level1"),
        Field::flag("is_primary", Column::IsPrimary).only(When::Change).note(
            "Makes the diagram the primary one of its model instead of the one that is so far.",
        ),
        Field::object("canvas_data", Column::CanvasData)
            .note("The drawing. Keys that the server does not know are kept as they are."),
        Field::reference(
            "template_library",
            Column::TemplateLibraryId,
            vouch::<dfd_template::Entity>,
        ),
    ];
    const PARENT: Option<&'static str> = Some("threatModelId");
    const FILTERS: &'static [Filter<Column>] =
        &[Filter::choice::<DiagramType>("diagram_type", Column::DiagramType)];
    const SEARCH: &'static [Column] = &[Column::Name];
    const ORDERING: &'static [Sort<Column>] = &[
        Sort::by("name", Column::Name),
        Sort::by("created_at", Column::CreatedAt),
        Sort::by("updated_at", Column::UpdatedAt),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] =
        &[(Sort::by("updated_at", Column::UpdatedAt), Order::Desc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = Diagram;
    type Item = DiagramItem;

    /// Lists do not show drawings, which may be large, so they are not read.
    async fn narrow<'c>(
        find: Find<'c, Entity>,
        _: &Params,
        _: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        let read = Column::iter().filter(|column| !matches!(column, Column::CanvasData));
        Ok(find.shape(|select| {
            select.select_only().columns(read).expr_as(Expr::val("{}"), "canvas_data")
        }))
    }

    async fn prepare(
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let model: Option<Ref<threat_model::Entity>> = body.reference("threat_model_id")?;
        let model = model.ok_or_else(|| {
            domain::Error::unfit(
                "threat_model_id is required. DFDs cannot be created without a threat model.",
            )
        })?;
        rules::prepare(transaction, draft, model).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        rules::save(transaction, before.id, draft).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Diagram>> {
        let people = scope.people(rows.iter().filter_map(|row| row.updated_by_id)).await?;
        let view = |row: Model| {
            let person = row.updated_by_id.and_then(|user| people.get(&user));
            let email = person.map(|person| person.email.clone());
            Diagram::new(row, email)
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, _: Scope<'_>) -> Result<Vec<DiagramItem>> {
        let item = |row: Model| DiagramItem {
            id: row.id,
            name: row.name,
            diagram_type: row.diagram_type,
            is_primary: row.is_primary,
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(item).collect())
    }
}

/// What deleting a diagram would mean.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeletionPreview {
    dfd: PreviewedDiagram,
    /// The model of the diagram.
    affected_threat_models: Vec<AffectedModel>,
    /// Components that no other diagram of the model shows, by name.
    orphaned_components: Vec<OrphanedComponent>,
    orphaned_component_count: usize,
}

/// The diagram that would be deleted.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PreviewedDiagram {
    id: String,
    name: String,
    /// Nodes of any type.
    node_count: usize,
    /// Components of the model that the drawing shows.
    component_count: usize,
}

/// A model that loses a diagram.
#[derive(Serialize, JsonSchema)]
struct AffectedModel {
    id: String,
    name: String,
}

/// A component that no other diagram shows.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OrphanedComponent {
    id: Id<component::Entity>,
    name: String,
    /// The name of its library component.
    library_name: Option<String>,
}

impl DeletionPreview {
    fn new(diagram: Model, deletion: Deletion) -> Self {
        let orphan = |orphan: Orphan| OrphanedComponent {
            id: orphan.id,
            name: orphan.name,
            library_name: orphan.library_name,
        };
        Self {
            dfd: PreviewedDiagram {
                id: diagram.id.to_string(),
                name: diagram.name,
                node_count: deletion.node_count,
                component_count: deletion.component_count,
            },
            affected_threat_models: vec![AffectedModel {
                id: deletion.model.to_string(),
                name: deletion.model_name,
            }],
            orphaned_component_count: deletion.orphans.len(),
            orphaned_components: deletion.orphans.into_iter().map(orphan).collect(),
        }
    }
}

/// Says what deleting a diagram would mean.
async fn preview_deletion(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(key): Key<Entity>,
) -> error::Result<Json<DeletionPreview>> {
    let scope = state.store.read(&actor);
    let diagram = scope.get(key).await?;
    let deletion = rules::preview_deletion(scope, &diagram).await?;
    Ok(Json(DeletionPreview::new(diagram, deletion)))
}

/// A diagram was deleted.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Deleted {
    /// Always `deleted`.
    status: &'static str,
    /// Components that were deleted with it.
    orphaned_components_deleted: u64,
}

/// Deletes a diagram. The oldest other one becomes primary if it was.
async fn delete(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
    params: Params,
) -> error::Result<Json<Deleted>> {
    let transaction = state.store.write(&actor).await?;
    let diagram = transaction.scope().get_writable(key).await?;
    let orphans =
        if params.is_true("delete_orphaned_components") { Orphans::Delete } else { Orphans::Keep };
    let orphaned_components_deleted = rules::delete(&transaction, diagram, orphans).await?;
    transaction.commit().await?;
    Ok(Json(Deleted { status: "deleted", orphaned_components_deleted }))
}

/// The routes of diagrams.
pub fn routes() -> ApiRouter<AppState> {
    let record = resource::kept_record::<Diagrams>().merge(delete_with(delete, |operation| {
        let operation = describe(operation, "deleteDiagram", TAG).summary("Delete: Diagrams");
        let text = "Deletes the components that no other diagram of the model shows, too.";
        let schema = serde_json::json!({"type": "boolean"});
        query_parameter(operation, "delete_orphaned_components", text, schema)
    }));
    ApiRouter::new()
        .api_route(
            "/api/diagrams/",
            resource::listing::<Diagrams>()
                .merge(post_with(handlers::create::<Diagrams>, |operation| {
                    no_model(described_create::<Diagrams>(operation))
                })),
        )
        .api_route("/api/diagrams/{id}/", record)
        .api_route(
            "/api/diagrams/create_for_threat_model/",
            post_with(handlers::create::<Diagrams>, |operation| {
                no_model(described_create::<Diagrams>(operation))
                    .id("createDiagramForThreatModel")
                    .summary("Create a diagram of a threat model")
            }),
        )
        .api_route(
            "/api/diagrams/{id}/delete_preview/",
            get_with(preview_deletion, |operation| {
                describe(operation, "previewDiagramDeletion", TAG)
                    .summary("Preview what deleting a diagram would mean")
            }),
        )
        .layer(DefaultBodyLimit::max(CANVAS_LIMIT))
}

fn no_model(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    refusal(operation, 404, "There is no such threat model.")
}
