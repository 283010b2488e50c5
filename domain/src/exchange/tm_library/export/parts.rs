//! Zones, boundaries, components, data and flows of a document.

use std::collections::{HashMap, HashSet};

use entity::{
    Id, component, component_data_asset, data_asset, data_flow, threat_model, trust_zone,
};
use serde_json::{Map, Value, json};

use super::{
    super::source::Object,
    add_missing,
    names::{Names, entity, imported, kept, kept_text, kept_value, set, unmapped},
    records::Records,
};

/// A component as others refer to it.
struct Named {
    name: String,
    /// `actor`, `component` or `data_store`.
    kind: &'static str,
}

/// The names of zones, components and flows.
pub(super) struct Structure {
    zones: HashMap<Id<trust_zone::Entity>, String>,
    shown_zones: HashSet<Id<trust_zone::Entity>>,
    components: HashMap<Id<component::Entity>, Named>,
    flows: HashMap<Id<data_flow::Entity>, String>,
}

impl Structure {
    pub(super) fn of(model: &threat_model::Model, records: &Records) -> Self {
        let mut names = Names::default();
        let mut name = |zone: &trust_zone::Model| {
            names.give(imported(&zone.format_metadata), "zone", zone.id.key())
        };
        let zones = records.zones.iter().map(|zone| (zone.id, name(zone))).collect();
        let components = components(records);
        let mut names = Names::default();
        let mut name = |flow: &data_flow::Model| {
            names.give(imported(&flow.format_metadata), "flow", flow.id.key())
        };
        let touches = |flow: &&data_flow::Model| {
            components.contains_key(&flow.source_component_id)
                || components.contains_key(&flow.dest_component_id)
        };
        let flows = records.flows.iter().filter(touches).map(|flow| (flow.id, name(flow)));
        let flows = flows.collect();
        let shown_zones = shown_zones(model, records);
        Self { zones, shown_zones, components, flows }
    }

    pub(super) fn component(&self, id: i64) -> Option<&str> {
        self.components.get(&Id::trusted(id)).map(|named| named.name.as_str())
    }

    pub(super) fn flow(&self, id: i64) -> Option<&str> {
        self.flows.get(&Id::trusted(id)).map(String::as_str)
    }

    /// Writes the lists into the document.
    pub(super) fn write(&self, records: &Records, document: &mut Object) {
        set(document, "trust_zones", self.zones(records));
        set(document, "trust_boundaries", self.boundaries(records));
        for (list, kind) in
            [("actors", "actor"), ("components", "component"), ("data_stores", "data_store")]
        {
            let of_kind = records.components.iter().filter_map(|row| {
                let named = self.components.get(&row.id).filter(|named| named.kind == kind)?;
                Some(Value::Object(self.component_entity(row, named)))
            });
            set(document, list, of_kind.collect::<Vec<_>>());
        }
        set(document, "data_sets", self.data_sets(records));
        let flows = records.flows.iter().filter_map(|flow| {
            Some(Value::Object(self.flow_entity(flow, self.flows.get(&flow.id)?)))
        });
        set(document, "data_flows", flows.collect::<Vec<_>>());
    }

    fn zones(&self, records: &Records) -> Vec<Value> {
        let shown = records.zones.iter().filter(|zone| self.shown_zones.contains(&zone.id));
        shown
            .map(|zone| {
                let mut shown = entity(&self.zones[&zone.id], &zone.name, &zone.description);
                add_missing(&mut shown, unmapped(&zone.format_metadata));
                Value::Object(shown)
            })
            .collect()
    }

    fn boundaries(&self, records: &Records) -> Vec<Value> {
        let mut boundaries = Vec::new();
        for row in &records.boundaries {
            let shown =
                [row.zone_a_id, row.zone_b_id].iter().any(|id| self.shown_zones.contains(id));
            let (Some(a), Some(b)) =
                (self.zones.get(&row.zone_a_id), self.zones.get(&row.zone_b_id))
            else {
                continue;
            };
            if !shown {
                continue;
            }
            let methods =
                |name| kept_value(&row.format_metadata, name).unwrap_or_else(|| json!([]));
            let mut boundary = Map::new();
            set(&mut boundary, "trust_zone_a", a.as_str());
            set(&mut boundary, "trust_zone_b", b.as_str());
            set(&mut boundary, "access_control_methods", methods("accessControlMethods"));
            set(&mut boundary, "authentication_methods", methods("authenticationMethods"));
            add_missing(&mut boundary, unmapped(&row.format_metadata));
            boundaries.push(Value::Object(boundary));
        }
        boundaries
    }

