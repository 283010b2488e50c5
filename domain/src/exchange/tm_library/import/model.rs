//! The threat model itself.

use std::collections::HashMap;

use entity::{Id, choice::ScoringMethod, threat_model, trust_zone};
use sea_orm::ActiveValue::Set;
use serde_json::{Map, Value, json};

use super::super::{
    CONTROLS, METADATA, Source, UNMAPPED,
    source::{Object, text, texts, unmapped},
    vocabulary,
};
use crate::{Result, Transaction, model::creation};

/// Members of the document with an own place in the metadata.
const NAMED: [(&str, &str); 5] = [
    ("version", "version"),
    ("frozen", "frozen"),
    ("release_docs_link", "releaseDocsLink"),
    ("repo_link", "repoLink"),
    ("threat_personas", "threatPersonas"),
];

pub(super) async fn add(
    transaction: &Transaction<'_>,
    source: &Source,
    warnings: &mut Vec<String>,
) -> Result<threat_model::Model> {
    let scope = source.scope();
    let description = match text(scope, "description") {
        "" => text(source.top(), "description"),
        description => description,
    };
    let draft = threat_model::ActiveModel {
        name: Set(text(scope, "title").to_owned()),
        description: Set(description.to_owned()),
        criticality: Set(vocabulary::criticality(text(scope, "business_criticality"))),
        assumptions: Set(Value::Array(assumptions(source, warnings)).into()),
        format_metadata: Set(metadata(source).into()),
        risk_scoring_method: Set(ScoringMethod::TmLibrary),
        ..Default::default()
    };
    creation::add(draft, transaction).await
}

/// Notes which zones the document brought, even if nothing lies in them.
pub(super) async fn remember_zones(
    transaction: &Transaction<'_>,
    model: threat_model::Model,
    zones: &HashMap<&str, Id<trust_zone::Entity>>,
) -> Result<threat_model::Model> {
    if zones.is_empty() {
        return Ok(model);
    }
    let mut ids: Vec<i64> = zones.values().map(|id| id.key()).collect();
    ids.sort_unstable();
    let mut metadata = model.format_metadata.clone();
    if let Some(Value::Object(own)) = metadata.0.get_mut(METADATA) {
        own.insert("zoneIds".to_owned(), json!(ids));
    }
    let change = |row: &mut threat_model::ActiveModel| row.format_metadata = Set(metadata);
    transaction.update_row::<threat_model::Entity>(model, change).await
}

fn metadata(source: &Source) -> Value {
    let top = source.top();
    let mut own = Map::new();
    for (name, kept) in NAMED {
        let value = top.get(name).cloned();
        let value = match name {
            "version" => Some(value.unwrap_or_else(|| "1.0".into())),
            _ => value,
        };
        if let Some(value) = value {
            own.insert(kept.to_owned(), camelized(value));
        }
    }
    own.insert("scope".to_owned(), camelized(Value::Object(source.scope().clone())));
    let mut rest =
        unmapped(top, &["version", "frozen", "release_docs_link", "repo_link", "assumptions"]);
    rest.insert("scope".to_owned(), Value::Object(source.scope().clone()));
    own.insert(UNMAPPED.to_owned(), Value::Object(rest));
    let idle = source.list(CONTROLS).iter().filter(|control| texts(control, "threats").is_empty());
    let idle: Vec<_> = idle.cloned().map(Value::Object).collect();
    if !idle.is_empty() {
        own.insert(CONTROLS.to_owned(), idle.into());
    }
    json!({METADATA: own})
}

/// Names of members as clients write them. The original is kept besides.
fn camelized(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(camelized).collect(),
        Value::Object(object) => {
            let members = object.into_iter();
            Value::Object(members.map(|(name, value)| (camel(&name), camelized(value))).collect())
        }
        other => other,
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    camel
}

fn assumptions(source: &Source, warnings: &mut Vec<String>) -> Vec<Value> {
    let list = source.top().get("assumptions").and_then(Value::as_array);
    let mut assumptions = Vec::new();
    for (place, assumption) in list.into_iter().flatten().enumerate() {
        let Value::Object(assumption) = assumption else { continue };
        if text(assumption, "description").is_empty() {
            warnings.push(format!("assumptions[{place}]: is empty and was left out."));
            continue;
        }
        assumptions.push(Value::Object(completed(assumption, place)));
    }
    assumptions
}

fn completed(assumption: &Object, place: usize) -> Object {
    let or = |name: &str, default: String| match text(assumption, name) {
        "" => default,
        word => word.to_owned(),
    };
    let mut complete = assumption.clone();
    complete.insert("id".to_owned(), or("id", format!("assumption-{place}")).into());
    complete.insert("validity".to_owned(), or("validity", "unconfirmed".to_owned()).into());
    complete.insert("topics".to_owned(), texts(assumption, "topics").into());
    complete
}
