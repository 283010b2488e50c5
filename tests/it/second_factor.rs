//! Signing in with a second factor: codes of an app, and recovery codes.

#![expect(clippy::disallowed_methods, reason = "a look into tables beside the product")]

use std::collections::HashSet;

use chrono::TimeDelta;
use domain::account::secret::digest;
use sea_orm::{ConnectionTrait as _, Database, Statement};
use serde_json::{Value, json};
use tests::{Answer, App, Client, PASSWORD, Shown, recovery_codes};

const FACTOR: &str = "/api/auth/second-factor/";
const CONFIRM: &str = "/api/auth/second-factor/confirm/";
const RENEW: &str = "/api/auth/second-factor/recovery-codes/";
const DISABLE: &str = "/api/auth/second-factor/disable/";

/// The most statements that a sign-in may need without a code.
const SIGN_IN_LIMIT: usize = 7;

async fn sign_in(app: &App, email: &str, more: Value) -> Answer {
    let mut body = json!({"email": email, "password": PASSWORD});
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    app.stranger().post("/api/auth/login/", body).await
}

async fn sign_in_with(app: &App, email: &str, code: &str) -> Answer {
    sign_in(app, email, json!({"otp": code})).await
}

/// Fails unless the answer is that the code is missing or wrong.
#[track_caller]
fn assert_refused(answer: Answer, code: &str) {
    let refused = answer.expect(401);
    assert_eq!(refused["code"], code);
    assert!(refused["detail"].is_string() && refused["access"].is_null(), "{refused}");
}

async fn standing(client: &Client) -> (bool, i64) {
    let standing = client.get(FACTOR).await.expect(200);
    let left = standing["recoveryCodesLeft"].as_i64().expect("a number");
    (standing["enabledAt"].is_string(), left)
}

/// The texts in a column.
async fn texts(app: &App, query: &str) -> Vec<String> {
    let url = app.state.settings.database_url.reveal().to_owned();
    let database = Database::connect(url).await.expect("the database");
    let statement = Statement::from_string(database.get_database_backend(), query);
    let rows = database.query_all_raw(statement).await.expect("rows");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}

#[tokio::test]
async fn a_second_factor_is_begun_confirmed_used_and_removed() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    assert_eq!(standing(&user).await, (false, 0));
    let wrong = user.post(FACTOR, json!({"password": "not it"})).await.expect(400);
    assert!(wrong["password"].is_array(), "{wrong}");

    let (phone, begun) = app.begin_factor(&user).await;
    let secret = begun["secret"].as_str().expect("a secret");
    let address = begun["otpauthUrl"].as_str().expect("an address");
    let account = user.email.replace('@', "%40");
    let expected = format!("otpauth://totp/Forewarn:{account}?secret={secret}&issuer=Forewarn");
    assert_eq!(address, expected);
    assert!(begun["qrCode"].as_str().expect("a picture").starts_with("<svg "));

    let confirmed = user.post(CONFIRM, json!({"code": phone.code(0)})).await.expect(200);
    let codes = recovery_codes(&confirmed);
    assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 10);
    assert!(codes.iter().all(|code| code.len() == 29), "{codes:?}");
    assert_eq!(standing(&user).await, (true, 10));
    assert_refused(sign_in(&app, &user.email, json!({})).await, "second_factor_required");
    let answer = sign_in_with(&app, &user.email, &phone.next_code()).await.expect(200);
    assert_eq!(answer["user"]["email"], user.email.as_str());

    let proof = |code: &str| json!({"password": PASSWORD, "code": code});
    let renewed = user.post(RENEW, proof(&phone.next_code())).await.expect(200);
    let new = recovery_codes(&renewed);
    assert!(new.iter().all(|code| !codes.contains(code)));
    assert_refused(sign_in_with(&app, &user.email, &codes[0]).await, "second_factor_invalid");
    sign_in_with(&app, &user.email, &new[0]).await.expect(200);
    assert_eq!(standing(&user).await, (true, 9));

    user.post(DISABLE, proof(&new[1])).await.expect(200);
    assert_eq!(standing(&user).await, (false, 0));
    sign_in(&app, &user.email, json!({})).await.expect(200);
    // Codes that nobody needs any more do no harm.
    sign_in_with(&app, &user.email, &new[2]).await.expect(200);
    app.enable_factor(&user).await;
    assert_refused(sign_in_with(&app, &user.email, &new[2]).await, "second_factor_invalid");
}

