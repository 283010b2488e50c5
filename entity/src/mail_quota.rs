//! How many mails somebody had sent in an hour.

use sea_orm::entity::prelude::*;

use crate::Id;

/// A row of `mail_quota`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_quota")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    /// Whose mails are counted.
    pub key: String,
    /// The hour, counted from 1970.
    pub hour: i64,
    pub used: i32,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
