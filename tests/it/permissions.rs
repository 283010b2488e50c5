//! Every operation of the API document, called by everybody and with everybody's ids.
//!
//! No list of operations is kept here: a new operation is called as soon as it is in the document,
//! and what must be answered follows from the permission that it declares.

mod company;
mod expectation;
mod factor;
mod foreign;
mod operation;
mod place;
mod properties;
mod reference;
mod roles;
mod suited;
mod tokens;
mod twins;

use std::{collections::BTreeMap, fs, path::Path, string::FromUtf8Error};

use serde_json::{Value, json};
use tests::{App, Client};

use self::{
    company::{Company, FOREIGN, OF_OTHER_TEAM, OWN, Role},
    operation::Operation,
    place::{Place, Site},
};

/// How a run went.
#[derive(Default)]
struct Tally {
    cases: usize,
    refused: usize,
    /// What was answered although it must not, one line each.
    leaks: Vec<String>,
}

impl Tally {
    /// Leaves one line for whoever runs the tests.
    fn report(&self, operations: usize) {
        let (cases, refused, leaks) = (self.cases, self.refused, self.leaks.len());
        let roles = Role::ALL.len();
        let line = format!(
            "permissions: {operations} operations, {roles} roles, {cases} cases, \
             {refused} refused, {leaks} leaks\n"
        );
        print!("{line}");
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("permissions.txt");
        fs::write(place, line).expect("a file");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_everybody_as_its_permission_says() {
    let app = App::start().await;
    let operations = Operation::all();
    let other = Company::small(&app, &operations, FOREIGN).await;
    let mut company = Company::small(&app, &operations, OWN).await;
    company.populate(&app, other.person(Role::Security)).await;
    company.prove_roles().await;

    let mut tally = Tally::default();
    app.jobs_ended().await;
    let before = everything(&operations, &other).await;
    foreign::try_everybodys_ids(&operations, &company, &other, &mut tally).await;
    app.jobs_ended().await;
    assert_same(before, &everything(&operations, &other).await);
    let table = roles::call_everything(&app, &operations, &company, &mut tally).await;
    tally.report(operations.len());
    assert!(tally.leaks.is_empty(), "{}", tally.leaks.join("\n"));
    insta::assert_snapshot!("roles", table.text());
    let uncovered = include_str!("permissions/uncovered.txt");
    assert_eq!(table.uncovered(), uncovered, "this list may only become shorter");
    let is_public =
        |name: &str| operations.iter().any(|one| one.name() == name && one.permission.is_none());
    assert!(uncovered.lines().all(is_public), "what is not public succeeds in some role");
}

#[track_caller]
fn assert_same(before: BTreeMap<String, Value>, after: &BTreeMap<String, Value>) {
    assert!(before.len() > 100, "{} answers", before.len());
    for (path, answer) in before {
        assert_eq!(after.get(&path), Some(&answer), "{path}");
    }
}

/// What every reading operation answers the security team, also to a search for the names that
/// both organizations use, and to each filter.
async fn everything(operations: &[Operation], company: &Company) -> BTreeMap<String, Value> {
    let client = company.person(Role::Security);
    let mut answers = BTreeMap::new();
    for operation in operations.iter().filter(|one| one.is_read() && one.permission.is_some()) {
        let path = company.place.path(operation);
        let searches =
            [(String::new(), path.clone()), ("search".to_owned(), path.clone() + "?search=e")];
        for (name, path) in searches.into_iter().chain(filters(operation, company, &path)) {
            let answer = answer_of(client, &path).await;
            answers.insert(format!("{} {name}", operation.name()), answer);
        }
    }
    answers
}

/// The path with each filter, by its name.
fn filters(operation: &Operation, company: &Company, path: &str) -> Vec<(String, String)> {
    let filters = operation.filters.iter().filter_map(|name| {
        let id = company.place.ids.get(reference::kind(operation, name)?)?;
        Some((name.clone(), format!("{path}?{name}={}", place::text(id))))
    });
    filters.collect()
}

/// An answer without the signatures of addresses, which depend on the time.
async fn answer_of(client: &Client, path: &str) -> Value {
    let answer = client.get(path).await;
    let mut json = answer.json;
    if answer.headers.get("content-type").is_some_and(|kind| kind == "application/x-ndjson") {
        let lines = answer.bytes.split(|byte| *byte == b'\n');
        json = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok()).collect();
    }
    if json.is_null() {
        let text = String::from_utf8(answer.bytes);
        let size =
            |error: FromUtf8Error| json!({"status": answer.status, "size": error.as_bytes().len()});
        return text.map_or_else(size, |text| json!({"status": answer.status, "text": text}));
    }
    forget_signatures(&mut json);
    json
}

fn forget_signatures(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(forget_signatures),
        Value::Array(items) => items.iter_mut().for_each(forget_signatures),
        Value::String(text) if text.contains("signature=") => text.clear(),
        _ => {}
    }
}

/// What a second team of the organization has.
async fn place_of_other_team(operations: &[Operation], company: &Company) -> Place {
    let owner = company.person(Role::Security);
    let team = company.person(Role::OtherTeam).team;
    let site = Site {
        operations,
        owner,
        team,
        colleague: company.colleague,
        mover: company.mover,
        mark: OF_OTHER_TEAM,
        suffix: " two",
    };
    Place::make(&site).await
}

/// What was there once.
async fn place_that_is_gone(operations: &[Operation], company: &Company) -> Place {
    let owner = company.person(Role::Security);
    let site = Site {
        operations,
        owner,
        team: owner.team,
        colleague: company.colleague,
        mover: company.mover,
        mark: "gone-mark-55aa",
        suffix: " three",
    };
    Place::make(&site).await.emptied(&site).await
}
