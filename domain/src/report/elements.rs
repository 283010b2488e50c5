//! Components and flows of a model, each with its threats, in one statement.

use entity::{
    Document, Id, Names, component, component_library, component_threat, data_flow, diagram,
    flow_threat, team, threat_library, threat_model, user,
};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait,
    sea_query::{Alias, Expr, ExprTrait},
};

use crate::{Error, Result, Scope};

/// Whether something is about a component or a data flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ElementKind {
    /// A component.
    Component,
    /// A data flow.
    Flow,
}

/// A component or a data flow of the model.
#[derive(Clone, Debug)]
pub struct Element {
    /// Which of the two.
    pub kind: ElementKind,
    /// The key of the component or flow.
    pub id: i64,
    /// Name of the component, label of the flow.
    pub name: String,
    /// Description of either.
    pub description: String,
    /// Category of a component; empty for flows.
    pub category: String,
    /// The trust zone of a component.
    pub zone: Option<i64>,
    /// Type of the library component.
    pub component_type: String,
    /// Provider of the library component.
    pub provider: String,
    /// Name of the source of a flow.
    pub source: String,
    /// Name of the destination of a flow.
    pub destination: String,
    /// Protocol of a flow.
    pub protocol: String,
    /// Whether a flow is encrypted, authenticated, crosses zones, carries sensitive data.
    pub flags: FlowFlags,
}

/// What is true of a data flow.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are the columns of a flow")]
pub struct FlowFlags {
    /// Encrypted in transit.
    pub encrypted: bool,
    /// The ends authenticate each other.
    pub authenticated: bool,
    /// It crosses a trust zone.
    pub crosses_trust_zone: bool,
    /// It carries sensitive data.
    pub has_sensitive_data: bool,
}

/// A row of the statement: an element, and one of its threats if it has any.
#[derive(FromQueryResult)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns")]
pub(super) struct ElementRow {
    is_flow: i32,
    id: i64,
    name: String,
    description: String,
    category: String,
    zone: Option<i64>,
    component_type: Option<String>,
    provider: Option<String>,
    source: String,
    destination: String,
    protocol: String,
    encrypted: bool,
    authenticated: bool,
    crosses_trust_zone: bool,
    has_sensitive_data: bool,
    pub(super) threat_id: Option<i64>,
    pub(super) threat_library_id: Option<i64>,
    pub(super) library_name: Option<String>,
    pub(super) library_description: Option<String>,
    pub(super) threat_name: Option<String>,
    pub(super) threat_description: Option<String>,
    pub(super) taxonomy_snapshot: Option<Document>,
    pub(super) inherent_severity: Option<String>,
    pub(super) residual_severity: Option<String>,
    pub(super) status: Option<String>,
    pub(super) severity_scoring_metadata: Option<Document>,
    pub(super) is_dismissed: Option<bool>,
    pub(super) dismissal_reason: Option<String>,
    pub(super) display_order: Option<i32>,
    pub(super) impact_description: Option<String>,
    pub(super) threat_actor_id: Option<i64>,
    pub(super) threat_actor_name: Option<String>,
    pub(super) threat_actor_text: Option<String>,
    pub(super) format_metadata: Option<Document>,
}

impl ElementRow {
    pub(super) const fn kind(&self) -> ElementKind {
        if self.is_flow == 1 { ElementKind::Flow } else { ElementKind::Component }
    }

    pub(super) const fn element_id(&self) -> i64 {
        self.id
    }

    pub(super) fn element(&self) -> Element {
        Element {
            kind: self.kind(),
            id: self.id,
            name: self.name.clone(),
            description: self.description.clone(),
            category: self.category.clone(),
            zone: self.zone,
            component_type: self.component_type.clone().unwrap_or_default(),
            provider: self.provider.clone().unwrap_or_default(),
            source: self.source.clone(),
            destination: self.destination.clone(),
            protocol: self.protocol.clone(),
            flags: FlowFlags {
                encrypted: self.encrypted,
                authenticated: self.authenticated,
                crosses_trust_zone: self.crosses_trust_zone,
                has_sensitive_data: self.has_sensitive_data,
            },
        }
    }
}

