//! Where the log of each organization begins and ends.

use sea_orm::entity::prelude::*;

use crate::{Id, organization};

/// A row of `audit_chain`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_chain")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    /// Whose log it is. 0 for changes of accounts that concern no organization.
    pub organization_id: Id<organization::Entity>,
    /// The place of the last entry; 0 while there is none.
    pub position: i64,
    /// The hash of the last entry.
    pub hash: String,
    /// The place of the last entry that was removed because of its age.
    pub anchor_position: i64,
    /// The hash of that entry, to which the first one that is left is tied.
    pub anchor_hash: String,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
