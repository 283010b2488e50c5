//! Countermeasures against a threat to a data flow, with copies of the library's words.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Document, Id, Reach, Tenanted, choice::CountermeasureStatus, countermeasure_library,
    flow_threat, organization, tenancy, threat_model, user,
};

/// A row of `flow_countermeasure`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flow_countermeasure")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub flow_threat_id: Id<flow_threat::Entity>,
    pub countermeasure_library_id: Option<Id<countermeasure_library::Entity>>,
    pub countermeasure_name: String,
    pub countermeasure_description: String,
    pub control_type: String,
    /// Share of the risk it removes, 0 to 1. Absent: follows from the status.
    pub effectiveness: Option<f64>,
    pub status: CountermeasureStatus,
    pub priority: String,
    pub verified_by_id: Option<Id<user::Entity>>,
    pub evidence_url: String,
    pub required_for_release: bool,
    pub assigned_owner_id: Option<Id<user::Entity>>,
    pub format_metadata: Document,
    pub display_order: i32,
    pub is_inherited: bool,
    pub inherited_from_component_name: String,
    pub inherited_from_zone_name: String,
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
        belongs_to = "flow_threat::Entity",
        from = "Column::FlowThreatId",
        to = "flow_threat::Column::Id"
    )]
    FlowThreat,
    #[sea_orm(
        belongs_to = "countermeasure_library::Entity",
        from = "Column::CountermeasureLibraryId",
        to = "countermeasure_library::Column::Id"
    )]
    CountermeasureLibrary,
    #[sea_orm(belongs_to = "user::Entity", from = "Column::VerifiedById", to = "user::Column::Id")]
    VerifiedBy,
    #[sea_orm(
        belongs_to = "user::Entity",
        from = "Column::AssignedOwnerId",
        to = "user::Column::Id"
    )]
    AssignedOwner,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<flow_threat::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FlowThreat.def()
    }
}

impl Related<countermeasure_library::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CountermeasureLibrary.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Follows the threat model; without one, the threat.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::following_or::<_, flow_threat::Entity>(
            Column::OrganizationId,
            Column::ThreatModelId,
            Column::FlowThreatId,
            actor,
        )
    }
}
