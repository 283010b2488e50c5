//! Data assets in components and in flows: to which model the links belong.

use entity::{component, component_data_asset, data_asset, data_flow, data_flow_asset};
use sea_orm::ActiveValue::Set;

use super::belonging::{require_within, required};
use crate::{Result, Transaction};

/// Puts a placement into the model of its component.
///
/// # Errors
/// [`Error::Forbidden`](crate::Error::Forbidden) if the actor may not change the component.
pub async fn in_component(
    draft: &mut component_data_asset::ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let scope = transaction.scope();
    let component = required(&draft.component_id, "component")?;
    let component: component::Model = scope.get_writable(component).await?;
    let asset = required(&draft.data_asset_id, "data_asset")?;
    draft.organization_id = Set(component.organization_id);
    draft.threat_model_id = Set(component.threat_model_id);
    require_within::<data_asset::Entity>(
        scope,
        component.organization_id,
        "data_asset",
        Some(asset),
    )
    .await
}

/// Puts the link of an asset to a flow into the model of the flow.
///
/// # Errors
/// [`Error::Forbidden`](crate::Error::Forbidden) if the actor may not change the flow.
pub async fn in_flow(
    draft: &mut data_flow_asset::ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let scope = transaction.scope();
    let flow = required(&draft.data_flow_id, "data_flow")?;
    let flow: data_flow::Model = scope.get_writable(flow).await?;
    let asset = required(&draft.data_asset_id, "data_asset")?;
    draft.organization_id = Set(flow.organization_id);
    draft.threat_model_id = Set(flow.threat_model_id);
    require_within::<data_asset::Entity>(scope, flow.organization_id, "data_asset", Some(asset))
        .await
}

/// Puts a changed placement into the model of its component, if component or asset changed.
pub async fn move_component(
    before: &component_data_asset::Model,
    draft: &mut component_data_asset::ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let component = required(&draft.component_id, "component")?;
    let asset = required(&draft.data_asset_id, "data_asset")?;
    if (component, asset) == (before.component_id, before.data_asset_id) {
        return Ok(());
    }
    let (scope, home) = (transaction.scope(), before.organization_id);
    require_within(scope, home, "component", Some(component)).await?;
    in_component(draft, transaction).await
}

/// Puts the changed link of an asset into the model of its flow, if flow or asset changed.
pub async fn move_flow(
    before: &data_flow_asset::Model,
    draft: &mut data_flow_asset::ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let flow = required(&draft.data_flow_id, "data_flow")?;
    let asset = required(&draft.data_asset_id, "data_asset")?;
    if (flow, asset) == (before.data_flow_id, before.data_asset_id) {
        return Ok(());
    }
    let (scope, home) = (transaction.scope(), before.organization_id);
    require_within(scope, home, "data_flow", Some(flow)).await?;
    in_flow(draft, transaction).await
}
