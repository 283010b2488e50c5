//! What an integration needs to connect: encrypted where it is stored, secrets hidden where it is
//! shown.

use serde_json::{Map, Value};

use crate::account::Vault;

/// Shown instead of a secret. Sent back, it keeps the stored one.
pub const MASK: &str = "********";

/// Words in the name of a value that must not be shown.
const SECRET_WORDS: &[&str] = &[
    "apikey",
    "authorization",
    "credential",
    "key",
    "passphrase",
    "passwd",
    "password",
    "pat",
    "pwd",
    "secret",
    "token",
];

/// Encrypts connection details. Masked secrets in them stand for those stored before.
pub fn seal(vault: &Vault, details: Value, stored: Option<&str>) -> String {
    let stored = stored.map_or(Value::Null, |sealed| open(vault, sealed));
    vault.seal(&unmasked(details, &stored, false).to_string())
}

/// Connection details as they are shown.
pub fn shown(vault: &Vault, sealed: &str) -> Value {
    masked(open(vault, sealed), false)
}

/// Decrypts connection details. Unreadable ones are nothing, so that they can be entered again.
fn open(vault: &Vault, sealed: &str) -> Value {
    let text = match vault.open(sealed) {
        Ok(text) => text,
        Err(error) => {
            tracing::warn!(%error, "connection details of an integration are lost");
            return Value::Object(Map::new());
        }
    };
    serde_json::from_str(&text).unwrap_or_default()
}

fn masked(value: Value, within_secret: bool) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| {
                let secret = within_secret || is_secret(&name);
                (name, masked(value, secret))
            })
            .collect(),
        Value::Array(list) => list.into_iter().map(|item| masked(item, within_secret)).collect(),
        Value::String(text) if within_secret && !text.is_empty() => MASK.into(),
        Value::Number(_) if within_secret => MASK.into(),
        other => other,
    }
}

fn unmasked(sent: Value, stored: &Value, within_secret: bool) -> Value {
    match sent {
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| {
                let secret = within_secret || is_secret(&name);
                let stored = stored.get(&name).unwrap_or(&Value::Null);
                (name, unmasked(value, stored, secret))
            })
            .collect(),
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .map(|(place, item)| {
                let stored = stored.get(place).unwrap_or(&Value::Null);
                unmasked(item, stored, within_secret)
            })
            .collect(),
        Value::String(text) if within_secret && text == MASK && !stored.is_null() => stored.clone(),
        other => other,
    }
}

/// Whether one of the words of a name, such as `accessToken` or `api_key`, says that its value is
/// a secret.
fn is_secret(name: &str) -> bool {
    words(name).iter().any(|word| {
        let singular = word.strip_suffix('s').unwrap_or(word);
        SECRET_WORDS.contains(&word.as_str()) || SECRET_WORDS.contains(&singular)
    })
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || (letter.is_uppercase() && after_small);
        if begins {
            words.push(String::new());
        }
        after_small = letter.is_lowercase();
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MASK, is_secret, masked, seal, shown};
    use crate::account::{Secrets, Vault};

    fn vault() -> Vault {
        Vault::new(&Secrets::new(["a secret of the installation"]).expect("there is a secret"))
    }

    #[test]
    fn names_that_speak_of_secrets_are_recognized() {
        for name in ["token", "accessToken", "API_KEY", "client-secret", "Passwords", "apikey"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["url", "scanPaths", "monkey", "tokenizer", ""] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_hidden_at_any_depth_and_the_rest_is_shown_as_sent() {
        let sent = json!({"url": "https://x", "auth": {"token": "t", "keys": ["a", 7, true, ""]}});
        let hidden =
            json!({"url": "https://x", "auth": {"token": MASK, "keys": [MASK, MASK, true, ""]}});
        assert_eq!(masked(sent, false), hidden);
    }

    #[test]
    fn a_mask_sent_back_keeps_the_stored_secret_and_a_new_value_replaces_it() {
        let vault = vault();
        let first = seal(&vault, json!({"token": "old", "password": "p", "user": "u"}), None);
        let changed = json!({"token": MASK, "password": "new", "user": MASK});
        let second = seal(&vault, changed, Some(&first));
        let kept = serde_json::from_str::<serde_json::Value>(
            &vault.open(&second).expect("sealed by the same vault"),
        );
        let expected = json!({"token": "old", "password": "new", "user": MASK});
        assert_eq!(kept.expect("JSON was sealed"), expected);
    }

    #[test]
    fn details_of_a_lost_key_are_shown_as_empty() {
        assert_eq!(shown(&vault(), "abc.def"), json!({}));
    }
}
