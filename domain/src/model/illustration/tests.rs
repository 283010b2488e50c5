use std::{fs, path::Path};

use resvg::usvg::roxmltree::{Document, ParsingOptions};
use serde_json::{Value, json};

use super::{geometry::Frame, *};

/// The canvases of the templates that come with the product.
fn templates() -> Vec<(String, Value)> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/web-application/dfd-templates");
    let files = fs::read_dir(folder).expect("templates").map(|file| file.expect("a file").path());
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).expect("a template");
        let template: Value = serde_saphyr::from_str(&text).expect("YAML");
        (path.display().to_string(), template["canvas_data"].clone())
    };
    let templates: Vec<_> = files.map(read).collect();
    assert!(templates.len() > 1);
    templates
}

/// A small drawing in which everything is close together.
fn crowded() -> Value {
    let node = |id: &str, kind: &str, x: i32, y: i32| {
        json!({"id": id, "type": kind, "position": {"x": x, "y": y}, "parentId": "zone",
            "data": {"label": format!("Component {id} with a long name")}})
    };
    let edge = |source: &str, target: &str| {
        json!({"id": format!("{source}{target}"), "type": "dataFlow", "source": source,
            "target": target, "data": {"label": format!("From {source} to {target}"),
            "protocol": "HTTPS", "encrypted": true, "dataClassification": ["pii", "pci"]}})
    };
    json!({
        "nodes": [
            {"id": "zone", "type": "trustZone", "position": {"x": 0, "y": 0},
                "style": {"width": 560, "height": 400}, "data": {"label": "Zone", "trustLevel": 20}},
            node("a", "process", 20, 50), node("b", "datastore", 200, 50),
            node("c", "humanActor", 380, 50), node("d", "systemActor", 20, 170),
            node("e", "process", 200, 170), node("f", "process", 380, 170),
        ],
        "edges": [
            edge("a", "b"), edge("b", "a"), edge("b", "c"), edge("a", "c"), edge("a", "e"),
            edge("d", "e"), edge("e", "f"), edge("d", "f"), edge("f", "c"), edge("e", "e"),
            edge("e", "zone"),
        ],
    })
}

fn samples() -> Vec<(String, Value)> {
    let mut samples = templates();
    samples.push(("crowded".to_owned(), crowded()));
    samples
}

fn drawn(canvas: &Value) -> String {
    svg(canvas, &Facts::default(), &Options::default())
}

fn parsed(svg: &str) -> Document<'_> {
    let options = ParsingOptions { nodes_limit: 1_000_000, ..ParsingOptions::default() };
    Document::parse_with_options(svg, options).expect("well-formed XML")
}

/// All text that is drawn.
fn texts(svg: &str) -> Vec<String> {
    let document = parsed(svg);
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|text| text.text().unwrap_or_default().to_owned()).collect()
}

#[test]
fn no_text_covers_another_or_a_node() {
    for (name, canvas) in samples() {
        let plan = Plan::of(Scene::read(&canvas));
        let titles = plan.texts.titles.iter().map(|title| title.frame);
        let labels = plan.texts.labels.iter().map(|label| label.frame);
        let texts: Vec<Frame> = titles.chain(labels).collect();
        for (number, text) in texts.iter().enumerate() {
            for other in &texts[..number] {
                assert!(text.overlap(other) < 0.1, "{name}: {text:?} and {other:?}");
            }
            for (node, frame) in plan.scene.nodes.iter().zip(&plan.layout.frames) {
                let covered = if node.is_area() { 0.0 } else { text.overlap(frame) };
                assert!(covered < 0.1, "{name}: {text:?} over {}", node.name);
            }
        }
    }
}

#[test]
fn no_node_covers_another() {
    for (name, canvas) in samples() {
        let plan = Plan::of(Scene::read(&canvas));
        let count = overlapping(&plan.scene, &plan.layout.frames, &Effort::of(EFFORT));
        assert_eq!(count, 0, "{name}");
    }
}

#[test]
fn edges_keep_out_of_nodes_that_they_do_not_join() {
    for (name, canvas) in templates() {
        let plan = Plan::of(Scene::read(&canvas));
        for (edge, route) in plan.scene.edges.iter().zip(&plan.routes) {
            for (place, node) in plan.scene.nodes.iter().enumerate() {
                if node.is_area() || place == edge.source || place == edge.target {
                    continue;
                }
                let frame = &plan.layout.frames[place];
                let crossed =
                    route.places.windows(2).any(|pair| frame.is_crossed(pair[0], pair[1]));
                assert!(!crossed, "{name}: {} through {}", edge.name, node.name);
            }
        }
    }
}

