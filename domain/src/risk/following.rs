//! Keeping residual scores in step with the threats and countermeasures behind them.

use std::collections::{HashMap, HashSet};

use entity::{Id, choice::CountermeasureStatus, component_threat, flow_threat, risk};
use sea_orm::{
    ColumnTrait, FromQueryResult, QuerySelect,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use super::residual::{Average, effectiveness, level_of, residual};
use crate::{
    Result, Scope, Transaction,
    store::{KEYS_PER_STATEMENT, ROWS_PER_STATEMENT},
    threat::{Kind, OfComponent, OfFlow},
};

type RiskId = Id<risk::Entity>;

/// Countermeasures of one status and stated effectiveness behind a risk.
#[derive(FromQueryResult)]
struct Effect {
    risk_id: RiskId,
    status: CountermeasureStatus,
    effectiveness: Option<f64>,
    number: i64,
}

/// Calculates the residual scores of all risks that these threats belong to.
pub async fn follow(
    transaction: &Transaction<'_>,
    component_threats: &[Id<component_threat::Entity>],
    flow_threats: &[Id<flow_threat::Entity>],
) -> Result<()> {
    let risks = linked(transaction.scope(), component_threats, flow_threats).await?;
    follow_risks(transaction, &risks).await
}

/// Calculates the residual scores of all risks that these threats of one kind belong to.
pub async fn follow_threats<K: Kind>(
    transaction: &Transaction<'_>,
    threats: &[Id<K::Threat>],
) -> Result<()> {
    let risks: Vec<RiskId> =
        linked_to::<K>(transaction.scope(), threats).await?.into_iter().collect();
    follow_risks(transaction, &risks).await
}

/// The risks that these threats belong to. Asked before threats are deleted, it tells what to
/// calculate afterwards.
pub async fn linked(
    scope: Scope<'_>,
    component_threats: &[Id<component_threat::Entity>],
    flow_threats: &[Id<flow_threat::Entity>],
) -> Result<Vec<RiskId>> {
    let mut risks = linked_to::<OfComponent>(scope, component_threats).await?;
    risks.extend(linked_to::<OfFlow>(scope, flow_threats).await?);
    Ok(risks.into_iter().collect())
}

/// The risks that these threats of one kind belong to.
pub async fn linked_to<K: Kind>(
    scope: Scope<'_>,
    threats: &[Id<K::Threat>],
) -> Result<HashSet<RiskId>> {
    let mut risks = HashSet::new();
    for chunk in threats.chunks(KEYS_PER_STATEMENT) {
        let links = scope.find::<K::Link>().filter(K::LINK.parent.is_in(chunk.iter().copied()));
        risks.extend(links.values::<RiskId>(K::LINK.risk).await?);
    }
    Ok(risks)
}

/// Calculates the residual scores of risks, in at most four statements per 500 risks.
pub async fn follow_risks(transaction: &Transaction<'_>, risks: &[RiskId]) -> Result<()> {
    for chunk in risks.chunks(ROWS_PER_STATEMENT) {
        follow_chunk(transaction, chunk).await?;
    }
    Ok(())
}

async fn follow_chunk(transaction: &Transaction<'_>, risks: &[RiskId]) -> Result<()> {
    let scope = transaction.scope();
    let mut averages = HashMap::new();
    count_effects::<OfComponent>(scope, risks, &mut averages).await?;
    count_effects::<OfFlow>(scope, risks, &mut averages).await?;
    let rows: Vec<(RiskId, i32, Option<i32>)> = scope
        .find::<risk::Entity>()
        .filter(risk::Column::Id.is_in(risks.iter().copied()))
        .shape(|select| {
            select.select_only().columns([
                risk::Column::Id,
                risk::Column::InherentScore,
                risk::Column::ResidualScore,
            ])
        })
        .tuples()
        .await?;
    let changed: Vec<(RiskId, i32)> = rows
        .into_iter()
        .map(|(id, inherent, stored)| {
            let average = averages.get(&id).copied().and_then(Average::value);
            (id, residual(inherent, average), stored)
        })
        .filter(|(_, score, stored)| Some(*score) != *stored)
        .map(|(id, score, _)| (id, score))
        .collect();
    store(transaction, &changed).await
}

async fn count_effects<K: Kind>(
    scope: Scope<'_>,
    risks: &[RiskId],
    averages: &mut HashMap<RiskId, Average>,
) -> Result<()> {
    let mut effects = effects::<K>(scope, risks).await?;
    // Sums of floating-point numbers depend on the order; the database promises none.
    effects.sort_by(|one, other| {
        let key = |effect: &Effect| effectiveness(effect.status, effect.effectiveness);
        key(one).total_cmp(&key(other))
    });
    for effect in effects {
        let number = u32::try_from(effect.number).unwrap_or(u32::MAX);
        let average: &mut Average = averages.entry(effect.risk_id).or_default();
        average.add(effectiveness(effect.status, effect.effectiveness), number);
    }
    Ok(())
}

/// Countermeasures of the threats of risks that are not dismissed.
async fn effects<K: Kind>(scope: Scope<'_>, risks: &[RiskId]) -> Result<Vec<Effect>> {
    let (link, threat, countermeasure) =
        (K::Link::default(), K::Threat::default(), K::Countermeasure::default());
    scope
        .find::<K::Link>()
        .filter(K::LINK.risk.is_in(risks.iter().copied()))
        .filter(Expr::col((threat, K::THREAT.is_dismissed)).eq(false))
        .shape(|mut select| {
            QuerySelect::query(&mut select)
                .inner_join(
                    threat,
                    Expr::col((threat, K::THREAT.id)).equals((link, K::LINK.parent)),
                )
                .inner_join(
                    countermeasure,
                    Expr::col((countermeasure, K::COUNTERMEASURE.parent))
                        .equals((threat, K::THREAT.id)),
                );
            select
                .select_only()
                .column(K::LINK.risk)
                .column(K::COUNTERMEASURE.status)
                .column(K::COUNTERMEASURE.effectiveness)
                .expr_as(Expr::cust("COUNT(*)"), "number")
                .group_by(K::LINK.risk)
                .group_by(K::COUNTERMEASURE.status)
                .group_by(K::COUNTERMEASURE.effectiveness)
        })
        .rows()
        .await
}

async fn store(transaction: &Transaction<'_>, scores: &[(RiskId, i32)]) -> Result<()> {
    if scores.is_empty() {
        return Ok(());
    }
    let is = |id: RiskId| Expr::col(risk::Column::Id).eq(id);
    let mut residual_score = CaseStatement::new();
    let mut residual_level = CaseStatement::new();
    for (id, score) in scores {
        residual_score = residual_score.case(is(*id), *score);
        residual_level = residual_level.case(is(*id), level_of(*score));
    }
    transaction
        .change::<risk::Entity>()
        .set(risk::Column::ResidualScore, residual_score)
        .set(risk::Column::ResidualLevel, residual_level)
        .filter(risk::Column::Id.is_in(scores.iter().map(|(id, _)| *id)))
        .exec()
        .await?;
    Ok(())
}
