//! Parts of a system: processes, data stores, actors.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Document, Id, Reach, Tenanted, component_library, integration_source, organization,
    orgsystem, tenancy, threat_model, trust_zone,
};

/// A row of `component`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "component")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub orgsystem_id: Option<Id<orgsystem::Entity>>,
    pub component_library_id: Option<Id<component_library::Entity>>,
    pub trust_zone_id: Option<Id<trust_zone::Entity>>,
    pub source_integration_id: Option<Id<integration_source::Entity>>,
    pub parent_component_id: Option<Id<Entity>>,
    pub name: String,
    pub description: String,
    pub category: String,
    pub actor_type: String,
    pub data_store_type: String,
    pub data_sensitivity_level: String,
    pub format_metadata: Document,
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
        belongs_to = "orgsystem::Entity",
        from = "Column::OrgsystemId",
        to = "orgsystem::Column::Id"
    )]
    Orgsystem,
    #[sea_orm(
        belongs_to = "component_library::Entity",
        from = "Column::ComponentLibraryId",
        to = "component_library::Column::Id"
    )]
    ComponentLibrary,
    #[sea_orm(
        belongs_to = "trust_zone::Entity",
        from = "Column::TrustZoneId",
        to = "trust_zone::Column::Id"
    )]
    TrustZone,
    #[sea_orm(
        belongs_to = "integration_source::Entity",
        from = "Column::SourceIntegrationId",
        to = "integration_source::Column::Id"
    )]
    SourceIntegration,
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentComponentId", to = "Column::Id")]
    ParentComponent,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<orgsystem::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Orgsystem.def()
    }
}

impl Related<component_library::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ComponentLibrary.def()
    }
}

impl Related<trust_zone::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TrustZone.def()
    }
}

impl Related<integration_source::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SourceIntegration.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Follows the threat model; a component without one follows its system.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::following_or::<_, orgsystem::Entity>(
            Column::OrganizationId,
            Column::ThreatModelId,
            Column::OrgsystemId,
            actor,
        )
    }
}
