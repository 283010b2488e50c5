//! Mails on their way to a mail server: what they say, that each leaves once, and what becomes of
//! those that are not taken.

#![expect(clippy::disallowed_methods, reason = "these tests make jobs run again behind the store")]

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, Database};
use serde_json::{Value, json};
use tests::{App, Behaviour, Client, MailServer};

async fn app(server: &MailServer) -> App {
    App::start_with(&[("SMTP_URL", &server.url("")), ("MAIL_FROM", "Forewarn <mail@fw.test>")])
        .await
}

async fn invite(owner: &Client, email: &str) -> Value {
    let body = json!({"team": owner.team, "email": email});
    owner.post("/api/team-invitations/", body).await.expect(201)
}

async fn invitation(owner: &Client, made: &Value) -> Value {
    let path = format!("/api/team-invitations/{}/", made["id"].as_str().expect("an id"));
    owner.get(&path).await.expect(200)
}

/// Contents for one recipient.
fn to(server: &MailServer, email: &str) -> Vec<String> {
    let header = format!("To: {email}\r\n");
    server.contents().into_iter().filter(|content| content.contains(&header)).collect()
}

async fn run(app: &App, statement: &str) {
    let url = app.state.settings.database_url.reveal().to_owned();
    let database = Database::connect(url).await.expect("the database");
    database.execute_unprepared(statement).await.expect("done");
}

const AGAIN: &str = "UPDATE job SET state = 'pending', lease_until = NULL, finished_at = NULL \
                     WHERE kind = 'send_invitation'";

