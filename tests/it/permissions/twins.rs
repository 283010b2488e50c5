//! Two organizations in which exactly the same is done, with the same names: each sees what it would
//! see alone.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, App, Client};
use uuid::Uuid;

use super::{
    assert_same,
    company::{Company, OWN, Role},
    everything,
    operation::Operation,
    place::text,
};

/// Members that name a record without saying so at their end.
const REFERENCES: [&str; 41] = [
    "assignedOwner",
    "assignedTo",
    "businessUnit",
    "component",
    "componentCountermeasure",
    "componentLibrary",
    "countermeasureLibrary",
    "createdBy",
    "dataAsset",
    "dataFlow",
    "dependsOnPack",
    "destComponent",
    "flowCountermeasure",
    "flowThreat",
    "framework",
    "instanceThreat",
    "invitedBy",
    "matchedComponentCountermeasure",
    "matchedFlowCountermeasure",
    "matchedThreatLibrary",
    "organization",
    "orgsystem",
    "owner",
    "owningTeam",
    "pk",
    "requirement",
    "sourceComponent",
    "sourceIntegration",
    "sourcePack",
    "team",
    "templateLibrary",
    "threatActor",
    "threatLibrary",
    "threatModel",
    "trustZone",
    "updatedBy",
    "uploadedBy",
    "user",
    "verifiedBy",
    "zoneA",
    "zoneB",
];

/// In the line of a report that tells when it was made.
const MADE: &str = "**Made:**";

/// Members that are secrets, or come of them.
const SECRETS: [&str; 5] = ["hash", "key", "prefix", "storage_key", "token"];

#[tokio::test(flavor = "multi_thread")]
async fn of_two_organizations_that_do_the_same_each_sees_what_it_would_see_alone() {
    let app = App::start().await;
    let operations = Operation::all();
    let first = Company::small(&app, &operations, OWN).await;
    let done = work(&operations, &first).await;
    app.jobs_ended().await;
    let alone = everything(&operations, &first).await;

    let second = Company::small(&app, &operations, OWN).await;
    let repeated = work(&operations, &second).await;
    app.jobs_ended().await;
    assert_same(alone.clone(), &everything(&operations, &first).await);
    assert_alike(&done, &repeated);
    assert_alike(&alone, &everything(&operations, &second).await);
}

#[track_caller]
fn assert_alike(one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>) {
    let differing: Vec<String> = one
        .iter()
        .map(|(name, answer)| (name, comparable(answer), comparable(&other[name])))
        .filter(|(_, mine, theirs)| mine != theirs)
        .map(|(name, mine, theirs)| format!("{name}\n  {mine}\n  {theirs}"))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert_eq!(one.len(), other.len());
}

/// An answer without what chance and time put into it: ids, secrets, moments, addresses.
fn comparable(answer: &Value) -> Value {
    settled("", answer)
}

fn settled(name: &str, value: &Value) -> Value {
    let is_id = names_a_record(name);
    match value {
        Value::Object(members) => {
            let settle = |(name, member): (&String, &Value)| {
                json!([without_number(name), settled(name, member)])
            };
            members.iter().map(settle).collect()
        }
        Value::Array(items) => items.iter().map(|item| settled(name, item)).collect(),
        Value::String(_) if SECRETS.contains(&name) => json!("secret"),
        // Cut where the address of an account makes it too long.
        Value::String(text) if name == "filename" && text.starts_with("owner-") => json!("file"),
        Value::Number(_) if is_id => json!("id"),
        // Addresses of accounts in a file are not of one length.
        Value::Number(_) if ["size", "byte_size"].contains(&name) => json!("size"),
        Value::String(text) if is_id && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!("id")
        }
        Value::String(text) => json!(without_chance(text)),
        other => other.clone(),
    }
}

fn names_a_record(name: &str) -> bool {
    let ends = ["Id", "Ids", "_id", "_ids"];
    name == "id" || ends.iter().any(|end| name.ends_with(end)) || REFERENCES.contains(&name)
}

fn without_chance(text: &str) -> String {
    let is_moment = chrono::DateTime::parse_from_rfc3339(text).is_ok();
    let is_address = text.starts_with('/') || text.contains("://");
    // Documents within documents are full of ids, and the log cuts them.
    let is_document = text.starts_with('{') || text.starts_with("event: ");
    if is_moment || is_address || is_document || Uuid::parse_str(text).is_ok() {
        return "-".to_owned();
    }
    // The last part of the name of a framework of one's own is random.
    if let Some((custom, _)) = text.rsplit_once('-').filter(|_| text.starts_with("custom-")) {
        return custom.to_owned();
    }
    let lines: Vec<&str> = text.split('\n').filter(|line| !line.contains(MADE)).collect();
    without_number(&without_accounts(&lines.join("\n"))).to_owned()
}

/// Names such as `zone_7` and `analysis-7` are made of ids.
fn without_number(text: &str) -> &str {
    let name = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte));
    if is_name && name.ends_with(['_', '-']) { name } else { text }
}

/// Addresses of accounts that tests make are `label.number.uuid@example.test`, in names of files
/// with other signs in between.
fn without_accounts(text: &str) -> String {
    let parts: Vec<&str> = text.split(['.', '-']).collect();
    let is_unique = |part: &&str| part.get(..32).is_some_and(|id| Uuid::parse_str(id).is_ok());
    let Some(place) = parts.iter().position(is_unique) else { return text.to_owned() };
    let length = |parts: &[&str]| parts.iter().map(|part| part.len() + 1).sum::<usize>();
    let (label, unique) = (length(&parts[..place.saturating_sub(1)]), length(&parts[..place]));
    format!("{}{}", &text[..label], without_accounts(&text[unique + 32..]))
}

/// Does in an organization whatever can be done twice, and what is refused the second time.
async fn work(operations: &[Operation], company: &Company) -> BTreeMap<String, Value> {
    let owner = company.person(Role::Security);
    let mut answers = BTreeMap::new();
    draw(owner, company).await;
    invite(owner, &mut answers).await;
    let mut place = company.place.clone();
    for round in ["new", "new as well", "a duplicate"] {
        place.suffix = if round == "new" { " again".to_owned() } else { " once more".to_owned() };
        for creation in operations.iter().filter(|one| one.creates(operations)) {
            if creation.permission.is_none() {
                continue;
            }
            let answer = owner.send(place.request(creation, owner)).await;
            answers.insert(format!("{} {round}", creation.name()), told(&answer));
        }
    }
    answers
}

fn told(answer: &Answer) -> Value {
    json!({"status": answer.status, "body": answer.json})
}

/// Fills the diagram from a template, which finds threats and countermeasures.
async fn draw(owner: &Client, company: &Company) {
    let template = company.place.id("dfd-templates");
    let path = format!("/api/dfd-templates/{}/resolved/", text(&template));
    let canvas = owner.get(&path).await.expect(200)["canvasData"].clone();
    let path = format!("/api/diagrams/{}/", text(&company.place.id("diagrams")));
    owner.patch(&path, json!({"canvasData": canvas})).await.expect(200);
}

/// Invites the same people, some of them twice.
async fn invite(owner: &Client, answers: &mut BTreeMap<String, Value>) {
    let path = format!("/api/teams/{}/invite-member/", owner.team);
    for (turn, person) in ["bob", "eve", "bob"].into_iter().enumerate() {
        let body = json!({"email": format!("{person}@example.test"), "role": "viewer"});
        let request = owner.request(Method::POST, &path).json(&body);
        answers.insert(format!("invitation {turn}"), told(&owner.send(request).await));
    }
}
