//! Pictures that explain a threat model; the files are in the storage.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, organization, tenancy, threat_model, user};

/// A row of `reference_image`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reference_image")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    /// Where the file is in the storage.
    pub storage_key: String,
    pub content_type: String,
    /// Size of the file in bytes.
    pub byte_size: i64,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    pub filename: String,
    pub description: String,
    pub display_order: i32,
    pub uploaded_by_id: Option<Id<user::Entity>>,
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
    #[sea_orm(belongs_to = "user::Entity", from = "Column::UploadedById", to = "user::Column::Id")]
    UploadedBy,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::UploadedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);
}