#[tokio::test]
async fn what_was_begun_asks_for_nothing_and_is_replaced_by_beginning_again() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let early = user.post(CONFIRM, json!({"code": "123456"})).await.expect(409);
    assert!(early["error"].is_string(), "{early}");
    let (first, _) = app.begin_factor(&user).await;
    sign_in(&app, &user.email, json!({})).await.expect(200);
    assert_eq!(standing(&user).await, (false, 0));
    let (second, _) = app.begin_factor(&user).await;
    let wrong = user.post(CONFIRM, json!({"code": first.code(0)})).await.expect(400);
    assert!(wrong["code"].is_array(), "{wrong}");
    user.post(CONFIRM, json!({"code": second.code(0)})).await.expect(200);
    user.post(CONFIRM, json!({"code": second.code(1)})).await.expect(409);
    user.post(FACTOR, json!({"password": PASSWORD})).await.expect(409);
    assert_eq!(standing(&user).await, (true, 10));
}

#[tokio::test]
async fn changes_need_the_password_and_a_code() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let none = json!({"password": PASSWORD, "code": "123456"});
    for path in [RENEW, DISABLE] {
        user.post(path, none.clone()).await.expect(409);
    }
    let (phone, codes) = app.enable_factor(&user).await;
    for path in [RENEW, DISABLE] {
        let body = json!({"password": "not it", "code": phone.code(1)});
        assert!(user.post(path, body).await.expect(400)["password"].is_array());
        for code in [phone.code(0), "000".to_owned(), "ABCD-EFGH-IJKL-MNOP-QRST-UVWX".to_owned()] {
            let body = json!({"password": PASSWORD, "code": code});
            assert!(user.post(path, body).await.expect(400)["code"].is_array(), "{code}");
        }
        let missing = user.post(path, json!({"password": PASSWORD})).await.expect(400);
        assert!(missing["code"].is_array(), "{missing}");
    }
    assert_eq!(standing(&user).await, (true, codes.len().try_into().expect("a number")));
}

#[tokio::test]
async fn a_code_works_once_also_when_two_use_it_at_once() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let (phone, codes) = app.enable_factor(&user).await;
    let confirmed_with = phone.code(0);
    assert_refused(sign_in_with(&app, &user.email, &confirmed_with).await, "second_factor_invalid");
    for code in [phone.next_code(), codes[0].clone()] {
        let attempts = || sign_in_with(&app, &user.email, &code);
        let (one, two, three) = tokio::join!(attempts(), attempts(), attempts());
        let mut statuses = [one.status, two.status, three.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401], "{code}");
        assert_refused(attempts().await, "second_factor_invalid");
    }
    // An older code does not work after a newer one.
    let older = phone.next_code();
    sign_in_with(&app, &user.email, &phone.code(1)).await.expect(200);
    assert_refused(sign_in_with(&app, &user.email, &older).await, "second_factor_invalid");
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_one_step_is_accepted_and_by_more_not() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let (phone, _) = app.enable_factor(&user).await;
    app.state.store.clock().advance(TimeDelta::minutes(5));
    // Three steps ahead, so that it is two at least if one begins meanwhile.
    for ahead in [-2, 3] {
        let refused = sign_in_with(&app, &user.email, &phone.code(ahead)).await;
        assert_refused(refused, "second_factor_invalid");
    }
    app.state.store.clock().advance(TimeDelta::minutes(5));
    sign_in_with(&app, &user.email, &phone.code(1)).await.expect(200);
    app.state.store.clock().advance(TimeDelta::minutes(5));
    // Late in its step it would be two steps old on arrival.
    let behind = sign_in_with(&app, &user.email, &phone.code(-1)).await;
    if behind.status != 200 {
        sign_in_with(&app, &user.email, &phone.code(-1)).await.expect(200);
    }
}

