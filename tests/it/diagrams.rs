//! Saving diagrams through the HTTP API, and what it does to the records of the model.

use serde_json::{Value, json};
use tests::{App, Client, canvas, edge, node};

const PACKS: [&str; 5] = ["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"];

/// The address of a new diagram of a model.
async fn diagram(owner: &Client, model: i64) -> String {
    let body = json!({"threatModelId": model, "name": "Main"});
    let made = owner.post("/api/diagrams/", body).await.expect(201);
    format!("/api/diagrams/{}/", made["id"])
}

/// Saves a drawing and answers it with the ids.
async fn save(owner: &Client, path: &str, drawing: Value) -> Value {
    let saved = owner.patch(path, json!({"canvasData": drawing})).await.expect(200);
    saved["canvasData"].clone()
}

fn boundary(id: &str, source: &str, target: &str, record: &Value) -> Value {
    json!({"id": id, "type": "trustBoundary", "source": source, "target": target,
        "data": {"label": id, "trustBoundaryId": record}})
}

/// So many components in a zone of a system, each with a flow from the one before.
fn chain(kind: &Value, length: usize) -> Value {
    let mut nodes = vec![
        node("scope", "systemScope", "System", json!({})),
        node("outer", "trustZone", "Outer", json!({"trustLevel": 10})),
    ];
    let mut edges = Vec::new();
    for number in 0..length {
        let id = format!("n{number}");
        let mut component = node(&id, "process", &id, json!({"componentLibraryId": kind}));
        component["parentId"] = json!(format!("z{number}"));
        let mut zone = node(&format!("z{number}"), "trustZone", &id, json!({"trustLevel": 50}));
        zone["parentId"] = json!("scope");
        nodes.extend([component, zone]);
        edges.push(edge(&format!("f{number}"), &format!("n{}", number / 2), &id, json!({})));
        edges.push(boundary(&format!("b{number}"), "outer", &format!("z{number}"), &Value::Null));
    }
    canvas(nodes, edges)
}

fn renamed(mut drawing: Value) -> Value {
    for list in ["nodes", "edges"] {
        for item in drawing[list].as_array_mut().expect("a list") {
            let id = item["id"].clone();
            item["data"]["label"] = json!(format!("{} again", id.as_str().unwrap_or_default()));
        }
    }
    drawing
}

#[tokio::test]
async fn saving_needs_as_many_statements_for_a_large_drawing_as_for_a_small_one() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.import(&PACKS).await;
    let kinds = owner.get("/api/component-library/?search=web server").await.expect(200);
    let kind = kinds[0]["id"].clone();
    let mut counts = Vec::new();
    for length in [2, 40] {
        let path = diagram(&owner, owner.model("Chain").await).await;
        let first = app.statements_of(save(&owner, &path, chain(&kind, length))).await;
        let again = app.statements_of(save(&owner, &path, first.1.clone())).await;
        assert_eq!(again.1, first.1, "saving again changes nothing");
        let change = app.statements_of(save(&owner, &path, renamed(first.1))).await;
        let empty = app.statements_of(save(&owner, &path, canvas(vec![], vec![]))).await;
        println!("{length}: {} {} {} {}", first.0, again.0, change.0, empty.0);
        counts.push([first.0, again.0, change.0, empty.0]);
    }
    // Thousands of countermeasures and mappings need a second statement, whose values have a limit,
    // and the worker asks for jobs meanwhile.
    for (few, many) in counts[0].iter().zip(&counts[1]) {
        assert!(*many <= few + 12, "{few} statements became {many}");
    }
}

#[tokio::test]
async fn a_malformed_drawing_is_refused_by_name_and_nothing_changes() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, owner.model("Shop").await).await;
    let saved =
        save(&owner, &path, canvas(vec![node("a", "process", "A", json!({}))], vec![])).await;
    let mut broken = saved.clone();
    broken["nodes"][0]["data"]["label"] = json!("Changed");
    let nodes = broken["nodes"].as_array_mut().expect("nodes");
    nodes.push(node("z", "trustZone", "Z", json!({"trustLevel": "high"})));
    let refused =
        owner.patch(&path, json!({"canvasData": broken, "name": "New"})).await.expect(400);
    assert_eq!(
        refused,
        json!({"canvasData": ["Node \"z\": trustLevel: A valid integer is required."]})
    );
    let diagram = owner.get(&path).await.expect(200);
    assert_eq!((&diagram["canvasData"], &diagram["name"]), (&saved, &json!("Main")));
    let component = saved["nodes"][0]["data"]["componentId"].clone();
    let component = owner.get(&format!("/api/components/{component}/")).await.expect(200);
    assert_eq!(component["name"], "A");
}

#[tokio::test]
async fn records_of_another_model_on_a_drawing_count_as_absent() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, owner.model("One").await).await;
    let drawing = canvas(
        vec![
            node("p", "process", "Mine", json!({})),
            node("q", "process", "Q", json!({})),
            node("z", "trustZone", "Mine", json!({})),
            node("y", "trustZone", "Y", json!({})),
            node("s", "systemScope", "Mine", json!({})),
        ],
        vec![edge("f", "p", "q", json!({"label": "Mine"})), boundary("b", "z", "y", &Value::Null)],
    );
    let own = save(&owner, &path, drawing).await;
    let other = diagram(&owner, owner.model("Two").await).await;
    let taken = save(&owner, &other, renamed(own.clone())).await;
    for (list, key) in [
        ("nodes", "componentId"),
        ("nodes", "trustZoneId"),
        ("nodes", "orgsystemId"),
        ("edges", "dataflowId"),
        ("edges", "trustBoundaryId"),
    ] {
        for (item, copy) in own[list]
            .as_array()
            .into_iter()
            .flatten()
            .zip(taken[list].as_array().into_iter().flatten())
        {
            let (id, copy) = (&item["data"][key], &copy["data"][key]);
            assert_eq!(id.is_null(), copy.is_null(), "{key}");
            assert!(id.is_null() || id != copy, "{key} {id} was taken over");
        }
    }
    save(&owner, &other, canvas(vec![], vec![])).await;
    assert_eq!(save(&owner, &path, own.clone()).await, own, "all records are still there");
}

