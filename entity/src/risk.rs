//! Risks of a threat model. Scores are 0 to 100.

use sea_orm::entity::prelude::*;

use crate::{
    Document, Id, Reach, Tenanted, choice::RiskLevel, organization, tenancy, threat_model, user,
};

/// A row of `risk`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    pub name: String,
    pub description: String,
    pub scoring_metadata: Document,
    /// How the inherent score follows from the inputs; absent if it was stated.
    pub scoring_result: Option<Document>,
    pub inherent_score: i32,
    pub inherent_level: RiskLevel,
    pub residual_score: Option<i32>,
    pub residual_level: RiskLevel,
    pub owner_id: Option<Id<user::Entity>>,
    pub assigned_to_id: Option<Id<user::Entity>>,
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
    #[sea_orm(belongs_to = "user::Entity", from = "Column::OwnerId", to = "user::Column::Id")]
    Owner,
    #[sea_orm(belongs_to = "user::Entity", from = "Column::AssignedToId", to = "user::Column::Id")]
    AssignedTo,
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