#[tokio::test]
async fn a_code_may_stand_behind_the_password() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let email = &user.email;
    let entered = |password: String| sign_in(&app, email, json!({"password": password}));
    // Nothing is cut off for accounts without a second factor.
    entered(format!("{PASSWORD} 123456")).await.expect(400);
    let (phone, codes) = app.enable_factor(&user).await;
    entered(format!("{PASSWORD} {}", phone.next_code())).await.expect(200);
    entered(format!("{PASSWORD} {}", codes[0])).await.expect(200);
    let compact = codes[1].replace('-', "").to_lowercase();
    entered(format!("{PASSWORD} {compact}")).await.expect(200);
    let used = entered(format!("{PASSWORD} {}", codes[0])).await;
    assert_refused(used, "second_factor_invalid");
    entered(format!("{PASSWORD}{}", phone.next_code())).await.expect(400);
    entered(format!("not it {}", phone.next_code())).await.expect(400);
    // Where there is a field for the code, the password is taken as it is.
    let body = json!({"password": format!("{PASSWORD} 123456"), "otp": phone.next_code()});
    sign_in(&app, email, body).await.expect(400);
}

#[tokio::test]
async fn a_password_that_ends_like_a_code_still_works() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let (phone, codes) = app.enable_factor(&user).await;
    let odd = "Corr3ct-Horse 123456";
    let body = json!({"old_password": PASSWORD, "new_password1": odd, "new_password2": odd});
    user.post("/api/auth/password/change/", body).await.expect(200);
    let body = |more: Value| {
        let mut body = json!({"password": odd});
        body.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        body
    };
    let missing = sign_in(&app, &user.email, body(json!({}))).await;
    assert_refused(missing, "second_factor_required");
    let given = body(json!({"otp": phone.next_code()}));
    sign_in(&app, &user.email, given).await.expect(200);
    let behind = json!({"password": format!("{odd} {}", codes[0])});
    sign_in(&app, &user.email, behind).await.expect(200);
    let cut = json!({"password": "Corr3ct-Horse", "otp": codes[1]});
    sign_in(&app, &user.email, cut).await.expect(400);
}

#[tokio::test]
async fn that_a_code_is_missing_or_wrong_is_told_after_the_right_password_only() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let (phone, _) = app.enable_factor(&user).await;
    let nobody = App::address("nobody");
    let mut answers = Vec::new();
    for email in [&user.email, &nobody] {
        for more in [
            json!({"password": "not it"}),
            json!({"password": "not it", "otp": phone.next_code()}),
            json!({"password": format!("not it {}", phone.next_code())}),
        ] {
            answers.push(sign_in(&app, email, more).await.expect(400));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_refused(sign_in(&app, &user.email, json!({})).await, "second_factor_required");
    assert_refused(sign_in_with(&app, &user.email, " ").await, "second_factor_required");
    for wrong in ["nonsense", "ABCD-EFGH-IJKL-MNOP-QRST-UVWX", &phone.code(9)] {
        assert_refused(sign_in_with(&app, &user.email, wrong).await, "second_factor_invalid");
    }
}

#[tokio::test]
async fn guessing_codes_is_limited_and_recovery_codes_still_work() {
    let app = App::start_with(&[("RATE_LIMITS", "on")]).await;
    let user = app.register(&App::address("ada")).await;
    let (phone, codes) = app.enable_factor(&user).await;
    let from = |place: usize, code: String| {
        let body = json!({"email": user.email, "password": PASSWORD, "otp": code});
        let stranger = app.stranger();
        let request = stranger.request(reqwest::Method::POST, "/api/auth/login/");
        let request = request.header("x-forwarded-for", format!("198.51.100.{place}")).json(&body);
        async move { stranger.send(request).await }
    };
    let mut refused = 0;
    for place in 0..35 {
        let answer = from(place, phone.code(9)).await;
        match answer.status {
            429 => refused += 1,
            _ => assert_refused(answer, "second_factor_invalid"),
        }
    }
    // One of the thirty was spent on confirming; some may have come back meanwhile.
    assert!((5..=6).contains(&refused), "{refused}");
    from(40, phone.next_code()).await.expect(429);
    from(41, codes[0].clone()).await.expect(200);
    let body = json!({"password": PASSWORD, "code": phone.code(1)});
    user.post(DISABLE, body).await.expect(429);
    user.post(DISABLE, json!({"password": PASSWORD, "code": codes[1]})).await.expect(200);
    from(42, String::new()).await.expect(200);
}

#[tokio::test]
async fn secrets_are_encrypted_in_the_database_and_hidden_in_the_audit_log() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let (phone, begun) = app.begin_factor(&user).await;
    let confirmed = user.post(CONFIRM, json!({"code": phone.code(0)})).await.expect(200);
    let codes = recovery_codes(&confirmed);
    sign_in_with(&app, &user.email, &codes[0]).await.expect(200);

    let secret = begun["secret"].as_str().expect("a secret");
    let sealed = texts(&app, "SELECT secret_encrypted FROM second_factor").await;
    assert!(!sealed[0].contains(secret), "{sealed:?}");
    assert_eq!(app.state.store.vault().open(&sealed[0]).expect("a text"), secret);
    let hashes = texts(&app, "SELECT code_hash FROM recovery_code").await;
    assert_eq!(hashes.len(), 9);
    assert!(hashes.contains(&digest(&codes[1].replace('-', ""))));

    let query = "SELECT changes FROM audit_entry WHERE operation LIKE '%SecondFactor' \
                 OR operation = 'logIn' ORDER BY id";
    let entries = texts(&app, query).await;
    assert_eq!(entries.len(), 3, "{entries:?}");
    assert!(entries[0].contains("\"secret_encrypted\":\"(hidden)\""), "{entries:?}");
    assert!(entries[1].contains("recovery_code") && entries[1].contains("second_factor"));
    assert!(entries[2].contains("\"recovery_code\":{\"removed\":1"), "{entries:?}");
    let hidden = hashes.iter().chain(&codes).chain(&sealed).map(String::as_str).chain([secret]);
    for hidden in hidden {
        assert!(entries.iter().all(|entry| !entry.contains(hidden)), "{hidden}: {entries:?}");
    }
}

