use entity::{
    Id, Names,
    choice::{Criticality, LifecycleState},
    orgsystem, threat_model_system,
};
use indexmap::IndexMap;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, IntoActiveModel,
};
use serde_json::json;

use super::{Drawing, rows};
use crate::{Result, model::canvas::ScopeNode};

type Drafts = IndexMap<Id<orgsystem::Entity>, orgsystem::ActiveModel>;

impl Drawing<'_, '_> {
    /// Makes and changes the systems of the drawing, and links new ones to the model.
    pub(super) async fn save_systems(&mut self) -> Result<()> {
        let nodes: Vec<(usize, ScopeNode)> =
            self.canvas.scopes().map(|(place, node)| (place, node.clone())).collect();
        let mut drafts = self.known_systems(&nodes).await?;
        let (known, fresh): (Vec<_>, Vec<_>) = nodes
            .iter()
            .partition(|(_, node)| node.record.is_some_and(|id| drafts.contains_key(&id.id())));
        for (place, node) in known {
            let Some(record) = node.record else { continue };
            self.systems.insert(*place, record.id());
            if let Some(draft) = drafts.get_mut(&record.id()) {
                draft.name.set_ne(node.name.clone());
                draft.owner.set_ne(node.owner.clone());
                draft.description.set_ne(node.description.clone());
            }
        }
        self.transaction.save_many(drafts.into_values().collect()).await?;
        self.add_systems(&fresh).await?;
        for (place, id) in &self.systems {
            self.canvas.write_node(*place, "orgsystemId", id.key());
        }
        Ok(())
    }

    /// Systems count as the model's when they are linked to it.
    async fn known_systems(&self, nodes: &[(usize, ScopeNode)]) -> Result<Drafts> {
        let ids = nodes.iter().filter_map(|(_, node)| node.record).map(Names::id);
        let linked = self
            .transaction
            .scope()
            .find::<threat_model_system::Entity>()
            .filter(threat_model_system::Column::ThreatModelId.eq(self.model.id))
            .subquery(threat_model_system::Column::OrgsystemId);
        let of_model = self
            .transaction
            .scope()
            .find_writable::<orgsystem::Entity>()
            .filter(orgsystem::Column::Id.in_subquery(linked));
        let known = rows::by_id(of_model, ids, |row| row.id).await?;
        Ok(known.into_iter().map(|(id, row)| (id, row.into_active_model())).collect())
    }

    async fn add_systems(&mut self, fresh: &[&(usize, ScopeNode)]) -> Result<()> {
        let drawn = fresh.iter().map(|(_, node)| self.new_system(node)).collect();
        let added = self.transaction.insert_many(drawn).await?;
        let links = added.iter().map(|system| threat_model_system::ActiveModel {
            id: NotSet,
            organization_id: Set(self.model.organization_id),
            threat_model_id: Set(self.model.id),
            orgsystem_id: Set(system.id),
            created_at: NotSet,
        });
        self.transaction.insert_many(links.collect()).await?;
        let placed = fresh.iter().zip(&added).map(|((place, _), row)| (*place, row.id));
        self.systems.extend(placed);
        Ok(())
    }

    fn new_system(&self, node: &ScopeNode) -> orgsystem::ActiveModel {
        orgsystem::ActiveModel {
            id: NotSet,
            organization_id: Set(self.model.organization_id),
            team_id: Set(self.model.owning_team_id),
            created_by_id: Set(self.transaction.actor().user()),
            name: Set(node.name.clone()),
            description: Set(node.description.clone()),
            owner: Set(node.owner.clone()),
            criticality: Set(Criticality::default()),
            lifecycle_state: Set(LifecycleState::default()),
            format_metadata: Set(json!({}).into()),
            created_at: NotSet,
            updated_at: NotSet,
        }
    }
}
