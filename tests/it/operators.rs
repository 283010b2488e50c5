//! What clients and operators see of jobs, and what they may do about them.

use chrono::TimeDelta;
use domain::{job::Purge, store::JobSearch};
use entity::choice::JobState;
use reqwest::Method;
use serde_json::json;
use tests::{App, Client};

/// Imports a pack. Answers the address of the finished job.
async fn imported(app: &App, owner: &Client) -> String {
    let request = owner.request(Method::POST, "/api/packs/import_single/");
    let request = request.header("Prefer", "respond-async").json(&json!({"slug": "cwe"}));
    let accepted = owner.send(request).await.expect(202);
    app.jobs_ended().await;
    accepted["url"].as_str().expect("an address").to_owned()
}

#[tokio::test]
async fn events_go_on_where_a_connection_broke() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = format!("{}events/", imported(&app, &owner).await);
    let answer = owner.get(&path).await;
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.bytes).expect("a text");
    assert_eq!(text.matches("event: job").count(), 1, "{text}");
    let id = text.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned();
    let resumed = |id: &str| owner.request(Method::GET, &path).header("Last-Event-ID", id);
    owner.send(resumed(&id)).await.expect(204);
    let again = owner.send(resumed("another")).await;
    assert_eq!(String::from_utf8(again.bytes).expect("a text"), text);
    app.owner().await.get(&path).await.expect(404);
}

#[tokio::test]
async fn a_sync_leaves_each_pack_to_a_job_of_its_own() {
    let app = App::start().await;
    let owner = app.owner().await;
    let result = owner.post("/api/packs/sync_from_source/", json!({})).await.expect(200);
    assert_eq!(result["summary"], json!({"total": 5, "successful": 5, "failed": 0}));
    let jobs = owner.get("/api/jobs/").await.expect(200)["results"].clone();
    let jobs = jobs.as_array().expect("a list");
    let whole = jobs.iter().find(|job| job["kind"] == "sync_packs").expect("the whole");
    assert_eq!(whole["attempts"], 1, "leaving work to others is no attempt");
    assert_eq!(whole["progress"]["done"], 5);
    let parts: Vec<_> = jobs.iter().filter(|job| job["kind"] == "sync_pack").collect();
    assert_eq!(parts.len(), 5);
    assert!(parts.iter().all(|part| part["parent"] == whole["id"] && part["state"] == "done"));
}

#[tokio::test]
async fn an_operator_cancels_retries_and_forgets_jobs() {
    let app = App::start().await;
    let owner = app.owner().await;
    let ledger = app.state.store.ledger();
    let url = imported(&app, &owner).await;
    let id = url.trim_end_matches('/').rsplit('/').next().expect("an id").parse().expect("a UUID");
    ledger.retry(id).await.expect_err("it is done");
    ledger.cancel(id).await.expect_err("it is done");
    let search = JobSearch { kind: Some("import_pack".to_owned()), ..JobSearch::default() };
    assert_eq!(ledger.search(&search, 9).await.expect("jobs").len(), 1);
    let early = app.state.store.clock().now() - TimeDelta::hours(1);
    let old = JobSearch { before: Some(early), ..search.clone() };
    assert_eq!(ledger.forget(&old).await.expect("forgotten"), 0);
    assert_eq!(ledger.forget(&search).await.expect("forgotten"), 1);
    ledger.get(id).await.expect_err("it is forgotten");

    let job = ledger.enqueue(&Purge { hour: 1 }).await.expect("enqueued");
    app.jobs_ended().await;
    assert_eq!(ledger.get(job).await.expect("the job").state, JobState::Done);
    assert_eq!(ledger.depths().await.expect("counted"), [], "nothing waits or has failed");
}

#[tokio::test]
async fn one_organization_is_the_primary_one() {
    let app = App::start().await;
    let (first, second) = (app.owner().await, app.owner().await);
    let administration = app.state.store.administration();
    for organization in [first.organization, second.organization, second.organization] {
        let made = administration.make_primary(organization).await.expect("made");
        assert_eq!((made.id.key(), made.is_primary), (organization, true));
    }
    administration.make_primary(987_654_321).await.expect_err("there is none");
    let joined = app.register(&App::address("late")).await;
    let organizations = joined.get("/api/organizations/").await.expect(200);
    assert_eq!(organizations["results"][0]["id"], second.organization);
}
