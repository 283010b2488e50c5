//! Threat models, what they are connected with, and their images.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tests::{Answer, App, Client};

/// A red dot.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\
    \0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

async fn upload(client: &Client, model: i64, content: &[u8]) -> Answer {
    let file = Part::bytes(content.to_vec()).file_name("dot.png");
    let form = Form::new().part("image", file).text("filename", "dot.png");
    let path = format!("/api/threat-models/{model}/reference-images/upload/");
    client.send(client.request(reqwest::Method::POST, &path).multipart(form)).await
}

/// How many statements reading an address takes, and the answer. The fewest of several, since the
/// relay of jobs looks into the database meanwhile.
async fn read(app: &App, client: &Client, path: &str) -> (usize, Value) {
    let mut least = usize::MAX;
    let mut body = Value::Null;
    for _ in 0..5 {
        let (statements, answer) = app.statements_of(client.get(path)).await;
        least = least.min(statements);
        body = answer.expect(200);
    }
    (least, body)
}

fn image_address(image: &Value) -> String {
    image["imageUrl"].as_str().expect("an address").to_owned()
}

#[tokio::test]
async fn a_model_is_read_in_six_statements_however_much_belongs_to_it() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (model, other) = (owner.model("Shop").await, owner.model("Bank").await);
    let path = format!("/api/threat-models/{model}/");
    let (few, empty) = read(&app, &owner, &path).await;
    assert!(few <= 6, "{few} statements");
    assert_eq!(empty["systemIds"], json!([]));
    let system = owner.post("/api/systems/", json!({"name": "Till"})).await.expect(201);
    let body = json!({"systemId": system["id"]});
    owner.post(&format!("{path}add_system/"), body).await.expect(200);
    let body = json!({"targetModelId": other});
    owner.post(&format!("{path}add_referenced_model/"), body).await.expect(200);
    let asset = json!({"threatModel": model, "name": "Cards", "classification": "secret"});
    owner.post("/api/data-assets/", asset).await.expect(201);
    upload(&owner, model, PNG).await.expect(201);
    let (more, full) = read(&app, &owner, &path).await;
    assert_eq!(more, few);
    assert_eq!(full["systemIds"], json!([system["id"].to_string()]));
    assert_eq!(full["referencedModelIds"], json!([other.to_string()]));
    assert_eq!(full["workspaceData"]["progressChecklist"][0]["checked"], true);
    assert_eq!(full["referenceImages"][0]["filename"], "dot.png");
}

#[tokio::test]
async fn models_are_listed_in_as_many_statements_as_one() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.model("Model 0").await;
    let (few, _) = read(&app, &owner, "/api/threat-models/").await;
    for number in 1..6 {
        owner.model(&format!("Model {number}")).await;
    }
    let (many, list) = read(&app, &owner, "/api/threat-models/?ordering=name").await;
    assert_eq!(many, few);
    assert!(many <= 6, "{many} statements");
    assert_eq!(list["count"], 6);
    assert_eq!(list["results"][5]["name"], "Model 5");
    assert_eq!(list["results"][5]["owner"], owner.email);
}

/// Maps a countermeasure of a flow to a new framework.
async fn map_to_framework(owner: &Client, flow: i64, name: &str) {
    let body = json!({"name": name, "version": "1", "issuer": "We"});
    let framework = owner.make("/api/frameworks/", body).await;
    let body = json!({"framework": framework, "sectionCode": "1", "description": "Must"});
    let requirement = owner.make("/api/requirements/", body).await;
    let body = json!({"dataFlow": flow, "threatName": "Tap", "inherentSeverity": "low"});
    let threat = owner.make("/api/flow-threats/", body).await;
    let body = json!({"flowThreat": threat, "countermeasureName": "TLS"});
    let countermeasure = owner.make("/api/flow-countermeasures/", body).await;
    let body = json!({"flowCountermeasure": countermeasure, "requirement": requirement});
    owner.post("/api/flow-instance-countermeasure-standards/", body).await.expect(201);
}

#[tokio::test]
async fn a_framework_counts_by_components_and_by_flows_that_are_drawn() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.import(&["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"]).await;
    let (drawn, empty) = (owner.model("Shop").await, owner.model("Bank").await);
    owner.draw_three_tiers(drawn).await;

    let flows = owner.get("/api/data-flows/").await.expect(200);
    let shown = &flows["results"][0];
    map_to_framework(&owner, shown["id"].as_i64().expect("an id"), "Shown").await;
    let ends = json!({"sourceComponent": shown["sourceComponent"],
                      "destComponent": shown["destComponent"], "label": "Not drawn"});
    map_to_framework(&owner, owner.make("/api/data-flows/", ends).await, "Hidden").await;

    let names = |model: &Value| -> Vec<String> {
        let frameworks = model["frameworks"].as_array().expect("frameworks");
        frameworks.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    let listed = owner.get("/api/threat-models/?ordering=name").await.expect(200);
    assert_eq!(listed["results"][0]["id"], empty);
    assert_eq!(names(&listed["results"][0]), Vec::<String>::new());
    assert_eq!(names(&listed["results"][1]), ["OWASP Top 10", "Shown"]);
    let model = owner.get(&format!("/api/threat-models/{drawn}/")).await.expect(200);
    assert_eq!(names(&model), ["OWASP Top 10", "Shown"]);
}

