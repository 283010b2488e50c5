//! The figures of threat models at the end of days.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, organization, tenancy, threat_model};

/// A row of `threat_model_snapshot`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "threat_model_snapshot")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    /// In UTC, as `2026-11-23`.
    pub day: String,
    pub threats: i64,
    pub dismissed: i64,
    pub exposed: i64,
    pub addressable: i64,
    pub mitigated: i64,
    pub countermeasures: i64,
    pub gaps: i64,
    pub planned: i64,
    pub verified: i64,
    pub waived: i64,
    pub platform: i64,
    pub risks: i64,
    pub risks_low: i64,
    pub risks_medium: i64,
    pub risks_high: i64,
    pub risks_critical: i64,
    pub created_at: ChronoDateTimeUtc,
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
}
