//! Personal tokens: made, used, and ended.

#![expect(clippy::disallowed_methods, reason = "these tests look below the store")]

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::account::api_token::TokenWish;
use entity::{Id, choice::TokenScope};
use futures::future::join_all;
use reqwest::Method;
use sea_orm::{ActiveValue::Set, ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::{Value, json};
use tests::{Answer, App, Client, PASSWORD};

const TOKENS: &str = "/api/auth/tokens/";
const LIMITED: (&str, &str) = ("RATE_LIMITS", "on");

/// Somebody who comes with a personal token, and the path of the token.
async fn with_token(owner: &Client, body: Value) -> (Client, String) {
    let made = owner.post(TOKENS, body).await.expect(201);
    let mut client = owner.clone();
    client.token = made["token"].as_str().map(str::to_owned);
    (client, format!("{TOKENS}{}/", made["id"]))
}

async fn writer(owner: &Client) -> (Client, String) {
    with_token(owner, json!({"name": "Pipeline", "scope": "write"})).await
}

async fn reader(owner: &Client) -> (Client, String) {
    with_token(owner, json!({"name": "Dashboard", "scope": "read"})).await
}

async fn below(app: &App) -> DatabaseConnection {
    Database::connect(app.state.settings.database_url.reveal()).await.expect("the database")
}

/// The rows that a query answers, as texts.
async fn texts(app: &App, query: &str) -> Vec<String> {
    let database = below(app).await;
    let statement = Statement::from_string(database.get_database_backend(), query);
    let rows = database.query_all_raw(statement).await.expect("rows");
    rows.iter().map(|row| row.try_get("", "found").expect("a text")).collect()
}

async fn upkeep(app: &App) {
    app.state.store.upkeep().remove_expired().await.expect("removed");
}

/// Fails unless a token is refused at the next request.
async fn is_refused(client: &Client) -> Answer {
    let answer = client.get("/api/threat-models/").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json["code"], "token_not_valid");
    answer
}

#[tokio::test]
async fn a_token_is_shown_once_and_kept_as_a_hash() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({"name": "Pipeline", "scope": "write", "expiresInDays": 30});
    let made = owner.post(TOKENS, body).await.expect(201);
    let token = made["token"].as_str().expect("a token").to_owned();
    assert!(token.starts_with("fwt_") && token.len() == 47, "{token}");
    assert_eq!(made["prefix"], token[..8]);
    assert_eq!(made["lastUsedAt"], Value::Null);

    let listed = owner.get(TOKENS).await;
    assert!(!String::from_utf8_lossy(&listed.bytes).contains(&token));
    let mut row = made.clone();
    row.as_object_mut().expect("an object").remove("token");
    assert_eq!(listed.expect(200), json!([row]));

    let hashes = texts(&app, "SELECT token_hash AS found FROM api_token").await;
    assert_eq!(hashes, [domain::account::secret::digest(&token)]);
    let changes = "SELECT changes AS found FROM audit_entry WHERE operation = 'createApiToken'";
    let noted = texts(&app, changes).await.concat();
    assert!(noted.contains("(hidden)") && noted.contains("Pipeline"), "{noted}");
    assert!(!noted.contains(&token) && !noted.contains(&hashes[0]), "{noted}");
}

#[tokio::test]
async fn what_a_token_shall_be_is_checked() {
    let app = App::start().await;
    let owner = app.owner().await;
    for (body, field) in [
        (json!({"scope": "read"}), "name"),
        (json!({"name": " ", "scope": "read"}), "name"),
        (json!({"name": "x".repeat(101), "scope": "read"}), "name"),
        (json!({"name": "Pipeline"}), "scope"),
        (json!({"name": "Pipeline", "scope": "admin"}), "scope"),
        (json!({"name": "Pipeline", "scope": "read", "expiresInDays": 0}), "expiresInDays"),
        (json!({"name": "Pipeline", "scope": "read", "expiresInDays": 366}), "expiresInDays"),
        (json!({"name": "Pipeline", "scope": "read", "expiresInDays": "soon"}), "expiresInDays"),
    ] {
        let refused = owner.post(TOKENS, body.clone()).await.expect(400);
        assert!(refused[field].is_array(), "{body}: {refused}");
    }
    assert_eq!(owner.get(TOKENS).await.expect(200), json!([]));
}

#[tokio::test]
async fn a_token_for_reading_reads_and_one_for_writing_writes() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (reader, _) = reader(&owner).await;
    let (writer, _) = writer(&owner).await;
    let model = writer.model("Shop").await;
    let path = format!("/api/threat-models/{model}/");
    reader.get(&path).await.expect(200);
    let refused = reader.patch(&path, json!({"name": "Market"})).await.expect(403);
    assert_eq!(refused["code"], "token_scope");
    assert!(refused["detail"].as_str().expect("a text").contains("scope \"write\""));
    writer.patch(&path, json!({"name": "Market"})).await.expect(200);
    writer.delete(&path).await.expect(204);
    let profile = reader.get("/api/auth/user/").await.expect(200);
    assert_eq!(profile["email"], owner.email.as_str());
}