#[tokio::test]
async fn the_address_of_an_image_is_good_without_login_but_cannot_be_forged() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let image = upload(&owner, model, PNG).await.expect(201);
    let address = image_address(&image);
    let file = app.stranger().get(&address).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.bytes, PNG);
    assert_eq!(file.headers["content-type"], "image/png");
    assert_eq!(file.headers["x-content-type-options"], "nosniff");
    assert!(file.headers["cache-control"].to_str().expect("text").starts_with("private"));
    let later = address.replace("expires=1", "expires=2");
    for forged in [later, address.replace("signature=", "signature=A"), address.replace('?', "#")] {
        assert!(app.stranger().get(&forged).await.status >= 400, "{forged}");
    }
    app.state.store.clock().advance(chrono::TimeDelta::minutes(16));
    app.stranger().get(&address).await.expect(404);
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_refused() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    for wrong in [b"text".to_vec(), Vec::new(), b"GIF89a\x01\0\x01\0\0\0\0;".to_vec()] {
        let problem = upload(&owner, model, &wrong).await.expect(400);
        assert!(problem["image"].is_array(), "{problem}");
    }
    upload(&owner, model, &vec![0; 11_000_000]).await.expect(413);
    let viewer = app.invited(&owner, "viewer").await;
    upload(&viewer, model, PNG).await.expect(403);
    upload(&app.owner().await, model, PNG).await.expect(404);
}

#[tokio::test]
async fn files_go_with_their_image_and_with_their_model() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let first = upload(&owner, model, PNG).await.expect(201);
    let second = upload(&owner, model, PNG).await.expect(201);
    owner.delete(&format!("/api/reference-images/{}/", first["id"])).await.expect(204);
    app.stranger().get(&image_address(&first)).await.expect(404);
    assert_eq!(app.stranger().get(&image_address(&second)).await.status, 200);
    owner.delete(&format!("/api/threat-models/{model}/")).await.expect(204);
    app.stranger().get(&image_address(&second)).await.expect(404);
    let media = app.data.path().join("media");
    assert_eq!(std::fs::read_dir(media).expect("a folder").count(), 0);
}

#[tokio::test]
async fn a_model_stays_in_its_organization_and_out_of_reach_of_others() {
    let app = App::start().await;
    let (owner, other) = (app.owner().await, app.owner().await);
    let model = owner.model("Shop").await;
    let path = format!("/api/threat-models/{model}/");
    let foreign = json!({"owningTeam": other.team});
    owner.patch(&path, foreign).await.expect(400);
    let moved = json!({"name": "Shop", "organization": other.organization});
    owner.put(&path, moved).await.expect(400);
    other.get(&path).await.expect(404);
    other.patch(&path, json!({"name": "Taken"})).await.expect(404);
    let linked = json!({"name": "Mole", "referencedModelIds": [model]});
    other.post("/api/threat-models/", linked).await.expect(400);
    assert_eq!(other.get("/api/threat-models/").await.expect(200)["count"], 0);
}

#[tokio::test]
async fn a_member_of_two_teams_is_asked_for_the_owning_team() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let created = member.post("/api/threat-models/", json!({"name": "One team"})).await;
    assert_eq!(created.expect(201)["owningTeam"], owner.team);
    let team = json!({"organization": owner.organization, "name": "Second"});
    let team = owner.post("/api/teams/", team).await.expect(201);
    let joining = json!({"email": member.email, "role": "lead"});
    let path = format!("/api/teams/{}/invite-member/", team["id"]);
    assert!(owner.post(&path, joining).await.status < 300);
    let problem = member.post("/api/threat-models/", json!({"name": "Two teams"})).await;
    assert!(problem.expect(400)["owningTeam"].is_array());
    let chosen = json!({"name": "Two teams", "owningTeam": team["id"]});
    member.post("/api/threat-models/", chosen).await.expect(201);
}

#[tokio::test]
async fn the_dashboard_counts_models_and_risks_in_three_statements() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let risk = json!({
        "name": "Loss", "scoringMetadata": {"likelihood": "certain", "impact": "severe"},
    });
    owner.post(&format!("/api/threat-models/{model}/risks/"), risk).await.expect(201);
    let (statements, numbers) = read(&app, &owner, "/api/dashboard/stats/").await;
    assert!(statements <= 3, "{statements} statements");
    let expected = json!({
        "total": 1,
        "risks": {
            "total": 1, "critical": 1, "high": 0, "medium": 0, "low": 0, "exposed": 1,
            "mitigated": 0,
        },
    });
    assert_eq!(numbers, expected);
}
