//! Diagrams as pictures through the HTTP API.

use reqwest::{Method, header};
use serde_json::{Value, json};
use tests::{Answer, App, Client, canvas, edge, node};

const SVG: &str = "image/svg+xml; charset=utf-8";

/// The address of a new diagram with a drawing.
async fn diagram(owner: &Client, drawing: Value) -> String {
    let model = owner.model("Web shop").await;
    let body = json!({"threatModelId": model, "name": "Overview", "canvasData": drawing});
    let made = owner.post("/api/diagrams/", body).await.expect(201);
    format!("/api/diagrams/{}/", made["id"])
}

fn shop() -> Value {
    let mut browser = node("a", "process", "Browser", json!({}));
    browser["parentId"] = json!("z");
    let nodes = vec![
        node("z", "trustZone", "Internet", json!({"trustLevel": 10})),
        browser,
        node("b", "datastore", "Orders & <b>carts</b>", json!({})),
    ];
    canvas(nodes, vec![edge("e", "a", "b", json!({"label": "Buy", "protocol": "HTTPS"}))])
}

#[track_caller]
fn picture(answer: Answer, kind: &str) -> Vec<u8> {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    assert_eq!(answer.headers[header::CONTENT_TYPE], kind);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "private, no-cache");
    assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline'"), "{policy}");
    answer.bytes
}

#[track_caller]
fn svg(answer: Answer) -> String {
    String::from_utf8(picture(answer, SVG)).expect("text")
}

#[tokio::test]
async fn whoever_reads_a_diagram_gets_its_picture_and_nobody_else() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, shop()).await;
    let viewer = app.invited(&owner, "viewer").await;
    let other = app.owner().await;
    for kind in ["svg", "png"] {
        let address = format!("{path}{kind}/");
        assert_eq!(owner.get(&address).await.status, 200);
        assert_eq!(viewer.get(&address).await.status, 200);
        other.get(&address).await.expect(404);
        app.stranger().get(&address).await.expect(401);
        owner.get(&format!("/api/diagrams/999999/{kind}/")).await.expect(404);
        owner.post(&address, json!({})).await.expect(405);
    }
}

#[tokio::test]
async fn the_svg_shows_what_was_drawn_as_text() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, shop()).await;
    let made = svg(owner.get(&format!("{path}svg/")).await);
    assert!(made.starts_with("<svg xmlns=") && made.ends_with("</svg>"));
    for part in [
        "<title>Overview · Web shop</title>",
        "Data stores: Orders &amp; &lt;b&gt;carts&lt;/b&gt;.",
        "Browser to Orders &amp; &lt;b&gt;carts&lt;/b&gt;: Buy (HTTPS)",
        ">Internet</text>",
        ">Buy</text>",
        ">Data store</text>",
    ] {
        assert!(made.contains(part), "no {part} in {made}");
    }
    assert!(!made.contains("<b>"));
}

#[tokio::test]
async fn themes_and_legend_can_be_chosen() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, shop()).await;
    let of = async |query: &str| svg(owner.get(&format!("{path}svg/?{query}")).await);
    let (light, dark, auto) =
        (of("theme=light").await, of("theme=dark").await, of("theme=auto").await);
    assert_eq!(light, of("").await);
    assert_ne!(light, dark);
    assert!(auto.contains("prefers-color-scheme") && !light.contains("prefers-color-scheme"));
    assert!(!of("legend=false").await.contains("Data store</text>"));
    for (query, field) in [("theme=pink", "theme"), ("legend=maybe", "legend")] {
        let refused = owner.get(&format!("{path}svg/?{query}")).await.expect(400);
        assert!(refused[field].is_array(), "{refused}");
    }
}

#[tokio::test]
async fn a_png_is_as_wide_as_asked_within_limits() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, shop()).await;
    let width = async |query: &str| {
        let file = picture(owner.get(&format!("{path}png/{query}")).await, "image/png");
        assert_eq!(&file[..8], b"\x89PNG\r\n\x1a\n");
        u32::from_be_bytes([file[16], file[17], file[18], file[19]])
    };
    assert_eq!(width("").await, 1600);
    assert_eq!(width("?width=300&theme=dark").await, 300);
    for wrong in ["99", "4001", "-1", "wide", "1e3"] {
        let refused = owner.get(&format!("{path}png/?width={wrong}")).await.expect(400);
        assert!(refused["width"].is_array(), "{refused}");
    }
}

#[tokio::test]
async fn a_picture_that_is_known_is_not_sent_again_until_it_changes() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, shop()).await;
    for kind in ["svg/?legend=true", "png/?width=200"] {
        let address = format!("{path}{kind}");
        let first = owner.get(&address).await;
        let tag = first.headers[header::ETAG].to_str().expect("a tag").to_owned();
        let again = async |known: &str| {
            let request = owner.request(Method::GET, &address);
            owner.send(request.header(header::IF_NONE_MATCH, known)).await
        };
        for known in [tag.as_str(), "*", &format!("\"other\", {tag}")] {
            let known = again(known).await;
            assert_eq!((known.status, known.bytes.len()), (304, 0));
            assert_eq!(known.headers[header::ETAG], tag.as_str());
        }
        assert_eq!(again("\"other\"").await.status, 200);
        let other = owner.get(&format!("{address}&theme=dark")).await;
        assert_ne!(other.headers[header::ETAG], tag.as_str());
        let mut drawing = shop();
        drawing["nodes"][1]["data"]["label"] = json!(format!("Browser before {kind}"));
        owner.patch(&path, json!({"canvasData": drawing})).await.expect(200);
        assert_eq!(again(&tag).await.status, 200);
    }
}

#[tokio::test]
async fn a_drawing_of_any_form_that_can_be_stored_has_a_picture() {
    let app = App::start().await;
    let owner = app.owner().await;
    let far = json!({"id": "far", "type": "process", "position": {"x": 1e300, "y": -1e300},
        "width": 1e300, "height": "9999px", "data": {"label": "x".repeat(255)}});
    let circle =
        |id: &str, parent: &str| json!({"id": id, "parentId": parent, "type": "trustZone"});
    let deep = (0..1000).map(|number| {
        json!({"id": number, "type": "systemScope", "parentId": number - 1,
            "position": {"x": 3, "y": 3}, "data": {"label": number.to_string()}})
    });
    let drawings = [
        json!({}),
        json!({"nodes": null, "edges": null}),
        canvas(vec![far, json!({"position": "here", "style": 4})], vec![]),
        canvas(vec![circle("a", "b"), circle("b", "a"), circle("c", "c")], vec![]),
        canvas(vec![json!({"id": "a"})], vec![json!({"source": "a", "target": "gone"}), json!({})]),
        canvas(deep.collect(), vec![]),
    ];
    for drawing in drawings {
        let path = diagram(&owner, drawing).await;
        svg(owner.get(&format!("{path}svg/")).await);
        picture(owner.get(&format!("{path}png/?width=200")).await, "image/png");
    }
}

#[tokio::test]
async fn a_picture_needs_three_statements() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = diagram(&owner, shop()).await;
    let (count, answer) = app.statements_of(owner.get(&format!("{path}svg/"))).await;
    assert_eq!((count, answer.status), (3, 200));
}
