use entity::{Id, Names, data_flow};
use indexmap::IndexMap;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, IntoActiveModel, TryIntoModel,
};
use serde_json::json;

use super::{Drawing, rows};
use crate::{
    Result,
    model::canvas::{FlowEdge, Line},
};

/// An edge between two components.
struct Drawn {
    place: usize,
    edge_id: String,
    source: usize,
    target: usize,
    edge: FlowEdge,
}

type Drafts = IndexMap<Id<data_flow::Entity>, data_flow::ActiveModel>;

impl Drawing<'_, '_> {
    /// Makes and changes the data flows of the drawing, and returns them.
    pub(super) async fn save_flows(&mut self) -> Result<Vec<data_flow::Model>> {
        let drawn = self.drawn_flows();
        let mut drafts = self.known_flows(&drawn).await?;
        let mut placed: Vec<(usize, Id<data_flow::Entity>)> = Vec::new();
        let mut fresh = Vec::new();
        for it in drawn {
            let record = it.edge.record.map(Names::id);
            let Some(draft) = record.and_then(|id| drafts.get_mut(&id)) else {
                fresh.push(it);
                continue;
            };
            self.describe_flow(draft, &it);
            placed.extend(record.map(|id| (it.place, id)));
        }
        self.transaction.save_many(drafts.values().cloned().collect()).await?;
        let rows = fresh.iter().map(|it| self.new_flow(it)).collect();
        let added = self.transaction.insert_many(rows).await?;
        placed.extend(fresh.iter().zip(&added).map(|(it, row)| (it.place, row.id)));
        for (place, id) in placed {
            self.canvas.write_edge(place, "dataflowId", id.key());
        }
        let mut flows = added;
        for draft in drafts.into_values() {
            flows.push(draft.try_into_model()?);
        }
        Ok(flows)
    }

    fn drawn_flows(&self) -> Vec<Drawn> {
        let edges = self.canvas.edges().iter().enumerate();
        let drawn = edges.filter_map(|(place, edge)| {
            let Line::Flow(flow) = &edge.line else { return None };
            let end = |node: &str| {
                self.canvas.place_of(node).filter(|place| self.components.contains_key(place))
            };
            Some(Drawn {
                place,
                edge_id: edge.id.clone(),
                source: end(&edge.source)?,
                target: end(&edge.target)?,
                edge: flow.as_ref().clone(),
            })
        });
        drawn.collect()
    }

    async fn known_flows(&self, drawn: &[Drawn]) -> Result<Drafts> {
        let ids = drawn.iter().filter_map(|it| it.edge.record).map(Names::id);
        let of_model = self
            .transaction
            .scope()
            .find_writable::<data_flow::Entity>()
            .filter(data_flow::Column::ThreatModelId.eq(self.model.id));
        let known = rows::by_id(of_model, ids, |row| row.id).await?;
        Ok(known.into_iter().map(|(id, row)| (id, row.into_active_model())).collect())
    }

    fn new_flow(&self, drawn: &Drawn) -> data_flow::ActiveModel {
        let mut draft = data_flow::ActiveModel {
            id: NotSet,
            organization_id: Set(self.model.organization_id),
            threat_model_id: Set(Some(self.model.id)),
            edge_id: Set(drawn.edge_id.clone()),
            port: Set(None),
            crosses_trust_zone: Set(false),
            format_metadata: Set(json!({}).into()),
            ..Default::default()
        };
        self.describe_flow(&mut draft, drawn);
        draft
    }

    fn describe_flow(&self, draft: &mut data_flow::ActiveModel, drawn: &Drawn) {
        let edge = &drawn.edge;
        if let Some(source) = self.components.get(&drawn.source) {
            draft.source_component_id.set_ne(source.id);
        }
        if let Some(target) = self.components.get(&drawn.target) {
            draft.dest_component_id.set_ne(target.id);
        }
        draft.label.set_ne(edge.label.clone());
        draft.description.set_ne(edge.description.clone());
        draft.protocol.set_ne(edge.protocol.clone());
        draft.encrypted.set_ne(edge.encrypted);
        draft.authenticated.set_ne(edge.authenticated);
        draft.has_sensitive_data.set_ne(edge.has_sensitive_data);
        draft.data_classification.set_ne(json!(edge.data_classification).into());
    }
}
