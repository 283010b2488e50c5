//! Actors, components and data stores, what data they hold and how it flows.

use std::collections::{HashMap, HashSet};

use entity::{Id, component, component_data_asset, data_asset, data_flow, threat_model};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{
    super::{
        METADATA, Source,
        source::{Object, flag, text, texts, title},
        vocabulary,
    },
    Summary,
    structure::{Zones, metadata},
};
use crate::{Result, Transaction};

type ComponentId = Id<component::Entity>;

/// Lists whose entities become components, with the word for them in references.
const KINDS: [(&str, &str); 3] =
    [("actors", "actor"), ("components", "component"), ("data_stores", "data_store")];

/// What threats can be about.
#[derive(Default)]
pub(super) struct Parts<'s> {
    by_kind: HashMap<(&'static str, &'s str), ComponentId>,
    by_name: HashMap<&'s str, ComponentId>,
    pub(super) flows: HashMap<&'s str, Id<data_flow::Entity>>,
    system: Option<ComponentId>,
}

impl Parts<'_> {
    /// A component, actor or store by name.
    pub(super) fn component(&self, name: &str) -> Option<ComponentId> {
        self.by_kind.get(&("component", name)).or_else(|| self.by_name.get(name)).copied()
    }

    fn of_kind(&self, kind: &str, name: &str) -> Option<ComponentId> {
        let kind = KINDS.iter().find(|(_, word)| *word == kind).map(|(_, word)| *word);
        let found = kind.and_then(|kind| self.by_kind.get(&(kind, name)));
        found.or_else(|| self.by_name.get(name)).copied()
    }

    /// The component that stands for the model as a whole, made when it is first needed.
    pub(super) async fn system(
        &mut self,
        transaction: &Transaction<'_>,
        model: &threat_model::Model,
    ) -> Result<ComponentId> {
        if let Some(system) = self.system {
            return Ok(system);
        }
        let row = component::ActiveModel {
            organization_id: Set(model.organization_id),
            threat_model_id: Set(Some(model.id)),
            name: Set(format!("{} (System)", model.name)),
            category: Set("process".to_owned()),
            format_metadata: Set(json!({METADATA: {"synthetic": true}}).into()),
            ..Default::default()
        };
        let system = transaction.insert(row).await?.id;
        self.system = Some(system);
        Ok(system)
    }
}

pub(super) async fn components<'s>(
    transaction: &Transaction<'_>,
    source: &'s Source,
    model: &threat_model::Model,
    zones: &Zones<'_>,
    summary: &mut Summary,
) -> Result<Parts<'s>> {
    let mut rows = Vec::new();
    let mut names = Vec::new();
    for (list, kind) in KINDS {
        for (place, entity) in source.list(list).iter().enumerate() {
            let zone = text(entity, "trust_zone");
            let found = zones.get(zone).copied();
            if found.is_none() && !zone.is_empty() {
                let text = format!("{list}[{place}].trust_zone: there is no zone \"{zone}\".");
                summary.warnings.push(text);
            }
            let mut row = component(entity, kind, model);
            row.trust_zone_id = Set(found);
            rows.push(row);
            names.push((kind, text(entity, "symbolic_name")));
        }
    }
    summary.actors = source.list("actors").len();
    summary.components = source.list("components").len();
    summary.data_stores = source.list("data_stores").len();
    let rows = transaction.insert_many(rows).await?;
    let mut parts = Parts::default();
    for ((kind, name), row) in names.into_iter().zip(&rows) {
        parts.by_kind.insert((kind, name), row.id);
        parts.by_name.entry(name).or_insert(row.id);
    }
    set_parents(transaction, source, &parts, rows, summary).await?;
    Ok(parts)
}

