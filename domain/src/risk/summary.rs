//! What the threats of a risk say about it.

use std::collections::HashMap;

use entity::{Id, choice::ThreatStatus, risk, threat_library};
use sea_orm::{
    ColumnTrait, FromQueryResult, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    Find, Result, Scope,
    threat::{Kind, OfComponent, OfFlow},
};

type RiskId = Id<risk::Entity>;

/// A threat of a risk.
#[derive(Clone, Debug, FromQueryResult)]
pub struct RiskThreat {
    /// The risk.
    pub risk_id: RiskId,
    /// The key of the link, unique among links of the same kind.
    pub link_id: i64,
    /// The key of the threat, unique among threats of the same kind.
    pub threat_id: i64,
    /// `component` or `flow`.
    pub kind: String,
    /// The own name, or empty.
    pub own_name: String,
    /// The name of the library threat, if there is one.
    pub library_name: Option<String>,
    /// How far the threat is countered.
    pub status: ThreatStatus,
    /// Whether the threat counts no longer.
    pub is_dismissed: bool,
}

impl RiskThreat {
    /// The own name, else the library's.
    pub fn name(&self) -> Option<&str> {
        let own = Some(self.own_name.as_str()).filter(|name| !name.is_empty());
        own.or(self.library_name.as_deref())
    }
}

/// How many threats a risk has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    linked: u64,
    exposed: u64,
    addressable: u64,
    mitigated: u64,
}

impl Tally {
    /// All linked threats, dismissed ones included.
    pub const fn linked(self) -> u64 {
        self.linked
    }

    /// Mitigated if all threats are, addressable if all are at least that, else exposed. Dismissed
    /// threats do not count; without others the risk is exposed.
    pub const fn status(self) -> ThreatStatus {
        if self.exposed > 0 {
            return ThreatStatus::Exposed;
        }
        if self.addressable > 0 {
            return ThreatStatus::Addressable;
        }
        if self.mitigated > 0 { ThreatStatus::Mitigated } else { ThreatStatus::Exposed }
    }

    /// Counts so many threats of a status.
    pub const fn add(&mut self, status: ThreatStatus, is_dismissed: bool, number: u64) {
        self.linked += number;
        if is_dismissed {
            return;
        }
        match status {
            ThreatStatus::Exposed => self.exposed += number,
            ThreatStatus::Addressable => self.addressable += number,
            ThreatStatus::Mitigated => self.mitigated += number,
        }
    }
}

#[derive(FromQueryResult)]
struct Count {
    risk_id: RiskId,
    status: ThreatStatus,
    is_dismissed: bool,
    number: i64,
}

/// How many threats each of the risks has, in one statement.
pub async fn tallies(scope: Scope<'_>, risks: &[RiskId]) -> Result<HashMap<RiskId, Tally>> {
    if risks.is_empty() {
        return Ok(HashMap::new());
    }
    let flows = counts_of::<OfFlow>(scope, risks).statement();
    let counts: Vec<Count> = counts_of::<OfComponent>(scope, risks).with([flows]).rows().await?;
    let mut tallies: HashMap<RiskId, Tally> = HashMap::new();
    for count in counts {
        let tally = tallies.entry(count.risk_id).or_default();
        tally.add(count.status, count.is_dismissed, count.number.unsigned_abs());
    }
    Ok(tallies)
}

/// The threats of the risks, in one statement: of components first, in the order of linking.
pub async fn threats_of(scope: Scope<'_>, risks: &[RiskId]) -> Result<Vec<RiskThreat>> {
    if risks.is_empty() {
        return Ok(Vec::new());
    }
    let flows = named_of::<OfFlow>(scope, risks).statement();
    let mut threats: Vec<RiskThreat> =
        named_of::<OfComponent>(scope, risks).with([flows]).rows().await?;
    threats.sort_by(|one, other| (&one.kind, one.link_id).cmp(&(&other.kind, other.link_id)));
    Ok(threats)
}

fn counts_of<'c, K: Kind>(scope: Scope<'c>, risks: &[RiskId]) -> Find<'c, K::Link> {
    threats_behind::<K>(scope, risks).shape(|select| {
        select
            .select_only()
            .column(K::LINK.risk)
            .column(K::THREAT.status)
            .column(K::THREAT.is_dismissed)
            .expr_as(Expr::cust("COUNT(*)"), "number")
            .group_by(K::LINK.risk)
            .group_by(K::THREAT.status)
            .group_by(K::THREAT.is_dismissed)
    })
}

fn named_of<'c, K: Kind>(scope: Scope<'c>, risks: &[RiskId]) -> Find<'c, K::Link> {
    threats_behind::<K>(scope, risks).shape(|mut select| {
        QuerySelect::query(&mut select).left_join(
            threat_library::Entity,
            Expr::col((threat_library::Entity, threat_library::Column::Id))
                .equals((K::Threat::default(), K::THREAT.library)),
        );
        select
            .select_only()
            .column(K::LINK.risk)
            .column_as(K::LINK.id, "link_id")
            .column_as(K::THREAT.id, "threat_id")
            .expr_as(Expr::val(K::WORD), "kind")
            .column_as(K::THREAT.name, "own_name")
            .column_as(threat_library::Column::Name, "library_name")
            .column(K::THREAT.status)
            .column(K::THREAT.is_dismissed)
    })
}

fn threats_behind<'c, K: Kind>(scope: Scope<'c>, risks: &[RiskId]) -> Find<'c, K::Link> {
    let (link, threat) = (K::Link::default(), K::Threat::default());
    scope.find::<K::Link>().filter(K::LINK.risk.is_in(risks.iter().copied())).shape(|mut select| {
        QuerySelect::query(&mut select)
            .inner_join(threat, Expr::col((threat, K::THREAT.id)).equals((link, K::LINK.parent)));
        select
    })
}

#[cfg(test)]
mod tests {
    use entity::choice::ThreatStatus::{Addressable, Exposed, Mitigated};

    use super::Tally;

    fn tally(threats: &[(entity::choice::ThreatStatus, bool)]) -> Tally {
        let mut tally = Tally::default();
        for (status, is_dismissed) in threats {
            tally.add(*status, *is_dismissed, 1);
        }
        tally
    }

    #[test]
    fn a_risk_is_as_exposed_as_its_most_exposed_threat() {
        assert_eq!(tally(&[(Mitigated, false), (Exposed, false)]).status(), Exposed);
        assert_eq!(tally(&[(Mitigated, false), (Addressable, false)]).status(), Addressable);
        assert_eq!(tally(&[(Mitigated, false)]).status(), Mitigated);
    }

    #[test]
    fn dismissed_threats_are_linked_but_do_not_count() {
        let tally = tally(&[(Mitigated, false), (Exposed, true)]);
        assert_eq!(tally.status(), Mitigated);
        assert_eq!(tally.linked(), 2);
    }

    #[test]
    fn a_risk_without_active_threats_is_exposed() {
        assert_eq!(tally(&[]).status(), Exposed);
        assert_eq!(tally(&[(Mitigated, true)]).status(), Exposed);
    }
}
