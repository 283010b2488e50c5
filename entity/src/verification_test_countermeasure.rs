//! Countermeasures that a test covers: of a component or of a data flow, never both.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Id, Reach, Tenanted, component_countermeasure, flow_countermeasure, organization,
    tenancy, verification_test,
};

/// A row of `verification_test_countermeasure`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "verification_test_countermeasure")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub verification_test_id: Id<verification_test::Entity>,
    pub component_countermeasure_id: Option<Id<component_countermeasure::Entity>>,
    pub flow_countermeasure_id: Option<Id<flow_countermeasure::Entity>>,
    pub created_at: ChronoDateTimeUtc,
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
    #[sea_orm(
        belongs_to = "verification_test::Entity",
        from = "Column::VerificationTestId",
        to = "verification_test::Column::Id"
    )]
    VerificationTest,
    #[sea_orm(
        belongs_to = "component_countermeasure::Entity",
        from = "Column::ComponentCountermeasureId",
        to = "component_countermeasure::Column::Id"
    )]
    ComponentCountermeasure,
    #[sea_orm(
        belongs_to = "flow_countermeasure::Entity",
        from = "Column::FlowCountermeasureId",
        to = "flow_countermeasure::Column::Id"
    )]
    FlowCountermeasure,
}

impl Related<verification_test::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::VerificationTest.def()
    }
}

impl Related<component_countermeasure::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ComponentCountermeasure.def()
    }
}

impl Related<flow_countermeasure::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FlowCountermeasure.def()
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
