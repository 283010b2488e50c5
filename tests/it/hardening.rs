//! What surrounds every request: limits of size and time, headers for browsers, other origins, and
//! comparisons that tell nothing by their duration.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use axum::{body::Body, http::Request};
use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use tests::{Answer, App, Client, PASSWORD};
use tower::ServiceExt as _;

const TRUSTED: &str = "https://app.example.test";

/// A body of about so many bytes, in which one text is long.
fn large(field: &str, bytes: usize) -> serde_json::Value {
    json!({"name": "Large", field: "x".repeat(bytes)})
}

#[tokio::test]
async fn a_body_above_the_limit_of_its_endpoint_is_refused() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let refused = owner.post("/api/threat-models/", large("description", 1_000_001)).await;
    assert_eq!(refused.expect(413)["code"], "too_large");
    app.stranger().post("/api/auth/login/", large("email", 1_000_001)).await.expect(413);

    let body = json!({"threatModelId": model, "name": "Overview"});
    let diagram = owner.post("/api/diagrams/", body).await.expect(201);
    let path = format!("/api/diagrams/{}/", diagram["id"]);
    let drawing =
        |bytes| json!({"canvasData": {"nodes": [], "edges": [], "note": "x".repeat(bytes)}});
    owner.patch(&path, drawing(2_000_000)).await.expect(200);
    owner.patch(&path, drawing(5_000_001)).await.expect(413);
    let import = "/api/threat-models/import/tm-library/";
    owner.post(import, large("description", 2_000_000)).await.expect(400);
    owner.post(import, large("description", 25_000_001)).await.expect(413);
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let app = App::start().await;
    let service = api::router(app.state.clone());
    let endless = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = Request::post("/api/auth/login/")
        .header("content-type", "application/json")
        .body(endless)
        .expect("a request");
    // Time passes at once from here on, whenever everything waits.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let answer = service.oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), 504);
    assert!(begun.elapsed() >= Duration::from_mins(1), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_mins(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_deeply_nested_body_is_refused() {
    let app = App::start().await;
    let owner = app.owner().await;
    let nested = format!("{{\"name\": {}{}}}", "[".repeat(200), "]".repeat(200));
    let request = owner.request(Method::POST, "/api/threat-models/");
    let request = request.header("content-type", "application/json").body(nested);
    owner.send(request).await.expect(400);
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Fails if a header is missing that browsers should see on every answer of the API.
#[track_caller]
fn assert_protected(answer: &Answer) {
    let headers = &answer.headers;
    assert_eq!(value(headers, "x-content-type-options"), "nosniff");
    assert_eq!(value(headers, "x-frame-options"), "DENY");
    assert_eq!(value(headers, "cache-control"), "no-store");
    assert!(!value(headers, "referrer-policy").is_empty());
    assert!(!value(headers, "x-request-id").is_empty());
    assert!(value(headers, "content-type").starts_with("application/json"), "{headers:?}");
    let policy = value(headers, "content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(headers.get("server").is_none() && headers.get("x-powered-by").is_none());
}

async fn answers_of_all_kinds(app: &App) -> Vec<Answer> {
    let owner = app.owner().await;
    let stranger = app.stranger();
    let member = app.invited(&owner, "viewer").await;
    let organization = format!("/api/organizations/{}/", owner.organization);
    let answers = vec![
        (200, owner.get("/api/threat-models/").await),
        (201, owner.post("/api/threat-models/", json!({"name": "Shop"})).await),
        (400, owner.post("/api/threat-models/", json!({})).await),
        (401, stranger.get("/api/threat-models/").await),
        (403, member.patch(&organization, json!({"name": "Mine"})).await),
        (404, owner.get("/api/threat-models/999999/").await),
        (404, stranger.get("/api/nowhere/").await),
        (405, owner.delete("/api/threat-models/").await),
        (413, owner.post("/api/threat-models/", large("description", 1_000_001)).await),
    ];
    let expected = |(status, answer): (u16, Answer)| {
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.bytes));
        answer
    };
    answers.into_iter().map(expected).collect()
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_browsers_keep_to() {
    let app = App::start().await;
    for answer in answers_of_all_kinds(&app).await {
        assert_protected(&answer);
        assert!(answer.headers.get("strict-transport-security").is_none(), "without TLS it lies");
    }
}

#[tokio::test]
async fn where_clients_use_tls_they_are_told_to_keep_to_it() {
    let app = App::start_with(&[("PUBLIC_URL", "https://forewarn.test")]).await;
    for answer in answers_of_all_kinds(&app).await {
        let policy = value(&answer.headers, "strict-transport-security");
        assert_eq!(policy, "max-age=31536000; includeSubDomains");
    }
}

#[tokio::test]
async fn methods_that_only_help_attackers_are_not_there() {
    let app = App::start().await;
    let owner = app.owner().await;
    for method in ["TRACE", "CONNECT", "PROPFIND"] {
        let method: Method = method.parse().expect("a method");
        let answer = owner.request(method.clone(), "/api/threat-models/").send().await;
        // A client may refuse to send some of them by itself.
        if let Ok(answer) = answer {
            assert!(matches!(answer.status().as_u16(), 400 | 404 | 405 | 501), "{method}");
        }
    }
}

async fn from_origin(client: &Client, method: Method, origin: &str) -> Answer {
    let request = client.request(method, "/api/threat-models/").header("origin", origin);
    client.send(request.header("access-control-request-method", "DELETE")).await
}

#[tokio::test]
async fn only_named_origins_may_read_answers_and_never_with_cookies() {
    let closed = App::start().await;
    let open = App::start_with(&[("CORS_ALLOWED_ORIGINS", TRUSTED)]).await;
    for (app, origin, allowed) in [
        (&closed, TRUSTED, ""),
        (&open, TRUSTED, TRUSTED),
        (&open, "https://app.example.test.evil.test", ""),
        (&open, "http://app.example.test", ""),
        (&open, "null", ""),
    ] {
        let owner = app.owner().await;
        for method in [Method::OPTIONS, Method::GET] {
            let answer = from_origin(&owner, method, origin).await;
            assert_eq!(value(&answer.headers, "access-control-allow-origin"), allowed, "{origin}");
            assert!(answer.headers.get("access-control-allow-credentials").is_none());
        }
    }
}

#[tokio::test]
async fn a_cookie_does_not_sign_in_at_the_api() {
    let app = App::start().await;
    let owner = app.owner().await;
    let token = owner.token.clone().expect("a token");
    let stranger = app.stranger();
    for name in ["session", "__Host-session", "access", "token", "forewarn"] {
        let request = stranger.request(Method::GET, "/api/threat-models/");
        let request = request.header("cookie", format!("{name}={token}"));
        stranger.send(request).await.expect(401);
    }
}

/// How long a sign-in takes that fails.
async fn refused_after(app: &App, email: &str) -> Duration {
    let begun = Instant::now();
    let body = json!({"email": email, "password": "not the password"});
    app.stranger().post("/api/auth/login/", body).await.expect(400);
    begun.elapsed()
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
async fn signing_in_takes_as_long_for_an_unknown_address_as_for_a_wrong_password() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    refused_after(&app, &user.email).await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        known.push(refused_after(&app, &user.email).await);
        unknown.push(refused_after(&app, &App::address("nobody")).await);
    }
    let (known, unknown) = (middle(known), middle(unknown));
    // Without the same work it would be less than a tenth.
    assert!(unknown * 2 > known && known * 2 > unknown, "{known:?} and {unknown:?}");
    let body = |email: &str| json!({"email": email, "password": "not the password"});
    let wrong = app.stranger().post("/api/auth/login/", body(&user.email)).await.expect(400);
    let absent = app.stranger().post("/api/auth/login/", body("nobody@example.test")).await;
    assert_eq!(wrong, absent.expect(400));
    let body = json!({"email": user.email, "password": PASSWORD});
    app.stranger().post("/api/auth/login/", body).await.expect(200);
}

/// How long it takes to be told that something is not there.
async fn absent_after(client: &Client, path: &str) -> Duration {
    let begun = Instant::now();
    client.get(path).await.expect(404);
    begun.elapsed()
}

#[tokio::test]
async fn what_belongs_to_others_is_denied_as_fast_as_what_does_not_exist() {
    let app = App::start().await;
    let (owner, stranger) = (app.owner().await, app.owner().await);
    let model = owner.model("Shop").await;
    let component = json!({"name": "App", "threatModel": model});
    let component = owner.post("/api/components/", component).await.expect(201)["id"].clone();
    for (kind, id) in [("threat-models", json!(model)), ("components", component)] {
        let (foreign, absent) = (format!("/api/{kind}/{id}/"), format!("/api/{kind}/999999/"));
        let answers = [stranger.get(&foreign).await, stranger.get(&absent).await];
        let [one, other] = answers.map(|answer| answer.expect(404));
        assert_eq!(one, other);
        let (mut of_others, mut of_nobody) = (Vec::new(), Vec::new());
        for _ in 0..25 {
            of_others.push(absent_after(&stranger, &foreign).await);
            of_nobody.push(absent_after(&stranger, &absent).await);
        }
        let (others, nobody) = (middle(of_others), middle(of_nobody));
        assert!(others < nobody * 3 && nobody < others * 3, "{kind}: {others:?} and {nobody:?}");
        let (of_others, _) = app.statements_of(stranger.get(&foreign)).await;
        let (of_nobody, _) = app.statements_of(stranger.get(&absent)).await;
        assert_eq!(of_others, of_nobody, "statements for {kind}");
    }
}

/// Source files of the product.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// Words at the ends of names for what must not be compared letter by letter.
const SECRETS: [&str; 7] = ["token", "secret", "password", "signature", "digest", "_hash", "mark"];
/// What those words are also used for.
const HARMLESS: [&str; 6] = [
    // Both come from the client.
    "password != repeated",
    "new.password != new.repeated",
    // Of files that everybody may read.
    "self.content_hash != pack.content_hash",
    "known.content_hash == pack.content_hash",
    // Names and kinds.
    "TOKEN_FIELD",
    "token_type",
];

#[test]
fn secrets_are_compared_in_constant_time_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in ["api/src", "domain/src", "platform/src", "worker/src"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 200, "{} files", files.len());
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a text");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in text.lines().filter(|line| compares_a_secret(line)) {
            found.push(format!("{}: {}", file.display(), line.trim()));
        }
    }
    assert!(found.is_empty(), "use domain::account::secret::same:\n{}", found.join("\n"));
    assert!(compares_a_secret("if row.token_hash == token_hash {"));
    assert!(compares_a_secret("    && wanted != &self.secret"));
}

fn compares_a_secret(line: &str) -> bool {
    let names = |side: &str| {
        if side.starts_with('"') {
            return false;
        }
        let side = side.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '_');
        SECRETS.iter().any(|word| side.ends_with(word))
    };
    if HARMLESS.iter().any(|harmless| line.contains(harmless)) {
        return false;
    }
    let line = line.split("//").next().unwrap_or_default();
    [" == ", " != "].iter().any(|sign| {
        line.match_indices(sign).any(|(place, _)| {
            let left = line[..place].split_whitespace().last().unwrap_or_default();
            let right = line[place + sign.len()..].split_whitespace().next().unwrap_or_default();
            names(left) || names(right)
        })
    })
}
