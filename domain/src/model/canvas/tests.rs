use serde_json::{Value, json};

use super::{Canvas, Line, Shape, Shown};
use crate::Error;

fn faults(document: Value) -> Vec<String> {
    match Canvas::read(document) {
        Err(Error::Invalid(violations)) => violations
            .iter()
            .flat_map(|(field, problems)| {
                assert_eq!(field, "canvas_data");
                problems.as_array().cloned().unwrap_or_default()
            })
            .map(|problem| problem.as_str().unwrap_or_default().to_owned())
            .collect(),
        Err(other) => panic!("unexpected {other}"),
        Ok(_) => Vec::new(),
    }
}

fn node(data: &Value) -> Value {
    json!({"nodes": [{"id": "a", "type": "process", "data": data}]})
}

#[test]
fn a_drawing_comes_back_unchanged_except_for_the_written_ids() {
    let sent = json!({
        "viewport": {"zoom": 1.0, "y": 0.125, "x": -3},
        "edges": [{"source": "b", "id": "e", "type": "dataFlow", "target": "a", "data": {"z": 1, "label": "L"}}],
        "nodes": [
            {"zIndex": 5, "id": "a", "type": "process", "data": {"URL": null, "my_key": [1, {"deepKey": 2}], "label": " A "}},
            {"id": "b", "type": "sticker", "data": {"componentId": "not an id"}},
            {"id": "c", "type": "datastore"},
        ],
        "more": "stays",
    });
    let mut canvas = Canvas::read(sent.clone()).expect("the drawing is well formed");
    canvas.write_node(0, "componentId", 7);
    canvas.write_node(2, "componentId", 8);
    canvas.write_edge(0, "dataflowId", 9);
    let mut expected = sent;
    expected["nodes"][0]["data"]["componentId"] = json!(7);
    expected["nodes"][2]["data"] = json!({"componentId": 8});
    expected["edges"][0]["data"]["dataflowId"] = json!(9);
    let document = canvas.into_document();
    assert_eq!(document.to_string(), expected.to_string(), "order of keys included");
    let shown = Shown::on(&document);
    assert_eq!(shown.components.iter().map(|(_, id)| id.key()).collect::<Vec<_>>(), [7, 8]);
    assert_eq!(shown.flows[0].0, "e");
}

#[test]
fn an_id_that_is_there_already_is_not_rewritten() {
    let sent =
        json!({"nodes": [{"id": "a", "type": "process", "data": {"componentId": 7, "x": 1}}]});
    let mut canvas = Canvas::read(sent.clone()).expect("well formed");
    canvas.write_node(0, "componentId", 7);
    assert_eq!(canvas.into_document().to_string(), sent.to_string());
}

#[test]
fn a_malformed_drawing_is_refused_and_the_node_and_key_are_named() {
    assert_eq!(faults(json!([])).len(), 1);
    assert_eq!(faults(json!("text")).len(), 1);
    assert_eq!(faults(json!({"nodes": {"a": 1}})), ["nodes: Expected a list."]);
    assert_eq!(faults(json!({"edges": "none"})), ["edges: Expected a list."]);
    assert_eq!(faults(json!({"nodes": ["a"]})), ["Node 1: Expected an object."]);
    assert_eq!(
        faults(json!({"nodes": [{"id": "a", "data": "x"}]})),
        ["Node \"a\": data: Expected an object."]
    );
    assert_eq!(
        faults(node(&json!({"label": "x".repeat(256)}))),
        ["Node \"a\": label: Ensure this field has no more than 255 characters."]
    );
    assert_eq!(
        faults(node(&json!({"componentId": "first"}))),
        ["Node \"a\": componentId: A valid integer is required."]
    );
    assert_eq!(
        faults(json!({"nodes": [{"type": "trustZone", "data": {"trustLevel": 101}}]})),
        ["Node 1: trustLevel: Expected a number from 0 to 100."]
    );
    assert_eq!(
        faults(json!({"edges": [{"id": "e", "type": "dataFlow", "data": {"encrypted": []}}]})),
        ["Edge \"e\": encrypted: Must be a valid boolean."]
    );
    assert_eq!(
        faults(node(&json!({"description": "a\0b"}))),
        ["Node \"a\": description: Null characters are not allowed."]
    );
}

