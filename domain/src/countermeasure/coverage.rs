//! Which countermeasures a verification test covers.

use std::collections::{HashMap, HashSet};

use entity::{
    Id, Names, Ref, component_countermeasure, flow_countermeasure, verification_test,
    verification_test_countermeasure::{ActiveModel, Column, Entity, Model},
};
use sea_orm::{ActiveValue::Set, ColumnTrait};

use crate::{
    Error, Result, Scope, Transaction,
    threat::{Kind, OfComponent, OfFlow},
};

/// Countermeasures of both kinds.
#[derive(Clone, Debug)]
pub struct Coverage<C, F> {
    /// Of components.
    pub component: Vec<C>,
    /// Of data flows.
    pub flow: Vec<F>,
}

impl<C, F> Default for Coverage<C, F> {
    fn default() -> Self {
        Self { component: Vec::new(), flow: Vec::new() }
    }
}

/// What a client named.
pub type Named = Coverage<Ref<component_countermeasure::Entity>, Ref<flow_countermeasure::Entity>>;
/// What a test covers.
pub type Covered = Coverage<Id<component_countermeasure::Entity>, Id<flow_countermeasure::Entity>>;

/// Makes a test cover exactly these countermeasures of its organization.
pub async fn cover(
    transaction: &Transaction<'_>,
    test: &verification_test::Model,
    named: &Named,
) -> Result<()> {
    let scope = transaction.scope();
    let component = eligible::<OfComponent>(scope, test, &named.component).await?;
    let flow = eligible::<OfFlow>(scope, test, &named.flow).await?;
    transaction.delete_where::<Entity>(Column::VerificationTestId.eq(test.id)).await?;
    let row = |component, flow| ActiveModel {
        organization_id: Set(test.organization_id),
        verification_test_id: Set(test.id),
        component_countermeasure_id: Set(component),
        flow_countermeasure_id: Set(flow),
        ..ActiveModel::default()
    };
    let rows = component
        .into_iter()
        .map(|id| row(Some(id), None))
        .chain(flow.into_iter().map(|id| row(None, Some(id))))
        .collect();
    transaction.insert_many(rows).await?;
    Ok(())
}

/// What each of the tests covers, as far as the actor sees it, in three statements.
pub async fn covered(
    scope: Scope<'_>,
    tests: &[Id<verification_test::Entity>],
) -> Result<HashMap<Id<verification_test::Entity>, Covered>> {
    let links: Vec<Model> = scope
        .find::<Entity>()
        .filter(Column::VerificationTestId.is_in(tests.iter().copied()))
        .ascending([Column::Id])
        .all()
        .await?;
    let component = visible::<OfComponent>(
        scope,
        links.iter().filter_map(|link| link.component_countermeasure_id),
    )
    .await?;
    let flow =
        visible::<OfFlow>(scope, links.iter().filter_map(|link| link.flow_countermeasure_id))
            .await?;
    let mut covered: HashMap<_, Covered> = HashMap::new();
    for link in links {
        let entry = covered.entry(link.verification_test_id).or_default();
        let is_visible = |id: &Id<_>| component.contains(id);
        entry.component.extend(link.component_countermeasure_id.filter(is_visible));
        entry.flow.extend(link.flow_countermeasure_id.filter(|id| flow.contains(id)));
    }
    Ok(covered)
}

async fn visible<K: Kind>(
    scope: Scope<'_>,
    ids: impl Iterator<Item = Id<K::Countermeasure>>,
) -> Result<HashSet<Id<K::Countermeasure>>> {
    scope.known_among(ids.map(|id| Ref::new(id.key()))).await
}

async fn eligible<K: Kind>(
    scope: Scope<'_>,
    test: &verification_test::Model,
    named: &[Ref<K::Countermeasure>],
) -> Result<Vec<Id<K::Countermeasure>>> {
    let mut ids: Vec<Id<K::Countermeasure>> = named.iter().map(|wire| (*wire).id()).collect();
    ids.sort_unstable();
    ids.dedup();
    let columns = K::COUNTERMEASURE;
    let found: Vec<Id<K::Countermeasure>> = scope
        .find_writable::<K::Countermeasure>()
        .filter(columns.id.is_in(ids.iter().copied()))
        .filter(columns.organization.eq(test.organization_id))
        .values(columns.id)
        .await?;
    match ids.iter().find(|id| !found.contains(id)) {
        None => Ok(ids),
        Some(unknown) => {
            let message = format!("Invalid pk \"{unknown}\" - object does not exist.");
            Err(Error::invalid("countermeasures", message))
        }
    }
}