#[test]
fn every_node_and_every_edge_with_a_text_is_labelled() {
    for (name, canvas) in samples() {
        let plan = Plan::of(Scene::read(&canvas));
        assert_eq!(plan.scene.loose, 0, "{name}");
        let written = plan.scene.edges.iter().filter(|edge| !edge.name.is_empty()).count();
        assert_eq!(plan.texts.labels.len(), written, "{name}");
        let all = texts(&drawn(&canvas)).join(" ").replace('…', "");
        for item in ["nodes", "edges"] {
            for item in canvas[item].as_array().expect("a list") {
                let label = item["data"]["label"].as_str().expect("a label");
                for word in label.split(' ') {
                    assert!(all.contains(word), "{name}: {word} of {label}");
                }
            }
        }
    }
}

#[test]
fn text_of_a_drawing_never_becomes_markup() {
    let bad = "</text><script>alert(1)</script><a href=\"//x\" onload='y'>&amp;]]>\u{0}\u{8}";
    let canvas = json!({
        "nodes": [
            {"id": bad, "type": bad, "position": {"x": 0, "y": 0},
                "data": {"label": bad, "technology": bad, "icon": "https://example.com/x.png"}},
            {"id": "b", "type": "trustZone", "position": {"x": 400, "y": 0}, "data": {"label": bad}},
        ],
        "edges": [{"source": bad, "target": "b", "type": "dataFlow",
            "data": {"label": bad, "protocol": bad, "dataClassification": [bad]}}],
    });
    let facts = Facts { title: bad.to_owned(), context: bad.to_owned() };
    let made = svg(&canvas, &facts, &Options { theme: Theme::Auto, legend: Legend::Shown });
    let document = parsed(&made);
    let known = ["svg", "title", "desc", "style", "g", "rect", "path", "text"];
    for node in document.descendants().filter(resvg::usvg::roxmltree::Node::is_element) {
        assert!(known.contains(&node.tag_name().name()), "{node:?}");
        for attribute in node.attributes() {
            let name = attribute.name();
            assert!(!name.starts_with("on") && name != "href" && name != "style", "{node:?}");
        }
    }
    assert!(!made.contains("example.com"));
    assert!(!made.contains("url("));
}