    fn component_entity(&self, row: &component::Model, named: &Named) -> Object {
        let metadata = &row.format_metadata;
        let mut shown = entity(&named.name, &row.name, &row.description);
        match named.kind {
            "actor" => {
                set(&mut shown, "type", actor_type(row));
                set(&mut shown, "permissions", kept_text(metadata, "permissions"));
            }
            "data_store" => {
                set(&mut shown, "type", row.data_store_type.as_str());
                set(&mut shown, "vendor", kept_text(metadata, "vendor"));
                set(&mut shown, "product", kept_text(metadata, "product"));
            }
            _ => {}
        }
        if let Some(zone) = row.trust_zone_id.and_then(|zone| self.zones.get(&zone)) {
            set(&mut shown, "trust_zone", zone.as_str());
        }
        let parent = row.parent_component_id.and_then(|parent| self.components.get(&parent));
        if let Some(parent) = parent.filter(|_| named.kind == "component") {
            set(&mut shown, "parent_component", parent.name.as_str());
        }
        let repository = kept_text(metadata, "repoLink");
        if !repository.is_empty() {
            set(&mut shown, "repo_link", repository);
        }
        add_missing(&mut shown, unmapped(metadata));
        shown
    }

    fn data_sets(&self, records: &Records) -> Vec<Value> {
        let mut placements: HashMap<Id<data_asset::Entity>, Vec<Value>> = HashMap::new();
        for placement in &records.placements {
            let list = placements.entry(placement.data_asset_id).or_default();
            list.extend(self.placement(placement, records));
        }
        let mut names = Names::default();
        let mut data_set = |asset: &data_asset::Model| {
            let metadata = &asset.format_metadata;
            let placed = placements.remove(&asset.id).unwrap_or_default();
            if placed.is_empty() && kept(metadata).is_none() {
                return None;
            }
            let name = names.give(imported(metadata), "data_asset", asset.id.key());
            let mut shown = entity(&name, &asset.name, &asset.description);
            set(&mut shown, "placements", placed);
            set(
                &mut shown,
                "record_count",
                kept_value(metadata, "recordCount").unwrap_or_default(),
            );
            set(&mut shown, "data_sensitivity", asset.data_sensitivity.0.clone());
            let methods = kept_value(metadata, "accessControlMethods");
            set(&mut shown, "access_control_methods", methods.unwrap_or_else(|| json!([])));
            add_missing(&mut shown, unmapped(metadata));
            Some(Value::Object(shown))
        };
        records.assets.iter().filter_map(&mut data_set).collect()
    }

    /// A store without an imported name is written with an underscore here, as readers of this
    /// format know it; the import understands both.
    fn placement(
        &self,
        placement: &component_data_asset::Model,
        records: &Records,
    ) -> Option<Value> {
        let named = self.components.get(&placement.component_id)?;
        let row = records.components.iter().find(|row| row.id == placement.component_id)?;
        let name = match imported(&row.format_metadata) {
            Some(_) => named.name.clone(),
            None => named.name.replacen("datastore_", "data_store_", 1),
        };
        Some(json!({"data_store": name, "encrypted": placement.encrypted}))
    }

    fn flow_entity(&self, flow: &data_flow::Model, name: &str) -> Object {
        let mut shown = entity(name, &flow.label, &flow.description);
        let ends = [("source", flow.source_component_id), ("destination", flow.dest_component_id)];
        for (end, component) in ends {
            if let Some(named) = self.components.get(&component) {
                set(&mut shown, end, json!({"type": named.kind, "name": named.name}));
            }
        }
        set(&mut shown, "has_sensitive_data", flow.has_sensitive_data);
        set(&mut shown, "encrypted", flow.encrypted);
        add_missing(&mut shown, unmapped(&flow.format_metadata));
        shown
    }
}

/// All components but the one that stands for the model as a whole.
fn components(records: &Records) -> HashMap<Id<component::Entity>, Named> {
    let mut names: HashMap<&str, Names> = HashMap::new();
    let mut components = HashMap::new();
    for row in &records.components {
        let metadata = &row.format_metadata;
        if kept_value(metadata, "synthetic") == Some(Value::Bool(true)) {
            continue;
        }
        let kind = match row.category.as_str() {
            "human_actor" | "system_actor" => "actor",
            "datastore" => "data_store",
            _ => "component",
        };
        let prefix = if row.category.is_empty() { "component" } else { &row.category };
        let list = names.entry(kind).or_default();
        let name = list.give(imported(metadata), prefix, row.id.key());
        components.insert(row.id, Named { name, kind });
    }
    components
}

fn actor_type(row: &component::Model) -> &str {
    match (row.actor_type.as_str(), row.category.as_str()) {
        ("", "system_actor") => "system",
        ("", _) => "user",
        (stated, _) => stated,
    }
}

/// Imported zones, and those in which something lies.
fn shown_zones(model: &threat_model::Model, records: &Records) -> HashSet<Id<trust_zone::Entity>> {
    let ids = kept(&model.format_metadata).and_then(|kept| kept.get("zoneIds")?.as_array());
    let ids = ids.into_iter().flatten().filter_map(Value::as_i64).map(Id::trusted);
    let used = records.components.iter().filter_map(|component| component.trust_zone_id);
    ids.chain(used).collect()
}
