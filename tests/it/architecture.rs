//! Systems, components, zones, flows and data assets through the HTTP API.

use serde_json::{Value, json};
use tests::{App, Client};

fn id(value: &Value) -> i64 {
    value["id"].as_i64().unwrap_or_else(|| panic!("no id in {value}"))
}

async fn component(client: &Client, name: &str, more: Value) -> i64 {
    let mut body = json!({"name": name});
    let fields = body.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    client.make("/api/components/", body).await
}

/// Somebody who is in another team of the owner's organization only, and a model of that team.
async fn neighbour(app: &App, owner: &Client) -> (Client, i64) {
    let body = json!({"organization": owner.organization, "name": "Neighbours"});
    let team = owner.make("/api/teams/", body).await;
    let mut host = owner.clone();
    host.team = team;
    let neighbour = app.invited(&host, "member").await;
    (neighbour, model_of(owner, team).await)
}

async fn model_of(client: &Client, team: i64) -> i64 {
    client.make("/api/threat-models/", json!({"name": "Model", "owningTeam": team})).await
}

#[tokio::test]
async fn a_deleted_system_takes_own_components_and_leaves_those_of_other_teams() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let (_, theirs) = neighbour(&app, &owner).await;
    let own = model_of(&owner, owner.team).await;
    let system = owner.make("/api/systems/", json!({"name": "Shared"})).await;
    let link = format!("/api/threat-models/{own}/add_system/");
    owner.post(&link, json!({"systemId": system})).await.expect(200);
    let fields = |model: i64| json!({"threatModel": model, "orgsystem": system});
    let mine = component(&owner, "Mine", fields(own)).await;
    let kept = component(&owner, "Kept", fields(theirs)).await;

    member.delete(&format!("/api/systems/{system}/")).await.expect(204);
    owner.get(&format!("/api/components/{mine}/")).await.expect(404);
    let kept = owner.get(&format!("/api/components/{kept}/")).await.expect(200);
    assert_eq!(kept["orgsystem"], Value::Null);
}

#[tokio::test]
async fn putting_a_component_into_a_zone_of_another_team_gives_no_rights_over_the_zone() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (neighbour, theirs) = neighbour(&app, &owner).await;
    let own = model_of(&owner, owner.team).await;
    let zone = owner.make("/api/trust-zones/", json!({"name": "Vault"})).await;
    component(&owner, "Safe", json!({"threatModel": own, "trustZone": zone})).await;

    let body = json!({"name": "Mole", "threatModel": theirs, "trustZone": zone});
    neighbour.post("/api/components/", body).await.expect(403);
    let path = format!("/api/trust-zones/{zone}/");
    neighbour.patch(&path, json!({"trustLevel": 0})).await.expect(403);
}

#[tokio::test]
async fn a_new_zone_without_a_model_belongs_to_everyone_who_may_write() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let viewer = app.invited(&owner, "viewer").await;
    let zone = member.make("/api/trust-zones/", json!({"name": "Edge"})).await;
    let path = format!("/api/trust-zones/{zone}/");
    owner.patch(&path, json!({"description": "x"})).await.expect(200);
    viewer.get(&path).await.expect(200);
    viewer.patch(&path, json!({"description": "y"})).await.expect(403);
}

#[tokio::test]
async fn zones_and_components_cannot_lie_within_themselves() {
    let app = App::start().await;
    let owner = app.owner().await;
    let outer = owner.make("/api/trust-zones/", json!({"name": "Outer"})).await;
    let inner = json!({"name": "Inner", "parent": outer});
    let inner = owner.make("/api/trust-zones/", inner).await;
    let path = format!("/api/trust-zones/{outer}/");
    for parent in [outer, inner] {
        let refused = owner.patch(&path, json!({"parent": parent})).await.expect(400);
        assert_eq!(refused, json!({"parent": ["A record cannot lie within itself."]}));
    }
    let model = owner.model("Model").await;
    let part = component(&owner, "Part", json!({"threatModel": model})).await;
    let path = format!("/api/components/{part}/");
    owner.patch(&path, json!({"parentComponent": part})).await.expect(400);
}

