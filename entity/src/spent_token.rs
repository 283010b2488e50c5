//! Refresh tokens that were exchanged or given up before they expired.

use sea_orm::entity::prelude::*;

use crate::Id;

/// A row of `spent_token`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "spent_token")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub jti: String,
    pub expires_at: ChronoDateTimeUtc,
    pub created_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
