use std::time::Duration;

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// The access token.
    pub token: Option<String>,
    /// The refresh token.
    pub refresh: String,
    /// The address of the account.
    pub email: String,
    /// The key of the account.
    pub id: i64,
    /// The first organization.
    pub organization: i64,
    /// The first team there.
    pub team: i64,
}

impl Client {
    pub(crate) const fn new(http: reqwest::Client, base: String) -> Self {
        Self {
            http,
            base,
            token: None,
            refresh: String::new(),
            email: String::new(),
            id: 0,
            organization: 0,
            team: 0,
        }
    }

    /// A client of a running API.
    pub fn to(base: &str) -> Self {
        Self::new(reqwest::Client::new(), base.trim_end_matches('/').to_owned())
    }

    /// Takes the tokens of a registration or login.
    pub fn signed_in(&mut self, email: &str, answer: &Value) {
        email.clone_into(&mut self.email);
        self.token = answer["access"].as_str().map(str::to_owned);
        answer["refresh"].as_str().unwrap_or_default().clone_into(&mut self.refresh);
        self.id = answer["user"]["pk"].as_i64().unwrap_or_default();
    }

    /// Looks up the own organization and team.
    pub async fn at_home(mut self) -> Self {
        let organizations = self.get("/api/organizations/").await.expect(200);
        self.organization = id_of(&organizations["results"][0]);
        let path = format!("/api/teams/?organization={}", self.organization);
        self.team = id_of(&self.get(&path).await.expect(200)["results"][0]);
        self
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A request to which more can be added.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = request.timeout(Duration::from_mins(1));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.expect("a body").to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, headers, json, bytes }
    }

    /// Imports packs by slug.
    pub async fn import(&self, slugs: &[&str]) {
        for slug in slugs {
            let body = serde_json::json!({"slug": slug});
            self.post("/api/packs/import_single/", body).await.expect(201);
        }
    }

    /// Makes a threat model and answers its id.
    pub async fn model(&self, name: &str) -> i64 {
        self.make("/api/threat-models/", serde_json::json!({"name": name})).await
    }

    /// Creates a row and answers its id.
    pub async fn make(&self, path: &str, body: Value) -> i64 {
        id_of(&self.post(path, body).await.expect(201))
    }

    /// Draws the included three-tier web application in a threat model. Its packs must be there.
    pub async fn draw_three_tiers(&self, model: i64) {
        let body = serde_json::json!({"threatModelId": model, "name": "Overview"});
        let diagram = self.make("/api/diagrams/", body).await;
        let found = self.get("/api/dfd-templates/?search=three-tier").await.expect(200);
        let path = format!("/api/dfd-templates/{}/resolved/", found["results"][0]["id"]);
        let template = self.get(&path).await.expect(200);
        let body = serde_json::json!({"canvasData": template["canvasData"]});
        self.patch(&format!("/api/diagrams/{diagram}/"), body).await.expect(200);
    }
}

/// What the API answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, null if it is no JSON.
    pub json: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body, if the status is as expected.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json
    }
}

/// The id in an answer.
#[track_caller]
pub(crate) fn id_of(value: &Value) -> i64 {
    value["id"].as_i64().unwrap_or_else(|| panic!("no id in {value}"))
}
