use std::{
    io,
    sync::{Arc, Mutex},
};

use reqwest::Method;
use serde_json::json;
use tests::{App, Browser, PASSWORD, Shown};
use tracing_subscriber::{Layer, filter::FilterFn, fmt::MakeWriter, layer::SubscriberExt};

use super::assert_page;

#[tokio::test]
async fn the_start_page_leads_on_and_all_it_names_is_there() {
    let app = App::start().await;
    let mut browser = app.browser();
    let home = browser.open("/").await.expect(200);
    assert_page(&home);
    assert!(home.headers.get("set-cookie").is_none());
    for path in home.values("a[href^='/']", "href") {
        browser.open(&path).await.expect(200);
    }
    for path in home.values("link[href], img[src]", "href") {
        let file = browser.open(&path).await.expect(200);
        let cached = file.headers["cache-control"].to_str().expect("a text").to_owned();
        assert!(cached.contains("immutable"), "{cached}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_browsers_and_json_for_programs() {
    let app = App::start().await;
    let mut browser = app.browser();
    let page = browser.open("/nowhere").await.expect(404);
    assert_page(&page);
    assert_eq!(page.text("h1"), "Page not found");
    let api = browser.open("/api/nowhere/").await.expect(404);
    assert!(api.html.contains("\"not_found\""), "{}", api.html);
    let program = app.stranger().get("/nowhere").await.expect(404);
    assert_eq!(program["code"], "not_found");
    let wrong = browser.request(Method::DELETE, "/sign-in");
    let wrong = browser.follow(wrong, "/sign-in").await.expect(405);
    assert_page(&wrong);
    let program = app.stranger().delete("/api/auth/login/").await.expect(405);
    assert_eq!(program["code"], "method_not_allowed");
}

/// The sign-in form of a page, with more headers.
async fn sent(browser: &mut Browser, page: &Shown, headers: &[(&str, &str)]) -> Shown {
    let token = page.values("input[name=form_token]", "value").remove(0);
    let mut request = browser.request(Method::POST, "/sign-in");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let form = [("form_token", token.as_str()), ("email", "a@example.test"), ("password", "b")];
    browser.follow(request.form(&form), "/sign-in").await
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    let app = App::start().await;
    let mut browser = app.browser();
    let page = browser.open("/sign-in").await.expect(200);
    sent(&mut browser, &page, &[]).await.expect(400);
    let public = [("origin", "http://forewarn.test"), ("sec-fetch-site", "same-origin")];
    sent(&mut browser, &page, &public).await.expect(400);
    let own = [("origin", app.base.as_str())];
    sent(&mut browser, &page, &own).await.expect(400);

    for site in ["cross-site", "same-site", "none"] {
        let refused = sent(&mut browser, &page, &[("sec-fetch-site", site)]).await.expect(403);
        assert_page(&refused);
    }
    for origin in ["https://evil.example", "http://forewarn.test.evil.example"] {
        sent(&mut browser, &page, &[("origin", origin)]).await.expect(403);
    }
    // Another browser's token, and none.
    let mut other = app.browser();
    sent(&mut other, &page, &[]).await.expect(403);
    other.open("/sign-in").await.expect(200);
    sent(&mut other, &page, &[]).await.expect(403);
    let bare = browser.request(Method::POST, "/sign-in").form(&[("email", "a@example.test")]);
    browser.follow(bare, "/sign-in").await.expect(403);
    let json = browser.request(Method::POST, "/sign-in").json(&json!({"email": "a@example.test"}));
    browser.follow(json, "/sign-in").await.expect(415);
}

#[tokio::test]
async fn a_cookie_over_tls_is_for_this_host_only() {
    let app = App::start_with(&[("PUBLIC_URL", "https://forewarn.test")]).await;
    let mut browser = app.browser();
    let page = browser.open("/sign-in").await.expect(200);
    let cookie = page.headers["set-cookie"].to_str().expect("a cookie");
    assert!(cookie.starts_with("__Host-forewarn-browser="), "{cookie}");
    assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    sent(&mut browser, &page, &[("sec-fetch-site", "same-origin")]).await.expect(400);
}

#[tokio::test]
async fn guessing_on_pages_is_slowed_down_as_in_the_api() {
    let app = App::start_with(&[("RATE_LIMITS", "on")]).await;
    let user = app.register(&App::address("ada")).await;
    let mut browser = app.browser();
    let page = browser.open("/sign-in").await.expect(200);
    let guess = [("email", user.email.as_str()), ("password", "not it")];
    for _ in 0..10 {
        browser.submit(&page, "/sign-in", &guess).await.expect(400);
    }
    let refused = browser.submit(&page, "/sign-in", &guess).await.expect(429);
    assert!(refused.headers.contains_key("retry-after"));
    assert_page(&refused);
    let page = browser.open("/forgot-password").await.expect(200);
    let fields = [("email", user.email.as_str())];
    for _ in 0..5 {
        browser.submit(&page, "/forgot-password", &fields).await.expect(200);
    }
    browser.submit(&page, "/forgot-password", &fields).await.expect(429);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the lines").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;
    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Takes every line down to the finest level, except those of the client in this test.
///
/// The second subscriber makes `tracing` ask all of them which lines are wanted. With a single one it
/// asks the thread that comes by first, which may be that of another test.
fn collected() -> (Lines, (tracing::subscriber::DefaultGuard, tracing::Dispatch)) {
    let lines = Lines::default();
    let format = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(lines.clone());
    let server = FilterFn::new(|line| {
        !line.target().starts_with("reqwest") && !line.target().starts_with("hyper_util::client")
    });
    let subscriber = tracing_subscriber::registry().with(format.with_filter(server));
    let second = tracing::Dispatch::new(tracing_subscriber::registry());
    (lines, (tracing::subscriber::set_default(subscriber), second))
}

#[tokio::test]
async fn no_log_line_holds_a_token_at_any_level() {
    let (lines, _collecting) = collected();
    let app = App::start().await;
    let owner = app.owner().await;
    let mut browser = app.browser();
    let secrets = ["s3cr3t-invitation", "s3cr3t-link", "s3cr3t-reset", "s3cr3t-key"];
    for path in [
        "/invite/s3cr3t-invitation",
        "/invite/s3cr3t-invitation/sign-in",
        "/share/s3cr3t-link",
        "/api/invite/s3cr3t-invitation/",
        "/api/share/s3cr3t-link/",
        "/reset-password/1/s3cr3t-reset/",
        "/verify-email/s3cr3t-key/",
        "/unknown/s3cr3t-key/",
    ] {
        browser.open(path).await.expect(404);
    }
    let page = browser.open("/sign-in").await;
    let fields = [("email", owner.email.as_str()), ("password", PASSWORD)];
    browser.submit(&page, "/sign-in", &fields).await.expect(200);
    let cookies = page.values("input[name=form_token]", "value");
    owner.get("/api/auth/user/").await.expect(200);
    let body = json!({"name": "Pipeline", "scope": "read"});
    let made = owner.post("/api/auth/tokens/", body).await.expect(201);
    let mut program = app.stranger();
    program.token = made["token"].as_str().map(str::to_owned);
    program.get("/api/auth/user/").await.expect(200);
    let refresh = json!({"refresh": owner.refresh});
    app.stranger().post("/api/auth/token/verify/", json!({"token": owner.refresh})).await;
    app.stranger().post("/api/auth/token/refresh/", refresh).await.expect(200);
    let (_, codes) = app.enable_factor(&owner).await;
    let login = json!({"email": owner.email, "password": PASSWORD, "otp": codes[0]});
    app.stranger().post("/api/auth/login/", login).await.expect(200);
    let lines = String::from_utf8_lossy(&lines.0.lock().expect("the lines")).into_owned();
    assert!(lines.contains("/invite/{token}"), "no line of the requests: {lines}");
    let [access, personal] =
        [&owner, &program].map(|client| client.token.as_deref().expect("a token"));
    let tokens = [PASSWORD, access, personal, owner.refresh.as_str(), &codes[0], &codes[1]];
    for secret in secrets.iter().copied().chain(cookies.iter().map(String::as_str)).chain(tokens) {
        let found = lines.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret}");
    }
}
