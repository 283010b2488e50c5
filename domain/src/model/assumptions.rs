//! What the authors of a threat model take for granted.

use serde_json::{Map, Value};

use crate::{Error, Result};

const VALIDITIES: [&str; 3] = ["unconfirmed", "confirmed", "rejected"];

/// Checks assumptions as a client sent them and adds empty `topics` where there are none.
///
/// # Errors
/// [`Error::Invalid`] on the field `assumptions`, naming the first wrong one by position.
pub fn checked(assumptions: Value) -> Result<Value> {
    let Value::Array(list) = assumptions else {
        return Err(invalid("Assumptions must be a list.".to_owned()));
    };
    list.into_iter().enumerate().map(|(place, one)| assumption(place, one)).collect()
}

fn assumption(place: usize, value: Value) -> Result<Value> {
    let Value::Object(mut assumption) = value else {
        return Err(invalid(format!("Assumption [{place}] must be an object.")));
    };
    let problem = [check_description, check_validity, check_topics]
        .into_iter()
        .find_map(|check| check(&assumption).err());
    if let Some(problem) = problem {
        return Err(invalid(format!("Assumption [{place}] {problem}")));
    }
    let topics = assumption.entry("topics").or_insert(Value::Null);
    if topics.is_null() {
        *topics = Value::Array(Vec::new());
    }
    Ok(Value::Object(assumption))
}

fn check_description(assumption: &Map<String, Value>) -> Result<(), String> {
    match assumption.get("description") {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(()),
        _ => Err("must have a non-empty description.".to_owned()),
    }
}

fn check_validity(assumption: &Map<String, Value>) -> Result<(), String> {
    match assumption.get("validity") {
        None => Ok(()),
        Some(Value::String(word)) if VALIDITIES.contains(&word.as_str()) => Ok(()),
        Some(_) => Err(format!("must have a validity among {}.", VALIDITIES.join(", "))),
    }
}

fn check_topics(assumption: &Map<String, Value>) -> Result<(), String> {
    match assumption.get("topics") {
        None | Some(Value::Null | Value::Array(_)) => Ok(()),
        Some(_) => Err("must have a list of topics.".to_owned()),
    }
}

fn invalid(message: String) -> Error {
    Error::invalid("assumptions", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::checked;

    #[test]
    fn missing_topics_become_an_empty_list_and_the_rest_is_kept() {
        let sent = json!([{"id": "a", "description": "Staff is trained", "extra": 1}]);
        let kept =
            json!([{"id": "a", "description": "Staff is trained", "extra": 1, "topics": []}]);
        assert_eq!(checked(sent).expect("valid"), kept);
    }

    #[test]
    fn each_assumption_needs_a_description_and_a_known_validity() {
        for wrong in [
            json!({}),
            json!(["text"]),
            json!([{"description": " "}]),
            json!([{"description": 5}]),
            json!([{"description": "x", "validity": "maybe"}]),
            json!([{"description": "x", "topics": "network"}]),
        ] {
            assert!(checked(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
