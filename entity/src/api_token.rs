//! Personal tokens: programs use them in the name of a user.

use sea_orm::entity::prelude::*;

use crate::{Id, choice::TokenScope, user};

/// A row of `api_token`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub user_id: Id<user::Entity>,
    /// What the user calls it.
    pub name: String,
    pub scope: TokenScope,
    /// SHA-256 of the token, which itself is not kept.
    pub token_hash: String,
    /// The first letters of the token, to tell it from others.
    pub prefix: String,
    pub expires_at: ChronoDateTimeUtc,
    /// To the minute.
    pub last_used_at: Option<ChronoDateTimeUtc>,
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
