//! The second factor of whoever calls: what is sent to change it, and that it is gone afterwards.

use domain::Clock;
use serde_json::{Value, json};
use tests::{Answer, Authenticator, Client, PASSWORD};

use super::operation::Operation;

const FACTOR: &str = "/api/auth/second-factor/";

/// The body with a code that fits; none where no code is needed, or the caller can have none.
pub(super) async fn body(operation: &Operation, client: &Client) -> Option<Value> {
    let action = operation.path.strip_prefix(FACTOR)?;
    match action {
        "confirm/" => Some(json!({"code": begun(client).await?})),
        "recovery-codes/" | "disable/" => {
            let first = json!({"code": begun(client).await?});
            let confirmed = client.post(&format!("{FACTOR}confirm/"), first).await.expect(200);
            Some(json!({"password": PASSWORD, "code": confirmed["recoveryCodes"][0]}))
        }
        _ => None,
    }
}

/// Removes a second factor whose recovery codes were answered.
pub(super) async fn remove(answer: &Answer, client: &Client) {
    let code = &answer.json["recoveryCodes"][0];
    if code.is_string() {
        let body = json!({"password": PASSWORD, "code": code});
        client.post(&format!("{FACTOR}disable/"), body).await.expect(200);
    }
}

/// The first code of a second factor that is begun.
async fn begun(client: &Client) -> Option<String> {
    let begun = client.post(FACTOR, json!({"password": PASSWORD})).await.json;
    Some(Authenticator::new(begun["secret"].as_str()?, Clock::system()).code(0))
}
