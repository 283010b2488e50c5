//! The audit log: what is in it, who reads it, and that nobody changes it.

#![expect(clippy::disallowed_methods, reason = "these tests look below the store")]

mod quiet;

use entity::Id;
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use tests::{App, Client, PASSWORD, canvas, edge, node};

/// The latest entry that matches, which must be the only one.
async fn only(client: &Client, query: &str) -> Value {
    let page = client.get(&format!("/api/audit-log/?{query}")).await.expect(200);
    assert_eq!(page["count"], 1, "{query}: {page}");
    page["results"][0].clone()
}

fn id(value: &Value) -> i64 {
    value["id"].as_i64().expect("an id")
}

#[tokio::test]
async fn an_entry_tells_who_changed_what_when_and_from_where() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let made = only(&owner, "operation=createThreatModel").await;
    assert_eq!(made["userEmail"], owner.email.as_str());
    assert_eq!(made["targetType"], "threat_model");
    assert_eq!(made["targetId"], model.to_string());
    assert_eq!(made["threatModel"], model);
    assert_eq!(made["outcome"], "done");
    assert_eq!(made["address"], "127.0.0.1");
    assert_eq!(made["changes"]["threat_model"]["added"], 1);
    assert_eq!(made["changes"]["threat_model"]["rows"][0]["after"]["name"], "Shop");

    let trace = "0af7651916cd43dd8448eb211c80319c";
    let request = owner
        .request(Method::PATCH, &format!("/api/threat-models/{model}/"))
        .header("x-request-id", "my-request")
        .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"))
        .header("user-agent", "probe/1")
        .json(&json!({"name": "Market"}));
    owner.send(request).await.expect(200);
    let changed = only(&owner, "request_id=my-request").await;
    assert_eq!(changed["operation"], "changeThreatModel");
    assert_eq!(changed["userAgent"], "probe/1");
    assert_eq!(changed["traceId"], trace);
    let row = &changed["changes"]["threat_model"]["rows"][0];
    assert_eq!(row["before"], json!({"name": "Shop"}));
    assert_eq!(row["after"], json!({"name": "Market"}));

    owner.delete(&format!("/api/threat-models/{model}/")).await.expect(204);
    let removed = only(&owner, "operation=deleteThreatModel").await;
    assert_eq!(removed["changes"]["threat_model"]["removed"], 1);
    assert_eq!(removed["changes"]["threat_model"]["rows"][0]["before"]["name"], "Market");
    let query = format!("threat_model={model}&user={}", owner.id);
    let of_model = owner.get(&format!("/api/audit-log/?{query}")).await.expect(200);
    assert_eq!(of_model["count"], 3);
    let one = owner.get(&format!("/api/audit-log/{}/", id(&removed))).await.expect(200);
    assert_eq!(one, removed);
}

#[tokio::test]
async fn a_refusal_is_noted_although_its_changes_are_undone() {
    let app = App::start().await;
    let owner = app.owner().await;
    let viewer = app.invited(&owner, "viewer").await;
    let body = json!({"name": "Shop", "owningTeam": owner.team});
    let model = id(&owner.post("/api/threat-models/", body).await.expect(201));
    let path = format!("/api/threat-models/{model}/");
    viewer.patch(&path, json!({"name": "Mine"})).await.expect(403);
    let refused = only(&owner, "outcome=refused&operation=changeThreatModel").await;
    assert_eq!(refused["userEmail"], viewer.email.as_str());
    assert_eq!(refused["targetId"].as_str().unwrap_or(&model.to_string()), model.to_string());
    assert_eq!(refused["changes"], json!({}));
    viewer.get("/api/audit-log/").await.expect(403);
    only(&owner, "outcome=refused&operation=listAuditEntries").await;
}

