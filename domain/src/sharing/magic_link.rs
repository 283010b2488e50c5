//! Links that show a threat model to anyone who holds them, without an account.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{Document, Id, choice::Section, magic_link, shared_model, threat_model, user};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, IntoActiveModel};
use serde_json::json;
use uuid::Uuid;

use super::{Allowance, Numbers, Sections};
use crate::{
    Error, Refusal, Result, Scope, Store, Transaction,
    account::{
        Accounts, Address, Vault, Verdict,
        secret::{digest, random_token},
    },
    job::mail::SendMagicLink,
    model::detail::Detail,
    report::{Analysis, ElementKind, analysis, maps::Places},
    store::SharedEntry,
};

/// How long a link can be opened unless its maker says otherwise.
pub const LIFETIME: TimeDelta = TimeDelta::days(30);
/// The longest time for which a link can be made, days.
pub const MOST_DAYS: i64 = 365;
/// How many people a link can be sent to at once.
pub const MOST_RECIPIENTS: usize = 20;
/// The shortest password of a link, characters.
pub const SHORTEST_PASSWORD: usize = 8;

const UNKNOWN: &str = "Invalid link";
const ENDED: &str = "Link expired or revoked";

/// What the maker of a link wishes; what is absent stays, or is as usual for a new link.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// For how many days from now it can be opened.
    pub days: Option<i64>,
    /// What it shows.
    pub sections: Option<Sections>,
    /// The hash of its password; none in it takes the password away.
    pub password_hash: Option<Option<String>>,
    /// To whom it is sent.
    pub recipients: Vec<Address>,
}

/// Somebody who opens a link.
#[derive(Clone, Debug)]
pub struct Visit<'v> {
    /// The last part of the link.
    pub token: &'v str,
    /// The password, if one was sent.
    pub password: Option<String>,
    /// The account of the visitor.
    pub reader: Option<Id<user::Entity>>,
}

/// What became of a visit.
#[derive(Debug)]
pub enum Opening {
    /// The model is shown. The access is counted.
    Shared(Box<Shared>),
    /// The link has a password, and none was sent.
    NeedsPassword,
    /// The password is another one.
    WrongPassword,
    /// The link was revoked or has expired.
    Ended,
    /// No link has this token.
    Unknown,
}

impl Opening {
    /// What is shown.
    ///
    /// # Errors
    /// [`Refusal::Missing`] for an unknown token, [`Refusal::Gone`] for a link that has ended,
    /// [`Error::Forbidden`] where a password is missing or wrong.
    pub fn shared(self) -> Result<Shared> {
        match self {
            Self::Shared(shared) => Ok(*shared),
            Self::NeedsPassword => Err(Error::Forbidden(Some(NEEDS_PASSWORD.to_owned()))),
            Self::WrongPassword => Err(Error::Forbidden(Some(WRONG_PASSWORD.to_owned()))),
            Self::Ended => Err(Error::Refused(Refusal::Gone, ENDED.to_owned())),
            Self::Unknown => Err(Error::missing(UNKNOWN)),
        }
    }
}

/// What is said about a link with a password.
pub const NEEDS_PASSWORD: &str = "This link needs a password.";
/// What is said about another password than that of the link.
pub const WRONG_PASSWORD: &str = "The password is wrong.";

/// What a link shows. Of what it does not show nothing is left in here.
#[derive(Debug)]
pub struct Shared {
    /// The link.
    pub link: magic_link::Model,
    /// What it shows.
    pub sections: Sections,
    /// The model.
    pub model: threat_model::Model,
    /// What the model is shown with.
    pub detail: Detail,
    /// The threats of the model.
    pub analysis: Analysis,
    /// The numbers of the model, if the summary is shown.
    pub numbers: Option<Numbers>,
}

/// What the mail with a link says.
#[derive(Clone, Debug)]
pub struct MagicLinkLetter {
    /// The last part of the link.
    pub token: String,
    /// Name of the threat model.
    pub model: String,
    /// Name of the organization.
    pub organization: String,
    /// Address of whoever made the link.
    pub sender: Option<String>,
    /// Until when it can be opened.
    pub expires_at: DateTime<Utc>,
    /// Whether a password is needed.
    pub has_password: bool,
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
    link.sections = Set(Document::from(&Sections::all()));
    link.recipients = Set(json!([]).into());
    follow_model(link, transaction.scope()).await
}

