//! Threats to a data flow, with copies of the library's words.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Document, Id, Reach, Tenanted,
    choice::{Severity, ThreatStatus},
    component, data_flow, organization, tenancy, threat_library, threat_model,
};

/// A row of `flow_threat`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flow_threat")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub data_flow_id: Id<data_flow::Entity>,
    pub threat_library_id: Option<Id<threat_library::Entity>>,
    pub threat_name: String,
    pub threat_description: String,
    /// Taxonomy entries of the library threat when it was copied.
    pub taxonomy_snapshot: Document,
    pub inherent_severity: Severity,
    /// Empty or one of the severities.
    pub residual_severity: String,
    pub status: ThreatStatus,
    pub severity_scoring_metadata: Document,
    pub is_dismissed: bool,
    pub dismissal_reason: String,
    pub format_metadata: Document,
    pub display_order: i32,
    pub impact_description: String,
    pub threat_actor_id: Option<Id<component::Entity>>,
    pub threat_actor_text: String,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "organization::Entity",
        from = "Column::OrganizationId",
        to = "organization::Column::Id"
    )]
    Organization,
    #[sea_orm(
        belongs_to = "threat_model::Entity",
        from = "Column::ThreatModelId",
        to = "threat_model::Column::Id"
    )]
    ThreatModel,
    #[sea_orm(
        belongs_to = "data_flow::Entity",
        from = "Column::DataFlowId",
        to = "data_flow::Column::Id"
    )]
    DataFlow,
    #[sea_orm(
        belongs_to = "threat_library::Entity",
        from = "Column::ThreatLibraryId",
        to = "threat_library::Column::Id"
    )]
    ThreatLibrary,
    #[sea_orm(
        belongs_to = "component::Entity",
        from = "Column::ThreatActorId",
        to = "component::Column::Id"
    )]
    ThreatActor,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<data_flow::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::DataFlow.def()
    }
}

impl Related<threat_library::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatLibrary.def()
    }
}

impl Related<component::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatActor.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Follows the threat model; without one, the flow.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::following_or::<_, data_flow::Entity>(
            Column::OrganizationId,
            Column::ThreatModelId,
            Column::DataFlowId,
            actor,
        )
    }
}
