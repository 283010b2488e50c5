//! Links that show threat models to others.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{App, Client};

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
async fn whoever_sees_a_model_may_share_it_and_nobody_else() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let viewer = app.invited(&owner, "viewer").await;
    let link = share(&viewer, model).await;
    let other = app.owner().await;
    let refused = other.post("/api/magic-links/", json!({"threatModel": model})).await.expect(400);
    assert!(refused["threatModel"].is_array(), "{refused}");
    let path = format!("/api/magic-links/{}/", link["id"].as_str().expect("an id"));
    other.get(&path).await.expect(404);
    other.delete(&path).await.expect(404);
    other.post(&format!("{path}revoke/"), json!({})).await.expect(404);
    app.stranger().get(&address(&link)).await.expect(200);
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