#[tokio::test]
async fn enabling_and_removing_end_other_sessions_and_tell_the_owner() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let signed_in = async |more: Value| {
        let answer = sign_in(&app, &user.email, more).await.expect(200);
        let mut client = app.stranger();
        client.signed_in(&user.email, &answer);
        client
    };
    let told = async |subject: &str| {
        let header = format!("To: {}", user.email);
        app.mail(|mail| (mail.contains(&header) && mail.contains(subject)).then_some(())).await;
    };
    let before = signed_in(json!({})).await;
    let (phone, _) = app.enable_factor(&user).await;
    before.get("/api/auth/user/").await.expect(401);
    user.get("/api/auth/user/").await.expect(200);
    told("Subject: Your Forewarn account has a second factor").await;

    let after = signed_in(json!({"otp": phone.next_code()})).await;
    let body = json!({"password": PASSWORD, "code": phone.next_code()});
    user.post(DISABLE, body).await.expect(200);
    after.get("/api/auth/user/").await.expect(401);
    user.get("/api/auth/user/").await.expect(200);
    told("Subject: The second factor of your Forewarn account was removed").await;
}

#[tokio::test]
async fn an_operator_removes_the_second_factor_of_who_lost_it() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let administration = app.state.store.administration();
    administration.remove_second_factor(&user.email).await.expect_err("there is none");
    administration.remove_second_factor(&App::address("eve")).await.expect_err("nobody is there");
    app.enable_factor(&user).await;
    let shouted = user.email.to_uppercase();
    administration.remove_second_factor(&shouted).await.expect("removed");
    user.get("/api/auth/user/").await.expect(401);
    sign_in(&app, &user.email, json!({})).await.expect(200);
    assert_eq!(texts(&app, "SELECT code_hash FROM recovery_code").await, Vec::<String>::new());
    let query = "SELECT changes FROM audit_entry WHERE operation = 'command:remove-second-factor'";
    let entries = texts(&app, query).await;
    assert!(entries.len() == 1 && entries[0].contains("second_factor"), "{entries:?}");
    app.mail(|mail| mail.contains("The operator of Forewarn removed").then_some(())).await;
}

/// Fails unless a page asks for a code.
#[track_caller]
fn assert_asks(page: &Shown) {
    assert_eq!(page.count("#otp[autocomplete=one-time-code]"), 1, "{}", page.html);
    assert_eq!(page.values("#password", "value"), [""], "{}", page.html);
    assert_eq!(page.values("#otp", "value"), [""], "{}", page.html);
}