#[tokio::test]
async fn the_log_is_read_by_the_security_team_of_its_organization_only() {
    let app = App::start().await;
    let (one, other) = (app.owner().await, app.owner().await);
    one.model("Secret project").await;
    let entry = only(&one, "operation=createThreatModel").await;
    let member = app.invited(&one, "lead").await;
    member.get("/api/audit-log/").await.expect(403);
    member.get("/api/audit-log/export/").await.expect(403);
    app.stranger().get("/api/audit-log/").await.expect(401);
    other.get(&format!("/api/audit-log/{}/", id(&entry))).await.expect(404);
    let seen = other.get("/api/audit-log/").await;
    assert!(!String::from_utf8_lossy(&seen.bytes).contains("Secret project"));
    let query = format!("organization={}", one.organization);
    let none = other.get(&format!("/api/audit-log/?{query}")).await.expect(200);
    assert_eq!(none["count"], 0);
    for wrong in ["user=x", "since=yesterday", "outcome=maybe"] {
        one.get(&format!("/api/audit-log/?{wrong}")).await.expect(400);
    }
}

#[tokio::test]
async fn no_secret_is_in_the_log() {
    let app = App::start().await;
    let owner = app.owner().await;
    let system = id(&owner.post("/api/systems/", json!({"name": "Shop"})).await.expect(201));
    let body = json!({
        "orgsystem": system, "name": "Scanner", "sourceType": "github",
        "connectionDetails": {"token": "s3cret-connection"},
    });
    owner.post("/api/integrations/", body).await.expect(201);
    let model = owner.model("Shop").await;
    let body = json!({"threatModel": model, "password": "s3cret-of-link"});
    let link = owner.post("/api/magic-links/", body).await.expect(201);
    let body = json!({"new_password1": "s3cret-Horse-77", "new_password2": "s3cret-Horse-77"});
    owner.post("/api/auth/password/change/", body).await.expect(200);
    let whole = all_entries(&app).await;
    assert!(whole.contains("magic_link") && whole.contains("(hidden)"), "{whole}");
    let access = owner.token.clone().expect("a token");
    let token = link["token"].as_str().expect("the token of the link");
    for secret in ["s3cret", "$argon2", PASSWORD, &access, &owner.refresh, token] {
        assert!(!whole.contains(secret), "{secret} is in the audit log");
    }
}

/// All that is in the log, of all organizations.
async fn all_entries(app: &App) -> String {
    let connection = below(app).await;
    let statement = sea_orm::Statement::from_string(
        connection.get_database_backend(),
        "SELECT changes FROM audit_entry",
    );
    let rows = connection.query_all_raw(statement).await.expect("the log");
    rows.iter().map(|row| row.try_get::<String>("", "changes").expect("a text")).collect()
}

async fn below(app: &App) -> sea_orm::DatabaseConnection {
    Database::connect(app.state.settings.database_url.reveal()).await.expect("the database")
}

#[tokio::test]
async fn the_database_refuses_to_change_or_shorten_the_log() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.model("Shop").await;
    let connection = below(&app).await;
    for attack in [
        "UPDATE audit_entry SET operation = 'nothing'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_chain",
        "UPDATE audit_chain SET position = position - 1",
        "UPDATE audit_chain SET anchor_position = position + 1",
    ] {
        let refused = connection.execute_unprepared(attack).await;
        let text = format!("{refused:?}");
        assert!(text.contains("the audit log cannot be changed"), "{attack}: {text}");
    }
    assert!(sound(&app).await.is_empty());
}

/// What is wrong with the logs.
async fn sound(app: &App) -> Vec<String> {
    let reports = app.state.store.audit_log().verify(None).await.expect("a check");
    let faults = reports.iter().flat_map(|report| &report.faults);
    faults.map(ToString::to_string).collect()
}

