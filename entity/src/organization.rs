//! Tenants.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, choice::Plan, tenancy};

/// A row of `organization`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub name: String,
    pub domain: String,
    pub plan: Plan,
    pub business_unit_label: String,
    /// Whether people who sign up without an invitation join this organization.
    pub is_primary: bool,
    /// Whether the security team gets a mail with numbers every week.
    pub weekly_digest: bool,
    /// After how many days entries of the audit log are removed; 0 for never.
    pub audit_retention_days: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::Id;
    const REACH: Reach<Column> = Reach::Organization;
}
