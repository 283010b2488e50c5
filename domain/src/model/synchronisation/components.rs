use std::collections::{HashMap, HashSet};

use entity::{Id, Names, component, component_library};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, IntoActiveModel, TryIntoModel,
};
use serde_json::json;

use super::{Drawing, library::Library, rows};
use crate::{
    Result,
    model::{
        canvas::{ComponentKind, ComponentNode},
        inheritance,
    },
    store::KEYS_PER_STATEMENT,
};

/// A component's node with the library component that was found for it.
struct Drawn {
    place: usize,
    node: ComponentNode,
    library: Option<Id<component_library::Entity>>,
}

type Known = HashMap<Id<component::Entity>, component::Model>;

impl Drawing<'_, '_> {
    /// Makes, changes and replaces the components of the drawing, and places them.
    pub(super) async fn save_components(&mut self) -> Result<()> {
        let drawn = self.drawn_components().await?;
        let mut known = self.known_components(&drawn).await?;
        self.adopt(&mut known).await?;
        let (kept, fresh, replaced) = assign(drawn, &mut known);
        self.delete_components(&replaced).await?;

        let rows = fresh.iter().map(|it| self.new_component(it)).collect();
        let added = self.transaction.insert_many(rows).await?;
        let mut ids: HashMap<usize, Id<component::Entity>> =
            kept.iter().map(|(it, id)| (it.place, *id)).collect();
        ids.extend(fresh.iter().zip(&added).map(|(it, row)| (it.place, row.id)));
        known.extend(added.into_iter().map(|row| (row.id, row)));

        let drawn = kept.into_iter().map(|(it, _)| it).chain(fresh).collect();
        self.describe_components(drawn, &ids, known).await
    }

    async fn drawn_components(&self) -> Result<Vec<Drawn>> {
        let nodes: Vec<_> = self.canvas.components().collect();
        let named: Vec<&ComponentNode> = nodes.iter().map(|(_, node)| *node).collect();
        let scope = self.transaction.scope();
        let library = Library::named_by(scope, self.model.organization_id, &named).await?;
        let drawn = nodes.into_iter().map(|(place, node)| Drawn {
            place,
            node: node.clone(),
            library: library.find(node),
        });
        Ok(drawn.collect())
    }

    /// Components of the model, and those of its organization that belong to no model yet.
    async fn known_components(&self, drawn: &[Drawn]) -> Result<Known> {
        use component::{Column, Entity};
        let ids = drawn.iter().filter_map(|it| it.node.record).map(Names::id);
        let own = Condition::any()
            .add(Column::ThreatModelId.eq(self.model.id))
            .add(Column::ThreatModelId.is_null());
        let of_model = self
            .transaction
            .scope()
            .find_writable::<Entity>()
            .filter(Column::OrganizationId.eq(self.model.organization_id))
            .filter(own);
        rows::by_id(of_model, ids, |row| row.id).await
    }

    /// Components without a model, and what depends on them, belong to this one from now on.
    async fn adopt(&self, known: &mut Known) -> Result<()> {
        use component::{Column, Entity};
        let mut adopted = Vec::new();
        for row in known.values_mut().filter(|row| row.threat_model_id.is_none()) {
            row.threat_model_id = Some(self.model.id);
            adopted.push(row.id);
        }
        for chunk in adopted.chunks(KEYS_PER_STATEMENT) {
            self.transaction
                .change::<Entity>()
                .set(Column::ThreatModelId, self.model.id.key())
                .filter(Column::Id.is_in(chunk.iter().copied()))
                .exec()
                .await?;
            inheritance::after_components(self.transaction, chunk).await?;
        }
        Ok(())
    }

    fn new_component(&self, drawn: &Drawn) -> component::ActiveModel {
        let mut draft = component::ActiveModel {
            id: NotSet,
            organization_id: Set(self.model.organization_id),
            threat_model_id: Set(Some(self.model.id)),
            source_integration_id: Set(None),
            parent_component_id: Set(None),
            actor_type: Set(String::new()),
            data_store_type: Set(String::new()),
            data_sensitivity_level: Set(String::new()),
            format_metadata: Set(json!({}).into()),
            ..Default::default()
        };
        self.describe(&mut draft, drawn);
        draft
    }

    fn describe(&self, draft: &mut component::ActiveModel, drawn: &Drawn) {
        let node = &drawn.node;
        let location = self.location(drawn.place);
        draft.threat_model_id.set_ne(Some(self.model.id));
        draft.name.set_ne(node.name.clone());
        draft.description.set_ne(node.description.clone());
        draft.category.set_ne(node.kind.category().to_owned());
        draft.component_library_id.set_ne(drawn.library);
        draft.trust_zone_id.set_ne(location.zone);
        draft.orgsystem_id.set_ne(location.system);
        match node.kind {
            ComponentKind::HumanActor | ComponentKind::SystemActor => {
                draft.actor_type.set_ne(node.actor_type.clone());
            }
            ComponentKind::Datastore => {
                draft.data_store_type.set_ne(node.data_store_type.clone());
                draft.data_sensitivity_level.set_ne(node.data_sensitivity.clone());
            }
            ComponentKind::Process => {
                draft.data_sensitivity_level.set_ne(node.data_sensitivity.clone());
            }
        }
    }

    /// Parents can be set only now that every component has an id.
    async fn describe_components(
        &mut self,
        drawn: Vec<Drawn>,
        ids: &HashMap<usize, Id<component::Entity>>,
        known: Known,
    ) -> Result<()> {
        let mut drafts: HashMap<_, _> =
            known.into_iter().map(|(id, row)| (id, row.into_active_model())).collect();
        let mut in_order = drawn;
        in_order.sort_by_key(|it| it.place);
        for it in &in_order {
            let Some(draft) = ids.get(&it.place).and_then(|id| drafts.get_mut(id)) else {
                continue;
            };
            self.describe(draft, it);
            let parent = self.parent_component(it.place, |place| ids.get(&place).copied());
            draft.parent_component_id.set_ne(parent);
        }
        self.transaction.save_many(drafts.values().cloned().collect()).await?;
        for (place, id) in ids {
            let Some(draft) = drafts.get(id) else { continue };
            self.components.insert(*place, draft.clone().try_into_model()?);
            self.canvas.write_node(*place, "componentId", id.key());
        }
        Ok(())
    }
}

type Kept = Vec<(Drawn, Id<component::Entity>)>;

/// Decides for every node whether its record is kept or a new one is made. A record whose library
/// component would change is replaced, and no longer known to the nodes that follow.
fn assign(drawn: Vec<Drawn>, known: &mut Known) -> (Kept, Vec<Drawn>, Vec<Id<component::Entity>>) {
    let (mut kept, mut fresh, mut replaced) = (Kept::new(), Vec::new(), Vec::new());
    let mut claimed = HashSet::new();
    for it in drawn {
        let record = it.node.record.map(Names::id);
        let Some(row) = record.and_then(|id| known.get(&id)) else {
            fresh.push(it);
            continue;
        };
        let id = row.id;
        if row.component_library_id.is_none() || row.component_library_id == it.library {
            claimed.insert(id);
            kept.push((it, id));
            continue;
        }
        // A copied node may name the record of the original, which then stays as it is.
        if !claimed.contains(&id) {
            known.remove(&id);
            replaced.push(id);
        }
        fresh.push(it);
    }
    (kept, fresh, replaced)
}
