//! Every operation, called with personal tokens.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, App, Client};

use super::{
    assert_same,
    company::{Company, OWN, Role},
    everything,
    operation::Operation,
    place::Place,
};

/// Somebody who comes with a personal token.
async fn with_token(owner: &Client, scope: &str) -> Client {
    let body = json!({"name": format!("Of scope {scope}"), "scope": scope});
    let made = owner.post("/api/auth/tokens/", body).await.expect(201);
    let mut client = owner.clone();
    client.token = made["token"].as_str().map(str::to_owned);
    client
}

async fn call(operation: &Operation, place: &Place, client: &Client) -> Answer {
    if operation.permission.is_some() {
        return client.send(place.request(operation, client)).await;
    }
    let path = operation.path.replace("{token}", "none").replace("{key}", "none");
    client.send(client.request(operation.method.clone(), &path).json(&json!({}))).await
}

/// The scope that the document says a token needs for an operation.
fn scope_of(document: &Value, operation: &Operation) -> String {
    let method = operation.method.as_str().to_lowercase();
    let scope = &document["paths"][&operation.path][&method]["x-token-scope"];
    scope.as_str().unwrap_or_default().to_owned()
}

/// What is wrong with an answer to a token for reading.
fn fault(operation: &Operation, scope: &str, answer: &Answer) -> Option<String> {
    let code = answer.json["code"].as_str().unwrap_or_default();
    let refused = |with: &str| answer.status == 403 && code == with;
    let fits = match scope {
        "read" if operation.permission.is_some() => answer.status != 401 && answer.status != 403,
        "read" => answer.status != 401,
        "write" => refused("token_scope"),
        "none" => refused("session_required"),
        // Public, and no token is looked at.
        _ => operation.permission.is_none() && (operation.is_read() || answer.status >= 400),
    };
    (!fits).then(|| format!("{} ({scope}): {} {}", operation.name(), answer.status, answer.json))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_reading_is_refused_whatever_changes_something() {
    let app = App::start().await;
    let (operations, document) = (Operation::all(), api::document());
    let company = Company::small(&app, &operations, OWN).await;
    let owner = company.person(Role::Security);
    let reader = with_token(owner, "read").await;
    app.jobs_ended().await;
    let before = everything(&operations, &company).await;
    let (mut faults, mut reads) = (Vec::new(), 0);
    for operation in &operations {
        let answer = call(operation, &company.place, &reader).await;
        let scope = scope_of(document, operation);
        reads += usize::from(scope == "read" && answer.status < 300);
        faults.extend(fault(operation, &scope, &answer));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(reads > 100, "{reads} operations answered");
    app.jobs_ended().await;
    let after = everything(&operations, &company).await;
    let unchanged = |path: &String| !path.contains("/api/audit-log/") && !is_of_tokens(path);
    let before = before.into_iter().filter(|(path, _)| unchanged(path)).collect();
    assert_same(before, &after);
    let done = owner.get("/api/audit-log/?outcome=done&page=last").await.expect(200);
    let rows = done["results"].as_array().expect("entries");
    assert!(rows.iter().all(|entry| entry["apiToken"].is_null()), "{rows:#?}");
}

/// Tokens tell when they were used.
fn is_of_tokens(path: &str) -> bool {
    path.contains("/api/auth/tokens/")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_manages_the_account() {
    let app = App::start().await;
    let (operations, document) = (Operation::all(), api::document());
    let company = Company::small(&app, &operations, OWN).await;
    let writer = with_token(company.person(Role::Security), "write").await;
    let mut managing = Vec::new();
    for operation in &operations {
        if scope_of(document, operation) == "none" {
            let answer = call(operation, &company.place, &writer).await;
            assert_eq!(answer.json["code"], "session_required", "{}", operation.name());
            managing.push(answer.expect(403));
        }
    }
    assert!(managing.len() > 5, "{} operations", managing.len());
    let session = writer.post("/api/auth/logout/", json!({})).await.expect(403);
    assert_eq!(session["code"], "session_required");
}

#[test]
fn operations_with_a_permission_name_the_scope_that_tokens_need() {
    let document = api::document();
    for operation in Operation::all().iter().filter(|one| one.permission.is_some()) {
        let scope = scope_of(document, operation);
        let expected = match operation.permission.as_deref() {
            Some("account:manage") => "none",
            _ if operation.method == Method::GET => "read",
            _ if operation.path == "/api/packs/validate/" => "read",
            _ => "write",
        };
        assert_eq!(scope, expected, "{}", operation.name());
    }
}
