//! Threat models in formats of other tools.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tests::{Answer, App, Client};

const BAKERY: &str = include_str!("../fixtures/tm-library/bakery.json");
/// Lists whose order means nothing.
const LISTS: [&str; 10] = [
    "trust_zones",
    "trust_boundaries",
    "actors",
    "components",
    "data_stores",
    "data_sets",
    "data_flows",
    "threats",
    "controls",
    "risks",
];

#[tokio::test]
async fn a_document_survives_import_and_export() {
    let app = App::start().await;
    let owner = app.owner().await;
    let document: Value = serde_json::from_str(BAKERY).expect("a document");
    let imported = import(&owner, &document).await.expect(201);
    assert_eq!(imported["summary"]["warnings"], json!([]));
    assert_eq!(sorted(export(&owner, &imported).await.expect(200)), sorted(document));
}

#[tokio::test]
async fn an_export_is_a_document_that_comes_out_the_same_again() {
    let app = App::start().await;
    let owner = app.owner().await;
    for document in samples() {
        let first = import(&owner, &document).await.expect(201);
        let exported = export(&owner, &first).await.expect(200);
        let second = import(&owner, &exported).await.expect(201);
        assert_eq!(second["summary"]["warnings"], json!([]), "{}", document["scope"]["title"]);
        let again = export(&owner, &second).await.expect(200);
        assert_eq!(sorted(again), sorted(exported), "{}", document["scope"]["title"]);
    }
}

#[tokio::test]
async fn references_that_lead_nowhere_are_told_with_their_places() {
    let app = App::start().await;
    let owner = app.owner().await;
    let document = json!({
        "scope": {"title": "Holes"},
        "components": [
            {"symbolic_name": "a", "trust_zone": "moon", "parent_component": "b"},
            {"symbolic_name": "b", "parent_component": "a"},
        ],
        "data_flows": [{"symbolic_name": "f", "source": {"type": "component", "name": "a"}}],
        "threats": [{"symbolic_name": "t", "components_affected": ["a", "a", "c"]}],
        "controls": [{"symbolic_name": "k", "threats": ["t", "u"]}],
    });
    let imported = import(&owner, &document).await.expect(201);
    let warnings = imported["summary"]["warnings"].to_string();
    for place in [
        "components[0].trust_zone",
        "components[1].parent_component",
        "data_flows[0].destination",
        "threats[0].components_affected",
        "controls[0].threats",
    ] {
        assert!(warnings.contains(place), "{place} is missing in {warnings}");
    }
    assert_eq!(imported["summary"]["threats"], json!(1));
    assert_eq!(imported["summary"]["controls"], json!(1));
}

#[tokio::test]
async fn members_import_without_adding_to_the_library() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let document: Value = serde_json::from_str(BAKERY).expect("a document");
    let imported = import(&member, &document).await.expect(201);
    let library = owner.get("/api/threat-library/").await.expect(200);
    assert!(!library.to_string().contains("Recipe theft"));
    assert_eq!(sorted(export(&member, &imported).await.expect(200)), sorted(document));
}

#[tokio::test]
async fn viewers_and_strangers_neither_import_nor_export() {
    let app = App::start().await;
    let owner = app.owner().await;
    let viewer = app.invited(&owner, "viewer").await;
    let document = json!({"scope": {"title": "Shop"}});
    import(&viewer, &document).await.expect(403);
    let imported = import(&owner, &document).await.expect(201);
    export(&app.owner().await, &imported).await.expect(404);
}

#[tokio::test]
async fn an_import_needs_as_many_statements_for_many_entities_as_for_few() {
    let app = App::start().await;
    let owner = app.owner().await;
    let mut counts = Vec::new();
    for number in [2, 40] {
        let names: Vec<_> = (0..number).map(|place| format!("c{place}")).collect();
        let named = |name: &String| json!({"symbolic_name": name});
        let document = json!({
            "scope": {"title": "Shop"},
            "components": names.iter().map(named).collect::<Vec<_>>(),
            "threats": [{"symbolic_name": "t", "components_affected": names}],
            "controls": [{"symbolic_name": "k", "threats": ["t"], "status": "active"}],
            "risks": [{"symbolic_name": "r", "title": "R", "threats": ["t"]}],
        });
        let (statements, answer) = app.statements_of(import(&owner, &document)).await;
        let imported = answer.expect(201);
        let (reads, answer) = app.statements_of(export(&owner, &imported)).await;
        answer.expect(200);
        counts.push((statements, reads));
    }
    assert_eq!(counts[0], counts[1]);
}

async fn import(client: &Client, document: &Value) -> Answer {
    client.post("/api/threat-models/import/tm-library/", document.clone()).await
}

async fn export(client: &Client, imported: &Value) -> Answer {
    let id = imported["threatModel"]["id"].as_str().expect("an id");
    client.get(&format!("/api/threat-models/{id}/export/tm-library/")).await
}

/// The own document, and those that lie beside the project.
fn samples() -> Vec<Value> {
    let mut samples = vec![serde_json::from_str(BAKERY).expect("a document")];
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/tm-library");
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.to_string_lossy().ends_with("-threat-model.json") {
            let text = fs::read_to_string(&path).expect("a file");
            samples.push(serde_json::from_str(&text).expect("a document"));
        }
    }
    samples
}

fn sorted(mut document: Value) -> Value {
    for name in LISTS {
        if let Some(list) = document.get_mut(name).and_then(Value::as_array_mut) {
            list.sort_by_key(|entity| entity["symbolic_name"].to_string());
        }
    }
    document
}
