//! Apps whose codes a user needs to sign in, besides the password. One a user.

use sea_orm::entity::prelude::*;

use crate::{Id, user};

/// A row of `second_factor`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factor")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub user_id: Id<user::Entity>,
    /// What the app and the server share, encrypted.
    pub secret_encrypted: String,
    /// Absent until a first code has proved that the app has the secret; until then nothing is
    /// asked at sign-in.
    pub enabled_at: Option<ChronoDateTimeUtc>,
    /// The step of time whose code was used last. It and older ones are refused.
    pub last_step: i64,
    pub created_at: ChronoDateTimeUtc,
}

impl Model {
    /// Whether a code is asked for at sign-in.
    pub const fn is_enabled(&self) -> bool {
        self.enabled_at.is_some()
    }
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

impl Related<Entity> for user::Entity {
    fn to() -> RelationDef {
        Relation::User.def().rev()
    }
}

impl ActiveModelBehavior for ActiveModel {}
