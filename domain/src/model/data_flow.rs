//! Flows: to which model they belong, and what follows when they move or go.

use std::collections::{HashMap, HashSet};

use entity::{
    Id, component,
    data_flow::{ActiveModel, Column, Entity, Model},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, QuerySelect, sea_query::IntoCondition};

use super::{
    belonging::{require_within, required},
    exposure, inheritance,
};
use crate::{Error, Result, Scope, Transaction, risk, store::ROWS_PER_STATEMENT};

/// A flow with its source and its destination.
type Ends = (Id<Entity>, Id<component::Entity>, Id<component::Entity>);

/// Puts a new or changed flow into the model of its source, else of its destination.
///
/// Both ends must be open to the actor, since the flow shows up in the models of both.
///
/// # Errors
/// [`Error::Forbidden`] for an end that the actor may not change, [`Error::Invalid`] for ends in
/// two organizations.
pub async fn place(draft: &mut ActiveModel, transaction: &Transaction<'_>) -> Result<()> {
    let scope = transaction.scope();
    let source = required(&draft.source_component_id, "source_component")?;
    let destination = required(&draft.dest_component_id, "dest_component")?;
    let source: component::Model = scope.get_writable(source).await?;
    let destination: component::Model = scope.get_writable(destination).await?;
    if source.organization_id != destination.organization_id {
        let text = format!("Invalid pk \"{}\" - object does not exist.", destination.id);
        return Err(Error::invalid("dest_component", text));
    }
    draft.organization_id = Set(source.organization_id);
    draft.threat_model_id = Set(source.threat_model_id.or(destination.threat_model_id));
    Ok(())
}

/// Puts a changed flow into the model of its ends, if they changed.
pub async fn check_change(
    before: &Model,
    draft: &mut ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let source = required(&draft.source_component_id, "source_component")?;
    let destination = required(&draft.dest_component_id, "dest_component")?;
    if (source, destination) == (before.source_component_id, before.dest_component_id) {
        return Ok(());
    }
    let (scope, home) = (transaction.scope(), before.organization_id);
    require_within(scope, home, "source_component", Some(source)).await?;
    require_within(scope, home, "dest_component", Some(destination)).await?;
    place(draft, transaction).await
}

/// Flows by the names of their ends: `source → destination`.
pub async fn names(
    scope: Scope<'_>,
    flows: impl IntoIterator<Item = Id<Entity>>,
) -> Result<HashMap<Id<Entity>, String>> {
    let flows: HashSet<Id<Entity>> = flows.into_iter().collect();
    let flows: Vec<Id<Entity>> = flows.into_iter().collect();
    let mut ends: Vec<Ends> = Vec::with_capacity(flows.len());
    for chunk in flows.chunks(ROWS_PER_STATEMENT) {
        let found = scope.find::<Entity>().filter(Column::Id.is_in(chunk.iter().copied()));
        let columns = [Column::Id, Column::SourceComponentId, Column::DestComponentId];
        let found = found.shape(|select| select.select_only().columns(columns));
        ends.extend(found.tuples::<Ends>().await?);
    }
    let components = ends.iter().flat_map(|(_, source, destination)| [*source, *destination]);
    let names: HashMap<_, String> = scope.lookup(components, component::Column::Name).await?;
    let name = |component| names.get(&component).map_or("", String::as_str);
    let joined = |source, destination| format!("{} → {}", name(source), name(destination));
    Ok(ends
        .into_iter()
        .map(|(flow, source, destination)| (flow, joined(source, destination)))
        .collect())
}

/// Lets what depends on a flow follow it to another model.
pub async fn follow(before: &Model, row: &Model, transaction: &Transaction<'_>) -> Result<()> {
    if before.threat_model_id == row.threat_model_id {
        return Ok(());
    }
    let flows = transaction.scope().find::<Entity>().filter(Column::Id.eq(row.id));
    inheritance::after_flows(transaction, &flows.subquery(Column::Id)).await
}

/// Deletes those of the flows that the actor may change, with their threats and asset links, and
/// calculates the risks that lose threats. Returns how many.
pub async fn delete(transaction: &Transaction<'_>, which: impl IntoCondition) -> Result<u64> {
    let which = which.into_condition();
    let risks = exposure::of_flows(transaction.scope(), which.clone()).await?;
    let deleted = transaction.delete_where::<Entity>(which).await?;
    risk::follow_risks(transaction, &risks).await?;
    Ok(deleted)
}