/// Takes the guards away, as somebody could who owns the database.
async fn unguarded(app: &App) -> sea_orm::DatabaseConnection {
    app.forget_requests();
    let connection = below(app).await;
    let postgres = connection.get_database_backend() == sea_orm::DbBackend::Postgres;
    let attacks: &[&str] = if postgres {
        &[
            "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_kept",
            "ALTER TABLE audit_chain DISABLE TRIGGER audit_chain_goes_on",
        ]
    } else {
        &[
            "DROP TRIGGER audit_entry_kept",
            "DROP TRIGGER audit_entry_unchanged",
            "DROP TRIGGER audit_chain_goes_on",
        ]
    };
    for attack in attacks {
        connection.execute_unprepared(attack).await.expect("an owner may do this");
    }
    connection
}

#[tokio::test]
async fn a_changed_or_removed_entry_shows() {
    let app = App::start().await;
    let owner = app.owner().await;
    for number in 1..=4 {
        owner.model(&format!("Model {number}")).await;
    }
    assert!(sound(&app).await.is_empty());
    let connection = unguarded(&app).await;
    let of = format!("WHERE organization_id = {}", owner.organization);
    let run = async |attack: String| {
        connection.execute_unprepared(&attack).await.expect("an owner may do this");
    };
    run(format!("UPDATE audit_entry SET user_id = 4711 {of} AND position = 2")).await;
    assert_eq!(sound(&app).await, ["entry 2 was changed"]);
    run(format!("UPDATE audit_entry SET user_id = {} {of} AND position = 2", owner.id)).await;
    assert!(sound(&app).await.is_empty());

    run(format!("UPDATE audit_entry SET signature = 'x.y' {of} AND position = 4")).await;
    let reports = app.state.store.audit_log().verify(None).await.expect("a check");
    assert_eq!(reports.iter().map(|report| report.unknown_keys).sum::<u64>(), 1);
    run(format!("DELETE FROM audit_entry {of} AND position = 3")).await;
    assert_eq!(sound(&app).await, ["entries before 4 are missing"]);
    run(format!("DELETE FROM audit_entry {of} AND position >= 3")).await;
    assert_eq!(sound(&app).await, ["entries after 2 are missing"]);
    run(format!("UPDATE audit_chain SET anchor_position = position, anchor_hash = hash {of}"))
        .await;
    run(format!("DELETE FROM audit_entry {of}")).await;
    let faults = sound(&app).await;
    assert!(faults[0].contains("removed without a note"), "{faults:?}");
}

#[tokio::test]
async fn old_entries_are_removed_when_the_organization_wants_it_and_the_chain_holds() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.model("Shop").await;
    let path = format!("/api/organizations/{}/", owner.organization);
    owner.patch(&path, json!({"auditRetentionDays": 5000})).await.expect(400);
    owner.patch(&path, json!({"auditRetentionDays": 30})).await.expect(200);
    let log = app.state.store.audit_log();
    assert_eq!(log.remove_old().await.expect("removal"), 0);
    let connection = unguarded(&app).await;
    // As if they had been written two months ago, with their hashes left to be wrong.
    let of = format!("WHERE organization_id = {}", owner.organization);
    let old = format!("UPDATE audit_entry SET happened_at = '2001-01-01T00:00:00+00:00' {of}");
    connection.execute_unprepared(&old).await.expect("an owner may do this");
    assert!(log.remove_old().await.expect("removal") >= 3);
    owner.model("Market").await;
    assert!(sound(&app).await.is_empty());
    let told = only(&owner, "operation=job:purge_audit_log").await;
    assert!(told["changes"]["audit_entry"]["removed"].as_i64() >= Some(3), "{told}");
}

