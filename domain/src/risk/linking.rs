//! Which threats a risk is made of.

use std::collections::HashSet;

use entity::{Id, Names, Ref, component_threat, flow_threat, risk};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition};

use crate::{
    Error, Result, Scope, Transaction,
    store::KEYS_PER_STATEMENT,
    threat::{Kind, OfComponent, OfFlow, kind::Draft},
};

/// Threats that a client named.
#[derive(Debug, Default)]
pub struct Threats {
    /// Threats to components.
    pub component: Vec<Ref<component_threat::Entity>>,
    /// Threats to data flows.
    pub flow: Vec<Ref<flow_threat::Entity>>,
}

/// Adds threats to a risk; those that belong to it already stay. Threats of another threat model, or
/// that the actor cannot see, are refused. The residual score is not recalculated.
pub async fn link(
    transaction: &Transaction<'_>,
    risk: &risk::Model,
    threats: &Threats,
) -> Result<()> {
    let scope = transaction.scope();
    let component = eligible::<OfComponent>(scope, risk, &threats.component).await?;
    let flow = eligible::<OfFlow>(scope, risk, &threats.flow).await?;
    add::<OfComponent>(transaction, risk, component).await?;
    add::<OfFlow>(transaction, risk, flow).await
}

/// Takes threats from a risk; those that do not belong to it are passed over. The residual score is
/// not recalculated.
pub async fn unlink(
    transaction: &Transaction<'_>,
    risk: &risk::Model,
    threats: &Threats,
) -> Result<()> {
    remove::<OfComponent>(transaction, risk, &threats.component).await?;
    remove::<OfFlow>(transaction, risk, &threats.flow).await
}

async fn eligible<K: Kind>(
    scope: Scope<'_>,
    risk: &risk::Model,
    named: &[Ref<K::Threat>],
) -> Result<HashSet<Id<K::Threat>>> {
    let named: HashSet<Id<K::Threat>> = named.iter().map(|threat| (*threat).id()).collect();
    let ids: Vec<_> = named.iter().copied().collect();
    let mut found = HashSet::new();
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let of_model = Condition::any()
            .add(K::THREAT.threat_model.eq(risk.threat_model_id))
            .add(K::THREAT.threat_model.is_null());
        let threats = scope
            .find::<K::Threat>()
            .filter(K::THREAT.id.is_in(chunk.iter().copied()))
            .filter(K::THREAT.organization.eq(risk.organization_id))
            .filter(of_model);
        found.extend(threats.values::<Id<K::Threat>>(K::THREAT.id).await?);
    }
    if found.len() == named.len() {
        return Ok(found);
    }
    let text = format!("One or more {} threats were not found.", K::WORD);
    Err(Error::invalid(&format!("{}_threat_ids", K::WORD), text))
}

async fn add<K: Kind>(
    transaction: &Transaction<'_>,
    risk: &risk::Model,
    threats: HashSet<Id<K::Threat>>,
) -> Result<()> {
    let mut threats: Vec<_> = threats.into_iter().collect();
    threats.sort_unstable();
    let links = threats
        .into_iter()
        .map(|threat| {
            let mut row = Draft::<K::Link>::default();
            row.set(K::LINK.organization, risk.organization_id.into());
            row.set(K::LINK.threat_model, risk.threat_model_id.into());
            row.set(K::LINK.risk, risk.id.into());
            row.set(K::LINK.parent, threat.into());
            row
        })
        .collect();
    transaction.insert_missing::<Draft<K::Link>>(links).await?;
    Ok(())
}

async fn remove<K: Kind>(
    transaction: &Transaction<'_>,
    risk: &risk::Model,
    threats: &[Ref<K::Threat>],
) -> Result<()> {
    for chunk in threats.chunks(KEYS_PER_STATEMENT) {
        let which = Condition::all()
            .add(K::LINK.risk.eq(risk.id))
            .add(K::LINK.parent.is_in(chunk.iter().map(|threat| (*threat).id())));
        transaction.delete_where::<K::Link>(which).await?;
    }
    Ok(())
}
