//! Links that show a threat model to anyone who holds them.

use sea_orm::{Condition, entity::prelude::*};

use crate::{Actor, Document, Id, Reach, Tenanted, organization, tenancy, threat_model, user};

/// A row of `magic_link`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "magic_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    /// Hash of the token, by which a link is found.
    pub token_hash: String,
    /// The token itself, encrypted, so that its creator can copy the link again.
    pub token_encrypted: String,
    pub created_by_id: Option<Id<user::Entity>>,
    pub expires_at: ChronoDateTimeUtc,
    pub accessed_count: i32,
    /// In PHC string format; absent if the link needs no password.
    pub password_hash: Option<String>,
    /// What the link shows: a list of `Section`s.
    pub sections: Document,
    /// Addresses to which the link was sent, a list of texts.
    pub recipients: Document,
    pub is_revoked: bool,
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
    #[sea_orm(belongs_to = "user::Entity", from = "Column::CreatedById", to = "user::Column::Id")]
    CreatedBy,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CreatedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Links open the model to strangers, so that only those see them who may make them.
    fn visible_to(actor: &Actor) -> Condition {
        Self::writable_by(actor)
    }
}