/// Does what the maker of a link wishes, and has it sent to whom the maker names.
///
/// # Errors
/// [`Error::Exhausted`] when too many links were sent in this hour.
pub async fn grant(
    transaction: &Transaction<'_>,
    link: magic_link::Model,
    wishes: Wishes,
    allowance: Allowance,
) -> Result<magic_link::Model> {
    let before = link.clone();
    let mut draft = link.into_active_model();
    if let Some(days) = wishes.days {
        draft.expires_at = Set(transaction.now() + TimeDelta::days(days));
    }
    if let Some(sections) = &wishes.sections {
        draft.sections = Set(sections.into());
    }
    if let Some(hash) = wishes.password_hash {
        draft.password_hash = Set(hash);
    }
    if !wishes.recipients.is_empty() {
        draft.recipients = Set(known_recipients(&before, &wishes.recipients));
        let sender = transaction.actor().user();
        transaction.spend(allowance.links(sender, wishes.recipients.len())).await?;
    }
    if !draft.is_changed() {
        return Ok(before);
    }
    let link = transaction.save(&before, draft).await?;
    for recipient in wishes.recipients {
        transaction.enqueue(&SendMagicLink::new(&link, recipient)).await?;
    }
    Ok(link)
}

/// All addresses to which a link was sent so far, each once.
fn known_recipients(link: &magic_link::Model, more: &[Address]) -> Document {
    let mut all = recipients(link);
    for address in more {
        if !all.iter().any(|known| crate::account::address::key(known) == address.key()) {
            all.push(address.as_str().to_owned());
        }
    }
    json!(all).into()
}

/// Addresses to which a link was sent.
pub fn recipients(link: &magic_link::Model) -> Vec<String> {
    serde_json::from_value(link.recipients.0.clone()).unwrap_or_default()
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
    let link = get(transaction.scope(), id).await?;
    transaction.update_row::<magic_link::Entity>(link, |row| row.is_revoked = Set(true)).await?;
    Ok(())
}

/// Opens a link: counts the access and puts the model into the list of a reader with an account.
///
/// The look-up is by hash, and a password costs as much to check for an unknown link as for a
/// known one.
pub async fn open(accounts: &Accounts, visit: Visit<'_>) -> Result<Opening> {
    let store = accounts.store();
    let link = store.links().find(&digest(visit.token)).await?;
    let verdict = match visit.password {
        Some(password) => {
            let stored = link.as_ref().and_then(|link| link.password_hash.clone());
            Some(accounts.passwords.verify(password, stored).await?)
        }
        None => None,
    };
    let Some(link) = link else { return Ok(Opening::Unknown) };
    if link.is_revoked || link.expires_at <= store.clock().now() {
        return Ok(Opening::Ended);
    }
    match (&link.password_hash, verdict) {
        (Some(_), None) => return Ok(Opening::NeedsPassword),
        (Some(_), Some(Verdict::Wrong)) => return Ok(Opening::WrongPassword),
        _ => {}
    }
    show(store, link, visit.reader).await
}

async fn show(
    store: &Store,
    link: magic_link::Model,
    reader: Option<Id<user::Entity>>,
) -> Result<Opening> {
    let Some(opened) = store.links().open(link, reader).await? else {
        return Ok(Opening::Ended);
    };
    let scope = store.read(opened.actor());
    let mut model = scope.get::<threat_model::Entity>(opened.link.threat_model_id).await?;
    let (mut detail, mut analysis) =
        tokio::try_join!(Detail::of(model.id, scope), analysis::analysis(scope, model.id))?;
    leave_out_undrawn_flows(&mut analysis);
    let sections = Sections::from(&opened.link.sections);
    let numbers = sections.shows(Section::Summary).then(|| Numbers::of(&analysis));
    sections.restrict(&mut model, &mut detail, &mut analysis);
    let link = opened.link;
    Ok(Opening::Shared(Box::new(Shared { link, sections, model, detail, analysis, numbers })))
}

/// Flows count only where they are drawn.
fn leave_out_undrawn_flows(analysis: &mut Analysis) {
    let places = Places::of(analysis);
    analysis.threats.retain(|threat| {
        let subject = &threat.subject;
        subject.kind == ElementKind::Component || places.place(subject.kind, subject.id).is_some()
    });
}

/// What to write into the mail with a link. None if the link is gone or has ended.
pub async fn letter(store: &Store, link: Uuid) -> Result<Option<MagicLinkLetter>> {
    let Some(found) = store.links().with_names(link).await? else { return Ok(None) };
    if found.link.is_revoked || found.link.expires_at <= store.clock().now() {
        return Ok(None);
    }
    Ok(Some(MagicLinkLetter {
        token: token(store.vault(), &found.link)?,
        model: found.model,
        organization: found.organization,
        sender: found.sender,
        expires_at: found.link.expires_at,
        has_password: found.link.password_hash.is_some(),
    }))
}

/// What the entries of the actor's list are shown with, in one statement.
pub async fn entries(
    scope: Scope<'_>,
    ids: impl IntoIterator<Item = Id<shared_model::Entity>>,
) -> Result<HashMap<Id<shared_model::Entity>, Entry>> {
    let now = scope.now();
    let shared = scope.shared_models(ids).await?;
    shared.into_iter().map(|row| Ok((row.id, entry(row, scope.vault(), now)?))).collect()
}

fn entry(row: SharedEntry, vault: &Vault, now: DateTime<Utc>) -> Result<Entry> {
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
