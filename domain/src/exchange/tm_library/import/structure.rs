//! Trust zones and the boundaries between them.

use std::collections::{HashMap, HashSet};

use entity::{Id, threat_model, trust_boundary, trust_zone};
use sea_orm::ActiveValue::Set;
use serde_json::{Map, Value, json};

use super::{
    super::{
        METADATA, Source, UNMAPPED,
        source::{Object, text, title, unmapped},
    },
    Summary,
};
use crate::{Result, Transaction};

pub(super) type Zones<'s> = HashMap<&'s str, Id<trust_zone::Entity>>;

/// The format says nothing of trust, so zones begin in the middle.
const TRUST_LEVEL: i32 = 50;

pub(super) async fn zones<'s>(
    transaction: &Transaction<'_>,
    source: &'s Source,
    model: &threat_model::Model,
    summary: &mut Summary,
) -> Result<Zones<'s>> {
    let list = source.list("trust_zones");
    let rows = list
        .iter()
        .map(|zone| trust_zone::ActiveModel {
            organization_id: Set(model.organization_id),
            threat_model_id: Set(Some(model.id)),
            name: Set(title(zone).to_owned()),
            trust_level: Set(TRUST_LEVEL),
            description: Set(text(zone, "description").to_owned()),
            format_metadata: Set(metadata(zone, &[], &["symbolic_name", "title", "description"])),
            ..Default::default()
        })
        .collect();
    let rows = transaction.insert_many(rows).await?;
    summary.trust_zones = rows.len();
    Ok(list.iter().zip(&rows).map(|(zone, row)| (text(zone, "symbolic_name"), row.id)).collect())
}

pub(super) async fn boundaries(
    transaction: &Transaction<'_>,
    source: &Source,
    model: &threat_model::Model,
    zones: &Zones<'_>,
    summary: &mut Summary,
) -> Result<()> {
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    for (place, boundary) in source.list("trust_boundaries").iter().enumerate() {
        let mut zone = |end: &str| {
            let name = text(boundary, end);
            let found = zones.get(name).copied();
            if found.is_none() {
                let text = format!("trust_boundaries[{place}].{end}: there is no zone \"{name}\".");
                summary.warnings.push(text);
            }
            found
        };
        let ends = (zone("trust_zone_a"), zone("trust_zone_b"));
        let (Some(a), Some(b)) = ends else {
            summary.warnings.push(format!("trust_boundaries[{place}]: was left out."));
            continue;
        };
        if !seen.insert((a, b)) {
            summary.warnings.push(format!("trust_boundaries[{place}]: exists and was left out."));
            continue;
        }
        rows.push(row(boundary, model, a, b));
    }
    summary.trust_boundaries = transaction.insert_many(rows).await?.len();
    Ok(())
}

fn row(
    boundary: &Object,
    model: &threat_model::Model,
    a: Id<trust_zone::Entity>,
    b: Id<trust_zone::Entity>,
) -> trust_boundary::ActiveModel {
    let methods = [
        ("accessControlMethods", "access_control_methods"),
        ("authenticationMethods", "authentication_methods"),
    ];
    let methods = methods.map(|(kept, name)| {
        let list = boundary.get(name).filter(|value| value.is_array()).cloned();
        (kept, list.unwrap_or_else(|| json!([])))
    });
    let mapped =
        ["trust_zone_a", "trust_zone_b", "access_control_methods", "authentication_methods"];
    trust_boundary::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(Some(model.id)),
        zone_a_id: Set(a),
        zone_b_id: Set(b),
        format_metadata: Set(metadata(boundary, &methods, &mapped)),
        ..Default::default()
    }
}

/// The metadata of a record: its name, members with an own place, and those with none.
pub(super) fn metadata(
    object: &Object,
    named: &[(&str, Value)],
    mapped: &[&str],
) -> entity::Document {
    let mut own = Map::new();
    if object.contains_key("symbolic_name") {
        own.insert("symbolicName".to_owned(), text(object, "symbolic_name").into());
    }
    own.extend(named.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let rest = unmapped(object, mapped);
    if !rest.is_empty() {
        own.insert(UNMAPPED.to_owned(), Value::Object(rest));
    }
    json!({METADATA: own}).into()
}
