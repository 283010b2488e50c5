//! Examples for every parameter, body and answer, made from the schemas.
//!
//! A schema that has an example of its own keeps it; the others are filled field by field, with
//! values that fit their names.

use serde_json::{Map, Value, json};

use super::values;
use crate::wire::camel_case;

/// The deepest nesting that examples show; what is below is left out.
const DEPTH: usize = 12;

/// Puts examples to the operations of a document.
pub(super) fn complete(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        for operation in item.values_mut().filter(|operation| operation.is_object()) {
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let id = word(&operation["operationId"]);
            let subject = format!("{id} {}", word(&operation["tags"][0]));
            exemplify(operation, &Maker { schemas: &schemas, subject });
        }
    }
}

fn exemplify(operation: &mut Value, maker: &Maker<'_>) {
    for parameter in list(operation.get_mut("parameters")) {
        let name = camel_case(parameter["name"].as_str().unwrap_or_default()).into_owned();
        if let Some(example) = maker.example(&parameter["schema"], &name, DEPTH) {
            entry(parameter, "example", example);
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        for (kind, media) in members(body.get_mut("content")) {
            if kind != "multipart/form-data" {
                put(media, maker);
            }
        }
    }
    for (_, response) in members(operation.get_mut("responses")) {
        for (kind, media) in members(response.get_mut("content")) {
            if kind == "application/json" {
                put(media, maker);
            }
        }
    }
}

fn put(media: &mut Value, maker: &Maker<'_>) {
    if let Some(example) = maker.example(&media["schema"], "", DEPTH) {
        entry(media, "example", example);
    }
}

fn entry(value: &mut Value, name: &str, example: Value) {
    if let Some(object) = value.as_object_mut() {
        object.entry(name).or_insert(example);
    }
}

fn list(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

fn members(value: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    value.and_then(Value::as_object_mut).into_iter().flatten()
}

/// Makes examples of schemas.
#[derive(Clone)]
struct Maker<'s> {
    schemas: &'s Value,
    /// What the fields are about: the name of a schema, or id and group of an operation.
    subject: String,
}

impl Maker<'_> {
    /// A value of a field with this name; none where nothing can be shown.
    fn example(&self, schema: &Value, name: &str, depth: usize) -> Option<Value> {
        let Some(object) = schema.as_object() else { return Some(values::opaque(name)) };
        if let Some(own) = own_example(object) {
            return Some(own);
        }
        if depth == 0 {
            return None;
        }
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            return self.referenced(reference, name, depth);
        }
        if let Some(choice) = first_choice(object) {
            return self.merged(object, std::slice::from_ref(choice), name, depth);
        }
        if let Some(parts) = object.get("allOf").and_then(Value::as_array) {
            return self.merged(object, parts, name, depth);
        }
        self.typed(object, name, depth)
    }

    fn referenced(&self, reference: &str, name: &str, depth: usize) -> Option<Value> {
        let subject = reference.rsplit('/').next().unwrap_or_default();
        let maker = Self { subject: subject.to_owned(), ..self.clone() };
        maker.example(&self.schemas[subject], name, depth - 1)
    }

    /// What a schema composed of others describes.
    fn merged(
        &self,
        object: &Map<String, Value>,
        parts: &[Value],
        name: &str,
        depth: usize,
    ) -> Option<Value> {
        let own = object.contains_key("properties").then(|| self.object(object, depth));
        let mut examples =
            parts.iter().filter_map(|part| self.example(part, name, depth)).chain(own);
        let first = examples.next()?;
        let Value::Object(mut whole) = first else { return Some(first) };
        for more in examples {
            if let Value::Object(more) = more {
                whole.extend(more);
            }
        }
        Some(whole.into())
    }

    fn typed(&self, object: &Map<String, Value>, name: &str, depth: usize) -> Option<Value> {
        match kind(object) {
            "string" => values::text(object, name, &self.subject),
            "integer" => Some(values::integer(object, name).into()),
            "number" => Some(values::number(object, name).into()),
            "boolean" => Some(values::flag(name).into()),
            "null" => Some(Value::Null),
            "array" => Some(self.array(object, name, depth)),
            "object" => Some(self.object(object, depth)),
            _ => Some(values::opaque(name)),
        }
    }

    fn array(&self, object: &Map<String, Value>, name: &str, depth: usize) -> Value {
        let example = match object.get("items") {
            // A list of lists of its own kind ends here.
            Some(items) if depth > 1 => self.example(items, singular(name), depth - 1),
            _ => None,
        };
        let fewest = object.get("minItems").and_then(Value::as_u64).unwrap_or(1);
        let fewest = usize::try_from(fewest).unwrap_or(1).max(1);
        example.map(|example| vec![example; fewest]).unwrap_or_default().into()
    }

    fn object(&self, object: &Map<String, Value>, depth: usize) -> Value {
        let mut whole = Map::new();
        if let Some(properties) = object.get("properties").and_then(Value::as_object) {
            for (name, schema) in properties {
                let example = if is_absent(name, schema) {
                    Some(Value::Null)
                } else {
                    self.example(schema, name, depth)
                };
                whole.extend(example.map(|example| (name.clone(), example)));
            }
            return whole.into();
        }
        if let Some(inner @ Value::Object(_)) = object.get("additionalProperties") {
            let example = self.example(inner, "entry", depth - 1);
            whole.extend(example.map(|example| (values::key(&self.subject), example)));
        }
        whole.into()
    }
}

/// Fields that are mostly null in practice.
fn is_absent(name: &str, schema: &Value) -> bool {
    let nullable = schema["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    nullable && values::NULLS.contains(&name)
}

fn own_example(object: &Map<String, Value>) -> Option<Value> {
    let listed = |word: &str| object.get(word)?.as_array()?.iter().find(|one| !one.is_null());
    listed("examples").or_else(|| object.get("const")).or_else(|| listed("enum")).cloned()
}

/// The first of several possible schemas that is more than null.
fn first_choice(object: &Map<String, Value>) -> Option<&Value> {
    let choices = object.get("anyOf").or_else(|| object.get("oneOf"))?.as_array()?;
    choices.iter().find(|choice| choice["type"] != "null")
}

/// The type, or the first of several that is more than null.
fn kind(object: &Map<String, Value>) -> &str {
    match object.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or("null")
        }
        _ if object.contains_key("properties") => "object",
        _ => "",
    }
}

/// The name of one of many.
fn singular(name: &str) -> &str {
    name.strip_suffix('s').unwrap_or(name)
}
