use std::collections::{HashMap, HashSet};

use entity::{Id, Names, trust_boundary, trust_zone};
use indexmap::IndexMap;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, IntoActiveModel,
};
use serde_json::Value;

use super::{Drawing, rows};
use crate::{
    Result,
    model::canvas::{BoundaryEdge, Line},
    store::KEYS_PER_STATEMENT,
};

/// The zones that a boundary lies between, in order. There is one boundary for each.
type Pair = (Id<trust_zone::Entity>, Id<trust_zone::Entity>);

/// An edge between two zones.
struct Drawn {
    place: usize,
    edge_id: String,
    pair: Pair,
    edge: BoundaryEdge,
}

type Known = HashMap<Id<trust_boundary::Entity>, trust_boundary::ActiveModel>;

impl Drawing<'_, '_> {
    /// Makes and changes the boundaries of the drawing.
    ///
    /// Two zones have one boundary in each direction. So an edge first takes the boundary that
    /// its zones have; only then the one that it names, which moves to its zones; else it gets a
    /// new one. Edges between the same zones share it, and the last one describes it.
    pub(super) async fn save_boundaries(&mut self) -> Result<()> {
        let drawn = self.drawn_boundaries();
        if drawn.is_empty() {
            return Ok(());
        }
        let known = self.known_boundaries(&drawn).await?;
        let mut taken = HashMap::new();
        let mut drafts = Known::new();
        let by_pair: HashMap<Pair, Id<_>> =
            known.iter().map(|row| ((row.zone_a_id, row.zone_b_id), row.id)).collect();
        for it in &drawn {
            if let Some(id) = by_pair.get(&it.pair) {
                taken.insert(it.pair, *id);
            }
        }
        move_named(&drawn, &known, &mut taken);
        drafts.extend(known.into_iter().map(|row| (row.id, row.into_active_model())));

        let mut fresh: IndexMap<Pair, &Drawn> = IndexMap::new();
        for it in drawn.iter().filter(|it| !taken.contains_key(&it.pair)) {
            fresh.insert(it.pair, it);
        }
        for it in &drawn {
            if let Some(draft) = taken.get(&it.pair).and_then(|id| drafts.get_mut(id)) {
                describe(draft, it);
            }
        }
        self.transaction.save_many(drafts.into_values().collect()).await?;
        let rows = fresh.values().map(|it| self.new_boundary(it)).collect();
        let added = self.transaction.insert_many(rows).await?;
        taken.extend(added.iter().map(|row| ((row.zone_a_id, row.zone_b_id), row.id)));
        for it in &drawn {
            if let Some(id) = taken.get(&it.pair) {
                self.canvas.write_edge(it.place, "trustBoundaryId", id.key());
            }
        }
        Ok(())
    }

    fn drawn_boundaries(&self) -> Vec<Drawn> {
        let edges = self.canvas.edges().iter().enumerate();
        let drawn = edges.filter_map(|(place, edge)| {
            let Line::Boundary(boundary) = &edge.line else { return None };
            let zone = |node: &str| self.zones.get(&self.canvas.place_of(node)?).copied();
            Some(Drawn {
                place,
                edge_id: edge.id.clone(),
                pair: (zone(&edge.source)?, zone(&edge.target)?),
                edge: boundary.clone(),
            })
        });
        drawn.collect()
    }

    /// Boundaries of the model that edges name, and all that begin at zones of the drawing.
    async fn known_boundaries(&self, drawn: &[Drawn]) -> Result<Vec<trust_boundary::Model>> {
        use trust_boundary::{Column, Entity};
        let scope = self.transaction.scope();
        let of_model =
            scope.find_writable::<Entity>().filter(Column::ThreatModelId.eq(self.model.id));
        let named = drawn.iter().filter_map(|it| it.edge.record).map(Names::id);
        let mut known = rows::by_id(of_model, named, |row| row.id).await?;
        let zones = rows::distinct(drawn.iter().map(|it| it.pair.0));
        for chunk in zones.chunks(KEYS_PER_STATEMENT) {
            let own = Condition::any()
                .add(Column::ThreatModelId.eq(self.model.id))
                .add(Column::ThreatModelId.is_null());
            let beginning = scope
                .find_writable::<Entity>()
                .filter(own)
                .filter(Column::ZoneAId.is_in(chunk.iter().copied()));
            known.extend(beginning.all().await?.into_iter().map(|row| (row.id, row)));
        }
        Ok(known.into_values().collect())
    }

    fn new_boundary(&self, drawn: &Drawn) -> trust_boundary::ActiveModel {
        let mut draft = trust_boundary::ActiveModel {
            id: NotSet,
            organization_id: Set(self.model.organization_id),
            threat_model_id: Set(Some(self.model.id)),
            description: Set(String::new()),
            ..Default::default()
        };
        describe(&mut draft, drawn);
        draft
    }
}

/// Gives edges whose zones have no boundary yet the one that they name, if no other edge has it.
fn move_named(
    drawn: &[Drawn],
    known: &[trust_boundary::Model],
    taken: &mut HashMap<Pair, Id<trust_boundary::Entity>>,
) {
    let known: HashSet<_> = known.iter().map(|row| row.id).collect();
    let mut used: HashSet<_> = taken.values().copied().collect();
    for it in drawn {
        let Some(id) = it.edge.record.map(Names::id).filter(|id| known.contains(id)) else {
            continue;
        };
        if !taken.contains_key(&it.pair) && used.insert(id) {
            taken.insert(it.pair, id);
        }
    }
}

fn describe(draft: &mut trust_boundary::ActiveModel, drawn: &Drawn) {
    draft.zone_a_id.set_ne(drawn.pair.0);
    draft.zone_b_id.set_ne(drawn.pair.1);
    draft.label.set_ne(drawn.edge.label.clone());
    draft.edge_id.set_ne(drawn.edge_id.clone());
    draft.format_metadata.set_ne(Value::from(drawn.edge.metadata.clone()).into());
}
