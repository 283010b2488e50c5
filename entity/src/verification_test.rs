//! Tests that show whether countermeasures work.

use sea_orm::{Condition, entity::prelude::*};

use crate::{Actor, Id, Reach, Tenanted, choice::VerificationMethod, organization, tenancy, user};

/// A row of `verification_test`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "verification_test")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub name: String,
    pub method: VerificationMethod,
    pub last_run_at: Option<ChronoDateTimeUtc>,
    pub passed: bool,
    pub evidence: String,
    pub created_by_id: Option<Id<user::Entity>>,
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
    #[sea_orm(belongs_to = "user::Entity", from = "Column::CreatedById", to = "user::Column::Id")]
    CreatedBy,
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
    const REACH: Reach<Column> = Reach::Organization;

    /// Everyone who may change something in the organization.
    fn writable_by(actor: &Actor) -> Condition {
        Condition::all().add(tenancy::among(Column::OrganizationId, actor.writing_organizations()))
    }
}
