//! Access that is taken away is gone on the very next request, whatever was begun before.

use std::time::{Duration, Instant};

use domain::job::Job;
use entity::{Actor, Id, organization};
use reqwest::{Method, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::{Answer, App, Client, PASSWORD};

/// Streams end within this time.
const SOON: Duration = Duration::from_secs(15);

/// Work that no worker knows, so that it never ends.
#[derive(Serialize, Deserialize)]
struct Endless {
    organization: i64,
}

impl Job for Endless {
    const KIND: &'static str = "endless";
    type Output = Value;

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }
}

/// An unfinished job that somebody asked for.
async fn endless(app: &App, of: &Client) -> String {
    let organization = of.organization;
    let actor = Actor::for_job(Id::trusted(organization), Some(Id::trusted(of.id)));
    let transaction = app.state.store.write(&actor).await.expect("a transaction");
    let id = transaction.enqueue(&Endless { organization }).await.expect("a job");
    transaction.commit().await.expect("a commit");
    format!("/api/jobs/{id}/")
}

/// A stream of which the first event was read.
async fn watched(client: &Client, job: &str) -> Response {
    let request = client.request(Method::GET, &format!("{job}events/"));
    let mut stream = request.timeout(Duration::from_mins(2)).send().await.expect("an answer");
    assert_eq!(stream.status(), 200);
    let first = stream.chunk().await.expect("a stream").expect("an event");
    assert!(String::from_utf8_lossy(&first).contains("\"state\""), "{first:?}");
    stream
}

/// Fails if a stream goes on.
async fn ends_soon(mut stream: Response) {
    let begun = Instant::now();
    let rest = async {
        while let Ok(Some(more)) = stream.chunk().await {
            let text = String::from_utf8_lossy(&more);
            assert!(!text.contains("\"kind\""), "nothing is told any more: {text}");
        }
    };
    let ended = tokio::time::timeout(SOON, rest).await;
    assert!(ended.is_ok(), "the stream goes on after {:?}", begun.elapsed());
}

/// A model of the owner's team and a report file of it that somebody made.
async fn reported(owner: &Client, by: &Client) -> (String, String) {
    let body = json!({"name": "Ours", "owningTeam": owner.team});
    let model = owner.post("/api/threat-models/", body).await.expect(201);
    let model = format!("/api/threat-models/{}/", model["id"]);
    let path = format!("{model}report/exports/");
    let made = by.post(&path, json!({"format": "json"})).await.expect(201);
    (model, made["downloadUrl"].as_str().expect("an address").to_owned())
}

async fn jobs_of(client: &Client) -> Vec<String> {
    let listed = client.get("/api/jobs/").await.expect(200);
    let jobs = listed["results"].as_array().expect("jobs").iter();
    jobs.map(|job| format!("/api/jobs/{}/", job["id"].as_str().expect("an id"))).collect()
}

async fn sign_in(app: &App, email: &str, password: &str) -> Client {
    let mut client = app.stranger();
    let body = json!({"email": email, "password": password});
    let answer = client.post("/api/auth/login/", body).await.expect(200);
    client.signed_in(email, &answer);
    client
}

/// Whoever may change nothing anywhere is refused before the record is looked for.
#[track_caller]
fn is_refused(answer: &Answer) {
    assert!(matches!(answer.status, 403 | 404), "{}", answer.status);
}

/// Fails if one of the tokens still does something.
async fn is_signed_out(client: &Client) {
    client.get("/api/auth/user/").await.expect(401);
    client.get("/api/threat-models/").await.expect(401);
    let refresh = json!({"refresh": client.refresh});
    client.post("/api/auth/token/refresh/", refresh).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_loses_models_files_jobs_and_streams() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let (model, file) = reported(&owner, &member).await;
    let exported = jobs_of(&member).await;
    let job = endless(&app, &member).await;
    let stream = watched(&member, &job).await;
    for path in [&model, &file, &job, &exported[0]] {
        member.get(path).await.expect(200);
    }

    let removal = format!("/api/organizations/{}/remove-member/", owner.organization);
    owner.post(&removal, json!({"user": member.id})).await.expect(204);
    for path in [&model, &file, &job, &exported[0]] {
        member.get(path).await.expect(404);
    }
    is_refused(&member.patch(&model, json!({"name": "Mine"})).await);
    is_refused(&member.post(&format!("{job}cancel/"), json!({})).await);
    member.get(&format!("{job}events/")).await.expect(404);
    let found = jobs_of(&member).await;
    assert!(!found.contains(&job) && !found.contains(&exported[0]), "{found:?}");
    let left = member.get("/api/threat-models/").await.expect(200);
    assert!(left["results"].as_array().expect("models").iter().all(|one| one["name"] != "Ours"));
    ends_soon(stream).await;
    // The account is not the organization's.
    member.get("/api/auth/user/").await.expect(200);
    owner.get(&file).await.expect(200);
}