#[tokio::test]
async fn a_new_password_by_mail_does_not_remove_the_second_factor() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let (phone, _) = app.enable_factor(&user).await;
    let stranger = app.stranger();
    let asked = json!({"email": user.email});
    stranger.post("/api/auth/password/reset/", asked).await.expect(200);
    let (uid, token) = app
        .mail(|mail| {
            let (_, rest) = mail.split_once("/reset-password/")?;
            let mut words = rest.split(['/', '\r', '\n']);
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .await;
    let new = "An0ther-Horse-8-Battery";
    let body = json!({"uid": uid, "token": token, "new_password1": new, "new_password2": new});
    let answer = stranger.post("/api/auth/password/reset/confirm/", body).await.expect(200);
    assert!(answer["access"].is_null(), "{answer}");
    let missing = sign_in(&app, &user.email, json!({"password": new})).await;
    assert_refused(missing, "second_factor_required");
    let given = json!({"password": new, "otp": phone.next_code()});
    sign_in(&app, &user.email, given).await.expect(200);
    let again = json!({"email": user.email, "password1": new, "password2": new});
    stranger.post("/api/auth/registration/", again).await.expect(400);
}

#[tokio::test]
async fn pages_ask_for_the_code() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let (phone, _) = app.enable_factor(&user).await;
    let mut browser = app.browser();
    let page = browser.open("/sign-in").await.expect(200);
    assert_eq!(page.count("#otp"), 0, "{}", page.html);
    let fields = [("email", user.email.as_str()), ("password", PASSWORD)];
    let asking = browser.submit(&page, "/sign-in", &fields).await.expect(401);
    assert_asks(&asking);
    assert_eq!(asking.count(".summary"), 0, "nothing is wrong: {}", asking.html);
    browser.open("/").await.expect(200);
    let wrong = [("password", PASSWORD), ("otp", "000000")];
    let refused = browser.submit(&asking, "/sign-in", &wrong).await.expect(401);
    assert_asks(&refused);
    assert_eq!(refused.values(".summary a", "href"), ["#otp"]);
    let mistyped = [("password", "not it"), ("otp", "000000")];
    let refused = browser.submit(&refused, "/sign-in", &mistyped).await.expect(400);
    assert_asks(&refused);
    let code = phone.next_code();
    let right = [("password", PASSWORD), ("otp", code.as_str())];
    let home = browser.submit(&refused, "/sign-in", &right).await.expect(200);
    assert!(home.text("main").contains(&user.email), "{}", home.html);
}

#[tokio::test]
async fn an_invitation_asks_for_the_code() {
    let app = App::start().await;
    let owner = app.owner().await;
    let user = app.register(&App::address("ada")).await;
    let (phone, _) = app.enable_factor(&user).await;
    let body = json!({"team": owner.team, "email": user.email});
    let made = owner.post("/api/team-invitations/", body).await.expect(201);
    let path = format!("/invite/{}", made["token"].as_str().expect("a token"));
    let action = format!("{path}/sign-in");
    let mut browser = app.browser();
    // The button alone leads to the sign-in.
    let page = browser.open(&action).await.expect(200);
    let fields = [("password", PASSWORD)];
    let asking = browser.submit(&page, &action, &fields).await.expect(401);
    assert_asks(&asking);
    let code = phone.next_code();
    let right = [("password", PASSWORD), ("otp", code.as_str())];
    let joined = browser.submit(&asking, &action, &right).await.expect(200);
    assert!(joined.path.starts_with("/joined/"), "{}", joined.path);
}

#[tokio::test]
async fn a_code_costs_one_statement_and_an_account_without_one_none() {
    let app = App::start().await;
    let user = app.register(&App::address("ada")).await;
    let (plain, answer) = app.statements_of(sign_in(&app, &user.email, json!({}))).await;
    answer.expect(200);
    let (phone, _) = app.enable_factor(&user).await;
    let code = phone.next_code();
    let (with_code, answer) = app.statements_of(sign_in_with(&app, &user.email, &code)).await;
    answer.expect(200);
    println!("POST /api/auth/login/: {plain} statements, {with_code} with a code");
    assert!(plain <= SIGN_IN_LIMIT, "{plain} statements");
    assert_eq!(with_code, plain + 1);
}
