use chrono::TimeDelta;
use domain::{
    Clock,
    account::totp::{SharedSecret, step_at},
};
use serde_json::{Value, json};

use crate::{App, Client, PASSWORD};

/// An app that shows codes, by the clock of a running API.
pub struct Authenticator {
    secret: SharedSecret,
    clock: Clock,
}

impl Authenticator {
    /// Takes over a secret in Base32.
    pub fn new(secret: &str, clock: Clock) -> Self {
        Self { secret: SharedSecret::parse(secret).expect("a secret"), clock }
    }

    /// The code that is shown so many steps from now.
    pub fn code(&self, ahead: i64) -> String {
        self.secret.code(step_at(self.clock.now()) + ahead)
    }

    /// A code that was not shown yet: half a minute passes.
    pub fn next_code(&self) -> String {
        self.clock.advance(TimeDelta::seconds(30));
        self.code(0)
    }
}

impl App {
    /// Begins a second factor for somebody. Answers the app, and what the API said.
    pub async fn begin_factor(&self, client: &Client) -> (Authenticator, Value) {
        let body = json!({"password": PASSWORD});
        let begun = client.post("/api/auth/second-factor/", body).await.expect(200);
        let secret = begun["secret"].as_str().expect("a secret");
        (Authenticator::new(secret, self.state.store.clock().clone()), begun)
    }

    /// Gives somebody a second factor. Answers the app, whose code of now is used up, and the
    /// recovery codes.
    pub async fn enable_factor(&self, client: &Client) -> (Authenticator, Vec<String>) {
        let (app, _) = self.begin_factor(client).await;
        let confirmed =
            client.post("/api/auth/second-factor/confirm/", json!({"code": app.code(0)})).await;
        (app, recovery_codes(&confirmed.expect(200)))
    }
}

/// The recovery codes in an answer.
pub fn recovery_codes(answer: &Value) -> Vec<String> {
    let codes = answer["recoveryCodes"].as_array().expect("codes").iter();
    codes.map(|code| code.as_str().expect("a code").to_owned()).collect()
}