/// A mail without what differs each time.
fn redacted(mail: &str) -> String {
    let mail = mail.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n");
    let boundary = mail
        .split_once("boundary=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(boundary, _)| boundary.to_owned())
        .expect("a boundary");
    let mail = mail.replace(&boundary, "[boundary]");
    let lines = mail.lines().map(|line| {
        if line.starts_with("Date: ") {
            return "Date: [date]".to_owned();
        }
        let mut line = line.to_owned();
        for begin in [" until ", " changed on "] {
            line = without_moment(&line, begin);
        }
        without_tokens(&line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn without_moment(line: &str, begin: &str) -> String {
    let Some((before, rest)) = line.split_once(begin) else { return line.to_owned() };
    let Some((_, after)) = rest.split_once("UTC") else { return line.to_owned() };
    format!("{before}{begin}[moment]{after}")
}

/// Tokens and ids are the only long words without punctuation.
fn without_tokens(line: &str) -> String {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let mut out = String::new();
    let mut word = String::new();
    for letter in line.chars().chain(['\n']) {
        if inside(letter) {
            word.push(letter);
            continue;
        }
        if word.len() >= 36 {
            out.push_str("[token]");
        } else {
            out.push_str(&word);
        }
        word.clear();
        if letter != '\n' {
            out.push(letter);
        }
    }
    out
}

#[tokio::test]
async fn mails_say_what_they_are_about_in_text_and_html() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.register("ada@example.test").await.at_home().await;
    let welcome = server.content(|mail| mail.contains("Welcome")).await;
    let verification = server.content(|mail| mail.contains("Confirm your address")).await;
    invite(&owner, "grace@example.test").await;
    let invitation = server.content(|mail| mail.contains("Join ")).await;
    let model = owner.model("Shop").await;
    let link = json!({
        "threatModel": model, "recipients": ["eve@example.test"], "password": "open sesame",
    });
    owner.post("/api/magic-links/", link).await.expect(201);
    let shared = server.content(|mail| mail.contains("To: eve@example.test")).await;
    let reset = json!({"email": "ada@example.test"});
    app.stranger().post("/api/auth/password/reset/", reset).await.expect(200);
    let reset = server.content(|mail| mail.contains("Choose a new password for")).await;
    let password = "An0ther-Horse-8-Battery";
    let change = json!({"new_password1": password, "new_password2": password});
    owner.post("/api/auth/password/change/", change).await.expect(200);
    let changed = server.content(|mail| mail.contains("was changed")).await;
    for (name, mail) in [
        ("welcome", welcome),
        ("verification", verification),
        ("invitation", invitation),
        ("magic_link", shared),
        ("password_reset", reset),
        ("password_changed", changed),
    ] {
        insta::assert_snapshot!(name, redacted(&mail));
    }
}

#[tokio::test]
async fn a_mail_job_that_runs_twice_sends_one_mail() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.owner().await;
    invite(&owner, "grace@example.test").await;
    app.jobs_ended().await;
    assert_eq!(to(&server, "grace@example.test").len(), 1);
    run(&app, AGAIN).await;
    app.jobs_ended().await;
    assert_eq!(to(&server, "grace@example.test").len(), 1);
}

#[tokio::test]
async fn a_mail_is_not_sent_again_after_a_crash_while_it_was_handed_over() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.owner().await;
    let made = invite(&owner, "grace@example.test").await;
    app.jobs_ended().await;
    run(&app, "UPDATE mail SET state = 'handing_over' WHERE kind = 'send_invitation'").await;
    run(&app, AGAIN).await;
    app.jobs_ended().await;
    assert_eq!(to(&server, "grace@example.test").len(), 1);
    let reason = invitation(&owner, &made).await["deliveryError"].to_string();
    assert!(reason.contains("unknown"), "{reason}");
}

#[tokio::test]
async fn a_server_that_leaves_after_the_content_may_have_the_mail() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.owner().await;
    app.jobs_ended().await;
    server.expect([Behaviour::DropAfterContent]);
    let made = invite(&owner, "grace@example.test").await;
    app.jobs_ended().await;
    assert_eq!(to(&server, "grace@example.test").len(), 1);
    let reason = invitation(&owner, &made).await["deliveryError"].to_string();
    assert!(reason.contains("unknown"), "{reason}");

    let path = format!("/api/team-invitations/{}/resend/", made["id"].as_str().expect("an id"));
    let renewed = owner.post(&path, json!({})).await.expect(200);
    assert_eq!(renewed["deliveryError"], Value::Null);
    assert_ne!(renewed["token"], made["token"]);
    app.jobs_ended().await;
    assert_eq!(to(&server, "grace@example.test").len(), 2, "who asks again gets another");
    let old = format!("/api/invite/{}/", made["token"].as_str().expect("a token"));
    app.stranger().get(&old).await.expect(404);
}

#[tokio::test]
async fn an_invitation_corrected_at_once_is_one_mail_and_its_link_works() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.owner().await;
    let path = format!("/api/teams/{}/invite-member/", owner.team);
    let invite =
        |role: &str| owner.post(&path, json!({"email": "grace@example.test", "role": role}));
    invite("viewer").await.expect(201);
    // Long enough for the first mail to leave if it did not wait for a correction.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let corrected = invite("member").await.expect(200)["invitation"].clone();
    app.jobs_ended().await;
    let mails = to(&server, "grace@example.test");
    assert_eq!(mails.len(), 1);
    let mail = mails[0].replace("=\r\n", "");
    assert!(mail.contains("as member"), "{mail}");
    assert!(mail.contains(corrected["inviteUrl"].as_str().expect("a link")), "{mail}");
    let path = format!("/api/invite/{}/", corrected["token"].as_str().expect("a token"));
    app.stranger().get(&path).await.expect(200);
}

#[tokio::test]
async fn a_refusal_for_good_is_shown_with_the_invitation() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.owner().await;
    app.jobs_ended().await;
    let before = server.attempts();
    server.expect([Behaviour::Refuse]);
    let made = invite(&owner, "nobody@example.test").await;
    app.jobs_ended().await;
    let reason = invitation(&owner, &made).await["deliveryError"].to_string();
    assert!(reason.contains("550 5.1.1 no such person"), "{reason}");
    assert_eq!(server.attempts(), before + 1);

    server.expect([Behaviour::RefuseContent]);
    let made = invite(&owner, "quoted@example.test").await;
    app.jobs_ended().await;
    let reason = invitation(&owner, &made).await["deliveryError"].to_string();
    assert!(reason.contains("554"), "{reason}");
    let token = made["token"].as_str().expect("a token");
    assert!(!reason.contains(token), "a server that quotes a mail gives no token away");
}

