//! Simulations of risks with many trials.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{App, Client};

const INPUTS: &str = r#"{"lossEventFrequency": {"min": 0.1, "mostLikely": 0.5, "max": 2},
    "lossMagnitude": [10000, 100000, 1000000]}"#;

/// A risk in a model scored with `fair`.
struct Risk {
    owner: Client,
    model: String,
    path: String,
}

impl Risk {
    async fn of(owner: Client, inputs: Value) -> Self {
        let model = format!("/api/threat-models/{}/", owner.model("Shop").await);
        owner.patch(&model, json!({"riskScoringMethod": "fair"})).await.expect(200);
        let body = json!({"name": "Outage", "scoringMetadata": inputs, "inherentScore": 3});
        let made = owner.post(&format!("{model}risks/"), body).await.expect(201);
        let path = format!("{model}risks/{}/", made["id"]);
        Self { owner, model, path }
    }

    async fn simulate(&self, body: Value, status: u16) -> Value {
        self.owner.post(&format!("{}simulate/", self.path), body).await.expect(status)
    }
}

fn inputs() -> Value {
    serde_json::from_str(INPUTS).expect("valid")
}

#[tokio::test]
async fn more_trials_give_a_score_that_is_kept_until_the_inputs_change() {
    let app = App::start().await;
    let risk = Risk::of(app.owner().await, inputs()).await;
    let before = risk.owner.get(&risk.path).await.expect(200);
    assert_eq!(before["scoringResult"]["trials"], 10_000);
    let simulated = risk.simulate(json!({"trials": 150_000, "seed": 7}), 200).await;
    assert_eq!(simulated["scoringResult"]["trials"], 150_000);
    let mean = simulated["scoringResult"]["annualLoss"]["mean"].as_f64().expect("a number");
    assert!((mean - 160_600.0).abs() < 1_500.0, "{mean} is far from the published mean");
    assert_eq!(simulated["residualScore"], simulated["inherentScore"]);
    let read = risk.owner.get(&risk.path).await.expect(200);
    assert_eq!(read["scoringResult"], simulated["scoringResult"]);
    let again = risk.simulate(json!({"trials": 150_000, "seed": 7}), 200).await;
    assert_eq!(again["scoringResult"], simulated["scoringResult"]);
    let body = json!({"scoringMetadata": {"lossEventFrequency": 1, "lossMagnitude": 1_000_000}});
    let changed = risk.owner.patch(&risk.path, body).await.expect(200);
    assert_eq!(changed["scoringResult"]["trials"], 10_000);
    assert_eq!(changed["inherentScore"], 75);
}

#[tokio::test]
async fn a_long_simulation_can_be_watched() {
    let app = App::start().await;
    let risk = Risk::of(app.owner().await, inputs()).await;
    let asked = risk.owner.request(Method::POST, &format!("{}simulate/", risk.path));
    let asked = asked.header("Prefer", "respond-async").json(&json!({"trials": 200_000}));
    let accepted = risk.owner.send(asked).await.expect(202);
    app.jobs_ended().await;
    let job = risk.owner.get(&format!("/api/jobs/{}/", accepted["job"].as_str().unwrap())).await;
    let job = job.expect(200);
    assert_eq!((&job["kind"], &job["state"]), (&json!("simulate_risk"), &json!("done")));
    let progress = json!({"done": 200_000, "total": 200_000, "message": "Simulating"});
    assert_eq!(job["progress"], progress);
    let read = risk.owner.get(&risk.path).await.expect(200);
    assert_eq!(read["scoringResult"]["trials"], 200_000);
}

#[tokio::test]
async fn what_cannot_be_simulated_is_refused() {
    let app = App::start().await;
    let risk = Risk::of(app.owner().await, inputs()).await;
    for (body, field) in [
        (json!({"trials": 9_999}), "trials"),
        (json!({"trials": 5_000_001}), "trials"),
        (json!({"trials": "many"}), "trials"),
        (json!({"seed": -1}), "seed"),
    ] {
        let answer = risk.simulate(body, 400).await;
        assert!(answer[field][0].is_string(), "{answer}");
    }
    app.owner().await.post(&format!("{}simulate/", risk.path), json!({})).await.expect(404);
    risk.owner.patch(&risk.model, json!({"riskScoringMethod": "custom"})).await.expect(200);
    let answer = risk.simulate(json!({}), 400).await;
    assert!(answer["error"].as_str().is_some_and(|text| text.contains("fair")), "{answer}");
    let stated = Risk::of(app.owner().await, json!({})).await;
    let answer = stated.simulate(json!({}), 400).await;
    assert!(answer["error"].as_str().is_some_and(|text| text.contains("lossMagnitude")));
}
