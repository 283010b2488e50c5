use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{App, Client, PASSWORD, canvas, edge, node};

use super::assert_page;

const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'";

/// A model with a diagram, a threat and a countermeasure, all with hostile names.
async fn model(owner: &Client) -> i64 {
    let body = json!({"name": HOSTILE, "description": HOSTILE, "criticality": "high"});
    let model = owner.make("/api/threat-models/", body).await;
    let part = json!({"name": HOSTILE, "threatModel": model});
    let part = owner.make("/api/components/", part).await;
    let threat = json!({
        "component": part, "threatName": HOSTILE, "threatDescription": HOSTILE,
        "inherentSeverity": "critical",
    });
    let threat = owner.make("/api/component-threats/", threat).await;
    let measure = json!({
        "instanceThreat": threat, "countermeasureName": HOSTILE,
        "countermeasureDescription": HOSTILE, "status": "verified",
    });
    owner.make("/api/component-countermeasures/", measure).await;
    let diagram = json!({"threatModelId": model, "name": HOSTILE});
    let diagram = owner.make("/api/diagrams/create_for_threat_model/", diagram).await;
    let drawn = canvas(
        vec![
            node("process-1", "process", HOSTILE, json!({})),
            node("datastore-1", "datastore", "Orders", json!({})),
        ],
        vec![edge("edge-1", "process-1", "datastore-1", json!({"label": HOSTILE}))],
    );
    let path = format!("/api/diagrams/{diagram}/");
    owner.patch(&path, json!({"canvasData": drawn})).await.expect(200);
    model
}

async fn share(owner: &Client, model: i64) -> Value {
    owner.post("/api/magic-links/", json!({"threatModel": model})).await.expect(201)
}

fn url(link: &Value) -> &str {
    link["url"].as_str().expect("a link")
}

#[tokio::test]
async fn a_shared_model_is_shown_with_its_threats_and_names_are_not_run() {
    let app = App::start().await;
    let owner = app.owner().await;
    let link = share(&owner, model(&owner).await).await;
    let mut browser = app.browser();
    let page = browser.open(url(&link)).await.expect(200);
    assert_page(&page);
    assert_eq!(page.count("img[onerror], script, form"), 0, "{}", page.html);
    assert_eq!(page.text("h1"), HOSTILE);
    assert!(page.text("#threats .threat summary").starts_with("Critical"), "{}", page.html);
    assert!(page.text("#threats .measures").contains("In place"), "{}", page.html);
    let pictures = page.values("#diagrams figure img", "src");
    assert_eq!(pictures.len(), 1, "{}", page.html);
    assert!(pictures[0].starts_with("data:image/svg+xml;base64,"), "{}", pictures[0]);
    assert!(page.text("#diagrams details").contains("to Orders"), "{}", page.html);
    let id = link["id"].as_str().expect("an id");
    let counted = owner.get(&format!("/api/magic-links/{id}/")).await.expect(200);
    assert_eq!(counted["accessedCount"], 1);
}

#[tokio::test]
async fn a_link_that_has_ended_looks_like_one_that_never_was() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let (revoked, old) = (share(&owner, model).await, share(&owner, model).await);
    let path = format!("/api/magic-links/{}/revoke/", revoked["id"].as_str().expect("an id"));
    owner.post(&path, json!({})).await.expect(200);
    let mut browser = app.browser();
    browser.open(url(&old)).await.expect(200);
    app.state.store.clock().advance(TimeDelta::days(31));
    let unknown = browser.open("/share/unknown").await.expect(404);
    assert_page(&unknown);
    for link in [revoked, old] {
        assert_eq!(browser.open(url(&link)).await.expect(404).html, unknown.html);
    }
}

#[tokio::test]
async fn who_is_signed_in_finds_the_model_in_the_own_list() {
    let app = App::start().await;
    let owner = app.owner().await;
    let link = share(&owner, owner.model("Shop").await).await;
    let reader = app.owner().await;
    let mut browser = app.browser();
    let page = browser.open("/sign-in").await;
    let fields = [("email", reader.email.as_str()), ("password", PASSWORD)];
    browser.submit(&page, "/sign-in", &fields).await.expect(200);
    let page = browser.open(url(&link)).await.expect(200);
    assert_page(&page);
    assert!(page.text("main").contains(&reader.email), "{}", page.html);
    let listed = reader.get("/api/shared-with-me/").await.expect(200);
    assert_eq!(listed["results"][0]["shareUrl"], link["url"]);
}

#[tokio::test]
async fn a_link_with_a_password_asks_for_it_and_shows_only_the_chosen_sections() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({
        "threatModel": model(&owner).await, "password": "correct horse battery",
        "sections": ["diagram"],
    });
    let link = owner.post("/api/magic-links/", body).await.expect(201);
    let mut browser = app.browser();
    let locked = browser.open(url(&link)).await.expect(200);
    assert_page(&locked);
    assert_eq!(locked.count("input[type=password]"), 1, "{}", locked.html);
    assert!(!locked.html.contains("onerror"), "{}", locked.html);
    let wrong =
        browser.submit(&locked, url(&link), &[("password", "another one")]).await.expect(403);
    assert_page(&wrong);
    assert!(wrong.text("form").contains("The password is wrong."), "{}", wrong.html);
    let shown = browser
        .submit(&wrong, url(&link), &[("password", "correct horse battery")])
        .await
        .expect(200);
    assert_page(&shown);
    assert_eq!(shown.values("#diagrams figure img", "src").len(), 1, "{}", shown.html);
    assert_eq!(shown.count("#threats, #compliance"), 0, "{}", shown.html);
}
