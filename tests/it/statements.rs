//! How many SQL statements an endpoint needs, whatever the size of a model.

use serde_json::{Value, json};
use tests::{App, Client, canvas, edge, node};

/// The most that a read endpoint may need. The report puts eight tables more together.
const READ_LIMIT: usize = 6;
const REPORT_LIMIT: usize = 20;
/// What came with packs is counted in six tables.
const PACKS_LIMIT: usize = 8;

#[tokio::test]
async fn reads_need_few_statements_and_not_more_for_larger_models() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.import(&["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"]).await;
    let kind = owner.get("/api/component-library/?search=web server").await.expect(200);
    let kind = kind[0]["id"].clone();
    let small = drawn(&owner, &kind, 2).await;
    let large = drawn(&owner, &kind, 30).await;
    for (path, limit) in [("", READ_LIMIT), ("threats/", READ_LIMIT), ("report/", REPORT_LIMIT)] {
        let statements = |model: i64| {
            let address = format!("/api/threat-models/{model}/{path}");
            let (app, owner) = (&app, &owner);
            async move { app.statements_of(owner.get(&address)).await }
        };
        let (few, answer) = statements(small).await;
        answer.expect(200);
        let (many, answer) = statements(large).await;
        answer.expect(200);
        println!("/api/threat-models/{{id}}/{path}: {many} statements");
        assert_eq!(few, many, "{path} needs more statements for a larger model");
        assert!(many <= limit, "{path} needs {many} statements");
    }
}

#[tokio::test]
async fn lists_need_few_statements_however_many_rows_there_are() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.import(&["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"]).await;
    let paths = [
        "/api/threat-models/",
        "/api/component-library/",
        "/api/threat-library/",
        "/api/countermeasure-library/",
        "/api/requirements/",
        "/api/taxonomies/",
        "/api/taxonomy-entries/",
        "/api/packs/",
        "/api/components/",
        "/api/data-flows/",
        "/api/component-threats/",
        "/api/component-countermeasures/",
        "/api/diagrams/",
        "/api/systems/",
        "/api/trust-zones/",
        "/api/dashboard/stats/",
        "/api/organizations/",
        "/api/teams/",
    ];
    let kind = owner.get("/api/component-library/?search=web server").await.expect(200);
    drawn(&owner, &kind[0]["id"], 2).await;
    let mut before = Vec::new();
    for path in paths {
        let (few, answer) = app.statements_of(owner.get(path)).await;
        answer.expect(200);
        before.push(few);
    }
    for _ in 0..4 {
        drawn(&owner, &kind[0]["id"], 8).await;
    }
    for (path, few) in paths.into_iter().zip(before) {
        let (many, answer) = app.statements_of(owner.get(path)).await;
        answer.expect(200);
        println!("{path}: {many} statements");
        assert_eq!(few, many, "{path} needs more statements for more rows");
        let limit = if path == "/api/packs/" { PACKS_LIMIT } else { READ_LIMIT };
        assert!(many <= limit, "{path} needs {many} statements");
    }
}

#[tokio::test]
async fn saving_a_diagram_needs_as_many_statements_for_many_nodes_as_for_few() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.import(&["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"]).await;
    let kind = owner.get("/api/component-library/?search=web server").await.expect(200);
    let mut counts = Vec::new();
    // All rows of a table fit into one statement of 500 rows.
    for nodes in [3, 20] {
        let (path, body) = undrawn(&owner, &kind[0]["id"], nodes).await;
        let (statements, answer) = app.statements_of(owner.patch(&path, body)).await;
        answer.expect(200);
        counts.push(statements);
    }
    println!("PATCH /api/diagrams/{{id}}/: {} statements", counts[1]);
    assert_eq!(counts[0], counts[1]);
}

/// A model whose saved diagram has so many components in a row. Answers the model.
async fn drawn(owner: &Client, kind: &Value, nodes: usize) -> i64 {
    let (path, body) = undrawn(owner, kind, nodes).await;
    let saved = owner.patch(&path, body).await.expect(200);
    saved["threatModel"].as_i64().expect("the model of the diagram")
}

/// An empty diagram of a new model, and a canvas for it.
async fn undrawn(owner: &Client, kind: &Value, nodes: usize) -> (String, Value) {
    let model = owner.model("Measured").await;
    let body = json!({"threatModelId": model, "name": "Main"});
    let diagram = owner.post("/api/diagrams/", body).await.expect(201);
    let name = |number: usize| format!("node-{number}");
    let process = |number| {
        let label = format!("Component {number}");
        node(&name(number), "process", &label, json!({"componentLibraryId": kind}))
    };
    let flow = |number| {
        let id = format!("flow-{number}");
        edge(&id, &name(number), &name(number + 1), json!({"label": id}))
    };
    let drawing = canvas((0..nodes).map(process).collect(), (0..nodes - 1).map(flow).collect());
    (format!("/api/diagrams/{}/", diagram["id"]), json!({"canvasData": drawing}))
}
