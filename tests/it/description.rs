//! The API document describes every operation fully, in every version that is offered.

use std::collections::HashSet;

use serde_json::Value;
use tests::App;

/// Every operation, with its method and path in front.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths").iter();
    paths
        .flat_map(|(path, item)| {
            let operations = item.as_object().expect("operations").iter();
            operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).expect("a target of the reference"),
        None => value,
    }
}

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// JSON bodies and answers of an operation, with their places.
fn media<'d>(document: &'d Value, name: &str, operation: &'d Value) -> Vec<(String, &'d Value)> {
    let mut found = Vec::new();
    let body = &operation["requestBody"]["content"]["application/json"];
    if !body.is_null() {
        found.push((format!("{name}: body"), body));
    }
    for (code, response) in operation["responses"].as_object().expect("responses") {
        let media = &resolved(document, response)["content"]["application/json"];
        if !media.is_null() {
            found.push((format!("{name}: {code}"), media));
        }
    }
    found
}

/// Where a value does not fit a schema, in the words of JSON Schema that the document uses.
/// `tests/schemathesis` asks a complete validator.
fn misfits(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let Some(object) = schema.as_object() else { return Vec::new() };
    let below = |schema: &Value, value: &Value, name: &str| {
        misfits(document, schema, value, &format!("{place}/{name}"))
    };
    let mut found = Vec::new();
    for (word, demand) in object {
        let fits = match word.as_str() {
            "$ref" => {
                found.extend(misfits(document, resolved(document, schema), value, place));
                true
            }
            "allOf" => {
                found.extend(choices(demand).flat_map(|part| below(part, value, word)));
                true
            }
            "anyOf" | "oneOf" => choices(demand).any(|part| below(part, value, word).is_empty()),
            "type" => choices(demand).any(|name| is_of_type(value, name)),
            "enum" => choices(demand).any(|one| one == value),
            "const" => demand == value,
            "required" => {
                value.as_object().is_none_or(|value| choices(demand).all(|name| has(value, name)))
            }
            "minimum" => value.as_f64() >= demand.as_f64() || !value.is_number(),
            "maximum" => value.as_f64() <= demand.as_f64() || !value.is_number(),
            "minLength" => length(value) >= demand.as_u64(),
            "maxLength" => length(value).is_none() || length(value) <= demand.as_u64(),
            "minItems" => value.as_array().map(|list| list.len() as u64) >= demand.as_u64(),
            "properties" => {
                let properties = demand.as_object().into_iter().flatten();
                found.extend(
                    properties
                        .filter_map(|(name, schema)| Some(below(schema, value.get(name)?, name)))
                        .flatten(),
                );
                true
            }
            "additionalProperties" if !object.contains_key("properties") => {
                let members = value.as_object().into_iter().flatten();
                found.extend(members.flat_map(|(name, value)| below(demand, value, name)));
                true
            }
            "items" => {
                found.extend(choices(value).flat_map(|item| below(demand, item, "items")));
                true
            }
            _ => true,
        };
        if !fits {
            found.push(format!("{place}: {value} is not {word} {demand}"));
        }
    }
    found
}

/// The members of a list, or the only one.
fn choices(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

fn has(object: &serde_json::Map<String, Value>, name: &Value) -> bool {
    name.as_str().is_some_and(|name| object.contains_key(name))
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

fn is_of_type(value: &Value, name: &Value) -> bool {
    match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

#[test]
fn every_operation_has_an_id_a_group_a_summary_and_described_answers() {
    let document = api::document();
    let mut ids = HashSet::new();
    for (name, operation) in operations(document) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        assert!(!id.is_empty() && ids.insert(id), "{name}: id \"{id}\"");
        assert!(is_filled(&operation["tags"][0]), "{name} is in no group");
        assert!(is_filled(&operation["summary"]), "{name} has no summary");
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|code| code.starts_with('2')), "{name} tells of no success");
        for (code, response) in responses {
            let response = resolved(document, response);
            assert!(is_filled(&response["description"]), "{name}: {code} is not described");
        }
    }
    assert!(ids.len() > 300, "{} operations", ids.len());
}

