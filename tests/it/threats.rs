//! Threats, countermeasures and risks through the HTTP API.

use serde_json::{Value, json};
use tests::{App, Client};

/// A threat model with one component.
struct Bench {
    owner: Client,
    model: i64,
    component: i64,
}

impl Bench {
    async fn new(app: &App) -> Self {
        let owner = app.owner().await;
        let model = owner.model("Shop").await;
        let body = json!({"name": "App", "threatModel": model});
        let component = id(&owner.post("/api/components/", body).await.expect(201));
        Self { owner, model, component }
    }

    async fn threat(&self, name: &str) -> i64 {
        let body =
            json!({"component": self.component, "threatName": name, "inherentSeverity": "high"});
        id(&self.owner.post("/api/component-threats/", body).await.expect(201))
    }

    async fn countermeasure(&self, threat: i64, status: &str) -> i64 {
        let body = json!({"instanceThreat": threat, "countermeasureName": "X", "status": status});
        id(&self.owner.post("/api/component-countermeasures/", body).await.expect(201))
    }

    /// The address of a new risk with an inherent score of 100.
    async fn risk(&self, threats: &[i64]) -> String {
        let path = format!("/api/threat-models/{}/risks/", self.model);
        let body = json!({
            "name": format!("Risk of {threats:?}"), "componentThreatIds": threats,
            "scoringMetadata": {"likelihood": "certain", "impact": "severe"},
        });
        format!("{path}{}/", id(&self.owner.post(&path, body).await.expect(201)))
    }

    async fn expect_risk(&self, risk: &str, score: i64, status: &str) {
        let found = self.owner.get(risk).await.expect(200);
        assert_eq!((&found["residualScore"], &found["status"]), (&json!(score), &json!(status)));
    }
}

fn id(value: &Value) -> i64 {
    value["id"].as_i64().unwrap_or_else(|| panic!("no id in {value}"))
}

#[tokio::test]
async fn status_and_residual_risk_follow_countermeasures_at_once() {
    let app = App::start().await;
    let bench = Bench::new(&app).await;
    let threat = bench.threat("Theft").await;
    let risk = bench.risk(&[threat]).await;
    bench.expect_risk(&risk, 100, "exposed").await;
    let first = bench.countermeasure(threat, "verified").await;
    bench.expect_risk(&risk, 1, "mitigated").await;
    let second = bench.countermeasure(threat, "planned").await;
    bench.expect_risk(&risk, 25, "addressable").await;
    let path = format!("/api/component-countermeasures/{first}/");
    bench.owner.patch(&path, json!({"status": "gap"})).await.expect(200);
    bench.expect_risk(&risk, 75, "exposed").await;
    bench.owner.delete(&path).await.expect(204);
    bench.expect_risk(&risk, 50, "addressable").await;
    let path = format!("/api/component-countermeasures/{second}/");
    bench.owner.patch(&path, json!({"effectiveness": 0.745})).await.expect(200);
    bench.expect_risk(&risk, 26, "addressable").await;
}

#[tokio::test]
async fn residual_risk_follows_dismissed_restored_and_deleted_threats() {
    let app = App::start().await;
    let bench = Bench::new(&app).await;
    let (open, done) = (bench.threat("Open").await, bench.threat("Done").await);
    bench.countermeasure(open, "gap").await;
    bench.countermeasure(done, "verified").await;
    let risk = bench.risk(&[open, done]).await;
    bench.expect_risk(&risk, 50, "exposed").await;
    let path = format!("/api/component-threats/{open}/");
    bench.owner.patch(&path, json!({"isDismissed": true})).await.expect(200);
    bench.expect_risk(&risk, 1, "mitigated").await;
    bench.owner.patch(&path, json!({"isDismissed": false})).await.expect(200);
    bench.expect_risk(&risk, 50, "exposed").await;
    bench.owner.delete(&path).await.expect(204);
    bench.expect_risk(&risk, 1, "mitigated").await;
}

#[tokio::test]
async fn a_risk_takes_threats_of_its_own_model_only() {
    let app = App::start().await;
    let bench = Bench::new(&app).await;
    let risk = bench.risk(&[]).await;
    let model = bench.owner.model("Other").await;
    let body = json!({"name": "Other", "threatModel": model});
    let component = id(&bench.owner.post("/api/components/", body).await.expect(201));
    let elsewhere = Bench { owner: bench.owner.clone(), model, component }.threat("Theft").await;
    let foreign = Bench::new(&app).await.threat("Theft").await;
    for threat in [elsewhere, foreign, 999_999_999] {
        let body = json!({"componentThreatIds": [threat]});
        let answer = bench.owner.post(&format!("{risk}add-threats/"), body).await.expect(400);
        let text = "One or more component threats were not found.";
        assert_eq!(answer, json!({"componentThreatIds": [text]}));
    }
}

