//! What was changed or refused: by whom, when, from where. Rows are only ever added.

use sea_orm::{Condition, entity::prelude::*};

use crate::{Actor, Document, Id, Reach, Tenanted, choice::AuditOutcome, organization, tenancy};

/// A row of `audit_entry`. It refers to no other table, so that it outlives what it tells of.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    /// Whose log it is. 0 for changes of accounts that concern no organization.
    pub organization_id: Id<organization::Entity>,
    /// The place in the log of the organization, counted from 1.
    pub position: i64,
    pub happened_at: ChronoDateTimeUtc,
    /// Key of the user; absent for work that no user asked for.
    pub user_id: Option<i64>,
    /// Key of the personal token that was used, if one was.
    pub api_token_id: Option<i64>,
    /// Id of the operation in the API document, or what a job or command is called.
    pub operation: String,
    pub outcome: AuditOutcome,
    /// The table of the row that it is about.
    pub target_type: Option<String>,
    /// The key of that row.
    pub target_id: Option<String>,
    pub threat_model_id: Option<i64>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    /// Id of the request, or of the job.
    pub request_id: Option<String>,
    pub trace_id: Option<String>,
    /// By table: how many rows were added, changed and removed, and some of them.
    pub changes: Document,
    /// SHA-256 over the entry and the hash of the one before.
    pub hash: String,
    /// Signature of the hash with a key of the installation.
    pub signature: String,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;

    /// The security team reads the log of its organization.
    fn visible_to(actor: &Actor) -> Condition {
        Condition::all().add(tenancy::among(Column::OrganizationId, actor.secured_organizations()))
    }
}
