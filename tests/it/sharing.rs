//! Links that show threat models to others.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{App, Client, canvas, node};

async fn share(client: &Client, model: i64) -> Value {
    client.post("/api/magic-links/", json!({"threatModel": model})).await.expect(201)
}

fn address(link: &Value) -> String {
    format!("/api/share/{}/", link["token"].as_str().expect("a token"))
}

#[tokio::test]
async fn a_link_ends_after_thirty_days() {
    let app = App::start().await;
    let owner = app.owner().await;
    let link = share(&owner, owner.model("Shop").await).await;
    let reader = app.owner().await;
    reader.get(&address(&link)).await.expect(200);
    let listed = reader.get("/api/shared-with-me/").await.expect(200);
    assert_eq!(listed["results"][0]["shareUrl"], link["url"]);

    app.state.store.clock().advance(TimeDelta::days(31));
    app.stranger().get(&address(&link)).await.expect(410);
}

#[tokio::test]
async fn whoever_may_change_a_model_may_share_it_and_nobody_else() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    owner.patch(&format!("/api/threat-models/{model}/"), json!({"owningTeam": owner.team})).await;
    let member = app.invited(&owner, "member").await;
    let link = share(&member, model).await;
    let path = format!("/api/magic-links/{}/", link["id"].as_str().expect("an id"));

    let viewer = app.invited(&owner, "viewer").await;
    viewer.get(&format!("/api/threat-models/{model}/")).await.expect(200);
    viewer.post("/api/magic-links/", json!({"threatModel": model})).await.expect(403);
    viewer.get(&path).await.expect(404);
    assert_eq!(viewer.get("/api/magic-links/").await.expect(200)["count"], 0);
    viewer.post(&format!("{path}revoke/"), json!({})).await.expect(403);

    let other = app.owner().await;
    let refused = other.post("/api/magic-links/", json!({"threatModel": model})).await.expect(400);
    assert!(refused["threatModel"].is_array(), "{refused}");
    other.get(&path).await.expect(404);
    other.delete(&path).await.expect(404);
    other.post(&format!("{path}revoke/"), json!({})).await.expect(404);
    app.stranger().get(&address(&link)).await.expect(200);
}

#[tokio::test]
async fn a_link_lives_as_long_as_its_maker_says() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    for wrong in [json!(0), json!(366), json!("soon")] {
        let body = json!({"threatModel": model, "expiresInDays": wrong});
        let refused = owner.post("/api/magic-links/", body).await.expect(400);
        assert!(refused["expiresInDays"].is_array(), "{refused}");
    }
    let body = json!({"threatModel": model, "expiresInDays": 2});
    let link = owner.post("/api/magic-links/", body).await.expect(201);
    app.state.store.clock().advance(TimeDelta::days(1));
    app.stranger().get(&address(&link)).await.expect(200);
    app.state.store.clock().advance(TimeDelta::days(2));
    app.stranger().get(&address(&link)).await.expect(410);
}

#[tokio::test]
async fn a_link_with_a_password_opens_with_it_only() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let short = json!({"threatModel": model, "password": "short"});
    owner.post("/api/magic-links/", short).await.expect(400);
    let body = json!({"threatModel": model, "password": "open sesame"});
    let link = owner.post("/api/magic-links/", body).await.expect(201);
    assert_eq!(link["hasPassword"], true);
    assert!(!link.to_string().contains("argon2") && !link.to_string().contains("sesame"));

    let stranger = app.stranger();
    let locked = stranger.get(&address(&link)).await.expect(403);
    assert_eq!(locked["code"], "password_required");
    let wrong = stranger.post(&address(&link), json!({"password": "open barley"})).await;
    assert_eq!(wrong.expect(403)["code"], "wrong_password");
    let right = json!({"password": "open sesame"});
    let opened = stranger.post(&address(&link), right.clone()).await.expect(200);
    assert_eq!(opened["threatModel"]["name"], "Shop");
    let unknown = format!("/api/share/{}/", "x".repeat(43));
    stranger.post(&unknown, right).await.expect(404);

    let path = format!("/api/magic-links/{}/", link["id"].as_str().expect("an id"));
    assert_eq!(owner.get(&path).await.expect(200)["accessedCount"], 1, "only the opened counts");
    owner.patch(&path, json!({"password": null})).await.expect(200);
    stranger.get(&address(&link)).await.expect(200);
}

