//! Trust zones: where they lie, and which a model shows.

use entity::{
    Names, component, threat_model,
    trust_zone::{ActiveModel, Column, Entity, Model},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition};

use super::{
    belonging::{chosen, own_organization, require_within},
    hierarchy,
};
use crate::{Result, Scope, Transaction};

/// Completes a new zone. A nested zone belongs where its parent belongs.
pub async fn complete(draft: &mut ActiveModel, transaction: &Transaction<'_>) -> Result<()> {
    let scope = transaction.scope();
    let Some(parent) = chosen(&draft.parent_id) else {
        draft.organization_id = Set(own_organization(scope.actor())?);
        return Ok(());
    };
    let parent: Model = scope.get_writable(parent).await?;
    draft.organization_id = Set(parent.organization_id);
    draft.threat_model_id = Set(parent.threat_model_id);
    Ok(())
}

/// Checks the place of a changed zone.
pub async fn check_change(
    before: &Model,
    draft: &ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let scope = transaction.scope();
    let Some(parent) = chosen(&draft.parent_id).filter(|parent| Some(*parent) != before.parent_id)
    else {
        return Ok(());
    };
    require_within::<Entity>(scope, before.organization_id, "parent", Some(parent)).await?;
    scope.get_writable::<Entity>(parent).await?;
    hierarchy::refuse_cycle::<Entity>(scope, Column::ParentId, "parent", before.id, parent).await
}

/// Zones that belong to a model or hold one of its components.
pub fn of_model(scope: Scope<'_>, model: impl Names<threat_model::Entity>) -> Condition {
    let model = model.id();
    let components =
        scope.find::<component::Entity>().filter(component::Column::ThreatModelId.eq(model));
    let held = components
        .filter(component::Column::TrustZoneId.is_not_null())
        .subquery(component::Column::TrustZoneId);
    Condition::any().add(Column::ThreatModelId.eq(model)).add(Column::Id.in_subquery(held))
}
