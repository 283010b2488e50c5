//! A benchmark of a running API: `cargo run --release -p tests --bin load -- http://127.0.0.1:8000`.
//!
//! Makes an account with twenty threat models and a drawn diagram, then calls each endpoint many
//! times, one after the other, and prints the times. It tests nothing. The packs of the repository
//! must be the catalogue, or `LOAD_PACK` and `LOAD_TEMPLATE` name another pack and template.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::Client;

const ROUNDS: usize = 100;
const PASSWORD: &str = "Corr3ct-Horse-9-Battery";

#[tokio::main]
async fn main() {
    let base = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8000".to_owned());
    let pack = std::env::var("LOAD_PACK").unwrap_or_else(|_| "web-application".to_owned());
    let mut client = Client::to(&base);
    let email = format!("load.{}@example.test", uuid::Uuid::new_v4().simple());
    let account = json!({"email": email, "password1": PASSWORD, "password2": PASSWORD});
    let answer = client.post("/api/auth/registration/", account).await.expect(201);
    client.signed_in(&email, &answer);

    println!("{:<34} {:>9} {:>9} {:>9}", "", "p50 ms", "p95 ms", "max ms");
    import_everything(&client).await;
    let (model, diagram, canvas) = drawn_model(&client, &pack).await;
    for number in 1..20 {
        client.model(&format!("Model {number}")).await;
    }
    let model = format!("/api/threat-models/{model}/");
    let reads = [
        ("list of 20 threat models", "/api/threat-models/".to_owned()),
        ("one model", model.clone()),
        ("report", format!("{model}report/")),
        ("threats", format!("{model}threats/")),
        ("component library", "/api/component-library/".to_owned()),
        ("dashboard", "/api/dashboard/stats/".to_owned()),
    ];
    for (name, path) in reads {
        measure(name, ROUNDS, || client.get(&path)).await;
    }
    let path = format!("/api/diagrams/{diagram}/");
    let body = json!({"canvasData": canvas});
    measure("diagram save, unchanged", ROUNDS, || client.patch(&path, body.clone())).await;
    first_saves(&client, &body).await;
    let login = json!({"email": email, "password": PASSWORD});
    measure("login", 20, || client.post("/api/auth/login/", login.clone())).await;
    let force = json!({"slug": pack, "force": true});
    let import = || client.post("/api/packs/import_single/", force.clone());
    measure(&format!("import of {pack} again"), 20, import).await;
}

/// Calls again and again and prints the times.
async fn measure<F: Future<Output = tests::Answer>>(
    name: &str,
    rounds: usize,
    call: impl Fn() -> F,
) {
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begun = Instant::now();
        let answer = call().await;
        times.push(begun.elapsed());
        assert!(answer.status < 300, "{name}: {} {}", answer.status, answer.json);
    }
    print(name, times);
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!("{name:<34} {:>9.2} {:>9.2} {:>9.2}", at(50), at(95), at(100));
}

/// Imports the packs of the source, in an order that dependencies allow, and prints the longest.
async fn import_everything(client: &Client) {
    let source = client.get("/api/packs/available_from_source/").await.expect(200);
    let mut slugs: Vec<String> = source["packs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pack| pack["slug"].as_str().map(str::to_owned))
        .collect();
    let mut times = Vec::new();
    for _ in 0..4 {
        let mut refused = Vec::new();
        for slug in slugs {
            let begun = Instant::now();
            let body = json!({"slug": slug});
            let answer = client.post("/api/packs/import_single/", body).await;
            if answer.status == 201 {
                times.push((begun.elapsed(), slug));
            } else {
                refused.push(slug);
            }
        }
        slugs = refused;
    }
    times.sort();
    if let Some((time, slug)) = times.pop() {
        let milliseconds = time.as_secs_f64() * 1000.0;
        println!("slowest first import: {slug}, {milliseconds:.2} ms; refused: {slugs:?}");
    }
}

/// A model with a diagram saved from the template. Answers the model, the diagram, the canvas.
async fn drawn_model(client: &Client, pack: &str) -> (i64, i64, Value) {
    let canvas = template(client, pack).await;
    let model = client.model("Model 0").await;
    let body = json!({"threatModelId": model, "name": "Main"});
    let diagram = client.post("/api/diagrams/", body).await.expect(201)["id"].as_i64();
    let diagram = diagram.expect("the id of the diagram");
    let path = format!("/api/diagrams/{diagram}/");
    let saved = client.patch(&path, json!({"canvasData": canvas})).await.expect(200);
    (model, diagram, saved["canvasData"].clone())
}

async fn template(client: &Client, pack: &str) -> Value {
    let name = std::env::var("LOAD_TEMPLATE").ok();
    let listed = client.get("/api/dfd-templates/").await.expect(200);
    let templates = listed["results"].as_array().cloned().unwrap_or_default();
    let wanted = templates.iter().find(|template| match &name {
        Some(name) => template["name"] == json!(name),
        None => template["sourcePackSlug"] == json!(pack),
    });
    let id = wanted.expect("a template of the pack")["id"].clone();
    let resolved = client.get(&format!("/api/dfd-templates/{id}/resolved/")).await.expect(200);
    resolved["canvasData"].clone()
}

/// Saves the template for the first time in new models.
async fn first_saves(client: &Client, body: &Value) {
    let mut times = Vec::new();
    let mut fresh = body.clone();
    forget_ids(&mut fresh);
    for number in 0..20 {
        let model = client.model(&format!("Fresh {number}")).await;
        let made = json!({"threatModelId": model, "name": "Main"});
        let made = client.post("/api/diagrams/", made).await.expect(201);
        let request = client.request(Method::PATCH, &format!("/api/diagrams/{}/", made["id"]));
        let begun = Instant::now();
        client.send(request.json(&fresh)).await.expect(200);
        times.push(begun.elapsed());
    }
    print("diagram save, first", times);
}

fn forget_ids(body: &mut Value) {
    const IDS: [&str; 5] =
        ["componentId", "trustZoneId", "orgsystemId", "dataflowId", "trustBoundaryId"];
    for list in ["nodes", "edges"] {
        for item in body["canvasData"][list].as_array_mut().into_iter().flatten() {
            if let Some(data) = item["data"].as_object_mut() {
                data.retain(|key, _| !IDS.contains(&key.as_str()));
            }
        }
    }
}