#[tokio::test]
async fn passwords_of_a_link_cannot_be_tried_without_end() {
    let app = App::start_with(&[("RATE_LIMITS", "on")]).await;
    let owner = app.owner().await;
    let body = json!({"threatModel": owner.model("Shop").await, "password": "open sesame"});
    let link = owner.post("/api/magic-links/", body).await.expect(201);
    for _ in 0..10 {
        let wrong = json!({"password": "open barley"});
        app.stranger().post(&address(&link), wrong).await.expect(403);
    }
    let right = json!({"password": "open sesame"});
    app.stranger().post(&address(&link), right).await.expect(429);
}

#[tokio::test]
async fn a_link_leaves_out_what_was_not_chosen() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.import(&["stride-taxonomy", "web-application"]).await;
    let model = owner.model("Shop").await;
    draw(&owner, model).await;
    let make = |sections: Value| {
        let body = json!({"threatModel": model, "sections": sections});
        let owner = owner.clone();
        async move { owner.post("/api/magic-links/", body).await }
    };
    make(json!(["everything"])).await.expect(400);
    make(json!([])).await.expect(400);
    make(json!(["countermeasures"])).await.expect(400);

    let whole = app.stranger().get(&address(&share(&owner, model).await)).await.expect(200);
    assert!(whole["threatAnalysis"]["totalCount"].as_u64() > Some(0), "{whole}");
    assert!(whole["threatModel"]["dfds"].as_array().is_some_and(|list| list.len() == 1));

    let link = make(json!(["summary"])).await.expect(201);
    assert_eq!(link["sections"], json!(["summary"]));
    let summary = app.stranger().get(&address(&link)).await.expect(200);
    assert_eq!(summary["stats"], whole["stats"]);
    assert_eq!(summary["threatAnalysis"]["threats"], json!([]));
    assert_eq!(summary["threatAnalysis"]["nodeComponentMap"], json!({}));
    assert_eq!(summary["threatModel"]["dfds"], json!([]));
    assert!(!summary.to_string().contains("Web App"), "{summary}");

    let link = make(json!(["threats"])).await.expect(201);
    let threats = app.stranger().get(&address(&link)).await.expect(200);
    assert_eq!(threats.get("stats"), None);
    assert_eq!(threats["threatModel"]["description"], "");
    assert_eq!(threats["threatAnalysis"]["totalCount"], whole["threatAnalysis"]["totalCount"]);
    let measures = threats.pointer("/threatAnalysis/threats/0/countermeasures");
    assert_eq!(measures, Some(&json!([])));
    assert_eq!(threats.pointer("/threatAnalysis/threats/0/nodeId"), Some(&Value::Null));
}

async fn draw(owner: &Client, model: i64) {
    let library = owner.get("/api/component-library/?search=web server").await.expect(200);
    let library = library[0]["id"].clone();
    let body = json!({"threatModelId": model, "name": "Main"});
    let diagram = owner.post("/api/diagrams/", body).await.expect(201)["id"].clone();
    let drawn = canvas(
        vec![node("web", "process", "Web App", json!({"componentLibraryId": library}))],
        vec![],
    );
    owner
        .patch(&format!("/api/diagrams/{diagram}/"), json!({"canvasData": drawn}))
        .await
        .expect(200);
    owner
        .patch(&format!("/api/threat-models/{model}/"), json!({"description": "Sells things"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_shared_model_stays_closed_to_its_readers() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let link = share(&owner, model).await;
    let reader = app.owner().await;
    reader.get(&address(&link)).await.expect(200);
    reader.get(&format!("/api/threat-models/{model}/")).await.expect(404);
    assert_eq!(reader.get("/api/threat-models/").await.expect(200)["count"], json!(0));
    assert_eq!(owner.get("/api/shared-with-me/").await.expect(200)["count"], json!(0));
}
