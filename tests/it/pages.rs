//! The built-in pages, as a browser without scripts sees them.

mod invitations;
mod protection;
mod shares;

use serde_json::json;
use tests::{App, PASSWORD, Shown};

const NEW_PASSWORD: &str = "An0ther-Horse-8-Battery";

/// Checks what holds for every page.
#[track_caller]
fn assert_page(page: &Shown) {
    let header = |name: &str| page.headers.get(name).and_then(|value| value.to_str().ok());
    let policy = header("content-security-policy").unwrap_or_default();
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.split("; ").any(|found| found == part), "{part} is not in {policy}");
    }
    assert_eq!(header("referrer-policy"), Some("no-referrer"), "{}", page.path);
    assert_eq!(header("x-content-type-options"), Some("nosniff"), "{}", page.path);
    assert_eq!(header("cache-control"), Some("no-store"), "{}", page.path);
    assert_eq!(header("cross-origin-opener-policy"), Some("same-origin"), "{}", page.path);
    assert_eq!(header("content-type"), Some("text/html; charset=utf-8"), "{}", page.path);
    assert_eq!(page.objections(), Vec::<String>::new(), "{}: {}", page.path, page.html);
    assert_eq!(page.count("html[lang=en]"), 1);
    assert_eq!((page.count("main"), page.count("h1"), page.count("title")), (1, 1, 1));
    assert_eq!(page.count("script, style, [style], [onclick], iframe"), 0, "{}", page.html);
    let labels = page.values("label", "for");
    for input in page.values("input:not([type=hidden])", "id") {
        assert!(labels.contains(&input), "{input} has no label");
    }
    for named in page.values("[aria-describedby]", "aria-describedby") {
        for id in named.split(' ') {
            assert_eq!(page.count(&format!("#{id}")), 1, "{id}");
        }
    }
}

/// The path of the first link in a mail to `email` that begins with `prefix`.
async fn path_in_mail(app: &App, email: &str, prefix: &str) -> String {
    app.mail(|mail| {
        let (_, rest) = mail.contains(email).then(|| mail.split_once(prefix))??;
        let end = rest.find(|letter: char| letter.is_whitespace() || "\"<".contains(letter))?;
        Some(format!("{prefix}{}", &rest[..end]))
    })
    .await
}

/// The path as forms name it.
fn plain(path: &str) -> &str {
    path.trim_end_matches('/')
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail_and_the_link_works_once() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let mut browser = app.browser();
    let page = browser.open("/forgot-password/").await.expect(200);
    assert_page(&page);
    let refused = browser.submit(&page, "/forgot-password", &[("email", "ada")]).await.expect(400);
    assert_page(&refused);
    assert_eq!(refused.values(".summary a", "href"), ["#email"]);
    assert_eq!(refused.values("#email", "value"), ["ada"]);
    let fields = [("email", user.email.as_str())];
    let sent = browser.submit(&refused, "/forgot-password", &fields).await.expect(200);
    assert_eq!(sent.path, "/forgot-password/sent");
    assert_page(&sent);

    let path = path_in_mail(&app, &user.email, "/reset-password/").await;
    let page = browser.open(&path).await.expect(200);
    assert_page(&page);
    let action = plain(&path);
    let different = [("new_password1", NEW_PASSWORD), ("new_password2", "something else")];
    let refused = browser.submit(&page, action, &different).await.expect(400);
    assert_page(&refused);
    assert_eq!(refused.values(".summary a", "href"), ["#new_password2"]);
    let common = [("new_password1", "password"), ("new_password2", "password")];
    let refused = browser.submit(&refused, action, &common).await.expect(400);
    assert!(refused.text(".summary").contains("too common"), "{}", refused.html);
    let fields = [("new_password1", NEW_PASSWORD), ("new_password2", NEW_PASSWORD)];
    let saved = browser.submit(&refused, action, &fields).await.expect(200);
    assert_eq!(saved.text(".notice"), "Your new password is saved. Sign in with it.");
    assert_page(&saved);

    let fields = [("email", user.email.as_str()), ("password", NEW_PASSWORD)];
    let home = browser.submit(&saved, "/sign-in", &fields).await.expect(200);
    assert!(home.text("main").contains(&user.email), "{}", home.html);
    assert_page(&home);
    user.get("/api/auth/user/").await.expect(401);
    let again = browser.open(&path).await.expect(404);
    assert_eq!(again.text("h1"), "This link does not work any more");
    assert_page(&again);
}

