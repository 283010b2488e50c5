//! Sign-ins; each has one refresh token at a time.

use sea_orm::entity::prelude::*;

use crate::{Id, user};

/// A row of `session`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub user_id: Id<user::Entity>,
    /// Hash of the one refresh token that is good for this session.
    pub refresh_hash: String,
    pub user_agent: String,
    pub expires_at: ChronoDateTimeUtc,
    pub last_used_at: ChronoDateTimeUtc,
    pub revoked_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "user::Entity", from = "Column::UserId", to = "user::Column::Id")]
    User,
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
