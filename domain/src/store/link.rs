//! Opening links that show a threat model: a link is found by its token, whoever holds it.

use chrono::{DateTime, Utc};
use entity::{
    Actor, Id, Tenanted as _, magic_link,
    magic_link::{Column, Entity},
    organization, shared_model, threat_model, user,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QuerySelect as _, RelationTrait as _,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use uuid::Uuid;

use super::{Scope, Store};
use crate::Result;

/// Finds links by their tokens and counts who opens them.
#[derive(Clone, Copy)]
pub struct Links<'s> {
    store: &'s Store,
}

/// A link with the names that go with it.
#[derive(Clone, Debug)]
pub struct NamedLink {
    /// The link.
    pub link: magic_link::Model,
    /// Name of the threat model.
    pub model: String,
    /// Name of the organization.
    pub organization: String,
    /// Address of whoever made the link, if the account still exists.
    pub sender: Option<String>,
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

/// A model in somebody's list, with what it is shown with. Columns of the link are empty when the
/// link is gone.
#[derive(Debug, FromQueryResult)]
pub struct SharedEntry {
    /// The entry.
    pub id: Id<shared_model::Entity>,
    /// Name of the threat model.
    pub name: String,
    /// Description of the threat model.
    pub description: String,
    /// Name of the organization.
    pub organization: String,
    /// The token of the link, encrypted.
    pub token_encrypted: Option<String>,
    /// Until when the link can be opened.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether the link was revoked.
    pub is_revoked: Option<bool>,
    /// Address of whoever made the link.
    pub email: Option<String>,
    /// First name of whoever made the link.
    pub first_name: Option<String>,
    /// Last name of whoever made the link.
    pub last_name: Option<String>,
}

impl Scope<'_> {
    /// Those of these entries that are in the actor's list, in one statement. He need not be in the
    /// organizations of the models.
    pub async fn shared_models(
        self,
        ids: impl IntoIterator<Item = Id<shared_model::Entity>>,
    ) -> Result<Vec<SharedEntry>> {
        use shared_model::{Column, Entity, Relation};
        let shared = Entity::find()
            .filter(Entity::visible_to(self.actor()))
            .filter(Column::Id.is_in(ids))
            .join(JoinType::InnerJoin, Relation::ThreatModel.def())
            .join(JoinType::InnerJoin, Relation::Organization.def())
            .join(JoinType::LeftJoin, Relation::MagicLink.def())
            .join(JoinType::LeftJoin, magic_link::Relation::CreatedBy.def())
            .select_only()
            .column(Column::Id)
            .columns([threat_model::Column::Name, threat_model::Column::Description])
            .column_as(organization::Column::Name, "organization")
            .columns([
                magic_link::Column::TokenEncrypted,
                magic_link::Column::ExpiresAt,
                magic_link::Column::IsRevoked,
            ])
            .columns([user::Column::Email, user::Column::FirstName, user::Column::LastName]);
        Ok(shared.into_model::<SharedEntry>().all(&self.store().crossing).await?)
    }
}

impl Links<'_> {
    /// The link with the hash of a token, usable or not.
    pub async fn find(self, token_hash: &str) -> Result<Option<magic_link::Model>> {
        let found = Entity::find().filter(Column::TokenHash.eq(token_hash));
        Ok(found.one(&self.store.crossing).await?)
    }

    /// A link by key, with the names that its mail mentions.
    pub async fn with_names(self, id: Uuid) -> Result<Option<NamedLink>> {
        let found = Entity::find_by_id(id)
            .find_also_related(threat_model::Entity)
            .find_also_related(user::Entity)
            .one(&self.store.crossing)
            .await?;
        let Some((link, Some(model), sender)) = found else { return Ok(None) };
        let organization = organization::Entity::find_by_id(link.organization_id)
            .one(&self.store.crossing)
            .await?;
        let Some(organization) = organization else { return Ok(None) };
        Ok(Some(NamedLink {
            link,
            model: model.name,
            organization: organization.name,
            sender: sender.map(|sender| sender.email),
        }))
    }

    /// Counts an access to a link, also in the reader's list of shared models. None if the link has
    /// ended.
    pub async fn open(
        self,
        link: magic_link::Model,
        reader: Option<Id<user::Entity>>,
    ) -> Result<Option<Opened>> {
        let transaction = self.store.begin().await?;
        if !count(&transaction, &link, self.store.clock.now()).await? {
            return Ok(None);
        }
        if let Some(reader) = reader {
            self.remember(&transaction, &link, reader).await?;
        }
        transaction.commit().await?;
        let actor = Actor::for_job(link.organization_id, None);
        Ok(Some(Opened { link, actor }))
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

/// Whether the link was usable.
async fn count(
    transaction: &DatabaseTransaction,
    link: &magic_link::Model,
    now: DateTime<Utc>,
) -> Result<bool> {
    let counted = Entity::update_many()
        .col_expr(Column::AccessedCount, Expr::col(Column::AccessedCount).add(1))
        .filter(Column::Id.eq(link.id))
        .filter(Column::IsRevoked.eq(false))
        .filter(Column::ExpiresAt.gt(now))
        .exec(transaction)
        .await?;
    Ok(counted.rows_affected > 0)
}
