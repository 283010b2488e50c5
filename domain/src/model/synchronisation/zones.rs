use entity::{Id, Names, trust_zone};
use indexmap::IndexMap;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, IntoActiveModel,
};
use serde_json::json;

use super::{Drawing, rows};
use crate::{Result, model::canvas::ZoneNode};

type Drafts = IndexMap<Id<trust_zone::Entity>, trust_zone::ActiveModel>;

impl Drawing<'_, '_> {
    /// Makes and changes the zones of the drawing, and nests them.
    pub(super) async fn save_zones(&mut self) -> Result<()> {
        let nodes: Vec<(usize, ZoneNode)> =
            self.canvas.zones().map(|(place, node)| (place, node.clone())).collect();
        let mut drafts = self.known_zones(&nodes).await?;
        let (known, fresh): (Vec<_>, Vec<_>) = nodes
            .iter()
            .partition(|(_, node)| node.record.is_some_and(|id| drafts.contains_key(&id.id())));
        for (place, node) in known {
            if let Some(record) = node.record {
                self.zones.insert(*place, record.id());
            }
        }
        let drawn = fresh.iter().map(|(_, node)| self.new_zone(node)).collect();
        let added = self.transaction.insert_many(drawn).await?;
        for ((place, _), row) in fresh.into_iter().zip(added) {
            self.zones.insert(*place, row.id);
            drafts.insert(row.id, row.into_active_model());
        }
        self.describe_zones(&nodes, &mut drafts);
        self.transaction.save_many(drafts.into_values().collect()).await?;
        for (place, id) in &self.zones {
            self.canvas.write_node(*place, "trustZoneId", id.key());
        }
        Ok(())
    }

    async fn known_zones(&self, nodes: &[(usize, ZoneNode)]) -> Result<Drafts> {
        let ids = nodes.iter().filter_map(|(_, node)| node.record).map(Names::id);
        let of_model = self
            .transaction
            .scope()
            .find_writable::<trust_zone::Entity>()
            .filter(trust_zone::Column::ThreatModelId.eq(self.model.id));
        let known = rows::by_id(of_model, ids, |row| row.id).await?;
        Ok(known.into_iter().map(|(id, row)| (id, row.into_active_model())).collect())
    }

    fn new_zone(&self, node: &ZoneNode) -> trust_zone::ActiveModel {
        trust_zone::ActiveModel {
            id: NotSet,
            organization_id: Set(self.model.organization_id),
            threat_model_id: Set(Some(self.model.id)),
            name: Set(node.name.clone()),
            trust_level: Set(node.trust_level),
            description: Set(node.description.clone()),
            format_metadata: Set(json!({}).into()),
            parent_id: Set(None),
            created_at: NotSet,
            updated_at: NotSet,
        }
    }

    /// A zone lies in the zone around its node, if that is drawn directly around it.
    fn describe_zones(&self, nodes: &[(usize, ZoneNode)], drafts: &mut Drafts) {
        for (place, node) in nodes {
            let Some(draft) = self.zones.get(place).and_then(|id| drafts.get_mut(id)) else {
                continue;
            };
            let parent = self
                .canvas
                .parent(*place)
                .filter(|_| !self.canvas.is_in_itself(*place))
                .and_then(|parent| self.zones.get(&parent))
                .copied();
            draft.name.set_ne(node.name.clone());
            draft.trust_level.set_ne(node.trust_level);
            draft.description.set_ne(node.description.clone());
            draft.parent_id.set_ne(parent);
        }
    }
}
