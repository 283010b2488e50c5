//! The records of a model that a document is made of.

use entity::{
    Id, component, component_data_asset, data_asset, data_flow, risk, risk_component_threat,
    risk_flow_threat, threat_model, trust_boundary, trust_zone,
};
use sea_orm::{ColumnTrait, QuerySelect};

use crate::{Result, Scope, report::ElementKind};

pub(super) struct Records {
    pub(super) zones: Vec<trust_zone::Model>,
    pub(super) boundaries: Vec<trust_boundary::Model>,
    pub(super) components: Vec<component::Model>,
    pub(super) assets: Vec<data_asset::Model>,
    pub(super) placements: Vec<component_data_asset::Model>,
    pub(super) flows: Vec<data_flow::Model>,
    pub(super) risks: Vec<risk::Model>,
    /// Risk and threat.
    pub(super) links: Vec<(Id<risk::Entity>, (ElementKind, i64))>,
}

impl Records {
    pub(super) async fn of(model: Id<threat_model::Entity>, scope: Scope<'_>) -> Result<Self> {
        let zones = scope
            .find::<trust_zone::Entity>()
            .filter(trust_zone::Column::ThreatModelId.eq(model))
            .ascending([trust_zone::Column::Name, trust_zone::Column::Id]);
        let boundaries = scope
            .find::<trust_boundary::Entity>()
            .filter(trust_boundary::Column::ThreatModelId.eq(model))
            .ascending([trust_boundary::Column::Id]);
        let components = scope
            .find::<component::Entity>()
            .filter(component::Column::ThreatModelId.eq(model))
            .ascending([component::Column::Name, component::Column::Id]);
        let assets = scope
            .find::<data_asset::Entity>()
            .filter(data_asset::Column::ThreatModelId.eq(model))
            .ascending([data_asset::Column::Name, data_asset::Column::Id]);
        let placements = scope
            .find::<component_data_asset::Entity>()
            .filter(component_data_asset::Column::ThreatModelId.eq(model))
            .ascending([component_data_asset::Column::Id]);
        let flows = scope
            .find::<data_flow::Entity>()
            .filter(data_flow::Column::ThreatModelId.eq(model))
            .ascending([data_flow::Column::Label, data_flow::Column::Id]);
        let risks = scope
            .find::<risk::Entity>()
            .filter(risk::Column::ThreatModelId.eq(model))
            .ascending([risk::Column::Name, risk::Column::Id]);
        let (zones, boundaries, components, assets, placements, flows, risks, links) = tokio::try_join!(
            zones.all(),
            boundaries.all(),
            components.all(),
            assets.all(),
            placements.all(),
            flows.all(),
            risks.all(),
            links(model, scope),
        )?;
        Ok(Self { zones, boundaries, components, assets, placements, flows, risks, links })
    }
}

async fn links(
    model: Id<threat_model::Entity>,
    scope: Scope<'_>,
) -> Result<Vec<(Id<risk::Entity>, (ElementKind, i64))>> {
    use risk_component_threat::Column as OfComponent;
    use risk_flow_threat::Column as OfFlow;
    let of_components = scope
        .find::<risk_component_threat::Entity>()
        .filter(OfComponent::ThreatModelId.eq(model))
        .shape(|select| {
            select.select_only().columns([OfComponent::RiskId, OfComponent::ComponentThreatId])
        });
    let of_flows = scope
        .find::<risk_flow_threat::Entity>()
        .filter(OfFlow::ThreatModelId.eq(model))
        .shape(|select| select.select_only().columns([OfFlow::RiskId, OfFlow::FlowThreatId]));
    let (of_components, of_flows) = tokio::try_join!(
        of_components.tuples::<(Id<risk::Entity>, i64)>(),
        of_flows.tuples::<(Id<risk::Entity>, i64)>(),
    )?;
    let of = |kind| move |(risk, threat)| (risk, (kind, threat));
    let of_components = of_components.into_iter().map(of(ElementKind::Component));
    Ok(of_components.chain(of_flows.into_iter().map(of(ElementKind::Flow))).collect())
}
