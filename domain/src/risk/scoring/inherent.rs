//! The inherent score of a risk: calculated from inputs, or stated.

use entity::choice::ScoringMethod;
use serde_json::{Value, json};

use super::method;
use crate::{Error, Result, Violations};

/// The inherent score, 0 to 100, and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Inherent {
    /// The score, 0 to 100.
    pub score: i32,
    /// The steps from the inputs to the score; absent if it was stated.
    pub result: Option<Value>,
}

/// The inherent score: from the inputs of the method, else the one that was stated.
///
/// `stated` is absent if no score was stated or if it is out of range.
pub fn inherent_score(key: ScoringMethod, inputs: &Value, stated: Option<i32>) -> Result<Inherent> {
    match method(key).assess(inputs) {
        Ok(Some(assessment)) => {
            Ok(Inherent { score: assessment.score, result: Some(assessment.result) })
        }
        Ok(None) => stated.map(|score| Inherent { score, result: None }).ok_or_else(unstated),
        Err(text) => Err(malformed(key, inputs, text)),
    }
}

/// Clients expect these three forms: text for the score and for a matrix without inputs, an object
/// for a matrix with wrong inputs. Other methods answer lists, like fields.
fn unstated() -> Error {
    let text = "inherent_score is required for custom/unsupported scoring methods.";
    nested("inherent_score", text.into())
}

fn malformed(key: ScoringMethod, inputs: &Value, text: String) -> Error {
    if key != ScoringMethod::TmLibrary {
        return Error::invalid("scoring_metadata", text);
    }
    let is_empty = inputs.as_object().is_none_or(serde_json::Map::is_empty);
    let problem = if is_empty { text.into() } else { json!({"scoringMetadata": text}) };
    nested("scoring_metadata", problem)
}

fn nested(field: &str, problem: Value) -> Error {
    let mut violations = Violations::default();
    violations.nest(field, problem);
    Error::Invalid(violations)
}

#[cfg(test)]
mod tests {
    use entity::choice::ScoringMethod;
    use serde_json::json;

    use super::{Inherent, inherent_score};

    #[test]
    fn inputs_outweigh_a_stated_score() {
        let inputs = json!({"likelihood": "rare", "impact": "minor"});
        let score = inherent_score(ScoringMethod::TmLibrary, &inputs, Some(60));
        let score = score.expect("valid");
        assert_eq!(score.score, 8);
        assert!(score.result.is_some());
    }

    #[test]
    fn without_inputs_the_stated_score_counts() {
        for key in [ScoringMethod::Fair, ScoringMethod::OwaspRr, ScoringMethod::Custom] {
            let inputs = json!({"justification": "Judged"});
            let score = inherent_score(key, &inputs, Some(60)).expect("valid");
            assert_eq!(score, Inherent { score: 60, result: None });
            assert!(inherent_score(key, &inputs, None).is_err());
        }
    }

    #[test]
    fn wrong_inputs_are_refused_in_spite_of_a_stated_score() {
        let inputs = json!({"lossMagnitude": "much"});
        assert!(inherent_score(ScoringMethod::Fair, &inputs, Some(60)).is_err());
    }
}