#[tokio::test]
async fn what_depends_on_a_component_follows_it_to_another_model() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (neighbour, theirs) = neighbour(&app, &owner).await;
    let own = model_of(&owner, owner.team).await;
    let web = component(&owner, "Web", json!({"threatModel": own})).await;
    let database = component(&owner, "Database", json!({"threatModel": own})).await;
    let asset = json!({"name": "Cards", "classification": "secret", "threatModel": own});
    let asset = owner.make("/api/data-assets/", asset).await;
    let flow = json!({"sourceComponent": web, "destComponent": database});
    let flow = owner.make("/api/data-flows/", flow).await;
    let body = json!({"component": web, "dataAsset": asset});
    let placement = owner.make("/api/component-data-assets/", body).await;
    let body = json!({"dataFlow": flow, "dataAsset": asset});
    let transport = owner.make("/api/data-flow-assets/", body).await;
    let body = json!({"component": web, "threatName": "T", "inherentSeverity": "low"});
    let threat = owner.make("/api/component-threats/", body).await;
    let paths = [
        format!("/api/components/{web}/"),
        format!("/api/data-flows/{flow}/"),
        format!("/api/component-data-assets/{placement}/"),
        format!("/api/data-flow-assets/{transport}/"),
        format!("/api/component-threats/{threat}/"),
    ];
    for path in &paths {
        neighbour.get(path).await.expect(404);
    }

    owner.patch(&paths[0], json!({"threatModel": theirs})).await.expect(200);
    for path in &paths {
        neighbour.get(path).await.expect(200);
    }
    neighbour.get(&format!("/api/components/{database}/")).await.expect(404);
}

#[tokio::test]
async fn risks_follow_when_a_component_with_their_threats_is_deleted() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Model").await;
    let web = component(&owner, "Web", json!({"threatModel": model})).await;
    let body = json!({"component": web, "threatName": "T", "inherentSeverity": "low"});
    let threat = owner.make("/api/component-threats/", body).await;
    let body = json!({"instanceThreat": threat, "countermeasureName": "C", "status": "verified"});
    owner.make("/api/component-countermeasures/", body).await;
    let risks = format!("/api/threat-models/{model}/risks/");
    let body = json!({
        "name": "Loss", "componentThreatIds": [threat],
        "scoringMetadata": {"likelihood": "certain", "impact": "severe"},
    });
    let risk = owner.post(&risks, body).await.expect(201);
    assert_eq!(risk["residualScore"], json!(1));

    owner.delete(&format!("/api/components/{web}/")).await.expect(204);
    let risk = owner.get(&format!("{risks}{}/", id(&risk))).await.expect(200);
    assert_eq!(risk["residualScore"], json!(100));
}

#[tokio::test]
async fn secrets_of_a_connection_are_neither_shown_nor_lost() {
    let app = App::start().await;
    let owner = app.owner().await;
    let system = owner.make("/api/systems/", json!({"name": "Shop"})).await;
    let body = json!({
        "name": "Code", "sourceType": "github", "orgsystem": system,
        "connectionDetails": {"url": "https://code.test", "accessToken": "hidden"},
    });
    let source = owner.make("/api/integrations/", body).await;
    let path = format!("/api/integrations/{source}/");
    let shown = owner.get(&path).await.expect(200);
    let details = json!({"url": "https://code.test", "accessToken": "********"});
    assert_eq!(shown["connectionDetails"], details);
    let renamed = owner.patch(&path, json!({"name": "Sources"})).await.expect(200);
    assert_eq!(renamed["connectionDetails"], details);
    let details = json!({"url": "https://other.test", "accessToken": "********"});
    let moved = owner.patch(&path, json!({"connectionDetails": details})).await.expect(200);
    assert_eq!(moved["connectionDetails"], details);
}