#[test]
fn every_operation_documents_the_errors_that_follow_from_what_it_takes() {
    let document = api::document();
    for (name, operation) in operations(document) {
        let responses = &operation["responses"];
        let expect = |code: &str, reason: &str| {
            let content = &resolved(document, &responses[code])["content"];
            assert!(
                content["application/json"]["schema"].is_object(),
                "{name} does not document {code}, but {reason}"
            );
        };
        expect("5XX", "every server may fail");
        if operation.get("security").is_some() {
            expect("401", "needs a token");
            expect("403", "needs a permission");
        }
        if name.contains('{') {
            expect("404", "names a record");
        }
        if operation.get("requestBody").is_some() {
            expect("400", "takes a body");
            expect("413", "takes a body");
            expect("415", "takes a body");
        }
        assert!(responses["default"].is_null(), "{name} leaves its answers open");
    }
}

#[test]
fn every_parameter_and_json_body_has_an_example_that_fits_its_schema() {
    let document = api::document();
    let mut examples = Vec::new();
    for (name, operation) in operations(document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|parameter| {
            let place = format!("{name}: {}", parameter["name"].as_str().unwrap_or_default());
            (place, parameter)
        });
        for (place, described) in parameters.chain(media(document, &name, operation)) {
            let example = described.get("example").unwrap_or_else(|| panic!("{place}: no example"));
            examples.push((place, &described["schema"], example));
        }
    }
    assert!(examples.len() > 800, "{} examples", examples.len());
    let misfits: Vec<String> = examples
        .iter()
        .flat_map(|(place, schema, one)| misfits(document, schema, one, place))
        .collect();
    assert!(misfits.is_empty(), "{}", misfits.join("\n"));
}

/// What of a schema 3.0 does not know, with its place.
fn newer_words(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(list) => {
            for (position, inner) in list.iter().enumerate() {
                newer_words(inner, &format!("{place}/{position}"), found);
            }
        }
        Value::Object(object) => {
            let is_list = |word: &str| object.get(word).is_some_and(Value::is_array);
            let is_number = |word: &str| object.get(word).is_some_and(Value::is_number);
            let is_null = object.get("type").is_some_and(|name| name == "null");
            let crowded = object.get("$ref").is_some_and(Value::is_string) && object.len() > 1;
            if is_list("type") || is_list("examples") || is_null || crowded {
                found.push(place.to_owned());
            }
            if is_number("exclusiveMinimum") || is_number("exclusiveMaximum") {
                found.push(place.to_owned());
            }
            for (name, inner) in object {
                if name == "const" && place.ends_with("schema") {
                    found.push(place.to_owned());
                }
                if name != "example" {
                    newer_words(inner, &format!("{place}/{name}"), found);
                }
            }
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_offered_in_two_versions_and_two_notations() {
    let app = App::start().await;
    let client = app.stranger();
    let newest = client.get("/api/schema/?format=json").await.expect(200);
    assert_eq!(newest["openapi"], "3.1.0");
    assert_eq!(newest, client.get("/api/schema/?format=json&version=3.1").await.expect(200));

    let older = client.get("/api/schema/?format=json&version=3.0").await.expect(200);
    assert_eq!(older["openapi"], "3.0.3");
    let (new, old) = (operations(&newest), operations(&older));
    assert_eq!(new.len(), old.len());
    for ((name, new), (_, old)) in new.iter().zip(&old) {
        let codes = |operation: &Value| -> Vec<String> {
            operation["responses"].as_object().expect("responses").keys().cloned().collect()
        };
        assert_eq!(codes(new), codes(old), "{name}");
    }
    let mut found = Vec::new();
    newer_words(&older, "", &mut found);
    assert!(found.is_empty(), "not in 3.0: {found:?}");
    let answer = client.get("/api/schema/?version=3.0").await;
    assert_eq!(answer.headers["content-type"], "application/yaml");
    assert!(answer.bytes.starts_with(b"openapi: "), "no YAML");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_version_of_the_document_is_refused_with_the_choices() {
    let app = App::start().await;
    let refused = app.stranger().get("/api/schema/?version=2.0").await.expect(400);
    let text = refused["detail"].as_str().expect("a text");
    assert!(text.contains("3.1") && text.contains("3.0"), "{text}");
}