fn component(entity: &Object, kind: &str, model: &threat_model::Model) -> component::ActiveModel {
    const COMMON: [&str; 4] = ["symbolic_name", "title", "description", "trust_zone"];
    let word = text(entity, "type");
    let named = |name: &str| Value::from(text(entity, name));
    let (category, kept, mapped): (&str, Vec<(&str, Value)>, &[&str]) = match kind {
        "actor" => (
            vocabulary::actor_category(word),
            vec![("originalType", word.into()), ("permissions", named("permissions"))],
            &["type", "permissions"],
        ),
        "data_store" => (
            "datastore",
            vec![("vendor", named("vendor")), ("product", named("product"))],
            &["type", "vendor", "product"],
        ),
        _ => {
            ("process", vec![("repoLink", named("repo_link"))], &["parent_component", "repo_link"])
        }
    };
    let is = |wanted: &str| if kind == wanted { word.to_owned() } else { String::new() };
    component::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(Some(model.id)),
        name: Set(title(entity).to_owned()),
        description: Set(text(entity, "description").to_owned()),
        category: Set(category.to_owned()),
        actor_type: Set(is("actor")),
        data_store_type: Set(is("data_store")),
        format_metadata: Set(metadata(entity, &kept, &[&COMMON, mapped].concat())),
        ..Default::default()
    }
}

async fn set_parents(
    transaction: &Transaction<'_>,
    source: &Source,
    parts: &Parts<'_>,
    rows: Vec<component::Model>,
    summary: &mut Summary,
) -> Result<()> {
    let mut parents: HashMap<ComponentId, ComponentId> = HashMap::new();
    for (place, entity) in source.list("components").iter().enumerate() {
        let name = text(entity, "parent_component");
        if name.is_empty() {
            continue;
        }
        let child = parts.component(text(entity, "symbolic_name"));
        let (Some(child), Some(parent)) = (child, parts.component(name)) else {
            let text = format!("components[{place}].parent_component: there is no \"{name}\".");
            summary.warnings.push(text);
            continue;
        };
        if lies_within(parent, child, &parents) {
            let text = format!("components[{place}].parent_component: a component within itself.");
            summary.warnings.push(text);
            continue;
        }
        parents.insert(child, parent);
    }
    let changed = rows.into_iter().filter_map(|row| {
        let parent = *parents.get(&row.id)?;
        let mut row = row.into_active_model();
        row.parent_component_id = Set(Some(parent));
        Some(row)
    });
    transaction.save_many(changed.collect()).await?;
    Ok(())
}

/// Whether a component is another one or lies within it.
fn lies_within(
    inner: ComponentId,
    outer: ComponentId,
    parents: &HashMap<ComponentId, ComponentId>,
) -> bool {
    let mut next = Some(inner);
    while let Some(component) = next {
        if component == outer {
            return true;
        }
        next = parents.get(&component).copied();
    }
    false
}

pub(super) async fn assets(
    transaction: &Transaction<'_>,
    source: &Source,
    model: &threat_model::Model,
    parts: &Parts<'_>,
    summary: &mut Summary,
) -> Result<()> {
    let list = source.list("data_sets");
    let rows = list.iter().map(|data_set| asset(data_set, model)).collect();
    let rows = transaction.insert_many(rows).await?;
    summary.data_assets = rows.len();
    let mut placements = Vec::new();
    for (place, (data_set, row)) in list.iter().zip(&rows).enumerate() {
        let mut seen = HashSet::new();
        let items = data_set.get("placements").and_then(Value::as_array).into_iter().flatten();
        for (number, item) in items.enumerate() {
            let at = format!("data_sets[{place}].placements[{number}]");
            let Some(store) = store(item, parts, &at, summary) else { continue };
            if seen.insert(store) {
                placements.push(placement(item, model, row.id, store));
            }
        }
    }
    transaction.insert_many(placements).await?;
    Ok(())
}

