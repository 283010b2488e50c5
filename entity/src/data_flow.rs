//! Data on its way from one component to another.

use sea_orm::{Condition, entity::prelude::*};

use crate::{Actor, Document, Id, Reach, Tenanted, component, organization, tenancy, threat_model};

/// A row of `data_flow`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
#[sea_orm(table_name = "data_flow")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub source_component_id: Id<component::Entity>,
    pub dest_component_id: Id<component::Entity>,
    pub label: String,
    pub description: String,
    pub edge_id: String,
    pub protocol: String,
    pub port: Option<i32>,
    pub encrypted: bool,
    pub authenticated: bool,
    pub crosses_trust_zone: bool,
    pub has_sensitive_data: bool,
    pub data_classification: Document,
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
        belongs_to = "component::Entity",
        from = "Column::SourceComponentId",
        to = "component::Column::Id"
    )]
    SourceComponent,
    #[sea_orm(
        belongs_to = "component::Entity",
        from = "Column::DestComponentId",
        to = "component::Column::Id"
    )]
    DestComponent,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Follows the threat model; without one, the component that it starts from.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::following_or::<_, component::Entity>(
            Column::OrganizationId,
            Column::ThreatModelId,
            Column::SourceComponentId,
            actor,
        )
    }
}
