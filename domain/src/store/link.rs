//! Opening links that show a threat model: a link is found by its token, whoever holds it.

use entity::{
    Actor, Id, magic_link,
    magic_link::{Column, Entity},
    shared_model, user,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::Store;
use crate::Result;

/// Finds links by their tokens and opens those that are usable.
#[derive(Clone, Copy)]
pub struct Links<'s> {
    store: &'s Store,
}

/// What became of a token.
#[derive(Debug)]
pub enum Found {
    /// No link has it.
    Unknown,
    /// The link was revoked or has expired.
    Ended,
    /// The link shows its model.
    Opened(Box<Opened>),
}

/// A link that was checked.
#[derive(Debug)]
pub struct Opened {
    /// The link.
    pub link: magic_link::Model,
    actor: Actor,
}

impl Opened {
    /// Sees the organization of the link. Only for reading the model of the link.
    pub(crate) const fn actor(&self) -> &Actor {
        &self.actor
    }
}

impl Store {
    /// Access for opening links.
    pub const fn links(&self) -> Links<'_> {
        Links { store: self }
    }
}

impl Links<'_> {
    /// Opens the link with the hash of a token and counts the access, also in the reader's list of
    /// shared models.
    pub async fn open(self, token_hash: &str, reader: Option<Id<user::Entity>>) -> Result<Found> {
        let found = Entity::find()
            .filter(Column::TokenHash.eq(token_hash))
            .one(&self.store.connection)
            .await?;
        let Some(link) = found else { return Ok(Found::Unknown) };
        if link.is_revoked || link.expires_at <= self.store.clock.now() {
            return Ok(Found::Ended);
        }
        let transaction = self.store.begin().await?;
        count(&transaction, &link).await?;
        if let Some(reader) = reader {
            self.remember(&transaction, &link, reader).await?;
        }
        transaction.commit().await?;
        let actor = Actor::for_job(link.organization_id, None);
        Ok(Found::Opened(Box::new(Opened { link, actor })))
    }

    /// Puts the model into the reader's list, or counts the access there.
    async fn remember(
        self,
        transaction: &DatabaseTransaction,
        link: &magic_link::Model,
        reader: Id<user::Entity>,
    ) -> Result<()> {
        use shared_model::{ActiveModel, Column, Entity};
        let now = self.store.clock.now();
        let row = ActiveModel {
            organization_id: Set(link.organization_id),
            threat_model_id: Set(link.threat_model_id),
            user_id: Set(reader),
            magic_link_id: Set(Some(link.id)),
            first_accessed_at: Set(now),
            last_accessed_at: Set(now),
            access_count: Set(1),
            ..ActiveModel::default()
        };
        let again = OnConflict::columns([Column::UserId, Column::ThreatModelId])
            .update_column(Column::LastAccessedAt)
            .value(Column::AccessCount, Expr::col((Entity, Column::AccessCount)).add(1))
            .to_owned();
        Entity::insert(row).on_conflict(again).exec_without_returning(transaction).await?;
        Ok(())
    }
}

async fn count(transaction: &DatabaseTransaction, link: &magic_link::Model) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::AccessedCount, Expr::col(Column::AccessedCount).add(1))
        .filter(Column::Id.eq(link.id))
        .exec(transaction)
        .await?;
    Ok(())
}
