//! Accounts through the HTTP API.

use serde_json::json;
use tests::App;

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_is_refused() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let body = json!({"refresh": user.refresh});
    let pair = app.stranger().post("/api/auth/token/refresh/", body.clone()).await.expect(200);
    assert_eq!(pair["access"], pair["accessToken"]);
    assert_eq!(pair["refresh"], pair["refreshToken"]);
    assert_ne!(pair["refresh"], json!(user.refresh));
    app.stranger().post("/api/auth/token/refresh/", body).await.expect(401);
}

#[tokio::test]
async fn logging_out_ends_the_session_with_its_access_token() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    user.get("/api/auth/user/").await.expect(200);
    user.post("/api/auth/logout/", json!({})).await.expect(200);
    user.get("/api/auth/user/").await.expect(401);
}

#[tokio::test]
async fn a_reset_link_arrives_by_mail_and_works_once() {
    let app = App::start().await;
    let email = App::address("ada");
    app.register(&email).await;
    let stranger = app.stranger();
    stranger.post("/api/auth/password/reset/", json!({"email": email})).await.expect(200);
    let (uid, token) = app
        .mail(|mail| {
            let (_, rest) = mail.split_once("/reset-password/")?;
            let mut words = rest.split(['/', '\r', '\n']);
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .await;
    let password = "An0ther-Horse-8-Battery";
    let body = json!({
        "uid": uid, "token": token, "new_password1": password, "new_password2": password,
    });
    stranger.post("/api/auth/password/reset/confirm/", body.clone()).await.expect(200);
    stranger.post("/api/auth/password/reset/confirm/", body).await.expect(400);
    let login = json!({"email": email, "password": password});
    stranger.post("/api/auth/login/", login).await.expect(200);
}

#[tokio::test]
async fn guessing_a_password_is_slowed_down() {
    let app = App::start_with(&[("RATE_LIMITS", "on")]).await;
    let user = app.register(&App::address("ada")).await;
    let guess = json!({"email": user.email, "password": "not it"});
    for _ in 0..10 {
        app.stranger().post("/api/auth/login/", guess.clone()).await.expect(400);
    }
    let refused = app.stranger().post("/api/auth/login/", guess).await;
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(refused.expect(429)["code"], "throttled");
    let other = json!({"email": App::address("eve"), "password": "not it"});
    app.stranger().post("/api/auth/login/", other).await.expect(400);
    user.get("/api/auth/user/").await.expect(200);
}
