use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{App, Client, PASSWORD};

use super::{assert_page, path_in_mail};

async fn invite(owner: &Client, email: &str) -> Value {
    let path = format!("/api/teams/{}/invite-member/", owner.team);
    let body = json!({"email": email, "role": "viewer"});
    owner.post(&path, body).await.expect(201)["invitation"].clone()
}

async fn members(owner: &Client) -> Vec<String> {
    let path = format!("/api/teams/{}/members/", owner.team);
    let members = owner.get(&path).await.expect(200);
    let members = members.as_array().expect("a list").iter();
    members.map(|member| member["userEmail"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_stranger_follows_an_invitation_and_is_in_the_team() {
    let app = App::start().await;
    let owner = app.owner().await;
    let email = App::address("bob");
    invite(&owner, &email).await;
    let path = path_in_mail(&app, &email, "/invite/").await;
    let mut browser = app.browser();
    let page = browser.open(&path).await.expect(200);
    assert_page(&page);
    assert!(page.text(".facts").contains("Viewer"), "{}", page.html);
    assert!(page.text("main").contains(&owner.email), "{}", page.html);
    assert_eq!(page.values("#email", "value"), [email.as_str()]);
    let action = format!("{path}/sign-up");
    let short = [("password1", "short"), ("password2", "short")];
    let refused = browser.submit(&page, &action, &short).await.expect(400);
    assert_page(&refused);
    assert!(refused.text("title").starts_with("Error: "), "{}", refused.html);
    // Whoever holds the link cannot let somebody else join.
    let fields = [("email", "eve@example.test"), ("password1", PASSWORD), ("password2", PASSWORD)];
    let joined = browser.submit(&refused, &action, &fields).await.expect(200);
    assert_page(&joined);
    assert_eq!(joined.path, format!("/joined/{}", owner.team));
    assert!(joined.text("h1").starts_with("Welcome to "), "{}", joined.html);
    let members = members(&owner).await;
    assert!(members.contains(&email) && members.len() == 2, "{members:?}");
    let used = browser.open(&path).await.expect(410);
    assert_eq!(used.text("h1"), "This invitation has ended");
    assert_page(&used);
    app.browser().open(&joined.path).await.expect(404);
}

#[tokio::test]
async fn somebody_with_an_account_signs_in_and_is_in_the_team() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (first, second) = (App::address("bob"), App::address("carol"));
    for email in [&first, &second] {
        app.register(email).await;
        let body = json!({"team": owner.team, "email": email, "role": "member"});
        owner.post("/api/team-invitations/", body).await.expect(201);
    }
    let path = path_in_mail(&app, &first, "/invite/").await;
    let mut browser = app.browser();
    let page = browser.open(&format!("{path}/sign-in")).await.expect(200);
    assert_page(&page);
    let action = format!("{path}/sign-in");
    let refused = browser.submit(&page, &action, &[("password", "no")]).await.expect(400);
    assert_page(&refused);
    let fields = [("password", PASSWORD)];
    let joined = browser.submit(&refused, &action, &fields).await.expect(200);
    assert_eq!(joined.path, format!("/joined/{}", owner.team));
    assert!(members(&owner).await.contains(&first));

    let other = path_in_mail(&app, &second, "/invite/").await;
    let page = browser.open(&other).await.expect(200);
    assert_page(&page);
    assert_eq!(page.text("h2"), "This invitation is for somebody else");
    assert!(page.text("main").contains(&first) && page.text("main").contains(&second));
    let out = browser.submit(&page, "/sign-out", &[]).await.expect(200);
    let own = [("email", second.as_str()), ("password", PASSWORD)];
    browser.submit(&out, "/sign-in", &own).await.expect(200);
    assert!(members(&owner).await.contains(&second));
}

#[tokio::test]
async fn who_is_signed_in_joins_with_a_button_and_for_nobody_else() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (first, second) = (App::address("bob"), App::address("carol"));
    app.register(&first).await;
    let mut browser = app.browser();
    let page = browser.open("/sign-in").await;
    let fields = [("email", first.as_str()), ("password", PASSWORD)];
    browser.submit(&page, "/sign-in", &fields).await.expect(200);
    for email in [&first, &second] {
        let body = json!({"team": owner.team, "email": email, "role": "member"});
        owner.post("/api/team-invitations/", body).await.expect(201);
    }
    let path = path_in_mail(&app, &first, "/invite/").await;
    let page = browser.open(&path).await.expect(200);
    assert_page(&page);
    let other = path_in_mail(&app, &second, "/invite/").await;
    let forged = page.html.replace(&path, &other);
    let forged = tests::Shown { html: forged, ..page.clone() };
    let refused = browser.submit(&forged, &other, &[]).await.expect(403);
    assert_page(&refused);
    assert_eq!(refused.text("h2"), "This invitation is for somebody else");
    let joined = browser.submit(&page, &path, &[]).await.expect(200);
    assert!(joined.text("h1").starts_with("Welcome to "), "{}", joined.html);
    let members = members(&owner).await;
    assert!(members.contains(&first) && !members.contains(&second), "{members:?}");
}

#[tokio::test]
async fn an_ended_or_unknown_invitation_says_so() {
    let app = App::start().await;
    let owner = app.owner().await;
    let mut browser = app.browser();
    let revoked = invite(&owner, &App::address("bob")).await;
    let path = format!("/api/team-invitations/{}/revoke/", revoked["id"].as_str().expect("an id"));
    owner.post(&path, json!({})).await.expect(200);
    let url = |invitation: &Value| invitation["inviteUrl"].as_str().expect("a link").to_owned();
    let page = browser.open(&url(&revoked)).await.expect(410);
    assert_eq!(page.text("h1"), "This invitation has ended");
    let old = invite(&owner, &App::address("carol")).await;
    let open = browser.open(&url(&old)).await.expect(200);
    app.state.store.clock().advance(TimeDelta::days(8));
    browser.open(&url(&old)).await.expect(410);
    let action = format!("{}/sign-up", url(&old));
    let fields = [("password1", PASSWORD), ("password2", PASSWORD)];
    browser.submit(&open, &action, &fields).await.expect(410);
    let unknown = browser.open("/invite/unknown").await.expect(404);
    assert_eq!(unknown.text("h1"), "There is no such invitation");
    assert_page(&unknown);
}

#[tokio::test]
async fn names_are_shown_and_not_run() {
    let app = App::start().await;
    let owner = app.owner().await;
    let hostile = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'";
    let path = format!("/api/teams/{}/", owner.team);
    owner.patch(&path, json!({"name": hostile})).await.expect(200);
    let invitation = invite(&owner, &App::address("bob")).await;
    let mut browser = app.browser();
    let page = browser.open(invitation["inviteUrl"].as_str().expect("a link")).await.expect(200);
    assert_page(&page);
    assert_eq!(page.count("script, main img"), 0, "{}", page.html);
    let shown: String = hostile.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.text("h1").contains(&shown), "{}", page.text("h1"));
}
