use std::collections::HashSet;

use entity::{
    Id, Names, Ref, component, data_flow, orgsystem, threat_model_system, trust_boundary,
    trust_zone,
};
use sea_orm::{ColumnTrait, Condition};

use super::{Drawing, rows};
use crate::{
    Result,
    model::{Shown, component as components, data_flow as flows},
    store::KEYS_PER_STATEMENT,
};

impl Drawing<'_, '_> {
    /// Deletes what was drawn before and is not drawn now. Risks that lose threats follow.
    pub(super) async fn clean_up(&self, before: &Shown, after: &Shown) -> Result<()> {
        let transaction = self.transaction;
        for chunk in gone(&before.boundaries, &after.boundaries).chunks(KEYS_PER_STATEMENT) {
            let own = trust_boundary::Column::ThreatModelId.eq(self.model.id);
            let which = among(trust_boundary::Column::Id, chunk).add(own);
            transaction.delete_where::<trust_boundary::Entity>(which).await?;
        }
        for chunk in gone(&before.flows, &after.flows).chunks(KEYS_PER_STATEMENT) {
            let own = data_flow::Column::ThreatModelId.eq(self.model.id);
            flows::delete(transaction, among(data_flow::Column::Id, chunk).add(own)).await?;
        }
        self.delete_components(&gone(&before.components, &after.components)).await?;
        for chunk in gone(&before.zones, &after.zones).chunks(KEYS_PER_STATEMENT) {
            let own = trust_zone::Column::ThreatModelId.eq(self.model.id);
            let which = among(trust_zone::Column::Id, chunk).add(own);
            transaction.delete_where::<trust_zone::Entity>(which).await?;
        }
        self.delete_systems(&gone(&before.systems, &after.systems)).await
    }

    /// Deletes components of the model with their threats and flows. Risks that lose threats
    /// follow.
    pub(super) async fn delete_components(
        &self,
        components: &[Id<component::Entity>],
    ) -> Result<()> {
        for chunk in components.chunks(KEYS_PER_STATEMENT) {
            let own = component::Column::ThreatModelId.eq(self.model.id);
            let which = among(component::Column::Id, chunk).add(own);
            components::delete(self.transaction, which).await?;
        }
        Ok(())
    }

    /// Deletes systems that only this model is about, and unlinks the others. Their components
    /// stay, without a system.
    async fn delete_systems(&self, systems: &[Id<orgsystem::Entity>]) -> Result<()> {
        for chunk in systems.chunks(KEYS_PER_STATEMENT) {
            let linked = self
                .transaction
                .scope()
                .find::<threat_model_system::Entity>()
                .filter(threat_model_system::Column::ThreatModelId.eq(self.model.id))
                .filter(threat_model_system::Column::OrgsystemId.is_in(chunk.iter().copied()));
            let own: Vec<Id<orgsystem::Entity>> =
                linked.values(threat_model_system::Column::OrgsystemId).await?;
            if !own.is_empty() {
                self.delete_linked_systems(&own).await?;
            }
        }
        Ok(())
    }

    async fn delete_linked_systems(&self, systems: &[Id<orgsystem::Entity>]) -> Result<()> {
        let named = |column: component::Column| column.is_in(systems.iter().copied());
        self.transaction
            .change::<component::Entity>()
            .set(component::Column::OrgsystemId, Option::<i64>::None)
            .filter(component::Column::ThreatModelId.eq(self.model.id))
            .filter(named(component::Column::OrgsystemId))
            .exec()
            .await?;
        let which = Condition::all()
            .add(orgsystem::Column::Id.is_in(systems.iter().copied()))
            .add(orgsystem::only_of(self.model.id));
        self.transaction.delete_where::<orgsystem::Entity>(which).await?;
        let links = Condition::all()
            .add(threat_model_system::Column::ThreatModelId.eq(self.model.id))
            .add(threat_model_system::Column::OrgsystemId.is_in(systems.iter().copied()));
        self.transaction.delete_where::<threat_model_system::Entity>(links).await?;
        Ok(())
    }
}

fn among<E, C: ColumnTrait>(key: C, ids: &[Id<E>]) -> Condition {
    Condition::all().add(key.is_in(ids.iter().copied()))
}

/// Records that were named before and are not named now.
fn gone<E>(before: &[(String, Ref<E>)], after: &[(String, Ref<E>)]) -> Vec<Id<E>> {
    let left: HashSet<Id<E>> = after.iter().map(|(_, record)| record.id()).collect();
    let named = before.iter().map(|(_, record)| record.id());
    rows::distinct(named.filter(|id| !left.contains(id)))
}
