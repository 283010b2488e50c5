//! Records in the state in which an operation can be done.

use reqwest::Method;
use sea_orm::{ConnectionTrait as _, Database};
use serde_json::{Value, json};
use tests::{App, Client};

use super::{
    company::{Company, Role},
    operation::Operation,
    place::{Place, text},
};

/// A place like the given one, in which the operation finds what it needs.
pub(super) async fn suited(
    app: &App,
    operations: &[Operation],
    operation: &Operation,
    company: &Company,
    place: &Place,
) -> Place {
    let mut place = place.clone();
    let owner = company.person(Role::Security);
    let (path, ends) = (&operation.path, |end| operation.path.ends_with(end));
    if ends("/apply_countermeasure/") {
        renew(operations, &mut place, "countermeasure-library", owner).await;
    } else if ends("/jobs/{id}/retry/") {
        set_job(app, &place, "state = 'failed', run_at = '2100-01-01 00:00:00+00:00'").await;
    } else if ends("/jobs/{id}/cancel/") {
        set_job(app, &place, "state = 'pending', run_at = '2100-01-01 00:00:00+00:00'").await;
    } else if ends("/simulate/") {
        score_in_money(&mut place, owner).await;
    } else if path == "/api/teams/{id}/" && operation.method == Method::DELETE {
        found_team(&mut place, company).await;
    }
    place
}

/// Another record of the kind.
async fn renew(operations: &[Operation], place: &mut Place, kind: &str, owner: &Client) {
    let creates = |one: &&Operation| one.creates(operations) && one.collection() == kind;
    let creation = operations.iter().find(creates).expect("a way to make it");
    let id = place.create(creation, owner).await.expect("another one");
    place.ids.insert(kind.to_owned(), id);
}

/// As if a worker or nobody had come to the job.
#[expect(clippy::disallowed_methods, reason = "no worker fails at will")]
async fn set_job(app: &App, place: &Place, values: &str) {
    let database = Database::connect(app.state.settings.database_url.reveal()).await;
    let id = text(&place.id("jobs"));
    let id = if app.state.settings.database_url.reveal().starts_with("sqlite") {
        format!("x'{}'", id.replace('-', ""))
    } else {
        format!("'{id}'")
    };
    let statement = format!("UPDATE job SET {values} WHERE id = {id}");
    let changed = database.expect("the database").execute_unprepared(&statement).await;
    assert_eq!(changed.expect("a change").rows_affected(), 1, "{statement}");
}

/// A risk in a model whose risks are amounts of money.
async fn score_in_money(place: &mut Place, owner: &Client) {
    let body = json!({"name": "Bank", "owningTeam": place.id("teams")});
    let model = owner.post("/api/threat-models/", body).await.expect(201)["id"].clone();
    let path = format!("/api/threat-models/{model}/");
    owner.patch(&path, json!({"riskScoringMethod": "fair"})).await.expect(200);
    let frequency = json!({"min": 0.1, "mostLikely": 0.5, "max": 2});
    let inputs = json!({"lossEventFrequency": frequency, "lossMagnitude": [10, 100, 1000]});
    let body = json!({"name": "Outage", "scoringMetadata": inputs, "inherentScore": 3});
    let risk = owner.post(&format!("{path}risks/"), body).await.expect(201)["id"].clone();
    place.ids.extend([("threat-models".to_owned(), model), ("risks".to_owned(), risk)]);
}

/// A team without models, with the same lead.
async fn found_team(place: &mut Place, company: &Company) {
    let (owner, lead) = (company.person(Role::Security), company.person(Role::Lead));
    let body = json!({"organization": owner.organization, "name": format!("New{}", place.suffix)});
    let team: Value = owner.post("/api/teams/", body).await.expect(201)["id"].clone();
    let body = json!({"userId": lead.id, "role": "lead"});
    owner.post(&format!("/api/teams/{team}/add-member/"), body).await.expect(200);
    place.ids.insert("teams".to_owned(), team);
}
