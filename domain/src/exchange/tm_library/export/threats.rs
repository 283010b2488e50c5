//! Threats, controls and risks of a document.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::{choice::CountermeasureStatus, threat_model};
use sea_orm::ActiveEnum;
use serde_json::Value;

use super::{
    super::{CONTROLS, source::Object, source::text, vocabulary},
    add_missing,
    names::{Names, entity, imported, kept, kept_text, set, unmapped},
    parts::Structure,
    records::Records,
};
use crate::report::{Analysis, Countermeasure, ElementKind, Threat};

/// The name of the threat that an instance belongs to.
type ThreatNames = HashMap<(ElementKind, i64), String>;

/// What makes instances one threat of the document.
#[derive(PartialEq, Eq, Hash)]
enum Group<'t> {
    Library(i64),
    Imported(&'t str),
    Words(&'t str, &'t str),
}

/// Scores end at 100 here and at 25 in the format.
const STRETCH: f64 = 4.0;

/// Writes the lists into the document.
pub(super) fn write(
    analysis: &Analysis,
    records: &Records,
    structure: &Structure,
    model: &threat_model::Model,
    document: &mut Object,
) {
    let (threats, names) = threats(analysis, structure);
    set(document, "threats", threats);
    set(document, "controls", controls(analysis, &names, model));
    set(document, "risks", risks(records, &names));
}

fn threats(analysis: &Analysis, structure: &Structure) -> (Vec<Value>, ThreatNames) {
    let mut groups: indexmap::IndexMap<Group<'_>, Vec<&Threat>> = indexmap::IndexMap::new();
    for threat in &analysis.threats {
        groups.entry(group(threat)).or_default().push(threat);
    }
    let mut names = Names::default();
    let mut threat_names = ThreatNames::new();
    let mut list = Vec::with_capacity(groups.len());
    for instances in groups.values() {
        let Some(first) = instances.first() else { continue };
        let number = first.library.unwrap_or(first.id);
        let name = names.give(imported(&first.format_metadata), "threat", number);
        for instance in instances {
            threat_names.insert((instance.subject.kind, instance.id), name.clone());
        }
        list.push(Value::Object(threat(&name, first, instances, structure)));
    }
    (list, threat_names)
}

fn group(threat: &Threat) -> Group<'_> {
    match (threat.library, imported(&threat.format_metadata)) {
        (Some(library), _) => Group::Library(library),
        (None, Some(name)) => Group::Imported(name),
        (None, None) => Group::Words(&threat.name, &threat.description),
    }
}

fn threat(name: &str, first: &Threat, instances: &[&Threat], structure: &Structure) -> Object {
    let mut shown = entity(name, &first.name, &first.description);
    let affected = |kind: ElementKind| -> BTreeSet<&str> {
        let subjects = instances.iter().map(|threat| &threat.subject);
        let of_kind = subjects.filter(|subject| subject.kind == kind);
        of_kind
            .filter_map(|subject| match kind {
                ElementKind::Component => structure.component(subject.id),
                ElementKind::Flow => structure.flow(subject.id),
            })
            .collect()
    };
    let lists = [
        ("components_affected", ElementKind::Component),
        ("data_flows_affected", ElementKind::Flow),
    ];
    for (member, kind) in lists {
        let affected: Vec<_> = affected(kind).into_iter().collect();
        if !affected.is_empty() {
            set(&mut shown, member, affected);
        }
    }
    add_missing(&mut shown, unmapped(&first.format_metadata));
    shown
}

fn controls(analysis: &Analysis, names: &ThreatNames, model: &threat_model::Model) -> Vec<Value> {
    let mut groups: indexmap::IndexMap<_, (&Countermeasure, BTreeSet<&str>)> =
        indexmap::IndexMap::new();
    for threat in &analysis.threats {
        let kind = threat.subject.kind;
        let name = names.get(&(kind, threat.id)).map(String::as_str);
        for measure in &threat.countermeasures {
            let key = match imported(&measure.format_metadata) {
                Some(imported) => (Some(imported), None),
                None => (None, Some((kind, measure.id))),
            };
            groups.entry(key).or_insert((measure, BTreeSet::new())).1.extend(name);
        }
    }
    let mut given = Names::default();
    let mut list: Vec<Value> = groups
        .into_values()
        .map(|(measure, threats)| {
            let name = given.give(imported(&measure.format_metadata), "control", measure.id);
            Value::Object(control(&name, measure, threats))
        })
        .collect();
    list.extend(idle_controls(model, &list));
    list
}

fn control(name: &str, measure: &Countermeasure, threats: BTreeSet<&str>) -> Object {
    let metadata = &measure.format_metadata;
    let current = CountermeasureStatus::try_from_value(&measure.status).unwrap_or_default();
    let original = kept_text(metadata, "originalStatus");
    let unchanged = !original.is_empty() && vocabulary::status(original) == current;
    let status = if unchanged { original } else { vocabulary::control_status(current) };
    let mut shown = entity(name, &measure.name, &measure.description);
    set(&mut shown, "status", status);
    set(&mut shown, "priority", measure.priority.as_str());
    set(&mut shown, "threats", threats.into_iter().collect::<Vec<_>>());
    add_missing(&mut shown, unmapped(metadata));
    shown
}

/// Imported controls that counter no threat, as they were.
fn idle_controls(model: &threat_model::Model, written: &[Value]) -> Vec<Value> {
    let written: HashSet<&str> =
        written.iter().filter_map(|control| control.get("symbolic_name")?.as_str()).collect();
    let idle = kept(&model.format_metadata).and_then(|kept| kept.get(CONTROLS)?.as_array());
    let is_new = |control: &&Value| {
        control.as_object().is_some_and(|control| !written.contains(text(control, "symbolic_name")))
    };
    idle.into_iter().flatten().filter(is_new).cloned().collect()
}

fn risks(records: &Records, names: &ThreatNames) -> Vec<Value> {
    let mut threats: HashMap<_, BTreeSet<&str>> = HashMap::new();
    for (risk, threat) in &records.links {
        threats.entry(*risk).or_default().extend(names.get(threat).map(String::as_str));
    }
    let mut given = Names::default();
    let risk = |risk: &entity::risk::Model| {
        let metadata = &risk.format_metadata;
        let name = given.give(imported(metadata), "risk", risk.id.key());
        let input = |name: &str| risk.scoring_metadata.get(name).and_then(Value::as_str);
        let mut shown = entity(&name, &risk.name, &risk.description);
        let threats = threats.remove(&risk.id).unwrap_or_default();
        set(&mut shown, "threats", threats.into_iter().collect::<Vec<_>>());
        for (member, kept) in [
            ("likelihood", "likelihood"),
            ("impact", "impact"),
            ("impact_description", "impactDescription"),
        ] {
            set(&mut shown, member, input(kept).unwrap_or_default());
        }
        set(&mut shown, "score", score(risk.inherent_score));
        set(&mut shown, "level", risk.inherent_level.to_value());
        add_missing(&mut shown, unmapped(metadata));
        Value::Object(shown)
    };
    records.risks.iter().map(risk).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "at most 25")]
fn score(inherent: i32) -> i32 {
    (f64::from(inherent) / STRETCH).round_ties_even() as i32
}
