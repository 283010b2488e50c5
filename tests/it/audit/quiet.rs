//! Operations that may change nothing: when they do change something, the log tells so, once. Those
//! that the list says to only read change nothing at all.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, JsonValue, Statement};
use serde_json::{Value, json};
use tests::{App, Client, PASSWORD};

use super::below;

/// Packs of which the last brings a kind of component with threats and mapped countermeasures.
const PACKS: [&str; 5] = ["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"];

/// Why an operation of the list may be without an entry.
const READS_ONLY: &str = "reads only";
const COUNTS_ONLY: &str = "counts an access";

/// A threat model with something for each operation to change.
struct Stage {
    app: App,
    owner: Client,
    model: i64,
    components: [i64; 2],
    threats: [i64; 2],
    flow_threat: i64,
}

impl Stage {
    async fn set() -> Self {
        let app = App::start().await;
        let owner = app.owner().await;
        owner.import(&PACKS).await;
        let model = owner.model("Shop").await;
        let part = |name| json!({"name": name, "threatModel": model});
        let components = [
            owner.make("/api/components/", part("Web")).await,
            owner.make("/api/components/", part("Database")).await,
        ];
        let flow = json!({"sourceComponent": components[0], "destComponent": components[1]});
        let flow = owner.make("/api/data-flows/", flow).await;
        let threat = |name| json!({"component": components[0], "threatName": name, "inherentSeverity": "low"});
        let threats = [
            owner.make("/api/component-threats/", threat("Theft")).await,
            owner.make("/api/component-threats/", threat("Loss")).await,
        ];
        let body = json!({"dataFlow": flow, "threatName": "Tap", "inherentSeverity": "low"});
        let flow_threat = owner.make("/api/flow-threats/", body).await;
        Self { app, owner, model, components, threats, flow_threat }
    }

    async fn made(&self, path: &str, body: Value) -> i64 {
        self.owner.make(path, body).await
    }

    /// The first row of a list.
    async fn first(&self, path: &str) -> Value {
        let listed = self.owner.get(path).await.expect(200);
        let rows = listed["results"].as_array().or_else(|| listed.as_array());
        rows.and_then(|rows| rows.first()).unwrap_or_else(|| panic!("{path} is empty")).clone()
    }

    fn post(&self, path: &str, body: Value) -> RequestBuilder {
        self.owner.request(Method::POST, path).json(&body)
    }

    fn of_model(&self, action: &str, body: Value) -> RequestBuilder {
        self.post(&format!("/api/threat-models/{}/{action}/", self.model), body)
    }

    async fn risk(&self, threats: Value) -> String {
        let path = format!("/api/threat-models/{}/risks/", self.model);
        let body = json!({
            "name": format!("Risk of {threats}"), "componentThreatIds": threats,
            "scoringMetadata": {"likelihood": "certain", "impact": "severe"},
        });
        format!("{path}{}/", self.made(&path, body).await)
    }

    /// Changes a value as only somebody beside the product could.
    async fn spoil(&self, statement: &str) {
        below(&self.app).await.execute_unprepared(statement).await.expect("a change");
    }

