//! How far threats are countered: it follows from their countermeasures.

use std::collections::HashMap;

use entity::{
    Id,
    choice::{CountermeasureStatus, ThreatStatus},
    component_threat, flow_threat,
};
use sea_orm::{
    ColumnTrait, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{Kind, OfComponent, OfFlow};
use crate::{Result, Transaction, store::KEYS_PER_STATEMENT};

/// The status of a threat with these countermeasures.
///
/// Exposed without any or with a gap, addressable while something is only planned or waived,
/// mitigated when all are verified or provided by the platform.
pub fn of(countermeasures: impl IntoIterator<Item = CountermeasureStatus>) -> ThreatStatus {
    let mut status = None;
    for countermeasure in countermeasures {
        match countermeasure {
            CountermeasureStatus::Gap => return ThreatStatus::Exposed,
            CountermeasureStatus::Planned | CountermeasureStatus::Waived => {
                status = Some(ThreatStatus::Addressable);
            }
            CountermeasureStatus::Verified | CountermeasureStatus::Platform => {
                status = status.or(Some(ThreatStatus::Mitigated));
            }
        }
    }
    status.unwrap_or(ThreatStatus::Exposed)
}

/// Lets the status of threats of both kinds follow from their countermeasures.
pub async fn follow(
    transaction: &Transaction<'_>,
    component_threats: &[Id<component_threat::Entity>],
    flow_threats: &[Id<flow_threat::Entity>],
) -> Result<()> {
    recalculate::<OfComponent>(transaction, component_threats).await?;
    recalculate::<OfFlow>(transaction, flow_threats).await
}

/// Lets the status of threats of one kind follow from their countermeasures, in at most four
/// statements per 30 000 threats.
pub async fn recalculate<K: Kind>(
    transaction: &Transaction<'_>,
    threats: &[Id<K::Threat>],
) -> Result<()> {
    for chunk in threats.chunks(KEYS_PER_STATEMENT) {
        for (status, changed) in outdated::<K>(transaction, chunk).await? {
            transaction
                .change::<K::Threat>()
                .set(K::THREAT.status, status)
                .filter(K::THREAT.id.is_in(changed))
                .exec()
                .await?;
        }
    }
    Ok(())
}

/// Threats whose stored status is another than the one that follows, by the latter.
async fn outdated<K: Kind>(
    transaction: &Transaction<'_>,
    threats: &[Id<K::Threat>],
) -> Result<HashMap<ThreatStatus, Vec<Id<K::Threat>>>> {
    type Found<T> = (Id<T>, ThreatStatus, Option<CountermeasureStatus>);
    let rows: Vec<Found<K::Threat>> = transaction
        .scope()
        .find::<K::Threat>()
        .filter(K::THREAT.id.is_in(threats.iter().copied()))
        .shape(|mut select| {
            QuerySelect::query(&mut select).left_join(
                K::Countermeasure::default(),
                Expr::col((K::Countermeasure::default(), K::COUNTERMEASURE.parent))
                    .equals((K::Threat::default(), K::THREAT.id)),
            );
            select
                .select_only()
                .column(K::THREAT.id)
                .column(K::THREAT.status)
                .column(K::COUNTERMEASURE.status)
                .distinct()
        })
        .tuples()
        .await?;
    let mut found: HashMap<_, (ThreatStatus, Vec<CountermeasureStatus>)> = HashMap::new();
    for (threat, stored, countermeasure) in rows {
        found.entry(threat).or_insert((stored, Vec::new())).1.extend(countermeasure);
    }
    let mut outdated: HashMap<_, Vec<_>> = HashMap::new();
    for (threat, (stored, countermeasures)) in found {
        let status = of(countermeasures);
        if status != stored {
            outdated.entry(status).or_default().push(threat);
        }
    }
    Ok(outdated)
}

#[cfg(test)]
mod tests {
    use entity::choice::{
        CountermeasureStatus::{Gap, Planned, Platform, Verified, Waived},
        ThreatStatus::{Addressable, Exposed, Mitigated},
    };

    use super::of;

    #[test]
    fn a_threat_without_countermeasures_is_exposed() {
        assert_eq!(of([]), Exposed);
    }

    #[test]
    fn one_gap_exposes_a_threat() {
        for others in [vec![Gap], vec![Verified, Gap], vec![Gap, Platform], vec![Planned, Gap]] {
            assert_eq!(of(others), Exposed);
        }
    }

    #[test]
    fn planned_and_waived_countermeasures_make_a_threat_addressable() {
        for others in [vec![Planned, Verified], vec![Waived, Waived], vec![Platform, Waived]] {
            assert_eq!(of(others), Addressable);
        }
    }

    #[test]
    fn only_verified_and_platform_countermeasures_mitigate_a_threat() {
        for others in [vec![Verified], vec![Verified, Platform], vec![Platform, Platform]] {
            assert_eq!(of(others), Mitigated);
        }
    }
}
