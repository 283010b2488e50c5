//! The five by five matrix of the TM-Library format.
//!
//! Score = likelihood (1 to 5) × impact (1 to 5), stretched by 4 to end at 100.
//! Source: <https://github.com/OWASP/threat-model-library>, the risk object of the schema.

use serde_json::{Map, Value, json};

use super::{Assessed, Assessment, inputs::Inputs};

const LIKELIHOODS: [&str; 5] = ["rare", "unlikely", "possible", "likely", "certain"];
const IMPACTS: [&str; 5] = ["negligible", "minor", "moderate", "major", "severe"];
/// Makes the largest product 100.
const STRETCH: usize = 4;

pub(super) fn schema() -> Value {
    json!({
        "likelihood": {"type": "enum", "values": LIKELIHOODS, "required": true},
        "impact": {"type": "enum", "values": IMPACTS, "required": true},
        "impactDescription": {"type": "text", "required": false},
    })
}

pub(super) fn assess(values: &Map<String, Value>) -> Assessed {
    let inputs = Inputs::new(values);
    let (likelihood, impact) = (required(inputs, "likelihood")?, required(inputs, "impact")?);
    let likelihood = rank("likelihood", likelihood, &LIKELIHOODS)?;
    let impact = rank("impact", impact, &IMPACTS)?;
    let score = i32::try_from(likelihood * impact * STRETCH).unwrap_or(100);
    Ok(Some(Assessment { score, result: json!({"likelihood": likelihood, "impact": impact}) }))
}

fn required<'m>(inputs: Inputs<'m>, name: &str) -> Result<&'m Value, String> {
    inputs.get(name).ok_or_else(|| format!("{name} is required for tm_library method."))
}

/// The place of a word, starting at 1.
fn rank(name: &str, value: &Value, words: &[&str]) -> Result<usize, String> {
    let position = value.as_str().and_then(|word| words.iter().position(|known| *known == word));
    position.map(|position| position + 1).ok_or_else(|| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("Invalid {name} '{shown}'. Must be one of: {}", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::assess;

    fn score(inputs: &Value) -> Result<i32, String> {
        let assessed = assess(inputs.as_object().expect("an object"))?;
        Ok(assessed.expect("the matrix always scores").score)
    }

    #[test]
    fn the_corners_of_the_matrix() {
        let cases = [
            ("rare", "negligible", 4),
            ("rare", "severe", 20),
            ("certain", "negligible", 20),
            ("possible", "moderate", 36),
            ("certain", "severe", 100),
        ];
        for (likelihood, impact, expected) in cases {
            let inputs = json!({"likelihood": likelihood, "impact": impact});
            assert_eq!(score(&inputs), Ok(expected));
        }
    }

    #[test]
    fn both_inputs_are_required() {
        let missing = Err("impact is required for tm_library method.".to_owned());
        assert_eq!(score(&json!({"likelihood": "rare"})), missing);
        assert_eq!(score(&json!({"likelihood": "never"})), missing);
        assert!(score(&json!({})).is_err());
    }

    #[test]
    fn unknown_words_are_refused() {
        assert_eq!(
            score(&json!({"likelihood": "never", "impact": "minor"})),
            Err("Invalid likelihood 'never'. Must be one of: rare, unlikely, possible, likely, \
                 certain"
                .to_owned())
        );
        assert!(score(&json!({"likelihood": 3, "impact": "minor"})).is_err());
    }
}