/// All elements of the model with their threats, in one statement.
pub(super) async fn elements(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<ElementRow>> {
    components(scope, model).and(flows(scope, model)).fetch().await
}

fn components(scope: Scope<'_>, model: Id<threat_model::Entity>) -> crate::store::Rows<'_> {
    use component::Column as Component;
    use component_threat::Column as Threat;
    let nothing = || Expr::val("");
    let no = || Expr::val(false);
    let of_threat = component_threat::Relation::Component.def().rev();
    scope
        .find::<component::Entity>()
        .filter(Component::ThreatModelId.eq(model))
        .shape(|select| {
            let select = select
                .join(JoinType::LeftJoin, component::Relation::ComponentLibrary.def())
                .join(JoinType::LeftJoin, of_threat)
                .join(JoinType::LeftJoin, component_threat::Relation::ThreatLibrary.def())
                .join_as(
                    JoinType::LeftJoin,
                    component_threat::Relation::ThreatActor.def(),
                    Alias::new("actor"),
                )
                .select_only()
                .expr_as(Expr::val(0), "is_flow")
                .column_as(Component::Id, "id")
                .column_as(Component::Name, "name")
                .column_as(Component::Description, "description")
                .column_as(Component::Category, "category")
                .column_as(Component::TrustZoneId, "zone")
                .column_as(component_library::Column::ComponentType, "component_type")
                .column_as(component_library::Column::Provider, "provider")
                .expr_as(nothing(), "source")
                .expr_as(nothing(), "destination")
                .expr_as(nothing(), "protocol")
                .expr_as(no(), "encrypted")
                .expr_as(no(), "authenticated")
                .expr_as(no(), "crosses_trust_zone")
                .expr_as(no(), "has_sensitive_data");
            threat_columns(select, |name| {
                let column: Threat = name.parse().expect("a column of component threats");
                Expr::col((component_threat::Entity, column))
            })
        })
        .prepared()
}

fn flows(scope: Scope<'_>, model: Id<threat_model::Entity>) -> crate::store::Rows<'_> {
    use data_flow::Column as Flow;
    use flow_threat::Column as Threat;
    let end = |alias: &'static str| Expr::col((Alias::new(alias), component::Column::Name));
    let of_threat = flow_threat::Relation::DataFlow.def().rev();
    scope
        .find::<data_flow::Entity>()
        .filter(Flow::ThreatModelId.eq(model))
        .shape(|select| {
            let select = select
                .join_as(
                    JoinType::InnerJoin,
                    data_flow::Relation::SourceComponent.def(),
                    Alias::new("source_end"),
                )
                .join_as(
                    JoinType::InnerJoin,
                    data_flow::Relation::DestComponent.def(),
                    Alias::new("dest_end"),
                )
                .join(JoinType::LeftJoin, of_threat)
                .join(JoinType::LeftJoin, flow_threat::Relation::ThreatLibrary.def())
                .join_as(
                    JoinType::LeftJoin,
                    flow_threat::Relation::ThreatActor.def(),
                    Alias::new("actor"),
                )
                .select_only()
                .expr_as(Expr::val(1), "is_flow")
                .column_as(Flow::Id, "id")
                .column_as(Flow::Label, "name")
                .column_as(Flow::Description, "description")
                .expr_as(Expr::val(""), "category")
                .expr_as(Expr::val(None::<i64>).cast_as("bigint"), "zone")
                .expr_as(Expr::val(None::<String>).cast_as("text"), "component_type")
                .expr_as(Expr::val(None::<String>).cast_as("text"), "provider")
                .expr_as(end("source_end"), "source")
                .expr_as(end("dest_end"), "destination")
                .column_as(Flow::Protocol, "protocol")
                .column_as(Flow::Encrypted, "encrypted")
                .column_as(Flow::Authenticated, "authenticated")
                .column_as(Flow::CrossesTrustZone, "crosses_trust_zone")
                .column_as(Flow::HasSensitiveData, "has_sensitive_data");
            threat_columns(select, |name| {
                let column: Threat = name.parse().expect("a column of flow threats");
                Expr::col((flow_threat::Entity, column))
            })
        })
        .prepared()
}

/// The columns of a threat, which both kinds of threats have under the same names.
fn threat_columns<E: sea_orm::EntityTrait>(
    select: sea_orm::Select<E>,
    column: impl Fn(&str) -> Expr,
) -> sea_orm::Select<E> {
    const SAME: [&str; 15] = [
        "threat_name",
        "threat_description",
        "taxonomy_snapshot",
        "inherent_severity",
        "residual_severity",
        "status",
        "severity_scoring_metadata",
        "is_dismissed",
        "dismissal_reason",
        "display_order",
        "impact_description",
        "threat_actor_id",
        "threat_actor_text",
        "threat_library_id",
        "format_metadata",
    ];
    let library = |column| Expr::col((threat_library::Entity, column));
    let select = select
        .expr_as(column("id"), "threat_id")
        .expr_as(library(threat_library::Column::Name), "library_name")
        .expr_as(library(threat_library::Column::Description), "library_description")
        .expr_as(Expr::col((Alias::new("actor"), component::Column::Name)), "threat_actor_name");
    SAME.iter().fold(select, |select, name| select.expr_as(column(name), *name))
}

/// A diagram of the model.
#[derive(Clone, Debug)]
pub struct Diagram {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// `context`, `level1` or `level2`.
    pub diagram_type: String,
    /// Whether it is the one that is synchronised.
    pub is_primary: bool,
    /// The canvas as it was saved.
    pub canvas: serde_json::Value,
}

/// A threat model with the names around it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Head {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// `low` to `critical`.
    pub criticality: String,
    /// How risks are scored.
    pub risk_scoring_method: String,
    /// What is assumed.
    pub assumptions: Document,
    /// Whether the scope is settled.
    pub scope_locked: bool,
    /// When it was made.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When it was last changed.
    pub updated_at: chrono::DateTime<chrono::Utc>,
    /// Name of the owning team.
    pub owning_team: Option<String>,
    /// Address of the creator.
    pub created_by: Option<String>,
    diagram_id: Option<i64>,
    diagram_name: Option<String>,
    diagram_type: Option<String>,
    diagram_is_primary: Option<bool>,
    diagram_canvas: Option<Document>,
}

/// The model with its diagrams, oldest first, in one statement.
pub(super) async fn head(
    scope: Scope<'_>,
    model: impl Names<threat_model::Entity>,
) -> Result<(Head, Vec<Diagram>)> {
    use diagram::Column as Canvas;
    use threat_model::Column as Model;
    let rows: Vec<Head> = scope
        .find::<threat_model::Entity>()
        .filter(Model::Id.eq(model.id()))
        .shape(|select| {
            select
                .join(JoinType::LeftJoin, threat_model::Relation::OwningTeam.def())
                .join(JoinType::LeftJoin, threat_model::Relation::CreatedBy.def())
                .join(JoinType::LeftJoin, diagram::Relation::ThreatModel.def().rev())
                .select_only()
                .columns([
                    Model::Id,
                    Model::Name,
                    Model::Description,
                    Model::Criticality,
                    Model::RiskScoringMethod,
                    Model::Assumptions,
                    Model::ScopeLocked,
                    Model::CreatedAt,
                    Model::UpdatedAt,
                ])
                .column_as(team::Column::Name, "owning_team")
                .column_as(user::Column::Email, "created_by")
                .column_as(Canvas::Id, "diagram_id")
                .column_as(Canvas::Name, "diagram_name")
                .column_as(Canvas::DiagramType, "diagram_type")
                .column_as(Canvas::IsPrimary, "diagram_is_primary")
                .column_as(Canvas::CanvasData, "diagram_canvas")
        })
        .ascending_by(Expr::col((diagram::Entity, Canvas::Id)))
        .rows()
        .await?;
    let head = rows.first().cloned().ok_or(Error::NotFound)?;
    let diagrams = rows.into_iter().filter_map(diagram_of).collect();
    Ok((head, diagrams))
}

fn diagram_of(row: Head) -> Option<Diagram> {
    Some(Diagram {
        id: row.diagram_id?,
        name: row.diagram_name.unwrap_or_default(),
        diagram_type: row.diagram_type.unwrap_or_default(),
        is_primary: row.diagram_is_primary.unwrap_or_default(),
        canvas: row.diagram_canvas.map(Document::into_inner).unwrap_or_default(),
    })
}
