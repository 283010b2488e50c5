//! Areas of equal trust.

use sea_orm::{Condition, QuerySelect, QueryTrait, entity::prelude::*};

use crate::{Actor, Document, Id, Reach, Tenanted, component, organization, tenancy, threat_model};

/// A row of `trust_zone`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "trust_zone")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub name: String,
    /// 0 (untrusted) to 100.
    pub trust_level: i32,
    pub description: String,
    pub format_metadata: Document,
    pub parent_id: Option<Id<Entity>>,
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
    #[sea_orm(
        belongs_to = "threat_model::Entity",
        from = "Column::ThreatModelId",
        to = "threat_model::Column::Id"
    )]
    ThreatModel,
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
    Parent,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Follows the threat model. A zone without one follows the models whose components it holds;
    /// an empty one is open to everyone who may change something in the organization.
    fn writable_by(actor: &Actor) -> Condition {
        let held = || {
            component::Entity::find()
                .filter(component::Column::TrustZoneId.is_not_null())
                .select_only()
                .column(component::Column::TrustZoneId)
        };
        let held_by_any =
            held().filter(tenancy::among(component::Column::OrganizationId, actor.organizations()));
        let held_by_own = held().filter(tenancy::following(
            component::Column::OrganizationId,
            component::Column::ThreatModelId,
            actor,
        ));
        let open = Condition::any()
            .add(Column::Id.in_subquery(held_by_own.into_query()))
            .add(Column::Id.not_in_subquery(held_by_any.into_query()));
        let without_model = Condition::all()
            .add(Column::ThreatModelId.is_null())
            .add(tenancy::among(Column::OrganizationId, actor.writing_organizations()))
            .add(open);
        tenancy::following(Column::OrganizationId, Column::ThreatModelId, actor).add(without_model)
    }
}
