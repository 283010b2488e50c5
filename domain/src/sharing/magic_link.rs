//! Links that show a threat model to anyone who holds them, without an account.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{Id, magic_link, organization, shared_model, threat_model, user};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, FromQueryResult, IntoActiveModel, JoinType, QuerySelect,
    RelationTrait,
};
use uuid::Uuid;

use crate::{
    Error, Refusal, Result, Scope, Store, Transaction,
    account::{
        Vault,
        secret::{digest, random_token},
    },
    model::detail::Detail,
    report::{Analysis, analysis},
    store::Found,
};

/// How long a link can be opened.
pub const LIFETIME: TimeDelta = TimeDelta::days(30);

const UNKNOWN: &str = "Invalid link";
const ENDED: &str = "Link expired or revoked";

/// What a link shows.
#[derive(Debug)]
pub struct Shared {
    /// The link.
    pub link: magic_link::Model,
    /// The model.
    pub model: threat_model::Model,
    /// What the model is shown with.
    pub detail: Detail,
    /// The threats of the model.
    pub analysis: Analysis,
}

/// An entry of a user's list of shared models.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Name of the model.
    pub name: String,
    /// Description of the model.
    pub description: String,
    /// Name of the organization of the model.
    pub organization: String,
    /// Address and name of whoever made the link, absent when the link or the account is gone.
    pub shared_by: Option<(String, String)>,
    /// The token, while the link is usable.
    pub token: Option<String>,
}

/// Completes a new link for a model that the actor sees: token and time of expiry.
pub async fn prepare(
    link: &mut magic_link::ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let token = random_token();
    link.id = Set(Uuid::new_v4());
    link.token_hash = Set(digest(&token));
    link.token_encrypted = Set(transaction.scope().vault().seal(&token));
    link.created_by_id = Set(transaction.actor().user());
    link.expires_at = Set(transaction.now() + LIFETIME);
    follow_model(link, transaction.scope()).await
}

/// Lets a link belong to the organization of its model.
pub async fn follow_model(link: &mut magic_link::ActiveModel, scope: Scope<'_>) -> Result<()> {
    let model = link.threat_model_id.try_as_ref().copied().ok_or(Error::NotFound)?;
    link.organization_id = Set(scope.get::<threat_model::Entity>(model).await?.organization_id);
    Ok(())
}

/// The token of a link, for those who may see it.
pub fn token(vault: &Vault, link: &magic_link::Model) -> Result<String> {
    opened(vault, &link.token_encrypted)
}

fn opened(vault: &Vault, sealed: &str) -> Result<String> {
    vault.open(sealed).map_err(|unreadable| Error::Internal(unreadable.to_string()))
}

/// A link that the actor sees.
pub async fn get(scope: Scope<'_>, id: Uuid) -> Result<magic_link::Model> {
    let found = scope.find::<magic_link::Entity>().filter(magic_link::Column::Id.eq(id));
    found.one().await?.ok_or(Error::NotFound)
}

/// Ends a link. One that has ended stays as it is.
pub async fn revoke(transaction: &Transaction<'_>, id: Uuid) -> Result<()> {
    let mut link = get(transaction.scope(), id).await?.into_active_model();
    link.is_revoked = Set(true);
    transaction.save(link).await?;
    Ok(())
}

/// What the link with a token shows. Counts the access, and puts the model into the list of a
/// reader with an account.
///
/// # Errors
/// [`Refusal::Missing`] for an unknown token, [`Refusal::Gone`] for a link that has ended.
pub async fn open(store: &Store, token: &str, reader: Option<Id<user::Entity>>) -> Result<Shared> {
    let opened = match store.links().open(&digest(token), reader).await? {
        Found::Unknown => return Err(Error::missing(UNKNOWN)),
        Found::Ended => return Err(Error::Refused(Refusal::Gone, ENDED.to_owned())),
        Found::Opened(opened) => opened,
    };
    let scope = store.read(opened.actor());
    let model = scope.get::<threat_model::Entity>(opened.link.threat_model_id).await?;
    let (detail, analysis) =
        tokio::try_join!(Detail::of(model.id, scope), analysis::analysis(scope, model.id))?;
    Ok(Shared { link: opened.link, model, detail, analysis })
}

#[derive(FromQueryResult)]
struct EntryRow {
    id: Id<shared_model::Entity>,
    name: String,
    description: String,
    organization: String,
    token_encrypted: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    is_revoked: Option<bool>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

/// What the entries of the actor's list are shown with, in one statement.
pub async fn entries(
    scope: Scope<'_>,
    ids: impl IntoIterator<Item = Id<shared_model::Entity>>,
) -> Result<HashMap<Id<shared_model::Entity>, Entry>> {
    use magic_link::Column as Link;
    use shared_model::{Column, Relation};
    let rows: Vec<EntryRow> = scope
        .find::<shared_model::Entity>()
        .filter(Column::Id.is_in(ids))
        .shape(|select| {
            select
                .join(JoinType::InnerJoin, Relation::ThreatModel.def())
                .join(JoinType::InnerJoin, Relation::Organization.def())
                .join(JoinType::LeftJoin, Relation::MagicLink.def())
                .join(JoinType::LeftJoin, magic_link::Relation::CreatedBy.def())
                .select_only()
                .column(Column::Id)
                .columns([threat_model::Column::Name, threat_model::Column::Description])
                .column_as(organization::Column::Name, "organization")
                .columns([Link::TokenEncrypted, Link::ExpiresAt, Link::IsRevoked])
                .columns([user::Column::Email, user::Column::FirstName, user::Column::LastName])
        })
        .rows()
        .await?;
    let now = scope.now();
    rows.into_iter().map(|row| Ok((row.id, entry(row, scope.vault(), now)?))).collect()
}

fn entry(row: EntryRow, vault: &Vault, now: DateTime<Utc>) -> Result<Entry> {
    let usable = row.is_revoked == Some(false) && row.expires_at.is_some_and(|end| end > now);
    let sealed = row.token_encrypted.filter(|_| usable);
    let (first, last) = (row.first_name.unwrap_or_default(), row.last_name.unwrap_or_default());
    let shared_by = row.email.map(|email| {
        let name = format!("{first} {last}").trim().to_owned();
        let name = if name.is_empty() { email.clone() } else { name };
        (email, name)
    });
    Ok(Entry {
        name: row.name,
        description: row.description,
        organization: row.organization,
        shared_by,
        token: sealed.map(|sealed| opened(vault, &sealed)).transpose()?,
    })
}