#[tokio::test]
async fn an_operation_that_only_reads_takes_a_token_for_reading_whatever_its_method() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (reader, _) = reader(&owner).await;
    let body = json!({"slug": "stride-taxonomy"});
    reader.post("/api/packs/validate/", body.clone()).await.expect(200);
    let keyed = reader.request(Method::POST, "/api/packs/validate/").json(&body);
    reader.send(keyed.header("idempotency-key", "one")).await.expect(200);
    reader.post("/api/packs/import_single/", body).await.expect(403);
    let head = reader.send(reader.request(Method::HEAD, "/api/threat-models/")).await;
    assert_eq!(head.status, 200);
}

#[tokio::test]
async fn a_token_for_reading_neither_joins_a_team_nor_collects_shared_models() {
    let app = App::start().await;
    let owner = app.owner().await;
    let guest = app.owner().await;
    let (reader, _) = reader(&guest).await;
    let body = json!({"team": owner.team, "email": guest.email, "role": "member"});
    let invitation = owner.post("/api/team-invitations/", body).await.expect(201);
    let path = format!("/api/invite/{}/", invitation["token"].as_str().expect("a token"));
    let refused = reader.post(&path, json!({})).await.expect(403);
    assert_eq!(refused["code"], "token_scope");
    let (writer, _) = writer(&guest).await;
    writer.post(&path, json!({})).await.expect(200);

    let model = owner.model("Shop").await;
    let link = owner.post("/api/magic-links/", json!({"threatModel": model})).await.expect(201);
    let share = format!("/api/share/{}/", link["token"].as_str().expect("a token"));
    let shown = reader.get(&share).await.expect(200);
    assert_eq!(shown["savedToAccount"], false);
    let saved =
        |client: Client| async move { client.get("/api/shared-with-me/").await.expect(200) };
    assert_eq!(saved(guest.clone()).await["count"].as_i64().unwrap_or_default(), 0);
    guest.get(&share).await.expect(200);
    assert!(saved(guest).await.to_string().contains("Shop"));
}

#[tokio::test]
async fn a_token_ends_when_it_expires_and_is_forgotten_a_week_later() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({"name": "Short", "scope": "read", "expiresInDays": 1});
    let (short, _) = with_token(&owner, body).await;
    let (usual, _) = reader(&owner).await;
    let listed = owner.get(TOKENS).await.expect(200);
    let at = |field: &str| -> chrono::DateTime<chrono::Utc> {
        listed[0][field].as_str().expect("a time").parse().expect("a time")
    };
    let lifetime = at("expiresAt") - at("createdAt") + TimeDelta::seconds(1);
    assert_eq!(lifetime.num_days(), 90);

    let clock = app.state.store.clock().clone();
    clock.advance(TimeDelta::hours(23));
    short.get("/api/threat-models/").await.expect(200);
    clock.advance(TimeDelta::hours(2));
    let refused = is_refused(&short).await;
    assert!(refused.json.to_string().contains("Token is expired"), "{}", refused.json);
    usual.get("/api/threat-models/").await.expect(200);
    upkeep(&app).await;
    let count = "SELECT name AS found FROM api_token ORDER BY id";
    assert_eq!(texts(&app, count).await, ["Short", "Dashboard"]);
    clock.advance(TimeDelta::days(8));
    upkeep(&app).await;
    assert_eq!(texts(&app, count).await, ["Dashboard"]);
    usual.get("/api/threat-models/").await.expect(200);
}

#[tokio::test]
async fn a_deleted_token_is_refused_on_the_next_request() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (program, path) = writer(&owner).await;
    let (other, _) = reader(&owner).await;
    program.get("/api/threat-models/").await.expect(200);
    owner.delete(&path).await.expect(204);
    is_refused(&program).await;
    program.post("/api/threat-models/", json!({"name": "Late"})).await.expect(401);
    other.get("/api/threat-models/").await.expect(200);
    owner.delete(&path).await.expect(404);
    let made_up = "fwt_0000000000000000000000000000000000000000000";
    let mut stranger = app.stranger();
    stranger.token = Some(made_up.to_owned());
    is_refused(&stranger).await;
}

#[tokio::test]
async fn the_tokens_of_others_do_not_exist() {
    let app = App::start().await;
    let owner = app.owner().await;
    let colleague = app.invited(&owner, "lead").await;
    let (program, path) = writer(&colleague).await;
    assert_eq!(owner.get(TOKENS).await.expect(200), json!([]));
    owner.delete(&path).await.expect(404);
    app.stranger().delete(&path).await.expect(401);
    owner.delete(&format!("{TOKENS}none/")).await.expect(404);
    program.get("/api/threat-models/").await.expect(200);
}

