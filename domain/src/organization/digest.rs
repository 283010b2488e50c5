//! The weekly mail with the numbers of an organization, for its security team.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Actor, Id,
    choice::{CountermeasureStatus, OrganizationRole, ThreatStatus},
    component_countermeasure, component_threat, flow_countermeasure, flow_threat, organization,
    threat_model, user,
};
use sea_orm::ColumnTrait;

use crate::{
    Result, Scope, Store,
    compliance::drift::{self, Drift},
    job::mail::SendDigest,
};

/// What the numbers look back on.
const PERIOD: TimeDelta = TimeDelta::days(7);

/// Seconds of a week, and from the beginning of 1970, a Thursday, back to the Monday morning at
/// six before it.
const WEEK: i64 = 7 * 24 * 3600;
const TO_MONDAY: i64 = 3 * 24 * 3600 - 6 * 3600;

/// Begins what is sealed into a link, so that nothing else that is sealed serves as one.
const PURPOSE: &str = "mute weekly digest";

/// Countermeasures that are not in place and not waived.
const OPEN: [CountermeasureStatus; 2] = [CountermeasureStatus::Gap, CountermeasureStatus::Planned];

/// What the mail says.
#[derive(Clone, Debug)]
pub struct DigestLetter {
    /// Where to send it.
    pub email: String,
    /// Name of the organization.
    pub organization: String,
    /// The numbers.
    pub numbers: Numbers,
    /// The last part of the link that ends these mails.
    pub token: String,
}

/// The numbers of an organization.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Numbers {
    /// Threat models.
    pub models: u64,
    /// Threats that were added in the last seven days and count.
    pub new_threats: u64,
    /// Threats that nothing is done about.
    pub exposed_threats: u64,
    /// Countermeasures that are missing or planned.
    pub open_countermeasures: u64,
    /// Countermeasures whose mappings differ from those of the library.
    pub drift: u64,
}

/// The week of a moment, counted from 1970. Weeks begin on Monday at six, UTC.
pub const fn week(moment: DateTime<Utc>) -> i64 {
    (moment.timestamp() + TO_MONDAY).div_euclid(WEEK)
}

/// Asks for the mails of a week: to each of the security teams of organizations that want them, but
/// for those who do not. Returns how many.
pub async fn ask(store: &Store, week: i64) -> Result<usize> {
    let changes = store.identity().begin().await?;
    let readers = changes.digest_readers().await?;
    let mails: Vec<_> = readers
        .into_iter()
        .map(|(organization, user)| SendDigest {
            organization: organization.key(),
            user: user.key(),
            week,
        })
        .collect();
    changes.enqueue_all(&mails).await?;
    changes.commit().await?;
    Ok(mails.len())
}

/// What to write to a reader. None for somebody who is not to get it any more.
pub async fn letter(store: &Store, mail: &SendDigest) -> Result<Option<DigestLetter>> {
    let organization = Id::trusted(mail.organization);
    let reader = mail.reader();
    let changes = store.identity().begin().await?;
    let readers = changes.digest_readers().await?;
    let user = changes.user(reader).await;
    drop(changes);
    if !readers.contains(&(organization, reader)) {
        return Ok(None);
    }
    let actor = Actor::for_job(organization, None);
    let scope = store.read(&actor);
    Ok(Some(DigestLetter {
        email: user?.email,
        organization: scope.get::<organization::Entity>(organization).await?.name,
        numbers: numbers(scope, scope.now() - PERIOD).await?,
        token: token(store, organization, reader),
    }))
}

