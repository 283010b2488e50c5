//! Data flow diagrams.

use sea_orm::entity::prelude::*;

use crate::{
    Document, Id, Reach, Tenanted, choice::DiagramType, dfd_template, organization, tenancy,
    threat_model, user,
};

/// A row of `diagram`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "diagram")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    pub name: String,
    pub diagram_type: DiagramType,
    pub is_primary: bool,
    pub canvas_data: Document,
    pub template_library_id: Option<Id<dfd_template::Entity>>,
    pub updated_by_id: Option<Id<user::Entity>>,
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
        belongs_to = "dfd_template::Entity",
        from = "Column::TemplateLibraryId",
        to = "dfd_template::Column::Id"
    )]
    TemplateLibrary,
    #[sea_orm(belongs_to = "user::Entity", from = "Column::UpdatedById", to = "user::Column::Id")]
    UpdatedBy,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<dfd_template::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TemplateLibrary.def()
    }
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::UpdatedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);
}
