//! Risks that lose threats when components or flows go: asked for before, calculated afterwards.

use entity::{
    Id, component, component_threat, data_flow, flow_threat, risk, risk_component_threat,
    risk_flow_threat,
};
use sea_orm::{ColumnTrait, Condition};

use crate::{Result, Scope};

/// Risks to which threats of the components, or of flows that start or end there, belong.
pub(super) async fn of_components(
    scope: Scope<'_>,
    which: Condition,
) -> Result<Vec<Id<risk::Entity>>> {
    use component_threat::Column as Threat;
    use data_flow::Column as Flow;
    use risk_component_threat::Column as Link;

    let components =
        scope.find::<component::Entity>().filter(which).subquery(component::Column::Id);
    let threats = scope
        .find::<component_threat::Entity>()
        .filter(Threat::ComponentId.in_subquery(components.clone()))
        .subquery(Threat::Id);
    let links = scope
        .find::<risk_component_threat::Entity>()
        .filter(Link::ComponentThreatId.in_subquery(threats));
    let mut risks: Vec<Id<risk::Entity>> = links.values(Link::RiskId).await?;
    let touching = Condition::any()
        .add(Flow::SourceComponentId.in_subquery(components.clone()))
        .add(Flow::DestComponentId.in_subquery(components));
    risks.extend(of_flows(scope, touching).await?);
    Ok(distinct(risks))
}

/// Risks to which threats of the flows belong.
pub(super) async fn of_flows(scope: Scope<'_>, which: Condition) -> Result<Vec<Id<risk::Entity>>> {
    use flow_threat::Column as Threat;
    use risk_flow_threat::Column as Link;

    let flows = scope.find::<data_flow::Entity>().filter(which).subquery(data_flow::Column::Id);
    let threats = scope
        .find::<flow_threat::Entity>()
        .filter(Threat::DataFlowId.in_subquery(flows))
        .subquery(Threat::Id);
    let links =
        scope.find::<risk_flow_threat::Entity>().filter(Link::FlowThreatId.in_subquery(threats));
    Ok(distinct(links.values(Link::RiskId).await?))
}

fn distinct(mut risks: Vec<Id<risk::Entity>>) -> Vec<Id<risk::Entity>> {
    risks.sort_unstable();
    risks.dedup();
    risks
}
