//! The document in OpenAPI 3.0.3, for generators that know nothing newer.
//!
//! 3.0 has its own dialect of JSON Schema: null is no type, `$ref` stands alone, and limits are
//! exclusive by a flag.

use serde_json::{Map, Value, json};

/// Words of JSON Schema that 3.0 does not know and that can be left out: the schema then takes
/// more than before.
const UNKNOWN: [&str; 20] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "$anchor",
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "patternProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "dependentRequired",
    "dependentSchemas",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
];

/// The document, whose schemas are in 3.1, in 3.0.3.
pub(super) fn older(document: &Value) -> Value {
    let mut document = document.clone();
    document["openapi"] = json!("3.0.3");
    if let Some(root) = document.as_object_mut() {
        root.retain(|name, _| !matches!(name.as_str(), "webhooks" | "jsonSchemaDialect"));
    }
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.values_mut().for_each(convert);
    }
    convert_within(&mut document);
    document
}

/// Converts the schemas of parameters, bodies and answers.
fn convert_within(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(convert_within),
        Value::Object(object) => {
            for (name, inner) in object {
                match name.as_str() {
                    "schema" => convert(inner),
                    // What is below are schemas that are converted already, or no schemas at all.
                    "schemas" | "example" | "examples" => {}
                    _ => convert_within(inner),
                }
            }
        }
        _ => {}
    }
}

/// Converts one schema and all within it.
fn convert(schema: &mut Value) {
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Bool(false) => *schema = json!({"not": {}}),
        Value::Object(object) => convert_object(object),
        _ => {}
    }
}

fn convert_object(object: &mut Map<String, Value>) {
    object.retain(|name, _| !UNKNOWN.contains(&name.as_str()));
    convert_below(object);
    wrap_reference(object);
    name_constant(object);
    exclude_limit(object, "exclusiveMinimum", "minimum");
    exclude_limit(object, "exclusiveMaximum", "maximum");
    choose_example(object);
    split_types(object);
    drop_null_choice(object);
    name_items(object);
}

fn convert_below(object: &mut Map<String, Value>) {
    for (name, inner) in object.iter_mut() {
        match (name.as_str(), inner) {
            ("properties", Value::Object(properties)) => {
                properties.values_mut().for_each(convert);
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(choices)) => {
                // A choice that is null is looked for afterwards.
                choices.iter_mut().filter(|choice| !is_null(choice)).for_each(convert);
            }
            // Here a flag means the same in both versions.
            ("additionalProperties", Value::Bool(_)) => {}
            ("items" | "additionalProperties" | "not", inner) => convert(inner),
            _ => {}
        }
    }
}

/// A reference may have no siblings.
fn wrap_reference(object: &mut Map<String, Value>) {
    if object.len() < 2 {
        return;
    }
    if let Some(reference) = object.shift_remove("$ref") {
        object.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

fn name_constant(object: &mut Map<String, Value>) {
    if let Some(constant) = object.shift_remove("const") {
        object.insert("enum".to_owned(), json!([constant]));
    }
}

fn exclude_limit(object: &mut Map<String, Value>, exclusive: &str, limit: &str) {
    if let Some(number) = object.get(exclusive).filter(|value| value.is_number()).cloned() {
        object.insert(limit.to_owned(), number);
        object.insert(exclusive.to_owned(), json!(true));
    }
}

fn choose_example(object: &mut Map<String, Value>) {
    let Some(Value::Array(examples)) = object.shift_remove("examples") else { return };
    if let Some(first) = examples.into_iter().next() {
        object.entry("example").or_insert(first);
    }
}

fn split_types(object: &mut Map<String, Value>) {
    let types: Vec<Value> = match object.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(Value::String(one)) if one == "null" => vec![json!("null")],
        _ => return,
    };
    let named: Vec<&Value> = types.iter().filter(|one| *one != "null").collect();
    match named.as_slice() {
        [] => drop(object.shift_remove("type")),
        [one] => drop(object.insert("type".to_owned(), (*one).clone())),
        several => {
            let choices: Vec<Value> = several.iter().map(|one| of_type(one)).collect();
            object.shift_remove("type");
            object.insert("anyOf".to_owned(), Value::Array(choices));
        }
    }
    if named.len() < types.len() {
        object.insert("nullable".to_owned(), json!(true));
    }
}

fn of_type(name: &Value) -> Value {
    if name == "array" { json!({"type": name, "items": {}}) } else { json!({"type": name}) }
}

/// A choice between a schema and null is the schema, nullable.
fn drop_null_choice(object: &mut Map<String, Value>) {
    for word in ["anyOf", "oneOf"] {
        let Some(Value::Array(choices)) = object.get_mut(word) else { continue };
        let before = choices.len();
        choices.retain(|choice| !is_null(choice));
        if choices.len() == before {
            continue;
        }
        object.insert("nullable".to_owned(), json!(true));
        if before == 2 && !object.contains_key("allOf") {
            let choices = object.shift_remove(word).unwrap_or_default();
            object.insert("allOf".to_owned(), choices);
        }
    }
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

/// Items of a list by position become items of any of these kinds; a list must name its items.
fn name_items(object: &mut Map<String, Value>) {
    if let Some(kinds) = object.shift_remove("prefixItems") {
        object.insert("items".to_owned(), json!({"anyOf": kinds}));
    }
    if object.get("type").is_some_and(|one| one == "array") {
        object.entry("items").or_insert_with(|| json!({}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(mut schema: Value) -> Value {
        convert(&mut schema);
        schema
    }

    #[test]
    fn null_is_a_flag_and_no_type() {
        assert_eq!(
            converted(json!({"type": ["string", "null"], "maxLength": 5})),
            json!({"type": "string", "maxLength": 5, "nullable": true})
        );
        assert_eq!(
            converted(json!({"anyOf": [{"$ref": "#/a"}, {"type": "null"}]})),
            json!({"nullable": true, "allOf": [{"$ref": "#/a"}]})
        );
        assert_eq!(
            converted(json!({"type": ["string", "integer", "null"]})),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true})
        );
    }

    #[test]
    fn newer_words_are_said_with_older_ones() {
        assert_eq!(converted(json!({"const": "a"})), json!({"enum": ["a"]}));
        assert_eq!(
            converted(json!({"type": "number", "exclusiveMinimum": 3})),
            json!({"type": "number", "exclusiveMinimum": true, "minimum": 3})
        );
        assert_eq!(converted(json!({"examples": [1, 2]})), json!({"example": 1}));
        assert_eq!(
            converted(json!({"$ref": "#/a", "description": "One."})),
            json!({"description": "One.", "allOf": [{"$ref": "#/a"}]})
        );
    }

    #[test]
    fn schemas_within_schemas_are_converted() {
        let schema = json!({"type": "object", "properties": {
            "any": true, "list": {"type": "array", "items": {"const": 1}}, "const": {"type": "null"},
        }});
        assert_eq!(
            converted(schema),
            json!({"type": "object", "properties": {
                "any": {}, "list": {"type": "array", "items": {"enum": [1]}},
                "const": {"nullable": true},
            }})
        );
    }
}