#[tokio::test]
async fn the_export_holds_everything_in_order_as_lines_or_as_a_table() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.model("=1+1").await;
    // Jobs of the system may add entries in between.
    let own = format!("user={}", owner.id);
    let answer = owner.get(&format!("/api/audit-log/export/?{own}")).await;
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    let text = String::from_utf8(answer.bytes).expect("text");
    let entries: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let listed = owner.get(&format!("/api/audit-log/?{own}")).await.expect(200);
    assert_eq!(listed["count"], entries.len());
    let places: Vec<_> = entries.iter().map(|entry| entry["position"].as_i64()).collect();
    assert!(places.is_sorted(), "{places:?}");
    let table = owner.get("/api/audit-log/export/?format=csv&operation=createThreatModel").await;
    let table = String::from_utf8(table.bytes).expect("text");
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.starts_with("id,organization,position,"), "{table}");
    owner.get("/api/audit-log/export/?format=xml").await.expect(400);
}

#[tokio::test]
async fn an_export_without_entries_ends_well_when_it_is_compressed() {
    let app = App::start().await;
    let owner = app.owner().await;
    let request = owner.request(Method::GET, "/api/audit-log/export/?target_id=nobody");
    let answer = owner.send(request.header("Accept-Encoding", "gzip")).await;
    assert_eq!(
        (answer.status, &answer.headers["content-encoding"]),
        (200, &"gzip".parse().unwrap())
    );
    // Nothing, compressed.
    assert_eq!(answer.bytes.len(), 20);
}

#[tokio::test]
async fn a_large_change_is_counted_and_a_job_names_who_asked_for_it() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.import(&["stride-taxonomy", "cwe"]).await;
    let page = owner.get("/api/audit-log/?operation=job:import_pack").await.expect(200);
    assert_eq!(page["count"], 2, "{page}");
    let entry = &page["results"][0];
    assert_eq!(entry["userEmail"], owner.email.as_str());
    let entries = &entry["changes"]["taxonomy_entry"];
    assert!(entries["changed"].as_i64() > Some(20), "{entry}");
    assert!(entries["rows"].is_null(), "{entry}");
    let asked = owner.get("/api/audit-log/?operation=importPack").await.expect(200);
    let number = if asked["count"] == 0 { 0 } else { 2 };
    assert_eq!(asked["count"], number, "{asked}");

    let model = owner.model("Shop").await;
    let body = json!({"threatModelId": model, "name": "Overview"});
    let diagram = id(&owner.post("/api/diagrams/", body).await.expect(201));
    let nodes: Vec<Value> =
        (0..30).map(|number| node(&format!("n{number}"), "process", "Part", json!({}))).collect();
    let edges = vec![edge("e1", "n0", "n1", json!({}))];
    let body = json!({"canvasData": canvas(nodes, edges)});
    owner.patch(&format!("/api/diagrams/{diagram}/"), body).await.expect(200);
    let saved = only(&owner, "operation=changeDiagram").await;
    assert_eq!(saved["changes"]["component"]["added"], 30, "{saved}");
    assert!(saved["changes"]["component"]["rows"].is_null());
    assert!(saved.to_string().len() < 30_000, "{} letters", saved.to_string().len());
    assert!(sound(&app).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_one_organization_do_not_break_the_chain() {
    let app = App::start().await;
    let owner = app.owner().await;
    let work: Vec<_> = (0..24)
        .map(|number| {
            let owner = owner.clone();
            tokio::spawn(async move { owner.model(&format!("Model {number}")).await })
        })
        .collect();
    for one in work {
        one.await.expect("a model");
    }
    let made = owner.get("/api/audit-log/?operation=createThreatModel").await.expect(200);
    assert_eq!(made["count"], 24);
    let log = app.state.store.audit_log();
    let reports = log.verify(Some(Id::trusted(owner.organization))).await.expect("a check");
    assert!(reports[0].faults.is_empty(), "{:?}", reports[0].faults);
    assert_eq!(reports[0].entries, reports[0].position.unsigned_abs());
}

#[test]
fn operations_that_change_nothing_are_known_to_the_document() {
    let document = api::document().to_string();
    for operation in tests::quiet() {
        assert!(document.contains(&format!("\"operationId\":\"{operation}\"")), "{operation}");
    }
}
