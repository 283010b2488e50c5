//! Codes that sign in once each when the app of a second factor is lost. Only hashes are kept, and
//! those of used codes are removed.

use sea_orm::entity::prelude::*;

use crate::{Id, second_factor};

/// A row of `recovery_code`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_code")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub second_factor_id: Id<second_factor::Entity>,
    /// Hash of the code, by which it is found.
    pub code_hash: String,
    pub created_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "second_factor::Entity",
        from = "Column::SecondFactorId",
        to = "second_factor::Column::Id"
    )]
    SecondFactor,
}

impl Related<second_factor::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SecondFactor.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