#[tokio::test]
async fn a_server_that_is_busy_or_hangs_gets_the_mail_later() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.owner().await;
    app.jobs_ended().await;
    server.expect([Behaviour::Postpone, Behaviour::Hang]);
    let made = invite(&owner, "grace@example.test").await;
    server.content(|mail| mail.contains("To: grace@example.test")).await;
    app.jobs_ended().await;
    assert_eq!(to(&server, "grace@example.test").len(), 1);
    assert_eq!(invitation(&owner, &made).await["deliveryError"], Value::Null);
}

#[tokio::test]
async fn nothing_is_said_to_a_server_whose_certificate_nobody_vouches_for() {
    let server = MailServer::with_own_certificate().await;
    let app = App::start_with(&[("SMTP_URL", &server.url("&tls=required"))]).await;
    app.register("ada@example.test").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.attempts(), 0);
    let vouched = format!("&tls=required&ca={}", MailServer::certificate().display());
    let app = App::start_with(&[("SMTP_URL", &server.url(&vouched))]).await;
    app.register("ada@example.test").await;
    server.content(|mail| mail.contains("To: ada@example.test")).await;
}

#[tokio::test]
async fn names_from_users_add_neither_headers_nor_markup() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.owner().await;
    let name = "<b onclick=x>Pay</b>\r\nBcc: eve@example.test\r\n\r\n<script>";
    let team = json!({"organization": owner.organization, "name": name});
    let team = owner.post("/api/teams/", team).await.expect(201)["id"].clone();
    let body = json!({"team": team, "email": "grace@example.test"});
    owner.post("/api/team-invitations/", body).await.expect(201);
    let mail = server.content(|mail| mail.contains("To: grace@example.test")).await;
    let mail = mail.replace("=\r\n", "");
    let (headers, body) = mail.split_once("\r\n\r\n").expect("headers and a body");
    assert!(!headers.contains("\r\nBcc:"), "{headers}");
    let html = body.split_once("text/html").expect("HTML").1;
    assert!(!html.contains("<script") && !html.contains("<b onclick"), "{html}");
}

#[tokio::test]
async fn addresses_that_no_server_would_take_are_refused_at_once() {
    let server = MailServer::start().await;
    let app = app(&server).await;
    let owner = app.owner().await;
    let long = format!("{}@example.test", "x".repeat(65));
    for wrong in ["ada@example.test\r\nBcc: eve@example.test", "ädä@example.test", &long, "ada"] {
        let body = json!({"team": owner.team, "email": wrong});
        let refused = owner.post("/api/team-invitations/", body).await.expect(400);
        assert!(refused["email"].is_array(), "{wrong}: {refused}");
        let link =
            json!({"threatModel": owner.model("Shop").await, "recipients": ["a@b.test", wrong]});
        let refused = owner.post("/api/magic-links/", link).await.expect(400);
        assert!(refused["recipients"]["1"].is_array(), "{wrong}: {refused}");
    }
    invite(&owner, "ada@bücher.test").await;
    server.content(|mail| mail.contains("To: ada@xn--bcher-kva.test\r\n")).await;
    let many: Vec<_> = (0..21).map(|number| format!("a{number}@example.test")).collect();
    let link = json!({"threatModel": owner.model("Shop").await, "recipients": many});
    owner.post("/api/magic-links/", link).await.expect(400);
}

#[tokio::test]
async fn one_address_gets_so_many_invitations_an_hour() {
    let app = App::start_with(&[("RATE_LIMITS", "on")]).await;
    let owner = app.owner().await;
    let path = format!("/api/teams/{}/invite-member/", owner.team);
    let body = json!({"email": "grace@example.test"});
    for _ in 0..5 {
        assert!(owner.post(&path, body.clone()).await.status < 300);
    }
    let refused = owner.post(&path, body.clone()).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect(429);
    owner.post(&path, json!({"email": "other@example.test"})).await.expect(201);
}

