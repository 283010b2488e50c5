//! Report files that were asked for; the files are in the storage.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Document, Id, Reach, Tenanted,
    choice::{ExportState, ReportFormat, ReportType},
    organization, tenancy, threat_model, user,
};

/// A row of `report_export`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report_export")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization_id: Id<organization::Entity>,
    /// Absent for a report over the whole organization.
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub requested_by_id: Option<Id<user::Entity>>,
    /// The job that makes the file.
    pub job_id: Option<Uuid>,
    pub format: ReportFormat,
    pub report_type: ReportType,
    /// What it shows: a list of `ReportSection`s.
    pub sections: Document,
    /// On the cover; empty for the usual one.
    pub title: String,
    /// Of headings, as `#rrggbb`; empty for the usual one.
    pub colour: String,
    /// Where the logo is in the storage.
    pub logo_key: Option<String>,
    /// Whether the one who asked gets a mail when the file is ready.
    pub notify: bool,
    pub state: ExportState,
    /// Why it cannot be made.
    pub error: String,
    /// Where the file is in the storage.
    pub storage_key: Option<String>,
    pub filename: String,
    /// Size of the file in bytes.
    pub byte_size: i64,
    pub expires_at: ChronoDateTimeUtc,
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
    #[sea_orm(belongs_to = "user::Entity", from = "Column::RequestedById", to = "user::Column::Id")]
    RequestedBy,
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

    /// Whoever may read the model. Reports over an organization are for its security team, since
    /// they show the models of all teams.
    fn visible_to(actor: &Actor) -> Condition {
        let secured = tenancy::among(Column::OrganizationId, actor.secured_organizations());
        let readable = tenancy::visible_ids::<threat_model::Entity>(actor);
        Condition::any().add(secured).add(Column::ThreatModelId.in_subquery(readable))
    }

    /// Whoever may change the model, and whoever asked for the report while he sees it.
    fn writable_by(actor: &Actor) -> Condition {
        let own = Condition::all()
            .add(tenancy::among(Column::RequestedById, actor.user()))
            .add(Self::visible_to(actor));
        tenancy::following(Column::OrganizationId, Column::ThreatModelId, actor).add(own)
    }
}
