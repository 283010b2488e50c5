//! What a document says about the model as a whole.

use entity::threat_model;
use serde_json::{Map, Value};

use super::{
    super::{METADATA, source::Object, vocabulary},
    add_missing,
    names::{kept, kept_text, kept_value, set, unmapped},
};

/// Version and scope.
pub(super) fn head(model: &threat_model::Model) -> Object {
    let mut document = Map::new();
    let version = kept_text(&model.format_metadata, "version");
    set(&mut document, "version", if version.is_empty() { "1.0" } else { version });
    set(&mut document, "scope", Value::Object(scope(model)));
    document
}

fn scope(model: &threat_model::Model) -> Object {
    let imported = unmapped(&model.format_metadata).and_then(|rest| rest.get("scope")?.as_object());
    let word = imported.and_then(|scope| scope.get("business_criticality")?.as_str());
    let word = word.filter(|word| vocabulary::criticality(word) == model.criticality);
    let word = word.unwrap_or(vocabulary::business_criticality(model.criticality));
    let mut scope = Map::new();
    set(&mut scope, "title", model.name.clone());
    set(&mut scope, "description", model.description.clone());
    set(&mut scope, "business_criticality", word);
    add_missing(&mut scope, imported);
    scope
}

/// Links, assumptions, personas, and what nothing else represents.
pub(super) fn complete(model: &threat_model::Model, document: &mut Object) {
    let metadata = &model.format_metadata;
    for (name, kept) in [("release_docs_link", "releaseDocsLink"), ("repo_link", "repoLink")] {
        let link = kept_text(metadata, kept);
        if !link.is_empty() {
            set(document, name, link);
        }
    }
    if model.assumptions.as_array().is_some_and(|list| !list.is_empty()) {
        set(document, "assumptions", model.assumptions.0.clone());
    }
    if let Some(frozen) = kept_value(metadata, "frozen") {
        set(document, "frozen", frozen);
    }
    add_missing(document, unmapped(metadata));
    add_personas(metadata, document);
}

/// Personas come back as they were imported, unless a client changed them since.
fn add_personas(metadata: &Value, document: &mut Object) {
    if document.get("threat_personas").is_some_and(|list| list.as_array().is_none_or(Vec::is_empty))
    {
        document.shift_remove("threat_personas");
    }
    let own = kept(metadata).and_then(|kept| kept.get("threatPersonas")?.as_array());
    if let Some(personas) = own.filter(|list| !list.is_empty())
        && !document.contains_key("threat_personas")
    {
        let personas = personas.iter().cloned().map(snake_case).collect::<Vec<_>>();
        set(document, "threat_personas", personas);
    }
    debug_assert!(!document.contains_key(METADATA), "metadata is not part of the document");
}

/// Names of members as the format writes them.
fn snake_case(value: Value) -> Value {
    let Value::Object(object) = value else { return value };
    let snake = |name: String| {
        let mut snake = String::with_capacity(name.len());
        for letter in name.chars() {
            if letter.is_uppercase() {
                snake.push('_');
            }
            snake.extend(letter.to_lowercase());
        }
        snake
    };
    Value::Object(object.into_iter().map(|(name, value)| (snake(name), value)).collect())
}