#[test]
fn a_picture_says_in_words_what_it_shows() {
    let made =
        svg(&crowded(), &Facts { title: "Main".into(), ..Facts::default() }, &Options::default());
    let document = parsed(&made);
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let text_of = |name: &str| {
        root.children()
            .find(|node| node.has_tag_name(name))
            .and_then(|node| node.text())
            .unwrap_or("")
    };
    assert_eq!(text_of("title"), "Main");
    let words = text_of("desc");
    for part in [
        "Trust zones: Zone (trust 20).",
        "People: Component c with a long name.",
        "Component b with a long name to Component c with a long name: From b to c (HTTPS, pii, pci)",
    ] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn the_legend_holds_what_occurs_and_nothing_else() {
    let canvas = json!({"nodes": [{"id": "a", "type": "process", "position": {"x": 0, "y": 0},
        "data": {"label": "Shop"}}]});
    assert_eq!(texts(&drawn(&canvas)), ["Shop", "Process"]);
    let hidden = Options { legend: Legend::Hidden, ..Options::default() };
    assert_eq!(texts(&svg(&canvas, &Facts::default(), &hidden)), ["Shop"]);
}

#[test]
fn trust_levels_and_boundaries_have_their_colours() {
    let zone = |id: &str, level: i32, x: i32| {
        json!({"id": id, "type": "trustZone", "position": {"x": x, "y": 0},
            "data": {"label": id, "trustLevel": level}})
    };
    let boundary = |target: &str, data: Value| json!({"id": target, "type": "trustBoundary", "source": "a", "target": target, "data": data});
    let made = drawn(&json!({
        "nodes": [zone("a", 0, 0), zone("b", 30, 400), zone("c", 60, 800), zone("d", 90, 1200)],
        "edges": [
            boundary("b", json!({})),
            boundary("c", json!({"authenticationMethods": ["oidc"]})),
            boundary("d", json!({"authenticationMethods": ["oidc"], "accessControlMethods": ["rbac"]})),
        ],
    }));
    let document = parsed(&made);
    let classes: Vec<&str> =
        document.descendants().filter_map(|node| node.attribute("class")).collect();
    for class in
        ["trust-none", "trust-low", "trust-medium", "trust-high", "open", "partial", "guarded"]
    {
        let class = format!("fw-{class}");
        // Once in the picture and once in the legend.
        assert_eq!(classes.iter().filter(|other| **other == class).count(), 2, "{class}");
    }
}

#[test]
fn both_themes_are_in_an_automatic_picture() {
    let of = |theme| svg(&json!({}), &Facts::default(), &Options { theme, ..Options::default() });
    let (light, dark) = (of(Theme::Light), of(Theme::Dark));
    assert_ne!(light, dark);
    assert!(!light.contains("@media") && !dark.contains("@media"));
    assert!(of(Theme::Auto).contains("@media (prefers-color-scheme:dark)"));
}

/// Drawings that no editor makes.
fn hostile() -> Vec<(&'static str, Value)> {
    let place = |x: f64, y: f64| json!({"x": x, "y": y});
    let nested: Vec<Value> = (0..3000)
        .map(|number| {
            json!({"id": number, "type": "trustZone", "position": place(5.0, 5.0),
                "parentId": number - 1, "data": {"label": format!("Zone {number}")}})
        })
        .collect();
    let heap: Vec<Value> = (0..3000)
        .map(|number| {
            json!({"id": number.to_string(), "type": "process", "position": place(0.0, 0.0),
                "width": 1e300, "height": 1e300, "data": {"label": "x".repeat(5000)}})
        })
        .collect();
    let web: Vec<Value> = (0..6000)
        .map(|number: u32| {
            json!({"source": (number % 3000).to_string(), "target": (number * 7 % 3000).to_string(),
                "type": "dataFlow", "data": {"label": "flow", "protocol": "HTTPS"}})
        })
        .collect();
    let pair: Vec<Value> = (0..3000)
        .map(|_| json!({"source": "0", "target": "1", "data": {"label": "again"}}))
        .collect();
    vec![
        ("null", Value::Null),
        (
            "lists of nonsense",
            json!({"nodes": [1, null, "x", [], {}], "edges": [{}, 5, {"source": {}}]}),
        ),
        ("wrong types", json!({"nodes": {"a": 1}, "edges": "none"})),
        (
            "wrong values",
            json!({"nodes": [{"id": {}, "type": [], "position": "here", "data": 7,
            "parentId": true, "style": 5, "measured": []}]}),
        ),
        (
            "far away",
            json!({"nodes": [
            {"id": "a", "position": place(1e308, -1e308), "data": {}},
            {"id": "b", "position": place(-1e308, 1e308), "width": "1e999px", "height": "NaN"}],
            "edges": [{"source": "a", "target": "b"}, {"source": "a", "target": "a"}]}),
        ),
        (
            "a circle of parents",
            json!({"nodes": [
            {"id": "a", "parentId": "b"}, {"id": "b", "parentId": "c"}, {"id": "c", "parentId": "a"},
            {"id": "d", "parentId": "d"}, {"id": "e", "parentId": "a", "type": "process"}]}),
        ),
        (
            "no ends",
            json!({"nodes": [{"id": "a"}], "edges": [
            {"source": "a", "target": "gone"}, {"source": "", "target": "a"}, {"target": "a"}]}),
        ),
        ("deep", json!({"nodes": nested})),
        ("a heap", json!({"nodes": heap, "edges": web})),
        ("many between two", json!({"nodes": [{"id": "0"}, {"id": "1"}], "edges": pair})),
    ]
}

#[test]
fn hostile_drawings_become_pictures_of_bounded_size() {
    for (name, canvas) in hostile() {
        let made = drawn(&canvas);
        let document = parsed(&made);
        assert!(made.len() < 16_000_000, "{name}: {}", made.len());
        for key in ["width", "height"] {
            let side: f64 =
                document.root_element().attribute(key).expect("a side").parse().expect("a number");
            assert!(side.is_finite() && side > 0.0 && side < 500_000.0, "{name}: {side}");
        }
        for wrong in ["NaN", "inf", "e+"] {
            assert!(!made.contains(&format!("\"{wrong}")), "{name}");
        }
    }
}

#[test]
fn edges_without_an_end_are_mentioned() {
    let canvas = json!({"nodes": [{"id": "a"}], "edges": [{"source": "a", "target": "gone"}]});
    assert!(drawn(&canvas).contains("Edges without an end, not drawn: 1."));
}

#[test]
fn what_takes_too_long_to_paint_is_refused() {
    let heap = hostile().into_iter().find(|(name, _)| *name == "a heap").expect("a drawing").1;
    assert_eq!(png(&drawn(&heap), 100), Err(Unpaintable::TooLarge));
}

#[test]
fn a_png_has_the_width_that_was_asked_or_less() {
    let size = |canvas: &Value, width| {
        let file = png(&drawn(canvas), width).expect("a picture");
        let side = |from: usize| {
            u32::from_be_bytes([file[from], file[from + 1], file[from + 2], file[from + 3]])
        };
        assert_eq!(&file[1..4], b"PNG");
        (side(16), side(20))
    };
    assert_eq!(size(&crowded(), 900).0, 900);
    assert_eq!(size(&json!({}), 100).0, 100);
    let tower = json!({"nodes": [
        {"id": "a", "position": {"x": 0, "y": 0}}, {"id": "b", "position": {"x": 0, "y": 90_000}}]});
    let (width, height) = size(&tower, 4000);
    assert!(width < 100 && height == 8000, "{width} x {height}");
}