#[tokio::test]
async fn removing_the_scope_of_a_shared_system_only_unlinks_it() {
    let app = App::start().await;
    let owner = app.owner().await;
    let one = owner.model("One").await;
    let path = diagram(&owner, one).await;
    let scope = node("s", "systemScope", "Shared", json!({}));
    let saved = save(&owner, &path, canvas(vec![scope], vec![])).await;
    let system = saved["nodes"][0]["data"]["orgsystemId"].clone();
    let body = json!({"name": "Two", "systemIds": [system]});
    let two = owner.post("/api/threat-models/", body).await.expect(201)["id"].clone();
    save(&owner, &path, canvas(vec![], vec![])).await;
    owner.get(&format!("/api/systems/{system}/")).await.expect(200);
    let unlinked = owner.get(&format!("/api/threat-models/{one}/")).await.expect(200);
    assert_eq!(unlinked["systemIds"], json!([]));
    let linked = owner.get(&format!("/api/threat-models/{two}/")).await.expect(200);
    assert_eq!(linked["systemIds"], json!([system.to_string()]));
}

#[tokio::test]
async fn boundaries_keep_to_their_zones_when_two_are_exchanged() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, owner.model("Shop").await).await;
    let zones =
        || vec![node("a", "trustZone", "A", json!({})), node("b", "trustZone", "B", json!({}))];
    let null = Value::Null;
    let lines = vec![boundary("there", "a", "b", &null), boundary("back", "b", "a", &null)];
    let saved = save(&owner, &path, canvas(zones(), lines)).await;
    let record =
        |drawing: &Value, line: usize| drawing["edges"][line]["data"]["trustBoundaryId"].clone();
    let (there, back) = (record(&saved, 0), record(&saved, 1));
    assert_ne!(there, back);
    let mut exchanged = saved.clone();
    for (line, ends) in [(0, ("b", "a")), (1, ("a", "b"))] {
        exchanged["edges"][line]["source"] = json!(ends.0);
        exchanged["edges"][line]["target"] = json!(ends.1);
    }
    let saved = save(&owner, &path, exchanged).await;
    assert_eq!((record(&saved, 0), record(&saved, 1)), (back, there));
    // Two lines between the same zones share the record.
    let mut doubled = saved.clone();
    doubled["edges"][1]["source"] = json!("b");
    doubled["edges"][1]["target"] = json!("a");
    let saved = save(&owner, &path, doubled).await;
    assert_eq!(record(&saved, 0), record(&saved, 1));
}

#[tokio::test]
async fn a_copied_node_with_another_technology_leaves_the_original_alone() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.import(&PACKS).await;
    let kinds = owner.get("/api/component-library/?category=process").await.expect(200);
    let (one, other) = (&kinds[0]["id"], &kinds[1]["id"]);
    let path = diagram(&owner, owner.model("Shop").await).await;
    let original = node("a", "process", "A", json!({"componentLibraryId": one}));
    let mut drawing = save(&owner, &path, canvas(vec![original], vec![])).await;
    let id = drawing["nodes"][0]["data"]["componentId"].clone();
    let mut copy = drawing["nodes"][0].clone();
    copy["id"] = json!("copy");
    copy["data"]["componentLibraryId"] = other.clone();
    drawing["nodes"].as_array_mut().expect("nodes").push(copy);
    let saved = save(&owner, &path, drawing).await;
    assert_eq!(saved["nodes"][0]["data"]["componentId"], id);
    assert_ne!(saved["nodes"][1]["data"]["componentId"], id);
}

#[tokio::test]
async fn a_model_has_one_primary_diagram() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let (first, second) = (diagram(&owner, model).await, diagram(&owner, model).await);
    owner.patch(&first, json!({"isPrimary": false})).await.expect(400);
    let drawing = canvas(vec![node("a", "process", "A", json!({}))], vec![]);
    let body = json!({"isPrimary": true, "canvasData": drawing});
    let saved = owner.patch(&second, body).await.expect(200);
    assert!(saved["canvasData"]["nodes"][0]["data"]["componentId"].is_i64(), "it makes records");
    assert_eq!(owner.get(&first).await.expect(200)["isPrimary"], json!(false));
    owner.delete(&second).await.expect(200);
    assert_eq!(owner.get(&first).await.expect(200)["isPrimary"], json!(true));
}

#[tokio::test]
async fn a_viewer_reads_diagrams_and_does_not_save_them() {
    let app = App::start().await;
    let owner = app.owner().await;
    let viewer = app.invited(&owner, "viewer").await;
    let body = json!({"name": "Shop", "owningTeam": owner.team});
    let model = owner.post("/api/threat-models/", body).await.expect(201);
    let path = diagram(&owner, model["id"].as_i64().expect("an id")).await;
    viewer.get(&path).await.expect(200);
    viewer.get(&format!("{path}delete_preview/")).await.expect(200);
    viewer.patch(&path, json!({"canvasData": canvas(vec![], vec![])})).await.expect(403);
    viewer.delete(&path).await.expect(403);
}
