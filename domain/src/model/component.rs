//! Components: where they belong, and what follows when they move or go.

use entity::{
    Id, Ref,
    component::{ActiveModel, Column, Entity, Model},
    component_library, integration_source, organization, orgsystem, trust_zone,
};
use sea_orm::{ActiveValue::Set, sea_query::IntoCondition};

use super::{
    belonging::{chosen, organization_of, own_organization, require_within},
    exposure, hierarchy, inheritance, system,
};
use crate::{
    Error, Result, Scope, Transaction, risk,
    threat::generation::{Generated, generate_for_components},
};

/// Completes a new component: its organization, and the system of its model if there is exactly
/// one and none was chosen.
pub async fn complete(draft: &mut ActiveModel, transaction: &Transaction<'_>) -> Result<()> {
    let scope = transaction.scope();
    let organization = organization(draft, scope).await?;
    draft.organization_id = Set(organization);
    if let (Some(model), None) = (chosen(&draft.threat_model_id), chosen(&draft.orgsystem_id)) {
        draft.orgsystem_id = Set(system::only_one_of(scope, model).await?);
    }
    check_references(draft, organization, scope).await
}

/// Checks what a changed component refers to.
pub async fn check_change(
    before: &Model,
    draft: &ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let scope = transaction.scope();
    check_references(draft, before.organization_id, scope).await?;
    let parent = chosen(&draft.parent_component_id);
    if let Some(parent) = parent.filter(|_| parent != before.parent_component_id) {
        let field = "parent_component";
        let column = Column::ParentComponentId;
        hierarchy::refuse_cycle::<Entity>(scope, column, field, before.id, parent).await?;
    }
    Ok(())
}

/// Lets what depends on a component follow it to another model.
pub async fn follow(before: &Model, row: &Model, transaction: &Transaction<'_>) -> Result<()> {
    if before.threat_model_id == row.threat_model_id {
        return Ok(());
    }
    inheritance::after_components(transaction, &[row.id]).await
}

/// Assigns a component to a system of its organization, or to none.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`] for the component; a refusal if there is no such
/// system.
pub async fn assign_system(
    transaction: &Transaction<'_>,
    component: Ref<Entity>,
    system: Option<Ref<orgsystem::Entity>>,
) -> Result<Model> {
    let scope = transaction.scope();
    let row = scope.get_writable(component).await?;
    let system = match system {
        Some(system) => Some(system_within(scope, row.organization_id, system).await?),
        None => None,
    };
    transaction.update_row::<Entity>(row, |draft| draft.orgsystem_id = Set(system)).await
}

/// Makes the threats that the library knows for the kind of a component, with their
/// countermeasures. Threats that exist are left alone.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`] for the component; a refusal if it is of no kind.
pub async fn generate_threats(
    transaction: &Transaction<'_>,
    component: Ref<Entity>,
) -> Result<Generated> {
    let row = transaction.scope().get_writable(component).await?;
    if row.component_library_id.is_none() {
        return Err(Error::unfit("Component has no library type assigned"));
    }
    generate_for_components(transaction, &[row]).await
}

async fn system_within(
    scope: Scope<'_>,
    organization: Id<organization::Entity>,
    system: Ref<orgsystem::Entity>,
) -> Result<Id<orgsystem::Entity>> {
    match scope.get(system).await {
        Ok(row) if row.organization_id == organization => Ok(row.id),
        Ok(_) | Err(Error::NotFound) => Err(Error::missing("System not found")),
        Err(error) => Err(error),
    }
}

/// Deletes those of the components that the actor may change, with their threats, flows and
/// placements, and calculates the risks that lose threats. Returns how many.
pub async fn delete(transaction: &Transaction<'_>, which: impl IntoCondition) -> Result<u64> {
    let which = which.into_condition();
    let risks = exposure::of_components(transaction.scope(), which.clone()).await?;
    let deleted = transaction.delete_where::<Entity>(which).await?;
    risk::follow_risks(transaction, &risks).await?;
    Ok(deleted)
}

/// The organization of what a new component refers to.
async fn organization(draft: &ActiveModel, scope: Scope<'_>) -> Result<Id<organization::Entity>> {
    if let Some(model) = chosen(&draft.threat_model_id) {
        return organization_of(scope, model).await;
    }
    if let Some(system) = chosen(&draft.orgsystem_id) {
        return organization_of(scope, system).await;
    }
    if let Some(zone) = chosen(&draft.trust_zone_id) {
        return organization_of(scope, zone).await;
    }
    if let Some(parent) = chosen(&draft.parent_component_id) {
        return organization_of(scope, parent).await;
    }
    own_organization(scope.actor())
}

async fn check_references(
    draft: &ActiveModel,
    home: Id<organization::Entity>,
    scope: Scope<'_>,
) -> Result<()> {
    let zone: Option<Id<trust_zone::Entity>> = chosen(&draft.trust_zone_id);
    let library: Option<Id<component_library::Entity>> = chosen(&draft.component_library_id);
    let source: Option<Id<integration_source::Entity>> = chosen(&draft.source_integration_id);
    require_within(scope, home, "threat_model", chosen(&draft.threat_model_id)).await?;
    require_within(scope, home, "orgsystem", chosen(&draft.orgsystem_id)).await?;
    require_within(scope, home, "component_library", library).await?;
    require_within(scope, home, "trust_zone", zone).await?;
    require_within(scope, home, "source_integration", source).await?;
    require_within(scope, home, "parent_component", chosen(&draft.parent_component_id)).await?;
    // Whoever puts components into a zone may later change it.
    match zone.filter(|_| draft.trust_zone_id.is_set()) {
        Some(zone) => scope.get_writable(zone).await.map(drop),
        None => Ok(()),
    }
}
