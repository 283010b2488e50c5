//! Systems: who made them, which a model is about, and what goes with them.

use entity::{
    Actor, Id, component, organization,
    orgsystem::{Entity, Model},
    team, threat_model, threat_model_system,
};
use sea_orm::ColumnTrait;

use super::component as components;
use crate::{Result, Scope, Transaction};

/// The team for which somebody makes something in an organization: the first in which he may
/// change something.
pub fn creators_team(
    actor: &Actor,
    organization: Id<organization::Entity>,
) -> Option<Id<team::Entity>> {
    let own = |team: &Id<team::Entity>| {
        actor.teams().iter().any(|seat| seat.team == *team && seat.organization == organization)
    };
    actor.writing_teams().find(own)
}

/// The system of a model, if the model is about exactly one.
pub async fn only_one_of(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Option<Id<Entity>>> {
    let linked = scope
        .find::<threat_model_system::Entity>()
        .filter(threat_model_system::Column::ThreatModelId.eq(model))
        .slice(2, 0)
        .values(threat_model_system::Column::OrgsystemId)
        .await?;
    Ok(match linked.as_slice() {
        [system] => Some(*system),
        _ => None,
    })
}

/// Deletes a system with its integrations and those of its components that the actor may change.
/// Components in the models of others stay, without a system.
pub async fn delete(transaction: &Transaction<'_>, system: &Model) -> Result<()> {
    components::delete(transaction, component::Column::OrgsystemId.eq(system.id)).await?;
    transaction.delete::<Entity>(system.id).await
}
