//! Where two trust zones meet.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Document, Id, Reach, Tenanted, organization, tenancy, threat_model, trust_zone,
};

/// A row of `trust_boundary`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "trust_boundary")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub zone_a_id: Id<trust_zone::Entity>,
    pub zone_b_id: Id<trust_zone::Entity>,
    pub label: String,
    pub description: String,
    pub edge_id: String,
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
        belongs_to = "trust_zone::Entity",
        from = "Column::ZoneAId",
        to = "trust_zone::Column::Id"
    )]
    ZoneA,
    #[sea_orm(
        belongs_to = "trust_zone::Entity",
        from = "Column::ZoneBId",
        to = "trust_zone::Column::Id"
    )]
    ZoneB,
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

    /// Follows the threat model; a boundary without one follows its first zone.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::following_or::<_, trust_zone::Entity>(
            Column::OrganizationId,
            Column::ThreatModelId,
            Column::ZoneAId,
            actor,
        )
    }
}