#[tokio::test]
async fn a_waived_countermeasure_keeps_its_reason_until_it_is_taken_up_again() {
    let app = App::start().await;
    let bench = Bench::new(&app).await;
    let threat = bench.threat("Theft").await;
    let countermeasure = bench.countermeasure(threat, "gap").await;
    let path = format!("/api/component-countermeasures/{countermeasure}/");
    let reason = "The device is not connected.";
    bench.owner.patch(&path, json!({"evidenceUrl": reason})).await.expect(400);
    let body = json!({"status": "waived", "evidenceUrl": reason});
    assert_eq!(bench.owner.patch(&path, body).await.expect(200)["evidenceUrl"], reason);
    let taken_up = bench.owner.patch(&path, json!({"status": "planned"})).await.expect(200);
    assert_eq!(taken_up["evidenceUrl"], "");
}

#[tokio::test]
async fn only_members_of_the_organization_own_countermeasures_and_risks() {
    let app = App::start().await;
    let bench = Bench::new(&app).await;
    let stranger = app.owner().await;
    let threat = bench.threat("Theft").await;
    let countermeasure = bench.countermeasure(threat, "gap").await;
    let risk = bench.risk(&[threat]).await;
    let path = format!("/api/component-countermeasures/{countermeasure}/");
    bench.owner.patch(&path, json!({"assignedOwner": stranger.id})).await.expect(400);
    bench.owner.patch(&risk, json!({"owner": stranger.id})).await.expect(400);
    stranger.get(&risk).await.expect(404);
    stranger.get(&path).await.expect(404);
}

#[tokio::test]
async fn inherent_scores_are_calculated_from_the_inputs_of_the_method() {
    let app = App::start().await;
    let bench = Bench::new(&app).await;
    let model = format!("/api/threat-models/{}/", bench.model);
    let cases = [
        (
            "fair",
            json!({"threatEventFrequency": 10, "vulnerability": 0.2, "lossMagnitude": 50_000}),
            50,
        ),
        (
            "mozilla_rra",
            json!({
                "dataClassification": "public", "riskImpact": {"integrity": {"finances": "high"}},
            }),
            75,
        ),
        ("tm_library", json!({"likelihood": "possible", "impact": "moderate"}), 36),
    ];
    for (method, inputs, score) in cases {
        bench.owner.patch(&model, json!({"riskScoringMethod": method})).await.expect(200);
        let body = json!({"name": method, "scoringMetadata": inputs, "inherentScore": 3});
        let made = bench.owner.post(&format!("{model}risks/"), body).await.expect(201);
        assert_eq!(made["inherentScore"], score, "{method}");
        assert_eq!(made["scoringMetadata"], inputs);
        assert_ne!(made["scoringResult"], Value::Null);
    }
}

#[tokio::test]
async fn statements_do_not_grow_with_threats_and_countermeasures() {
    let app = App::start().await;
    let mut counts = Vec::new();
    for size in [2, 15] {
        let bench = Bench::new(&app).await;
        let mut threats = Vec::new();
        for _ in 0..size {
            let threat = bench.threat("Theft").await;
            bench.countermeasure(threat, "planned").await;
            threats.push(threat);
        }
        let countermeasure = bench.countermeasure(threats[0], "planned").await;
        let risk = bench.risk(&threats).await;
        bench.risk(&threats[1..]).await;
        let reads = [
            risk,
            format!("/api/threat-models/{}/risks/", bench.model),
            format!("/api/component-threats/?component={}", bench.component),
            format!("/api/component-countermeasures/?instance_threat={}", threats[0]),
        ];
        counts.push(least_statements(&app, &bench.owner, countermeasure, &reads).await);
    }
    assert_eq!(counts[0][1..], counts[1][1..]);
    // A commit wakes the relay, whose look for jobs may fall into the change.
    assert!(counts[0][0].abs_diff(counts[1][0]) <= 1, "{counts:?}");
    assert!(counts[1][1..].iter().all(|count| *count <= 6), "{counts:?}");
}

/// Statements of a change of a countermeasure and of reads. The least of some tries counts, since
/// the worker uses the same database.
async fn least_statements(
    app: &App,
    owner: &Client,
    countermeasure: i64,
    reads: &[String],
) -> Vec<usize> {
    let path = format!("/api/component-countermeasures/{countermeasure}/");
    let mut least = vec![usize::MAX; reads.len() + 1];
    for status in ["gap", "planned", "gap", "planned"] {
        let change = owner.patch(&path, json!({"status": status}));
        least[0] = app.statements_of(change).await.0.min(least[0]);
        for (least, read) in least[1..].iter_mut().zip(reads) {
            *least = app.statements_of(owner.get(read)).await.0.min(*least);
        }
    }
    least
}
