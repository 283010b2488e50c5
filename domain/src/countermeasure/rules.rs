//! Who may give a countermeasure which status, and what follows from a change of one.

use entity::{Actor, Id, choice::CountermeasureStatus, organization};

use crate::{
    Error, Result, Transaction, risk,
    threat::{Kind, status},
};

const PLATFORM: &str = "Only Security Team members can assign or remove platform status.";
/// Longest address of evidence, in characters.
const LONGEST_ADDRESS: usize = 200;
/// Longest reason for waiving a countermeasure, in characters.
const LONGEST_REASON: usize = 2000;

/// Fails if a change of status gives or takes `platform` and the actor is not of the security team.
///
/// `before` is absent for a new countermeasure.
pub fn may_have_status(
    actor: &Actor,
    organization: Id<organization::Entity>,
    before: Option<CountermeasureStatus>,
    after: CountermeasureStatus,
) -> Result<()> {
    let is_platform = |status| status == CountermeasureStatus::Platform;
    let changes = is_platform(after) != before.is_some_and(is_platform);
    if changes && !actor.secures(organization) {
        return Err(Error::Forbidden(Some(PLATFORM.to_owned())));
    }
    Ok(())
}

/// Fails unless the evidence fits the status: a waived countermeasure has a reason in free words of
/// at most 2000 characters, any other an http(s) address of at most 200 characters. Both may be
/// empty.
pub fn required_evidence(status: CountermeasureStatus, evidence: &str) -> Result<()> {
    let longest =
        if status == CountermeasureStatus::Waived { LONGEST_REASON } else { LONGEST_ADDRESS };
    if evidence.chars().count() > longest {
        let text = format!("Ensure this field has no more than {longest} characters.");
        return Err(Error::invalid("evidence_url", text));
    }
    if status == CountermeasureStatus::Waived || evidence.is_empty() || is_web_address(evidence) {
        return Ok(());
    }
    Err(Error::invalid("evidence_url", "Enter a valid URL."))
}

fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|address| {
        matches!(address.scheme(), "http" | "https") && address.host().is_some()
    })
}

/// Lets status and residual risk follow a change of the countermeasures of these threats.
pub async fn follow<K: Kind>(
    transaction: &Transaction<'_>,
    threats: &[Id<K::Threat>],
) -> Result<()> {
    status::recalculate::<K>(transaction, threats).await?;
    risk::follow_threats::<K>(transaction, threats).await
}

#[cfg(test)]
mod tests {
    use entity::{
        Actor, Id,
        choice::{
            CountermeasureStatus::{Gap, Planned, Platform, Waived},
            OrganizationRole,
        },
    };

    use super::{may_have_status, required_evidence};

    fn actor(role: OrganizationRole) -> Actor {
        Actor::looked_up(Id::trusted(1), vec![(Id::trusted(1), role)], Vec::new())
    }

    #[test]
    fn only_the_security_team_gives_and_takes_platform() {
        let (member, security) =
            (actor(OrganizationRole::Member), actor(OrganizationRole::SecurityTeam));
        let organization = Id::trusted(1);
        for (before, after) in [(None, Platform), (Some(Gap), Platform), (Some(Platform), Gap)] {
            assert!(may_have_status(&member, organization, before, after).is_err());
            assert!(may_have_status(&security, organization, before, after).is_ok());
        }
        assert!(may_have_status(&member, organization, Some(Platform), Platform).is_ok());
        assert!(may_have_status(&member, organization, Some(Gap), Planned).is_ok());
    }

    #[test]
    fn the_security_team_of_another_organization_does_not_count() {
        let security = actor(OrganizationRole::SecurityTeam);
        assert!(may_have_status(&security, Id::trusted(2), None, Platform).is_err());
    }

    #[test]
    fn a_waiver_has_a_reason_in_free_words() {
        assert!(required_evidence(Waived, "The device is not connected.").is_ok());
        assert!(required_evidence(Waived, &"x".repeat(2000)).is_ok());
        assert!(required_evidence(Waived, &"x".repeat(2001)).is_err());
    }

    #[test]
    fn evidence_is_a_web_address() {
        assert!(required_evidence(Gap, "").is_ok());
        assert!(required_evidence(Gap, "https://example.com/proof").is_ok());
        assert!(required_evidence(Gap, "javascript:alert(1)").is_err());
        assert!(required_evidence(Gap, "nowhere").is_err());
        assert!(
            required_evidence(Gap, &format!("https://example.com/{}", "x".repeat(200))).is_err()
        );
    }
}