    /// A request with which an operation changes something.
    async fn change(&self, operation: &str) -> RequestBuilder {
        match operation {
            "unimportPack" => self.unimport().await,
            "joinTeam" => self.join().await,
            "requestPasswordReset" => {
                let body = json!({"email": self.owner.email});
                self.app.stranger().request(Method::POST, "/api/auth/password/reset/").json(&body)
            }
            "resendVerification" => {
                let path = "/api/auth/registration/resend-email/";
                let body = json!({"email": self.owner.email});
                self.app.stranger().request(Method::POST, path).json(&body)
            }
            "addFramework" => {
                let framework = self.first("/api/frameworks/").await;
                self.of_model("add_framework", json!({"frameworkId": framework["id"]}))
            }
            "addPack" => {
                let body = json!({"packId": self.first("/api/packs/").await["id"]});
                self.owner.send(self.of_model("remove_pack", body.clone())).await.expect(200);
                self.of_model("add_pack", body)
            }
            "addReferencedModel" => {
                let other = self.owner.model("Bank").await;
                self.of_model("add_referenced_model", json!({"targetModelId": other}))
            }
            "addSystem" => {
                let system = self.made("/api/systems/", json!({"name": "Till"})).await;
                self.of_model("add_system", json!({"systemId": system}))
            }
            "addTeamMember" => self.add_member().await,
            "addThreatsToRisk" => {
                let risk = self.risk(json!([])).await;
                let body = json!({"componentThreatIds": [self.threats[0]]});
                self.post(&format!("{risk}add-threats/"), body)
            }
            "removeThreatsFromRisk" => {
                let risk = self.risk(json!(self.threats)).await;
                let body = json!({"componentThreatIds": [self.threats[0]]});
                self.post(&format!("{risk}remove-threats/"), body)
            }
            "applyZoneProtections" => {
                let item = json!({
                    "countermeasureId": self.countermeasure(self.threats[0]).await,
                    "sourceComponentName": "Wall", "sourceZoneName": "Edge",
                });
                self.of_model("apply_zone_protections", json!({"items": [item]}))
            }
            "generateComponentThreats" => self.generate().await,
            "recalculateComponentThreat" => {
                self.countermeasure(self.threats[0]).await;
                self.spoil("UPDATE component_threat SET status = 'mitigated'").await;
                let path = format!("/api/component-threats/{}/", self.threats[0]);
                self.post(&format!("{path}recalculate_status/"), json!({}))
            }
            "recalculateFlowThreat" => {
                let body = json!({"flowThreat": self.flow_threat, "countermeasureName": "X",
                                  "status": "gap"});
                self.made("/api/flow-countermeasures/", body).await;
                self.spoil("UPDATE flow_threat SET status = 'mitigated'").await;
                let path = format!("/api/flow-threats/{}/", self.flow_threat);
                self.post(&format!("{path}recalculate_status/"), json!({}))
            }
            "recalculateRisk" => {
                let risk = self.risk(json!([self.threats[1]])).await;
                self.spoil("UPDATE risk SET residual_score = 7").await;
                self.post(&format!("{risk}recalculate/"), json!({}))
            }
            "refreshCompliance" => self.refresh().await,
            unknown => panic!("say how {unknown} changes something"),
        }
    }

    async fn countermeasure(&self, threat: i64) -> i64 {
        let body = json!({"instanceThreat": threat, "countermeasureName": "X", "status": "gap"});
        self.made("/api/component-countermeasures/", body).await
    }

    /// Of another organization, since this one goes on to use its packs.
    async fn unimport(&self) -> RequestBuilder {
        let other = self.app.owner().await;
        other.import(&PACKS[..1]).await;
        let packs = other.get("/api/packs/").await.expect(200);
        let pack = packs.as_array().and_then(|packs| packs.first()).expect("a pack");
        other.request(Method::DELETE, &format!("/api/packs/{}/unimport/", pack["id"]))
    }

    async fn team(&self, name: &str) -> i64 {
        let body = json!({"organization": self.owner.organization, "name": name});
        self.made("/api/teams/", body).await
    }

    async fn join(&self) -> RequestBuilder {
        let member = self.app.invited(&self.owner, "member").await;
        let team = self.team("Second").await;
        let body = json!({"team": team, "email": member.email, "role": "viewer"});
        self.owner.post("/api/team-invitations/", body).await.expect(201);
        member.request(Method::POST, &format!("/api/teams/{team}/join/")).json(&json!({}))
    }

    async fn add_member(&self) -> RequestBuilder {
        let member = self.app.invited(&self.owner, "member").await;
        let team = self.team("Third").await;
        let body = json!({"userId": member.id, "role": "member"});
        self.post(&format!("/api/teams/{team}/add-member/"), body)
    }

    /// A component that got its kind behind the product, so that it has no threats yet.
    async fn generate(&self) -> RequestBuilder {
        let kind = self.first("/api/component-library-threats/").await["componentLibrary"].clone();
        let component = self.components[1];
        let kinded =
            format!("UPDATE component SET component_library_id = {kind} WHERE id = {component}");
        self.spoil(&kinded).await;
        self.post(&format!("/api/components/{component}/generate_threats/"), json!({}))
    }

    /// A countermeasure of the library whose mapping came later.
    async fn refresh(&self) -> RequestBuilder {
        let library = json!({"name": "Alarm", "description": "Rings.", "controlType": "detective"});
        let library = self.made("/api/countermeasure-library/", library).await;
        let body = json!({"instanceThreat": self.threats[0], "countermeasureLibrary": library});
        self.made("/api/component-countermeasures/", body).await;
        let requirement = self.first("/api/requirements/").await;
        let body = json!({"countermeasureLibrary": library, "requirement": requirement["id"]});
        self.made("/api/countermeasure-standards/", body).await;
        self.of_model("refresh_compliance", json!({}))
    }

