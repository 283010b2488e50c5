//! What a body may say: members that an operation does not offer change nothing.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};
use tests::App;

use super::{
    company::{Company, FOREIGN, OWN, Role},
    forget_signatures,
    operation::{Contents, Operation},
    reference::snake_case,
};

/// A time that no record has.
const LONG_AGO: &str = "2001-02-03T04:05:06Z";

/// The members that a body of an operation may have.
fn offered(document: &Value, operation: &Operation) -> BTreeSet<String> {
    let method = operation.method.as_str().to_lowercase();
    let body = &document["paths"][&operation.path][&method]["requestBody"];
    let mut found = BTreeSet::new();
    collect(document, &body["content"]["application/json"]["schema"], &mut found);
    found
}

fn collect(document: &Value, schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(&reference[1..]).expect("a schema");
        return collect(document, target, found);
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        for part in schema[word].as_array().into_iter().flatten() {
            collect(document, part, found);
        }
    }
    found.extend(
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()),
    );
}

/// Something else of the same kind.
fn forged(name: &str, value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::String(_) if name.ends_with("At") => json!(LONG_AGO),
        Value::String(text) => json!(format!("{text}-forged")),
        Value::Array(_) => json!([1]),
        Value::Object(_) => json!({"forged": true}),
        Value::Null => json!(1),
    }
}

/// What a record says besides what may be changed and what every change changes.
fn fixed(record: &Value, offered: &BTreeSet<String>) -> Map<String, Value> {
    let mut record = record.clone();
    forget_signatures(&mut record);
    let members = record.as_object().cloned().unwrap_or_default().into_iter();
    members
        .filter(|(name, _)| !offered.contains(name) && !name.starts_with("updated"))
        .filter(|(name, _)| !name.to_lowercase().ends_with("url"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_body_that_are_not_offered_change_nothing() {
    let app = App::start().await;
    let operations = Operation::all();
    let document = api::document();
    let company = Company::small(&app, &operations, OWN).await;
    let owner = company.person(Role::Security);
    let changes = operations.iter().filter(|one| {
        one.method == Method::PATCH
            && matches!(one.body, Contents::Json(..))
            && one.permission.is_some()
    });
    let (mut tried, mut wrong) = (0, Vec::new());
    for change in changes {
        let path = company.place.path(change);
        let offered = offered(document, change);
        let before = fixed(&owner.get(&path).await.json, &offered);
        let mut body = json!({});
        for (name, value) in &before {
            body[name] = forged(name, value);
            body[snake_case(name)] = forged(name, value);
        }
        owner.send(owner.request(Method::PATCH, &path).json(&body)).await;
        let after = fixed(&owner.get(&path).await.json, &offered);
        tried += before.len();
        wrong.extend(before.iter().filter(|(name, value)| after.get(*name) != Some(*value)).map(
            |(name, value)| {
                format!("{}: {name} was {value}, is {:?}", change.name(), after.get(name))
            },
        ));
    }
    assert!(tried > 100, "{tried} members were tried");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_record_takes_neither_id_nor_owner_from_a_body_that_may_not_say_them() {
    let app = App::start().await;
    let operations = Operation::all();
    let document = api::document();
    let other = Company::small(&app, &operations, FOREIGN).await;
    let company = Company::small(&app, &operations, OWN).await;
    let (owner, stranger) = (company.person(Role::Security), other.person(Role::Security));
    let mut place = company.place.clone();
    let (mut tried, mut wrong) = (0, Vec::new());
    let id = 77_777_777;
    for creation in operations.iter().filter(|one| one.creates(&operations)) {
        let Contents::Json(..) = creation.body else { continue };
        place.suffix = format!(" forged {tried}");
        let offered = offered(document, creation);
        let mut body = place.body(creation).unwrap_or_default();
        for (name, value) in [
            ("id", json!(id)),
            ("organization", json!(stranger.organization)),
            ("organizationId", json!(stranger.organization)),
            ("createdBy", json!(stranger.id)),
            ("user", json!(stranger.id)),
            ("createdAt", json!(LONG_AGO)),
        ] {
            if !offered.contains(name) {
                body[name] = value.clone();
                body[snake_case(name)] = value;
            }
        }
        let made = owner.send(owner.request(Method::POST, &place.path(creation)).json(&body)).await;
        if made.status >= 300 {
            continue;
        }
        tried += 1;
        let kept = made.json["id"] != id
            && made.json["createdBy"] != stranger.id
            && made.json["createdAt"].as_str().is_none_or(|time| !time.starts_with("2001"))
            && made.json["organization"] != stranger.organization;
        if !kept {
            wrong.push(format!("{}: {}", creation.name(), made.json));
        }
    }
    assert!(tried > 15, "{tried} records were made");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
