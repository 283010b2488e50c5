//! Requests that are sent twice with one `Idempotency-Key`.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Answer, App, Client};

fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> RequestBuilder {
    client.request(Method::POST, path).header("Idempotency-Key", key).json(body)
}

async fn models(client: &Client) -> i64 {
    client.get("/api/threat-models/").await.expect(200)["count"].as_i64().expect("a count")
}

#[tokio::test]
async fn the_same_request_makes_one_record_and_gets_one_answer() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({"name": "Web shop"});
    let send = || owner.send(keyed(&owner, "/api/threat-models/", "\"first\"", &body));
    let first = send().await;
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let again = send().await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers["content-type"], first.headers["content-type"]);
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(models(&owner).await, 1);
    let other = keyed(&owner, "/api/threat-models/", "\"second\"", &body);
    owner.send(other).await.expect(201);
    assert_eq!(models(&owner).await, 2);
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_user() {
    let app = App::start().await;
    let (owner, other) = (app.owner().await, app.owner().await);
    let body = json!({"name": "Web shop"});
    owner.send(keyed(&owner, "/api/threat-models/", "k", &body)).await.expect(201);
    let changed = json!({"name": "Bakery"});
    let refused = owner.send(keyed(&owner, "/api/threat-models/", "k", &changed)).await;
    assert_eq!(refused.expect(422)["code"], "idempotency_key_reused");
    let elsewhere = owner.send(keyed(&owner, "/api/systems/", "k", &body)).await;
    assert_eq!(elsewhere.expect(422)["code"], "idempotency_key_reused");
    let theirs = other.send(keyed(&other, "/api/threat-models/", "k", &body)).await;
    assert!(!theirs.headers.contains_key("idempotency-replayed"));
    theirs.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_carried_out() {
    let app = App::start().await;
    let owner = app.owner().await;
    let requests = (0..12).map(|_| {
        let owner = owner.clone();
        tokio::spawn(async move {
            let body = json!({"name": "Web shop"});
            owner.send(keyed(&owner, "/api/threat-models/", "one", &body)).await
        })
    });
    let mut created = 0;
    for request in requests.collect::<Vec<_>>() {
        let answer = request.await.expect("an answer");
        match answer.status {
            201 => created += 1,
            409 => assert_eq!(answer.json["code"], "idempotency_under_way"),
            other => panic!("{other}: {}", answer.json),
        }
    }
    assert!(created > 0);
    assert_eq!(models(&owner).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_on_when_its_client_gives_up() {
    let app = App::start().await;
    let owner = app.owner().await;
    // Somewhere between the first byte and the answer, wherever that finds the request.
    for patience in (500..6000).step_by(250) {
        let (path, key) = ("/api/threat-models/", format!("after {patience} microseconds"));
        let (patience, body) = (Duration::from_micros(patience), json!({"name": key}));
        let _ = keyed(&owner, path, &key, &body).timeout(patience).send().await;
        assert_eq!(settled(&owner, path, &key, &body).await.expect(201)["name"], json!(key));
    }
    let (path, body) = ("/api/packs/import_single/", json!({"slug": "stride-taxonomy"}));
    let _ = keyed(&owner, path, "import", &body).timeout(Duration::from_millis(5)).send().await;
    let answer = settled(&owner, path, "import", &body).await;
    assert_eq!(answer.expect(201)["packSlug"], "stride-taxonomy");
}

/// The answer to a request, once it is not under way any more.
async fn settled(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    for _ in 0..200 {
        let answer = client.send(keyed(client, path, key, body)).await;
        if answer.status != 409 {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the first request with {key} never ended");
}

#[tokio::test]
async fn answers_are_forgotten_after_a_day_and_refusals_are_kept() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = "/api/threat-models/";
    let refused = owner.send(keyed(&owner, path, "bad", &json!({"name": ""}))).await.expect(400);
    let again = owner.send(keyed(&owner, path, "bad", &json!({"name": ""}))).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.expect(400), refused);
    let malformed = owner.send(keyed(&owner, path, "\"open", &json!({"name": "x"}))).await;
    assert_eq!(malformed.expect(400)["code"], "idempotency_key_malformed");
    app.state.store.clock().advance(chrono::TimeDelta::hours(25));
    let login = json!({"email": owner.email, "password": "Corr3ct-Horse-9-Battery"});
    let answer = app.stranger().post("/api/auth/login/", login).await.expect(200);
    let mut owner = owner.clone();
    owner.signed_in(&owner.email.clone(), &answer);
    let anew = owner.send(keyed(&owner, path, "bad", &json!({"name": ""}))).await;
    assert!(!anew.headers.contains_key("idempotency-replayed"));
}

#[tokio::test]
async fn answers_with_tokens_are_not_kept() {
    let app = App::start().await;
    let owner = app.owner().await;
    let login = json!({"email": owner.email, "password": "Corr3ct-Horse-9-Battery"});
    let first = owner.send(keyed(&owner, "/api/auth/login/", "login", &login)).await;
    let second = owner.send(keyed(&owner, "/api/auth/login/", "login", &login)).await;
    assert!(!second.headers.contains_key("idempotency-replayed"));
    assert_ne!(first.expect(200)["refresh"], second.expect(200)["refresh"]);
}

#[tokio::test]
async fn a_request_whose_process_died_is_not_carried_out_twice() {
    let app = App::start().await;
    let owner = app.owner().await;
    let store = &app.state.store;
    let user = entity::Id::trusted(owner.id);
    let content = b"POST /api/threat-models/\n{\"name\":\"Web shop\"}";
    let body = json!({"name": "Web shop"});
    let begun = store.repetitions(user).begin("dead", content).await.expect("asked");
    assert!(matches!(begun, domain::store::Begun::FirstTime(_)));
    let early = owner.send(keyed(&owner, "/api/threat-models/", "dead", &body)).await;
    assert_eq!(early.expect(409)["code"], "idempotency_under_way");
    store.clock().advance(chrono::TimeDelta::minutes(3));
    owner.send(keyed(&owner, "/api/threat-models/", "dead", &body)).await.expect(201);

    let begun = store.repetitions(user).begin("committed", content).await.expect("asked");
    let domain::store::Begun::FirstTime(first) = begun else { panic!("{begun:?}") };
    let nobody = entity::Actor::looked_up(user, vec![], vec![]);
    first
        .carry_out(async { store.write(&nobody).await.expect("begun").commit().await })
        .await
        .expect("committed");
    store.clock().advance(chrono::TimeDelta::minutes(3));
    let late = owner.send(keyed(&owner, "/api/threat-models/", "committed", &body)).await;
    assert_eq!(late.expect(409)["code"], "idempotency_answer_lost");
    assert_eq!(models(&owner).await, 1);
}