#[tokio::test]
async fn a_removed_member_of_a_team_loses_what_is_the_teams() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let (model, file) = reported(&owner, &member).await;
    member.patch(&model, json!({"description": "Seen"})).await.expect(200);
    let removal = format!("/api/teams/{}/remove-member/", owner.team);
    owner.post(&removal, json!({"userId": member.id})).await.expect(204);
    member.get(&model).await.expect(404);
    is_refused(&member.patch(&model, json!({"description": "Unseen"})).await);
    member.get(&file).await.expect(404);
    is_refused(&member.delete(file.trim_end_matches("download/")).await);
}

#[tokio::test]
async fn a_changed_role_counts_at_once() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let (model, _) = reported(&owner, &member).await;
    let roles = format!("/api/teams/{}/change-member-role/", owner.team);
    let change = |role: &str| owner.post(&roles, json!({"userId": member.id, "role": role}));
    change("viewer").await.expect(200);
    member.patch(&model, json!({"description": "Mine"})).await.expect(403);
    member.get(&model).await.expect(200);
    change("member").await.expect(200);
    member.patch(&model, json!({"description": "Mine"})).await.expect(200);

    let organization = format!("/api/organizations/{}/", owner.organization);
    let listed = format!("/api/memberships/?organization={}", owner.organization);
    let listed = owner.get(&listed).await.expect(200);
    let rows = listed["results"].as_array().expect("memberships");
    let row = rows.iter().find(|row| row["user"] == member.id).expect("a membership");
    let membership = format!("/api/memberships/{}/", row["id"]);
    let rename = json!({"name": "Acme"});
    member.patch(&organization, rename.clone()).await.expect(403);
    owner.patch(&membership, json!({"role": "security_team"})).await.expect(200);
    member.patch(&organization, rename.clone()).await.expect(200);
    owner.patch(&membership, json!({"role": "member"})).await.expect(200);
    member.patch(&organization, rename).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_is_signed_out_and_stays_out() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (_, file) = reported(&owner, &owner).await;
    let stream = watched(&owner, &endless(&app, &owner).await).await;
    let changes = app.state.store.identity().begin().await.expect("changes");
    let user = changes.user(Id::trusted(owner.id)).await.expect("the user");
    changes
        .update_user(user, |row| row.is_active = sea_orm::ActiveValue::Set(false))
        .await
        .expect("disabled");
    changes.commit().await.expect("a commit");
    is_signed_out(&owner).await;
    owner.get(&file).await.expect(401);
    let body = json!({"email": owner.email, "password": PASSWORD});
    app.stranger().post("/api/auth/login/", body).await.expect(400);
    ends_soon(stream).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_the_tokens_of_other_sessions() {
    let app = App::start().await;
    let here = app.owner().await;
    let mut there = sign_in(&app, &here.email, PASSWORD).await;
    there.organization = here.organization;
    let stream = watched(&there, &endless(&app, &there).await).await;
    let new = "An0ther-Horse-8-Battery";
    let body = json!({"old_password": PASSWORD, "new_password1": new, "new_password2": new});
    here.post("/api/auth/password/change/", body).await.expect(200);
    is_signed_out(&there).await;
    ends_soon(stream).await;
    here.get("/api/auth/user/").await.expect(200);
    let body = json!({"email": here.email, "password": PASSWORD});
    app.stranger().post("/api/auth/login/", body).await.expect(400);
    sign_in(&app, &here.email, new).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_both_tokens_and_open_streams_of_that_session_only() {
    let app = App::start().await;
    let here = app.owner().await;
    let there = sign_in(&app, &here.email, PASSWORD).await;
    let job = endless(&app, &here).await;
    let stream = watched(&here, &job).await;
    here.post("/api/auth/logout/", json!({})).await.expect(200);
    is_signed_out(&here).await;
    ends_soon(stream).await;
    there.get(&job).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_access_token() {
    let app = App::start().await;
    let owner = app.owner().await;
    let job = endless(&app, &owner).await;
    let stream = watched(&owner, &job).await;
    app.state.store.clock().advance(chrono::TimeDelta::minutes(61));
    owner.get(&job).await.expect(401);
    ends_soon(stream).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_personal_token() {
    let app = App::start().await;
    let owner = app.owner().await;
    let job = endless(&app, &owner).await;
    let body = json!({"name": "Watcher", "scope": "read"});
    let made = owner.post("/api/auth/tokens/", body).await.expect(201);
    let mut program = owner.clone();
    program.token = made["token"].as_str().map(str::to_owned);
    let stream = watched(&program, &job).await;
    owner.delete(&format!("/api/auth/tokens/{}/", made["id"])).await.expect(204);
    program.get(&job).await.expect(401);
    ends_soon(stream).await;
    owner.get(&job).await.expect(200);
}

#[tokio::test]
async fn a_revoked_link_shows_nothing_to_anybody() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let link = owner.post("/api/magic-links/", json!({"threatModel": model})).await.expect(201);
    let share = format!("/api/share/{}/", link["token"].as_str().expect("a token"));
    let reader = app.owner().await;
    reader.get(&share).await.expect(200);
    app.stranger().get(&share).await.expect(200);
    let path = format!("/api/magic-links/{}/", link["id"].as_str().expect("an id"));
    owner.post(&format!("{path}revoke/"), json!({})).await.expect(200);
    for client in [&reader, &app.stranger(), &owner] {
        let answer = client.get(&share).await;
        assert!(matches!(answer.status, 404 | 410), "{}", answer.status);
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("Shop"));
    }
    let page = format!("/share/{}", link["token"].as_str().expect("a token"));
    let shown = app.stranger().get(&page).await;
    assert!(!String::from_utf8_lossy(&shown.bytes).contains("Shop"));
}

#[tokio::test]
async fn a_revoked_invitation_lets_nobody_in() {
    let app = App::start().await;
    let owner = app.owner().await;
    let email = App::address("guest");
    let invite = format!("/api/teams/{}/invite-member/", owner.team);
    owner.post(&invite, json!({"email": email, "role": "member"})).await.expect(201);
    let listed = owner.get("/api/team-invitations/").await.expect(200);
    let id = listed["results"][0]["id"].as_str().expect("an id");
    let revoke = format!("/api/team-invitations/{id}/revoke/");
    owner.post(&revoke, json!({})).await.expect(200);
    let guest = app.register(&email).await;
    let organizations = guest.get("/api/organizations/").await.expect(200);
    let rows = organizations["results"].as_array().expect("organizations");
    assert!(rows.iter().all(|row| row["id"] != owner.organization), "{rows:?}");
    guest.get(&format!("/api/teams/{}/", owner.team)).await.expect(404);
    is_refused(&guest.post(&format!("/api/teams/{}/join/", owner.team), json!({})).await);
}

/// As if a job had failed.
#[expect(clippy::disallowed_methods, reason = "no worker fails at will")]
async fn fail_all_jobs(app: &App) {
    use sea_orm::{ConnectionTrait as _, Database};
    let database = Database::connect(app.state.settings.database_url.reveal()).await;
    let fail = "UPDATE job SET state = 'failed'";
    database.expect("the database").execute_unprepared(fail).await.expect("failed jobs");
}

#[tokio::test]
async fn who_left_the_security_team_cannot_have_packs_imported_again() {
    let app = App::start().await;
    let owner = app.owner().await;
    let second = app.invited(&owner, "lead").await;
    let members = format!("/api/memberships/?organization={}", owner.organization);
    let members = owner.get(&members).await.expect(200);
    let rows = members["results"].as_array().expect("members");
    let seat = rows.iter().find(|row| row["user"] == second.id).expect("the member");
    let seat = format!("/api/memberships/{}/", seat["id"]);
    owner.patch(&seat, json!({"role": "security_team"})).await.expect(200);
    let body = json!({"slug": "stride-taxonomy", "organization": owner.organization});
    second.post("/api/packs/import_single/", body).await.expect(201);
    fail_all_jobs(&app).await;
    let job = second.get("/api/jobs/?kind=import_pack").await.expect(200);
    let retry = format!("/api/jobs/{}/retry/", job["results"][0]["id"].as_str().expect("a job"));

    owner.patch(&seat, json!({"role": "member"})).await.expect(200);
    second.post(&retry, json!({})).await.expect(403);
    owner.post(&retry, json!({})).await.expect(200);
    app.jobs_ended().await;
}