    /// A request for an operation that changes nothing that matters.
    async fn reading(&self, operation: &str) -> RequestBuilder {
        match operation {
            "verifyToken" => {
                let body = json!({"token": self.owner.token});
                self.app.stranger().request(Method::POST, "/api/auth/token/verify/").json(&body)
            }
            "validatePack" => self.post("/api/packs/validate/", json!({"slug": PACKS[4]})),
            "unlockMagicLink" => {
                let body = json!({"threatModel": self.model, "password": PASSWORD});
                let link = self.owner.post("/api/magic-links/", body).await.expect(201);
                let path = format!("/api/share/{}/", link["token"].as_str().expect("a token"));
                let body = json!({"password": PASSWORD});
                self.app.stranger().request(Method::POST, &path).json(&body)
            }
            unknown => panic!("say how {unknown} is called"),
        }
    }

    /// Carries a request out. Answers how many entries it left.
    async fn entries_of(&self, operation: &str, request: RequestBuilder) -> i64 {
        let request = request.header("x-request-id", operation);
        let answer = self.owner.send(request).await;
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(answer.status < 300, "{operation}: {} {text}", answer.status);
        let connection = below(&self.app).await;
        let question = format!(
            "SELECT COUNT(*) AS number FROM audit_entry WHERE request_id = '{operation}' \
             AND operation = '{operation}' AND outcome = 'done'"
        );
        let question = Statement::from_string(connection.get_database_backend(), question);
        let row = connection.query_one_raw(question).await.expect("the log").expect("a number");
        row.try_get("", "number").expect("a number")
    }

    /// All rows of all tables but those of jobs, which run beside.
    async fn everything(&self) -> BTreeMap<String, Vec<Value>> {
        self.app.jobs_ended().await;
        let connection = below(&self.app).await;
        let backend = connection.get_database_backend();
        let tables = match backend {
            DbBackend::Postgres => {
                "SELECT table_name AS name FROM information_schema.tables \
                 WHERE table_schema = 'public'"
            }
            _ => "SELECT name FROM sqlite_master WHERE type = 'table'",
        };
        let rows = async |question: String| {
            let question = Statement::from_string(backend, question);
            JsonValue::find_by_statement(question).all(&connection).await.expect("rows")
        };
        let mut found = BTreeMap::new();
        for table in rows(tables.to_owned()).await {
            let table = table["name"].as_str().expect("a name").to_owned();
            if ["job", "seaql_migrations"].contains(&table.as_str()) {
                continue;
            }
            let mut content = rows(format!("SELECT * FROM {table}")).await;
            content.sort_by_key(Value::to_string);
            found.insert(table, content);
        }
        found
    }
}

fn reason(operation: &str) -> &'static str {
    tests::reasons().find(|(one, _)| *one == operation).map(|(_, reason)| reason).expect("a reason")
}

#[tokio::test]
async fn what_may_change_nothing_leaves_one_entry_when_it_changes_something() {
    let stage = Stage::set().await;
    let mut wrong = Vec::new();
    for operation in tests::quiet() {
        if [READS_ONLY, COUNTS_ONLY].iter().any(|word| reason(operation).starts_with(word)) {
            continue;
        }
        let request = stage.change(operation).await;
        let entries = stage.entries_of(operation, request).await;
        if entries != 1 {
            wrong.push(format!("{operation}: {entries} entries"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_only_reads_changes_no_row() {
    let stage = Stage::set().await;
    for operation in tests::quiet().filter(|operation| reason(operation) == READS_ONLY) {
        let request = stage.reading(operation).await;
        let before = stage.everything().await;
        assert_eq!(stage.entries_of(operation, request).await, 0, "{operation}");
        let after = stage.everything().await;
        assert!(before.len() > 50, "{} tables", before.len());
        for (table, rows) in before {
            assert_eq!(after[&table], rows, "{operation} changed {table}");
        }
    }
}

#[tokio::test]
async fn what_only_counts_changes_that_one_row() {
    let stage = Stage::set().await;
    for operation in tests::quiet().filter(|operation| reason(operation).starts_with(COUNTS_ONLY)) {
        let request = stage.reading(operation).await;
        let before = stage.everything().await;
        assert_eq!(stage.entries_of(operation, request).await, 0, "{operation}");
        let after = stage.everything().await;
        let changed: Vec<&String> =
            before.keys().filter(|table| before[*table] != after[*table]).collect();
        assert_eq!(changed, ["magic_link"], "{operation}");
    }
}
