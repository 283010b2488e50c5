//! Drawings of any form: none makes the reader fail in another way than with an error.

use domain::model::{
    Canvas, Shown,
    illustration::{Facts, Legend, Options, Theme, png, svg},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const KEYS: [&str; 22] = [
    "nodes",
    "edges",
    "id",
    "type",
    "data",
    "parentId",
    "source",
    "target",
    "label",
    "trustLevel",
    "componentId",
    "trustZoneId",
    "orgsystemId",
    "componentLibraryId",
    "componentRef",
    "dataflowId",
    "trustBoundaryId",
    "dataClassification",
    "encrypted",
    "actorType",
    "my_key",
    "URL",
];

const WORDS: [&str; 12] = [
    "process",
    "datastore",
    "humanActor",
    "systemActor",
    "trustZone",
    "systemScope",
    "dataFlow",
    "trustBoundary",
    "a",
    "b",
    "12",
    "\u{0}",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6_f64).prop_map(Value::from),
        prop::sample::select(WORDS.to_vec()).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let keys = prop::sample::select(KEYS.to_vec());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..6).prop_map(|pairs| {
                Value::Object(pairs.into_iter().map(|(key, it)| (key.to_owned(), it)).collect())
            }),
        ]
    })
}

fn item() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(KEYS.to_vec());
    let word = prop::sample::select(WORDS.to_vec());
    let data = prop::collection::vec((key, value()), 0..6).prop_map(|pairs| {
        pairs.into_iter().map(|(key, it)| (key.to_owned(), it)).collect::<Map<_, _>>()
    });
    let name = prop::sample::select(vec!["a", "b", "c"]);
    (word, name.clone(), name.clone(), name, data).prop_map(|(word, id, parent, end, data)| {
        json!({"type": word, "id": id, "parentId": parent, "source": id, "target": end, "data": data})
    })
}

fn drawing() -> impl Strategy<Value = Value> {
    let list = || prop::collection::vec(item(), 0..6);
    let likely = (list(), list(), value())
        .prop_map(|(nodes, edges, more)| json!({"nodes": nodes, "more": more, "edges": edges}));
    prop_oneof![1 => value(), 3 => likely]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_drawing_is_refused_or_comes_back_unchanged(sent in drawing()) {
        let before = sent.to_string();
        let _ = Shown::on(&sent);
        let Ok(canvas) = Canvas::read(sent) else { return Ok(()) };
        for place in 0..canvas.nodes().len() {
            prop_assert!(canvas.around(place).count() <= canvas.nodes().len());
        }
        prop_assert_eq!(canvas.into_document().to_string(), before);
    }

    #[test]
    fn ids_that_are_written_are_the_only_change(sent in drawing(), id in any::<i64>()) {
        let Ok(mut canvas) = Canvas::read(sent.clone()) else { return Ok(()) };
        let places: Vec<usize> = canvas.components().map(|(place, _)| place).collect();
        let mut expected = sent;
        for place in places {
            canvas.write_node(place, "componentId", id);
            let data = &mut expected["nodes"][place]["data"];
            match data {
                Value::Object(data) => {
                    data.insert("componentId".to_owned(), id.into());
                }
                other => *other = json!({"componentId": id}),
            }
        }
        prop_assert_eq!(canvas.into_document().to_string(), expected.to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_drawing_becomes_a_picture(sent in drawing(), title in ".{0,20}") {
        let facts = Facts { title, context: String::new() };
        let made = svg(&sent, &facts, &Options { theme: Theme::Auto, legend: Legend::Shown });
        prop_assert!(made.len() < 200_000);
        let painted = png(&made, 100);
        prop_assert!(painted.is_ok(), "{painted:?}: {made}");
    }
}