fn asset(data_set: &Object, model: &threat_model::Model) -> data_asset::ActiveModel {
    let sensitivity = texts(data_set, "data_sensitivity");
    let classification = match sensitivity.join(",") {
        none if none.is_empty() => "general".to_owned(),
        joined => joined,
    };
    let lower: Vec<String> = sensitivity.iter().map(|word| word.to_lowercase()).collect();
    let kept = [
        ("recordCount", data_set.get("record_count").cloned().unwrap_or_default()),
        ("accessControlMethods", texts(data_set, "access_control_methods").into()),
    ];
    let mapped = [
        "symbolic_name",
        "title",
        "description",
        "placements",
        "data_sensitivity",
        "record_count",
        "access_control_methods",
    ];
    data_asset::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(Some(model.id)),
        name: Set(title(data_set).to_owned()),
        description: Set(text(data_set, "description").to_owned()),
        classification: Set(classification),
        data_sensitivity: Set(json!(lower).into()),
        format_metadata: Set(metadata(data_set, &kept, &mapped)),
        ..Default::default()
    }
}

fn store(
    item: &Value,
    parts: &Parts<'_>,
    place: &str,
    summary: &mut Summary,
) -> Option<ComponentId> {
    let name = item.get("data_store").and_then(Value::as_str).unwrap_or_default();
    if let Some(store) = parts.of_kind("data_store", name) {
        return Some(store);
    }
    // Exports of drawn models write the same store with and without the underscore.
    let other = name.replacen("data_store_", "datastore_", 1);
    let found = parts.of_kind("data_store", &other);
    summary.warnings.push(match found {
        Some(_) => format!("{place}.data_store: \"{name}\" was taken for \"{other}\"."),
        None => format!("{place}.data_store: there is no store \"{name}\"."),
    });
    found
}

fn placement(
    item: &Value,
    model: &threat_model::Model,
    asset: Id<data_asset::Entity>,
    store: ComponentId,
) -> component_data_asset::ActiveModel {
    component_data_asset::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(Some(model.id)),
        component_id: Set(store),
        data_asset_id: Set(asset),
        encrypted: Set(item.get("encrypted").and_then(Value::as_bool).unwrap_or_default()),
        ..Default::default()
    }
}

pub(super) async fn flows<'s>(
    transaction: &Transaction<'_>,
    source: &'s Source,
    model: &threat_model::Model,
    parts: &mut Parts<'s>,
    summary: &mut Summary,
) -> Result<()> {
    let mut rows = Vec::new();
    let mut names = Vec::new();
    for (place, flow) in source.list("data_flows").iter().enumerate() {
        let mut find = |name: &str| end(flow, name, parts, place, summary);
        let (Some(from), Some(to)) = (find("source"), find("destination")) else {
            summary.warnings.push(format!("data_flows[{place}]: was left out."));
            continue;
        };
        rows.push(row(flow, model, from, to));
        names.push(text(flow, "symbolic_name"));
    }
    let rows = transaction.insert_many(rows).await?;
    summary.data_flows = rows.len();
    parts.flows = names.into_iter().zip(rows.iter().map(|row| row.id)).collect();
    Ok(())
}

fn end(
    flow: &Object,
    end: &str,
    parts: &Parts<'_>,
    place: usize,
    summary: &mut Summary,
) -> Option<ComponentId> {
    let member = flow.get(end).and_then(Value::as_object);
    let name = member.map_or("", |end| match text(end, "name") {
        "" => text(end, "object"),
        name => name,
    });
    let kind = member.map_or("", |end| text(end, "type"));
    let found = parts.of_kind(kind, name);
    if found.is_none() {
        summary.warnings.push(format!("data_flows[{place}].{end}: there is no {kind} \"{name}\"."));
    }
    found
}

fn row(
    flow: &Object,
    model: &threat_model::Model,
    from: ComponentId,
    to: ComponentId,
) -> data_flow::ActiveModel {
    let mapped = [
        "symbolic_name",
        "title",
        "description",
        "source",
        "destination",
        "has_sensitive_data",
        "encrypted",
    ];
    data_flow::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(Some(model.id)),
        source_component_id: Set(from),
        dest_component_id: Set(to),
        label: Set(title(flow).to_owned()),
        description: Set(text(flow, "description").to_owned()),
        encrypted: Set(flag(flow, "encrypted")),
        has_sensitive_data: Set(flag(flow, "has_sensitive_data")),
        format_metadata: Set(metadata(flow, &[], &mapped)),
        ..Default::default()
    }
}