#[tokio::test]
async fn an_invitation_is_brought_to_mind_once_before_it_ends() {
    let app = App::start().await;
    let owner = app.owner().await;
    invite(&owner, "grace@example.test").await;
    app.jobs_ended().await;
    let reminders = || app.mails().iter().filter(|mail| mail.contains("ends soon")).count();
    for (days, expected) in [(4, 0), (2, 1), (0, 1), (1, 1)] {
        app.state.store.clock().advance(TimeDelta::days(days) - TimeDelta::hours(1));
        worker::schedule::ask(&app.state.store).await.expect("asked");
        worker::schedule::ask(&app.state.store).await.expect("asked");
        app.jobs_ended().await;
        assert_eq!(reminders(), expected, "after {days} more days");
    }
}

fn digests(app: &App) -> Vec<String> {
    app.mails().into_iter().filter(|mail| mail.contains("List-Unsubscribe: ")).collect()
}

/// Has weekly mails sent from the next week on. The mails of this week are asked for before.
async fn want_digests(app: &App, owner: &Client) {
    worker::schedule::ask(&app.state.store).await.expect("asked");
    app.jobs_ended().await;
    let path = format!("/api/organizations/{}/", owner.organization);
    owner.patch(&path, json!({"weeklyDigest": true})).await.expect(200);
}

/// Lets a week pass. Asks twice for what is due.
async fn next_week(app: &App) {
    app.state.store.clock().advance(TimeDelta::days(7));
    for _ in 0..2 {
        worker::schedule::ask(&app.state.store).await.expect("asked");
        app.jobs_ended().await;
    }
}

/// The path that ends the weekly mails at once.
fn one_click(mail: &str) -> String {
    let (_, rest) = mail.split_once("List-Unsubscribe: <http://forewarn.test").expect("a link");
    rest.split_once('>').expect("a link").0.to_owned()
}

#[tokio::test]
async fn the_weekly_mail_comes_to_those_who_want_it() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = format!("/api/organizations/{}/", owner.organization);
    assert_eq!(owner.get(&path).await.expect(200)["weeklyDigest"], false);
    app.invited(&owner, "member").await;
    want_digests(&app, &owner).await;
    next_week(&app).await;
    let mails = digests(&app);
    assert_eq!(mails.len(), 1, "for the security team, once a week");
    assert!(mails[0].contains(&format!("To: {}", owner.email)));
    assert!(mails[0].contains("Exposed threats: 0"), "{}", mails[0]);
    assert!(mails[0].contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));

    let one_click = one_click(&mails[0]);
    app.stranger().post("/api/unsubscribe/x.y/", json!({})).await.expect(404);
    app.stranger().get(&one_click).await.expect(405);
    next_week(&app).await;
    assert_eq!(digests(&app).len(), 2, "looking at the link ends nothing");
    let answer = app.stranger().post(&one_click, json!({})).await.expect(200);
    assert_eq!(answer["wanted"], false);
    next_week(&app).await;
    assert_eq!(digests(&app).len(), 2);
}

#[tokio::test]
async fn the_weekly_mail_ends_by_a_button_on_its_page() {
    let app = App::start().await;
    let owner = app.owner().await;
    want_digests(&app, &owner).await;
    next_week(&app).await;
    let page = one_click(&digests(&app)[0]).replacen("/api", "", 1);
    let page = page.trim_end_matches('/');
    let mut browser = app.browser();
    browser.open("/unsubscribe/x.y").await.expect(404);
    let asked = browser.open(page).await.expect(200);
    next_week(&app).await;
    assert_eq!(digests(&app).len(), 2, "looking at the page ends nothing");
    let ended = browser.submit(&asked, page, &[]).await.expect(200);
    assert!(ended.text("main").contains("no more weekly mails"), "{}", ended.html);
    next_week(&app).await;
    assert_eq!(digests(&app).len(), 2);
}
