//! Numbers for the overview.

use entity::{
    choice::{RiskLevel, ThreatStatus},
    component_threat, flow_threat, risk, risk_component_threat, risk_flow_threat, threat_model,
};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, JoinType, QuerySelect, RelationTrait,
    sea_query::{CaseStatement, Expr, Func, IntoCondition, SelectStatement},
};

use crate::{Find, Result, Scope};

/// Counts over the models of the actor's teams and models without a team.
#[derive(Clone, Copy, Debug, Default)]
pub struct Statistics {
    /// Threat models.
    pub models: u64,
    /// Risks.
    pub risks: RiskNumbers,
}

/// Counts of risks. Levels are inherent levels.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub struct RiskNumbers {
    /// All.
    pub total: i64,
    /// Of the level critical.
    pub critical: i64,
    /// Of the level high.
    pub high: i64,
    /// Of the level medium.
    pub medium: i64,
    /// Of the level low.
    pub low: i64,
    /// With linked threats of which all are mitigated or addressable. Dismissed ones do not count.
    pub mitigated: i64,
}

/// Reads the numbers in two statements.
pub async fn statistics(scope: Scope<'_>) -> Result<Statistics> {
    let models = own_models(scope).count().await?;
    let risks = scope
        .find::<risk::Entity>()
        .filter(
            risk::Column::ThreatModelId
                .in_subquery(own_models(scope).subquery(threat_model::Column::Id)),
        )
        .shape(|select| {
            select
                .select_only()
                .expr_as(Expr::cust("COUNT(*)"), "total")
                .expr_as(of_level(RiskLevel::Critical), "critical")
                .expr_as(of_level(RiskLevel::High), "high")
                .expr_as(of_level(RiskLevel::Medium), "medium")
                .expr_as(of_level(RiskLevel::Low), "low")
                .expr_as(count_where(mitigated(scope)), "mitigated")
        })
        .rows::<RiskNumbers>()
        .await?;
    Ok(Statistics { models, risks: risks.into_iter().next().unwrap_or_default() })
}

fn own_models(scope: Scope<'_>) -> Find<'_, threat_model::Entity> {
    use threat_model::Column;
    let teams = scope.actor().teams().iter().map(|membership| membership.team);
    scope.find::<threat_model::Entity>().filter(
        Condition::any().add(Column::OwningTeamId.is_null()).add(Column::OwningTeamId.is_in(teams)),
    )
}

fn of_level(level: RiskLevel) -> Expr {
    count_where(risk::Column::InherentLevel.eq(level).into_condition())
}

fn count_where(condition: Condition) -> Expr {
    let counted: Expr = CaseStatement::new().case(condition, Expr::cust("1")).into();
    Func::count(counted).into()
}

fn mitigated(scope: Scope<'_>) -> Condition {
    let id = risk::Column::Id;
    let threatened = Condition::any()
        .add(id.in_subquery(of_components(Condition::all(), scope)))
        .add(id.in_subquery(of_flows(Condition::all(), scope)));
    let exposed = ThreatStatus::Exposed;
    let exposed = Condition::any()
        .add(id.in_subquery(of_components(component_threat::Column::Status.eq(exposed), scope)))
        .add(id.in_subquery(of_flows(flow_threat::Column::Status.eq(exposed), scope)));
    Condition::all().add(threatened).add(exposed.not())
}

/// Risks with a component threat that is not dismissed and meets a condition.
fn of_components(which: impl IntoCondition, scope: Scope<'_>) -> SelectStatement {
    use risk_component_threat::{Column, Entity, Relation};
    scope
        .find::<Entity>()
        .shape(|select| select.join(JoinType::InnerJoin, Relation::ComponentThreat.def()))
        .filter(component_threat::Column::IsDismissed.eq(false))
        .filter(which)
        .subquery(Column::RiskId)
}

/// Risks with a flow threat that is not dismissed and meets a condition.
fn of_flows(which: impl IntoCondition, scope: Scope<'_>) -> SelectStatement {
    use risk_flow_threat::{Column, Entity, Relation};
    scope
        .find::<Entity>()
        .shape(|select| select.join(JoinType::InnerJoin, Relation::FlowThreat.def()))
        .filter(flow_threat::Column::IsDismissed.eq(false))
        .filter(which)
        .subquery(Column::RiskId)
}