#[tokio::test]
async fn a_disabled_user_has_no_tokens_either() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (program, _) = writer(&owner).await;
    program.get("/api/threat-models/").await.expect(200);
    let changes = app.state.store.identity().begin().await.expect("changes");
    let user = changes.user(Id::trusted(owner.id)).await.expect("the user");
    changes.update_user(user, |row| row.is_active = Set(false)).await.expect("disabled");
    changes.commit().await.expect("a commit");
    is_refused(&program).await;
}

#[tokio::test]
async fn a_removed_member_loses_access_with_tokens_too() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let (program, _) = writer(&member).await;
    let body = json!({"name": "Ours", "owningTeam": owner.team});
    let model = owner.post("/api/threat-models/", body).await.expect(201);
    let path = format!("/api/threat-models/{}/", model["id"]);
    program.patch(&path, json!({"description": "Seen"})).await.expect(200);
    let removal = format!("/api/organizations/{}/remove-member/", owner.organization);
    owner.post(&removal, json!({"user": member.id})).await.expect(204);
    program.get(&path).await.expect(404);
    let refused = program.patch(&path, json!({"description": "Mine"})).await;
    assert!(matches!(refused.status, 403 | 404), "{}", refused.status);
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_makes_no_token() {
    let app = App::start().await;
    let owner = app.owner().await;
    let accounts = &app.state.accounts;
    let claims = accounts.tokens().read(owner.token.as_deref().expect("a token")).expect("claims");
    owner.post("/api/auth/logout/", json!({})).await.expect(200);
    let wish = TokenWish { name: "Late".to_owned(), scope: TokenScope::Write, days: 1 };
    let refused = accounts.create_api_token(&claims, wish).await.err();
    assert!(matches!(refused, Some(domain::Error::Forbidden(_))), "{refused:?}");
}

