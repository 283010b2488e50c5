//! Requests that a client may repeat, and the answers they got.

use sea_orm::entity::prelude::*;

use crate::{Id, user};

/// A row of `idempotency_key`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub user_id: Id<user::Entity>,
    pub key: String,
    /// Hash of method, path and body, to refuse the key for another request.
    pub fingerprint: String,
    /// Absent while the first request is under way.
    pub response_status: Option<i32>,
    /// Encrypted, for it may hold secrets. Absent while there is none or if it is too large.
    pub response_body: Option<String>,
    pub created_at: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
    /// When changes of the request were committed, in the same transaction.
    pub carried_out_at: Option<ChronoDateTimeUtc>,
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