/// The numbers of all organizations of the actor.
pub async fn numbers(scope: Scope<'_>, since: DateTime<Utc>) -> Result<Numbers> {
    use component_threat::Column as OfComponent;
    use flow_threat::Column as OfFlow;
    let component =
        || scope.find::<component_threat::Entity>().filter(OfComponent::IsDismissed.eq(false));
    let flow = || scope.find::<flow_threat::Entity>().filter(OfFlow::IsDismissed.eq(false));
    let exposed = ThreatStatus::Exposed;
    Ok(Numbers {
        models: scope.find::<threat_model::Entity>().count().await?,
        new_threats: component().filter(OfComponent::CreatedAt.gte(since)).count().await?
            + flow().filter(OfFlow::CreatedAt.gte(since)).count().await?,
        exposed_threats: component().filter(OfComponent::Status.eq(exposed)).count().await?
            + flow().filter(OfFlow::Status.eq(exposed)).count().await?,
        open_countermeasures: open_countermeasures(scope).await?,
        drift: drifting(drift::of_everything(scope).await?),
    })
}

const fn drifting(drift: Drift) -> u64 {
    drift.countermeasures as u64
}

async fn open_countermeasures(scope: Scope<'_>) -> Result<u64> {
    let component = scope
        .find::<component_countermeasure::Entity>()
        .filter(component_countermeasure::Column::Status.is_in(OPEN));
    let flow = scope
        .find::<flow_countermeasure::Entity>()
        .filter(flow_countermeasure::Column::Status.is_in(OPEN));
    Ok(component.count().await? + flow.count().await?)
}

/// What the link that ends the mails to a reader ends with. It cannot be made without the secret
/// of the installation, and says nothing about whom it is for.
fn token(store: &Store, organization: Id<organization::Entity>, user: Id<user::Entity>) -> String {
    store.vault().seal(&format!("{PURPOSE}:{}:{}", organization.key(), user.key()))
}

/// Ends the weekly mails about an organization to whoever the link was sent to. Doing it again
/// changes nothing. Answers the name of the organization, none for a link that is not genuine or
/// whose reader is no member any more.
pub async fn unsubscribe(store: &Store, token: &str) -> Result<Option<String>> {
    let Some((organization, user)) = addressee(store, token) else { return Ok(None) };
    mute(store, organization, user, Muted::Yes).await
}

/// The name of the organization whose mails a link ends. Changes nothing.
pub async fn subscription(store: &Store, token: &str) -> Result<Option<String>> {
    let Some((organization, _)) = addressee(store, token) else { return Ok(None) };
    let actor = Actor::for_job(organization, None);
    match store.read(&actor).get::<organization::Entity>(organization).await {
        Ok(organization) => Ok(Some(organization.name)),
        Err(crate::Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a member wants no weekly mail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Muted {
    /// None, please.
    Yes,
    /// With the others of the security team.
    No,
}

/// Says whether a member wants the weekly mails about an organization. Answers its name, none for
/// somebody who is no member.
pub async fn mute(
    store: &Store,
    organization: Id<organization::Entity>,
    user: Id<user::Entity>,
    muted: Muted,
) -> Result<Option<String>> {
    let changes = store.identity().begin().await?;
    let name = changes.mute_digest(organization, user, muted == Muted::Yes).await?;
    changes.commit().await?;
    Ok(name)
}

fn addressee(store: &Store, token: &str) -> Option<(Id<organization::Entity>, Id<user::Entity>)> {
    let opened = store.vault().open(token).ok()?;
    let keys = opened.strip_prefix(PURPOSE)?.strip_prefix(':')?;
    let (organization, user) = keys.split_once(':')?;
    Some((Id::trusted(organization.parse().ok()?), Id::trusted(user.parse().ok()?)))
}

/// Who gets the mails: the role that they are for.
pub(crate) const READERS: OrganizationRole = OrganizationRole::SecurityTeam;

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn weeks_begin_on_monday_at_six() {
        let sunday = Utc.with_ymd_and_hms(2026, 11, 22, 23, 0, 0).unwrap();
        let early = Utc.with_ymd_and_hms(2026, 11, 23, 5, 59, 59).unwrap();
        let six = Utc.with_ymd_and_hms(2026, 11, 23, 6, 0, 0).unwrap();
        let end = Utc.with_ymd_and_hms(2026, 11, 30, 5, 59, 59).unwrap();
        assert_eq!(week(sunday), week(early));
        assert_eq!(week(early) + 1, week(six));
        assert_eq!(week(six), week(end));
    }
}