#[tokio::test]
async fn a_changed_password_leaves_tokens_and_a_reset_one_removes_them() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (program, _) = reader(&owner).await;
    let new = "An0ther-Horse-8-Battery";
    let body = json!({"old_password": PASSWORD, "new_password1": new, "new_password2": new});
    owner.post("/api/auth/password/change/", body).await.expect(200);
    program.get("/api/threat-models/").await.expect(200);

    let asked = json!({"email": owner.email});
    app.stranger().post("/api/auth/password/reset/", asked).await.expect(200);
    let (uid, token) = app
        .mail(|mail| {
            let (_, rest) = mail.split_once("/reset-password/")?;
            let mut words = rest.split(['/', '\r', '\n']);
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .await;
    let body = json!({
        "uid": uid, "token": token, "new_password1": PASSWORD, "new_password2": PASSWORD,
    });
    app.stranger().post("/api/auth/password/reset/confirm/", body).await.expect(200);
    is_refused(&program).await;
    assert_eq!(texts(&app, "SELECT name AS found FROM api_token").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_fifty_live_tokens_at_most_however_many_are_made_at_once() {
    let app = App::start().await;
    let owner = app.owner().await;
    let requests = (0..60).map(|number| {
        let owner = owner.clone();
        let days = if number < 10 { 1 } else { 90 };
        tokio::spawn(async move {
            let body = json!({"name": "Many", "scope": "read", "expiresInDays": days});
            owner.post(TOKENS, body).await
        })
    });
    let answers = futures::future::join_all(requests).await;
    let statuses = answers.into_iter().map(|answer| answer.expect("an answer").status);
    let refused: Vec<u16> = statuses.filter(|status| *status != 201).collect();
    assert_eq!(refused, [409; 10]);
    let listed = owner.get(TOKENS).await.expect(200);
    assert_eq!(listed.as_array().map(Vec::len), Some(50));
    let body = json!({"name": "One more", "scope": "read"});
    let text = owner.post(TOKENS, body.clone()).await.expect(409)["error"].to_string();
    assert!(text.contains("50 tokens"), "{text}");
    // Other people have tokens of their own.
    reader(&app.owner().await).await;
    let first = format!("{TOKENS}{}/", listed[0]["id"]);
    owner.delete(&first).await.expect(204);
    owner.post(TOKENS, body.clone()).await.expect(201);
    owner.post(TOKENS, body).await.expect(409);
}

#[tokio::test]
async fn an_entry_in_the_audit_log_names_the_token() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (program, path) = writer(&owner).await;
    let id: i64 =
        path.trim_end_matches('/').rsplit('/').next().expect("an id").parse().expect("it");
    program.model("Shop").await;
    let body = json!({"name": "Market"});
    let keyed = program.request(Method::POST, "/api/threat-models/").json(&body);
    program.send(keyed.header("idempotency-key", "one")).await.expect(201);
    owner.model("Bakery").await;
    let log = owner.get("/api/audit-log/?operation=createThreatModel").await.expect(200);
    let tokens: Vec<&Value> =
        log["results"].as_array().expect("entries").iter().map(|one| &one["apiToken"]).collect();
    assert_eq!(tokens, [&Value::Null, &json!(id), &json!(id)]);
    let (reader, path) = reader(&owner).await;
    let keyed = reader.request(Method::POST, "/api/threat-models/").json(&body);
    reader.send(keyed.header("idempotency-key", "two")).await.expect(403);
    let log = owner.get("/api/audit-log/?outcome=refused").await.expect(200);
    assert_eq!(log["count"], 1);
    assert_eq!(format!("{TOKENS}{}/", log["results"][0]["apiToken"]), path);
    owner.delete(&path).await.expect(204);
    let removed = "SELECT changes AS found FROM audit_entry WHERE operation = 'deleteApiToken'";
    assert!(texts(&app, removed).await[0].contains("Dashboard"));
}

#[tokio::test]
async fn the_last_use_is_noted_once_a_minute() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (program, _) = reader(&owner).await;
    let clock = app.state.store.clock().clone();
    let mut noted = BTreeSet::new();
    let mut counts = Vec::new();
    for _ in 0..3 {
        let (first, answer) = app.statements_of(program.get("/api/systems/")).await;
        answer.expect(200);
        clock.advance(TimeDelta::seconds(30));
        let (second, answer) = app.statements_of(program.get("/api/systems/")).await;
        answer.expect(200);
        counts.push((first, second));
        noted.insert(owner.get(TOKENS).await.expect(200)[0]["lastUsedAt"].to_string());
        clock.advance(TimeDelta::seconds(31));
    }
    let (session, answer) = app.statements_of(owner.get("/api/systems/")).await;
    answer.expect(200);
    assert_eq!(counts, [(session + 1, session); 3], "one statement more, once a minute");
    assert_eq!(noted.len(), 3);
}

#[tokio::test]
async fn a_token_in_a_cookie_or_a_refresh_is_none() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (program, _) = writer(&owner).await;
    let token = program.token.clone().expect("a token");
    let stranger = app.stranger();
    for name in ["session", "__Host-session", "token"] {
        let cookie = format!("{name}={token}");
        let request =
            stranger.request(Method::GET, "/api/threat-models/").header("cookie", &cookie);
        stranger.send(request).await.expect(401);
        let page = stranger.request(Method::GET, "/").header("cookie", &cookie);
        let page = stranger.send(page).await;
        assert!(!String::from_utf8_lossy(&page.bytes).contains(&owner.email));
    }
    for scheme in ["Basic", "Token", "bearer bearer"] {
        let request = stranger.request(Method::GET, "/api/threat-models/");
        let request = request.header("authorization", format!("{scheme} {token}"));
        stranger.send(request).await.expect(401);
    }
    let refresh = json!({"refresh": token});
    stranger.post("/api/auth/token/refresh/", refresh).await.expect(401);
    stranger.get(&format!("/api/threat-models/?token={token}")).await.expect(401);
}

#[tokio::test]
async fn requests_with_a_token_count_for_its_user() {
    let app = App::start_with(&[LIMITED]).await;
    let owner = app.owner().await;
    let (program, path) = reader(&owner).await;
    let policy = |answer: &Answer| answer.headers["ratelimit-policy"].to_str().map(str::to_owned);
    for _ in 0..2 {
        let answer = program.get("/api/threat-models/").await;
        assert_eq!(policy(&answer).expect("a text"), "\"user\";q=1200;w=60");
        answer.expect(200);
    }
    // Made-up tokens use up the address, and not what is left for the user.
    let mut guesser = app.stranger();
    guesser.token = Some("fwt_made-up".to_owned());
    // Many at a time, since what was used up comes back meanwhile.
    let mut refused = false;
    for _ in 0..20 {
        let guesses = (0..100).map(|_| guesser.get("/api/threat-models/"));
        refused |= join_all(guesses).await.iter().any(|answer| answer.status == 429);
        if refused {
            break;
        }
    }
    assert!(refused);
    program.get("/api/threat-models/").await.expect(200);
    // Whoever has a token that was deleted is a stranger.
    owner.delete(&path).await.expect(204);
    let refused = program.get("/api/threat-models/").await;
    assert_eq!(policy(&refused).expect("a text"), "\"user\";q=1200;w=60");
    refused.expect(401);
    let refused = program.get("/api/threat-models/").await;
    assert_eq!(policy(&refused).expect("a text"), "\"address\";q=600;w=60");
}
