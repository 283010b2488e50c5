//! What the maker of a link may wish besides the model.

use domain::{
    Violations,
    account::{Address, Passwords, address::MALFORMED},
    sharing::{
        Sections,
        magic_link::{MOST_DAYS, MOST_RECIPIENTS, SHORTEST_PASSWORD, Wishes},
    },
};
use entity::choice::Section;
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::{
    error::Result,
    input::{Body, read_integer},
};

/// Longest password that is taken.
const LONGEST_PASSWORD: usize = 128;

const NOT_A_LIST: &str = "Expected a list of items.";
const NOT_A_SECTION: &str =
    "Choose among summary, diagram, threats, countermeasures and compliance.";

/// A new link.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
pub(super) struct NewMagicLink {
    threat_model: i64,
    /// For how many days it can be opened: 1 to 365, 30 by default.
    #[schemars(range(min = 1, max = 365))]
    expires_in_days: Option<i64>,
    /// Without it nobody opens the link. 8 to 128 characters; none by default.
    #[schemars(length(min = 8, max = 128))]
    password: Option<String>,
    /// What the link shows; everything by default. Countermeasures need threats.
    sections: Option<Vec<Section>>,
    /// Addresses to which the link is sent, 20 at most.
    #[schemars(length(max = 20))]
    recipients: Option<Vec<String>>,
}

/// What can be changed of a link.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
pub(super) struct MagicLinkChange {
    threat_model: Option<i64>,
    /// For how many days from now it can be opened.
    #[schemars(range(min = 1, max = 365))]
    expires_in_days: Option<i64>,
    /// Another password; null takes it away.
    #[schemars(length(min = 8, max = 128))]
    password: Option<String>,
    sections: Option<Vec<Section>>,
    /// Addresses to which the link is sent now.
    #[schemars(length(max = 20))]
    recipients: Option<Vec<String>>,
}

/// Reads what is wished. A password is hashed here, before any transaction.
pub(super) async fn wishes(body: &Body, passwords: &Passwords) -> Result<Wishes> {
    let mut violations = Violations::default();
    let days = days(body, &mut violations);
    let password = password(body, &mut violations);
    let sections = sections(body, &mut violations);
    let recipients = recipients(body, &mut violations);
    violations.check()?;
    let password_hash = match password {
        PasswordWish::Unsaid => None,
        PasswordWish::Removed => Some(None),
        PasswordWish::Chosen(password) => {
            Some(Some(passwords.hash(password).await.map_err(domain::Error::from)?))
        }
    };
    Ok(Wishes { days, sections, password_hash, recipients })
}

fn days(body: &Body, violations: &mut Violations) -> Option<i64> {
    match read_integer(sent(body, "expires_in_days")?) {
        Ok(days) if (1..=MOST_DAYS).contains(&days) => Some(days),
        Ok(_) => {
            violations.add("expires_in_days", format!("Choose 1 to {MOST_DAYS} days."));
            None
        }
        Err(message) => {
            violations.add("expires_in_days", message);
            None
        }
    }
}

/// What is said about the password of a link.
enum PasswordWish {
    Unsaid,
    Removed,
    Chosen(String),
}

fn password(body: &Body, violations: &mut Violations) -> PasswordWish {
    match body.get("password") {
        None => PasswordWish::Unsaid,
        Some(Value::Null) => PasswordWish::Removed,
        Some(Value::String(text)) => {
            let length = text.chars().count();
            if (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
                return PasswordWish::Chosen(text.clone());
            }
            let limits = format!("Use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.");
            violations.add("password", limits);
            PasswordWish::Unsaid
        }
        Some(_) => {
            violations.add("password", "Not a valid string.");
            PasswordWish::Unsaid
        }
    }
}

fn sections(body: &Body, violations: &mut Violations) -> Option<Sections> {
    let sent = sent(body, "sections")?;
    let Ok(sections) = serde_json::from_value::<Vec<Section>>(sent.clone()) else {
        violations.add("sections", NOT_A_SECTION);
        return None;
    };
    match Sections::chosen(&sections) {
        Ok(sections) => Some(sections),
        Err(domain::Error::Invalid(wrong)) => {
            violations.join(wrong);
            None
        }
        Err(_) => None,
    }
}

/// The addresses, each once. What is wrong is told by position.
fn recipients(body: &Body, violations: &mut Violations) -> Vec<Address> {
    let Some(sent) = sent(body, "recipients") else { return Vec::new() };
    let Value::Array(list) = sent else {
        violations.add("recipients", NOT_A_LIST);
        return Vec::new();
    };
    if list.len() > MOST_RECIPIENTS {
        violations.add("recipients", format!("Name at most {MOST_RECIPIENTS} at once."));
        return Vec::new();
    }
    let mut addresses: Vec<Address> = Vec::with_capacity(list.len());
    let mut wrong = serde_json::Map::new();
    for (position, item) in list.iter().enumerate() {
        match item.as_str().and_then(|text| Address::parse(text).ok()) {
            None => {
                wrong.insert(position.to_string(), json!([MALFORMED]));
            }
            Some(address) if addresses.iter().all(|known| known.key() != address.key()) => {
                addresses.push(address);
            }
            Some(_) => {}
        }
    }
    if !wrong.is_empty() {
        violations.nest("recipients", Value::Object(wrong));
    }
    addresses
}

fn sent<'b>(body: &'b Body, name: &str) -> Option<&'b Value> {
    body.get(name).filter(|value| !value.is_null())
}
