//! What keeps callers from asking too often, and what every answer says to browsers.

use reqwest::Method;
use serde_json::json;
use tests::{Answer, App, Client, PASSWORD};

const LIMITED: (&str, &str) = ("RATE_LIMITS", "on");

async fn sign_in_from(client: &Client, address: &str, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    let request = client.request(Method::POST, "/api/auth/login/");
    client.send(request.header("x-forwarded-for", address).json(&body)).await
}

#[tokio::test]
async fn every_answer_tells_how_much_is_left() {
    let app = App::start_with(&[LIMITED]).await;
    let owner = app.owner().await;
    let answer = owner.get("/api/threat-models/").await;
    assert_eq!(answer.headers["ratelimit-policy"], "\"user\";q=1200;w=60");
    let left = answer.headers["ratelimit"].to_str().expect("a text").to_owned();
    assert!(left.starts_with("\"user\";r=11"), "{left}");
    let answer = app.stranger().get("/api/health/").await;
    assert_eq!(answer.headers["ratelimit-policy"], "\"address\";q=600;w=60");
    let unlimited = App::start().await;
    let answer = unlimited.stranger().get("/api/health/").await;
    assert!(!answer.headers.contains_key("ratelimit"));
}

#[tokio::test]
async fn somebody_who_guesses_passwords_is_stopped_and_the_owner_is_not() {
    let app = App::start_with(&[LIMITED]).await;
    let owner = app.register(&App::address("owner")).await;
    let stranger = app.stranger();
    sign_in_from(&stranger, "192.0.2.1", &owner.email, PASSWORD).await.expect(200);
    for _ in 0..10 {
        sign_in_from(&stranger, "198.51.100.1", &owner.email, "wrong").await.expect(400);
    }
    let refused = sign_in_from(&stranger, "198.51.100.1", &owner.email, "wrong").await;
    assert_eq!(refused.status, 429);
    let wait: u64 =
        refused.headers["retry-after"].to_str().expect("a text").parse().expect("seconds");
    assert!((1..=7).contains(&wait), "{wait}");
    assert_eq!(refused.json["code"], "throttled");
    // From many places at once: the account is closed to all that are not known.
    for number in 0..100 {
        let address = format!("203.0.113.{number}");
        let answer = sign_in_from(&stranger, &address, &owner.email, "wrong").await;
        assert!(matches!(answer.status, 400 | 429), "{}", answer.status);
    }
    let elsewhere = sign_in_from(&stranger, "203.0.113.200", &owner.email, PASSWORD).await;
    assert_eq!(elsewhere.status, 429);
    sign_in_from(&stranger, "192.0.2.1", &owner.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_header_of_a_proxy_is_believed_only_if_the_proxy_is_trusted() {
    let app = App::start_with(&[LIMITED, ("TRUSTED_PROXIES", "none")]).await;
    let stranger = app.stranger();
    let mut refused = 0;
    for number in 0..12 {
        let address = format!("198.51.100.{number}");
        let answer = sign_in_from(&stranger, &address, "eve@example.test", "wrong").await;
        refused += usize::from(answer.status == 429);
    }
    assert_eq!(refused, 2, "addresses that the client made up count");
}

#[tokio::test]
async fn requested_mails_and_registrations_run_out() {
    let app = App::start_with(&[LIMITED]).await;
    let stranger = app.stranger();
    let body = json!({"email": "ada@example.test"});
    for _ in 0..5 {
        stranger.post("/api/auth/password/reset/", body.clone()).await.expect(200);
    }
    stranger.post("/api/auth/password/reset/", body).await.expect(429);
    let mut statuses = Vec::new();
    for _ in 0..31 {
        let body = json!({"email": "no address", "password1": "x", "password2": "x"});
        statuses.push(stranger.post("/api/auth/registration/", body).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn every_answer_has_the_headers_that_browsers_need() {
    let app = App::start_with(&[("CORS_ALLOWED_ORIGINS", "https://app.example.com")]).await;
    let stranger = app.stranger();
    for path in ["/api/health/", "/api/threat-models/", "/api/nothing/", "/", "/sign-in"] {
        let answer = stranger.get(path).await;
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
            "referrer-policy",
            "permissions-policy",
            "cache-control",
            "x-request-id",
        ] {
            assert!(answer.headers.contains_key(name), "{path} lacks {name}");
        }
    }
    let asked = |origin: &'static str| {
        let request = stranger.request(Method::OPTIONS, "/api/threat-models/");
        let request = request.header("origin", origin);
        stranger.send(request.header("access-control-request-method", "POST"))
    };
    let allowed = asked("https://app.example.com").await;
    assert_eq!(allowed.headers["access-control-allow-origin"], "https://app.example.com");
    let other = asked("https://evil.example.com").await;
    assert!(!other.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({"name": "x".repeat(1_100_000)});
    owner.post("/api/threat-models/", body).await.expect(413);
}