#[test]
fn many_faults_are_cut_and_too_many_nodes_are_refused() {
    let bad: Vec<Value> = (0..100).map(Value::from).collect();
    assert_eq!(faults(json!({"nodes": bad})).len(), super::MOST_FAULTS);
    let many: Vec<Value> = (0..=super::MOST_NODES).map(|id| json!({"id": id})).collect();
    assert_eq!(faults(json!({"nodes": many})), ["nodes: There are more than 5000."]);
}

#[test]
fn empty_and_partial_drawings_are_fine() {
    for sent in [json!({}), json!({"nodes": null}), json!({"nodes": [], "edges": []})] {
        assert!(Canvas::read(sent).expect("well formed").nodes().is_empty());
    }
}

#[test]
fn nodes_around_a_node_end_at_a_cycle() {
    let nodes = |pairs: &[(&str, &str)]| {
        let nodes: Vec<Value> = pairs
            .iter()
            .map(|(id, parent)| json!({"id": id, "type": "process", "parentId": parent}))
            .collect();
        Canvas::read(json!({"nodes": nodes})).expect("well formed")
    };
    let circle = nodes(&[("x", "y"), ("y", "x"), ("z", "y"), ("own", "own")]);
    assert_eq!(circle.around(0).collect::<Vec<_>>(), [1]);
    assert!(circle.is_in_itself(0) && circle.is_in_itself(1) && circle.is_in_itself(3));
    assert!(!circle.is_in_itself(2));
    assert!(circle.around(2).count() <= 4);
    assert_eq!(circle.around(3).count(), 0);
    let chain = nodes(&[("a", "b"), ("b", "c"), ("c", "ghost")]);
    assert_eq!(chain.around(0).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn known_keys_are_read_with_their_defaults() {
    let canvas = Canvas::read(json!({
        "nodes": [
            {"id": "a", "type": "datastore", "data": {"label": 5, "componentId": "12", "dataStoreType": "sql"}},
            {"id": "z", "type": "trustZone", "data": {"trustLevel": "30"}},
            {"id": "y", "type": "trustZone"},
            {"id": "s", "type": "systemScope", "data": {"label": "  "}},
            {"id": "p", "type": "process"},
        ],
        "edges": [
            {"id": "f", "type": "dataFlow", "data": {"dataClassification": ["PII", " pii ", "", "Money"]}},
            {"id": "b", "type": "trustBoundary", "data": {"colour": "red", "accessTokenTtl": null}},
        ],
    }))
    .expect("well formed");
    let names: Vec<&str> = canvas.components().map(|(_, node)| node.name.as_str()).collect();
    assert_eq!(names, ["5", "Unnamed process"]);
    let zones: Vec<(&str, i32)> =
        canvas.zones().map(|(_, zone)| (zone.name.as_str(), zone.trust_level)).collect();
    assert_eq!(zones, [("Unnamed Zone", 30), ("Unnamed Zone", 75)]);
    assert!(canvas.scopes().all(|(_, scope)| scope.name == "Unnamed System"));
    let Line::Flow(flow) = &canvas.edges()[0].line else { panic!("a flow") };
    assert_eq!(flow.data_classification, ["pii", "money"]);
    let Line::Boundary(boundary) = &canvas.edges()[1].line else { panic!("a boundary") };
    assert_eq!(Value::from(boundary.metadata.clone()), json!({"accessTokenTtl": null}));
    assert!(matches!(canvas.nodes()[0].shape, Shape::Component(_)));
}
