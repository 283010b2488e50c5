//! Threats and countermeasures that the library knows for components and data flows.
//!
//! Everything is done per set: the number of statements does not grow with components or flows.

mod plan;

use std::collections::{HashMap, HashSet};

use entity::{Document, Id, component, component_library, data_flow, threat_library};
use sea_orm::{ActiveModelTrait, ColumnTrait, QuerySelect};
use serde_json::json;

use self::plan::{Aim, Plan, Planned, Target};
use super::{
    Kind, OfComponent, OfFlow,
    applying::{self, Application, first_status},
    kind::{Draft, value},
    status,
};
use crate::{Result, Transaction, store::KEYS_PER_STATEMENT};

/// What a generation did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Generated {
    /// Threats that were made.
    pub created: usize,
    /// Threats that were there already.
    pub existing: usize,
}

/// Makes the threats that the library links to the components, with their countermeasures.
/// Threats that exist are left alone, and components without a library component have none.
pub async fn generate_for_components(
    transaction: &Transaction<'_>,
    components: &[component::Model],
) -> Result<Generated> {
    let targets = components.iter().filter_map(|row| {
        Some(Target::<component::Entity> {
            id: row.id,
            organization: row.organization_id,
            model: row.threat_model_id,
            libraries: vec![row.component_library_id?],
        })
    });
    generate::<OfComponent>(transaction, targets.collect(), Aim::Components).await
}

/// Makes the threats that the library links to the ends of the flows, with their countermeasures.
/// Threats that exist are left alone.
pub async fn generate_for_flows(
    transaction: &Transaction<'_>,
    flows: &[data_flow::Model],
) -> Result<Generated> {
    let ends = flows.iter().flat_map(|flow| [flow.source_component_id, flow.dest_component_id]);
    let libraries: HashMap<Id<component::Entity>, Option<Id<component_library::Entity>>> =
        transaction.scope().lookup(ends, component::Column::ComponentLibraryId).await?;
    let targets = flows.iter().map(|flow| {
        let ends = [flow.source_component_id, flow.dest_component_id];
        Target::<data_flow::Entity> {
            id: flow.id,
            organization: flow.organization_id,
            model: flow.threat_model_id,
            libraries: ends.iter().filter_map(|end| *libraries.get(end)?).collect(),
        }
    });
    generate::<OfFlow>(transaction, targets.collect(), Aim::Flows).await
}

async fn generate<K: Kind>(
    transaction: &Transaction<'_>,
    targets: Vec<Target<K::Place>>,
    aim: Aim,
) -> Result<Generated> {
    let existing = existing::<K>(transaction, &targets).await?;
    let plan = Plan::make(transaction.scope(), targets, aim, &existing).await?;
    let planned: Vec<_> = plan.threats().collect();
    let drafts = planned.iter().map(draft::<K>).collect();
    let threats = transaction.insert_many::<Draft<K::Threat>>(drafts).await?;
    let mut applications: Vec<Application<'_, K>> = Vec::new();
    for (threat, it) in threats.iter().zip(&planned) {
        let id = value::<K::Threat, Id<K::Threat>>(threat, K::THREAT.id);
        applications.extend(it.controls.iter().map(|library| Application {
            threat: id,
            organization: it.organization,
            threat_model: it.model,
            library,
            status: first_status(library),
        }));
    }
    applying::apply(transaction, &applications).await?;
    Ok(plan.result())
}

fn draft<K: Kind>(planned: &Planned<'_, K::Place>) -> Draft<K::Threat> {
    let columns = K::THREAT;
    let started = planned.controls.iter().map(|library| first_status(library));
    let snapshot = applying::snapshot(planned.classification);
    let mut row = Draft::<K::Threat>::default();
    row.set(columns.organization, planned.organization.into());
    row.set(columns.threat_model, planned.model.into());
    row.set(columns.parent, planned.target.into());
    row.set(columns.library, Some(planned.library.id).into());
    row.set(columns.name, planned.library.name.clone().into());
    row.set(columns.description, planned.library.description.clone().into());
    row.set(columns.taxonomy_snapshot, snapshot.into());
    row.set(columns.inherent_severity, planned.severity.into());
    row.set(columns.status, status::of(started).into());
    row.set(columns.severity_scoring_metadata, Document(json!({})).into());
    row
}

type Existing<E> = HashSet<(Id<E>, Id<threat_library::Entity>)>;

async fn existing<K: Kind>(
    transaction: &Transaction<'_>,
    targets: &[Target<K::Place>],
) -> Result<Existing<K::Place>> {
    let mut existing = Existing::new();
    for chunk in targets.chunks(KEYS_PER_STATEMENT) {
        let pairs: Vec<(Id<K::Place>, Id<threat_library::Entity>)> = transaction
            .scope()
            .find::<K::Threat>()
            .filter(K::THREAT.parent.is_in(chunk.iter().map(|target| target.id)))
            .filter(K::THREAT.library.is_not_null())
            .shape(|select| select.select_only().column(K::THREAT.parent).column(K::THREAT.library))
            .tuples()
            .await?;
        existing.extend(pairs);
    }
    Ok(existing)
}
