//! The demo organization of a first start: an account, the packs of the catalogue, and a threat
//! model with a drawn diagram. It is made through the API itself, like any other content.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use domain::account::secret;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{router::router, server::Failure, state::AppState};

/// The address of the demo account.
const EMAIL: &str = "demo@forewarn.example";
/// The template that the sample model is drawn from.
const TEMPLATE: &str = "Three-tier web application";
/// Largest answer that is read, in bytes.
const ANSWER_LIMIT: usize = 50_000_000;

/// How to sign in to the demo organization.
pub struct Login {
    /// The address.
    pub email: &'static str,
    /// The generated password, which is not stored in clear anywhere.
    pub password: String,
}

/// Makes the demo organization, unless the database has an account already.
pub async fn make_demo(state: &AppState) -> Result<Option<Login>, Failure> {
    if state.store.identity().has_users().await? {
        return Ok(None);
    }
    let password = secret::random_token();
    let mut visitor = Visitor { api: router(state.clone()), token: String::new() };
    visitor.sign_up(&password).await?;
    visitor.post("/api/packs/sync_from_source/", json!({})).await?;
    if let Some(canvas) = visitor.canvas().await? {
        let model = visitor.draw(canvas).await?;
        visitor.assess(&model).await?;
    }
    Ok(Some(Login { email: EMAIL, password }))
}

/// Calls the API without a socket.
struct Visitor {
    api: Router,
    token: String,
}

impl Visitor {
    async fn sign_up(&mut self, password: &str) -> Result<(), Failure> {
        let account = json!({"email": EMAIL, "password1": password, "password2": password});
        let answer = self.post("/api/auth/registration/", account).await?;
        answer["access"].as_str().unwrap_or_default().clone_into(&mut self.token);
        let organizations = self.get("/api/organizations/").await?;
        let path = format!("/api/organizations/{}/", organizations["results"][0]["id"]);
        self.send(Method::PATCH, &path, json!({"name": "Demo organization"})).await?;
        Ok(())
    }

    /// The canvas of the template with library components, if the catalogue has it.
    async fn canvas(&self) -> Result<Option<Value>, Failure> {
        let templates = self.get("/api/dfd-templates/?search=three-tier").await?;
        let templates = templates["results"].as_array().cloned().unwrap_or_default();
        let Some(template) = templates.iter().find(|template| template["name"] == TEMPLATE) else {
            return Ok(None);
        };
        let path = format!("/api/dfd-templates/{}/resolved/", template["id"]);
        Ok(Some(self.get(&path).await?["canvasData"].take()))
    }

    /// A model with a saved diagram. Answers the address of the model.
    async fn draw(&self, canvas: Value) -> Result<String, Failure> {
        let model = json!({
            "name": "Web shop",
            "description": "Sells goods to customers in a browser: three tiers, card payments \
                            through a provider.",
            "criticality": "high",
        });
        let model = self.post("/api/threat-models/", model).await?["id"].take();
        let diagram = json!({"threatModelId": model, "name": "Main data flow diagram"});
        let diagram = self.post("/api/diagrams/create_for_threat_model/", diagram).await?;
        let path = format!("/api/diagrams/{}/", diagram["id"]);
        self.send(Method::PATCH, &path, json!({"canvasData": canvas})).await?;
        let asset = json!({
            "threatModel": model, "name": "Customer records", "classification": "confidential",
            "confidentiality": "high", "dataSensitivity": ["pii"],
        });
        self.post("/api/data-assets/", asset).await?;
        let path = format!("/api/threat-models/{model}/");
        let assumptions = json!([{
            "description": "Card numbers never reach our servers.", "validity": "confirmed",
            "topics": ["payment"],
        }]);
        self.send(Method::PATCH, &path, json!({"assumptions": assumptions})).await?;
        Ok(path)
    }

    /// Marks some countermeasures and rates a risk, so that every view has something to show.
    async fn assess(&self, model: &str) -> Result<(), Failure> {
        let analysis = self.get(&format!("{model}threats/")).await?;
        let threats = analysis["threats"].as_array().cloned().unwrap_or_default();
        let threats: Vec<&Value> =
            threats.iter().filter(|threat| threat["type"] == "component").collect();
        let statuses = ["verified", "planned", "verified", "waived"];
        for (threat, status) in threats.iter().zip(statuses.iter().cycle()).step_by(3).take(12) {
            let Some(countermeasure) = threat["countermeasures"].get(0) else { continue };
            let path = format!("/api/component-countermeasures/{}/", countermeasure["id"]);
            self.send(Method::PATCH, &path, json!({"status": status})).await?;
        }
        let linked: Vec<&Value> = threats.iter().take(3).map(|threat| &threat["id"]).collect();
        let risk = json!({
            "name": "Customer records are disclosed",
            "scoringMetadata": {"likelihood": "possible", "impact": "major"},
            "componentThreatIds": linked,
        });
        self.post(&format!("{model}risks/"), risk).await?;
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, body).await
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Result<Value, Failure> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder()
            .method(&method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        let response = self.api.clone().oneshot(request.body(body)?).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_LIMIT).await?;
        if !status.is_success() {
            let answer = String::from_utf8_lossy(&bytes).into_owned();
            return Err(format!("the demo: {method} {path} answered {status}: {answer}").into());
        }
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }
}