#[tokio::test]
async fn a_link_without_an_account_is_as_useless_as_a_wrong_one() {
    let app = App::start().await;
    let mut browser = app.browser();
    for path in ["/reset-password/1/x", "/reset-password/zz%20/x/", "/reset-password/-1/x"] {
        let page = browser.open(path).await.expect(404);
        assert_eq!(page.text("h1"), "This link does not work any more");
        assert_page(&page);
    }
}

#[tokio::test]
async fn looking_at_a_link_confirms_no_address_and_the_button_does() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let path = path_in_mail(&app, &user.email, "/verify-email/").await;
    let mut browser = app.browser();
    let key = |user: Option<entity::user::Model>| user.and_then(|user| user.email_verified_at);
    let account = || async {
        key(app.state.store.identity().user_at(&user.email).await.expect("an account"))
    };
    for _ in 0..3 {
        let page = browser.open(&path).await.expect(200);
        assert_page(&page);
        assert!(page.text("main").contains(&user.email), "{}", page.html);
    }
    assert_eq!(account().await, None);
    let page = browser.open(&path).await;
    let done = browser.submit(&page, plain(&path), &[]).await.expect(200);
    assert_eq!(done.text("h1"), "Address confirmed");
    assert_page(&done);
    assert!(account().await.is_some());
    let again = browser.open(&path).await.expect(404);
    assert_page(&again);
}

#[tokio::test]
async fn somebody_signs_up_signs_out_and_in_again() {
    let app = App::start().await;
    let mut browser = app.browser();
    let email = App::address("ada");
    let page = browser.open("/sign-up").await.expect(200);
    assert_page(&page);
    let fields = [("email", email.as_str()), ("password1", PASSWORD), ("password2", PASSWORD)];
    let home = browser.submit(&page, "/sign-up", &fields).await.expect(200);
    assert_eq!(home.path, "/");
    let out = browser.submit(&home, "/sign-out", &[]).await.expect(200);
    assert_eq!(out.text(".notice"), "You have signed out.");
    let wrong = [("email", email.as_str()), ("password", "not it")];
    let refused = browser.submit(&out, "/sign-in", &wrong).await.expect(400);
    assert_page(&refused);
    assert_eq!(refused.values("#email", "value"), [email.as_str()]);
    assert_eq!(refused.values("#password", "value"), [""]);
    let right = [("email", email.as_str()), ("password", PASSWORD)];
    let home = browser.submit(&refused, "/sign-in", &right).await.expect(200);
    assert!(home.text("main").contains(&email), "{}", home.html);
    let taken = browser.open("/sign-up").await;
    let refused = browser.submit(&taken, "/sign-up", &fields).await.expect(400);
    assert_eq!(refused.values(".summary a", "href"), ["#email"]);
}

#[tokio::test]
async fn a_session_cookie_ends_with_its_session() {
    let app = App::start().await;
    let mut browser = app.browser();
    let user = app.register(&App::address("ada")).await;
    let page = browser.open("/sign-in").await;
    let fields = [("email", user.email.as_str()), ("password", PASSWORD)];
    let home = browser.submit(&page, "/sign-in", &fields).await.expect(200);
    let body = json!({"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD});
    user.post("/api/auth/password/change/", body).await.expect(200);
    assert_eq!(home.count("form[action='/sign-out']"), 1);
    let home = browser.open("/").await.expect(200);
    assert_eq!(home.count("form[action='/sign-out']"), 0);
    assert_page(&home);
}

#[tokio::test]
async fn where_people_are_invited_only_the_page_says_so() {
    let app = App::start_with(&[("SIGNUP", "invited")]).await;
    let mut browser = app.browser();
    let page = browser.open("/sign-up").await.expect(200);
    assert_eq!(page.text("h1"), "Accounts are by invitation");
    assert_page(&page);
    assert_eq!(browser.open("/").await.count("a[href='/sign-up']"), 0);
}

#[tokio::test]
async fn links_lead_to_the_front_end_where_there_is_one() {
    let app = App::start_with(&[("FRONTEND_URL", "https://front.example/app")]).await;
    let owner = app.owner().await;
    app.stranger()
        .post("/api/auth/password/reset/", json!({"email": owner.email}))
        .await
        .expect(200);
    let invited = App::address("bob");
    let path = format!("/api/teams/{}/invite-member/", owner.team);
    owner.post(&path, json!({"email": invited, "role": "member"})).await.expect(201);
    app.jobs_ended().await;
    for path in ["/reset-password/", "/verify-email/", "/invite/"] {
        let link = format!("https://front.example/app{path}");
        assert!(app.mails().iter().any(|mail| mail.contains(&link)), "no mail has {link}");
    }
    let mut browser = app.browser();
    let home = browser.open("/").await.expect(200);
    assert_eq!(home.values("a.button", "href"), ["https://front.example/app"]);
}
