//! What became of mails. A row is written before a mail leaves, so that none leaves twice.

use sea_orm::entity::prelude::*;

use crate::choice::MailState;

/// A row of `mail`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail")]
pub struct Model {
    /// The key of the job that sends it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The kind of the job.
    pub kind: String,
    pub state: MailState,
    /// What the mail server said last.
    pub reply: Option<String>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
