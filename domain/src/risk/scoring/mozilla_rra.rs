//! The Rapid Risk Assessment of Mozilla.
//!
//! For confidentiality, integrity and availability the assessment states how bad an incident would
//! be for reputation, productivity and finances: low, medium, high or maximum. The highest of them
//! is the impact of the service. Risk = impact × likelihood.
//! Sources: <https://infosec.mozilla.org/guidelines/risk/rapid_risk_assessment>,
//! <https://infosec.mozilla.org/guidelines/assessing_security_risk>,
//! <https://infosec.mozilla.org/guidelines/risk/standard_levels>.
//!
//! Levels count 1 to 4, so the product ends at 16 and is stretched to 100. The assessment itself
//! records impacts and leaves likelihood to a separate process; without one the maximum is taken,
//! and the four impact levels fall into the four bands. The data classification describes the
//! service and does not change the score.

use serde_json::{Map, Value, json};

use super::{Assessed, Assessment, inputs::Inputs, whole};

const CLASSIFICATIONS: [&str; 4] =
    ["public", "confidential_internal", "confidential_specific", "confidential_restricted"];
const LEVELS: [&str; 4] = ["low", "medium", "high", "maximum"];
const PROPERTIES: [&str; 3] = ["confidentiality", "integrity", "availability"];
const CONCERNS: [&str; 3] = ["reputation", "productivity", "finances"];
const MAXIMUM: usize = LEVELS.len();

pub(super) fn schema() -> Value {
    let level = json!({"type": "enum", "values": LEVELS, "required": false});
    let concerns: Map<String, Value> =
        CONCERNS.iter().map(|name| ((*name).to_owned(), level.clone())).collect();
    let property = json!({"type": "object", "required": false, "properties": concerns});
    let properties: Map<String, Value> =
        PROPERTIES.iter().map(|name| ((*name).to_owned(), property.clone())).collect();
    json!({
        "dataClassification": {"type": "enum", "values": CLASSIFICATIONS, "required": true},
        "riskImpact": {"type": "object", "required": true, "properties": properties},
        "likelihood": {"type": "enum", "values": LEVELS, "required": false},
    })
}

pub(super) fn assess(values: &Map<String, Value>) -> Assessed {
    let inputs = Inputs::new(values);
    if !inputs.has_any(&["dataClassification", "riskImpact"]) {
        return Ok(None);
    }
    if inputs.rank("dataClassification", &CLASSIFICATIONS)?.is_none() {
        return Err("dataClassification is required.".to_owned());
    }
    let impacts = inputs.group("riskImpact")?.ok_or("riskImpact is required.")?;
    let impact = highest(impacts)?.ok_or("riskImpact must state at least one impact.")?;
    let likelihood = inputs.rank("likelihood", &LEVELS)?.map_or(MAXIMUM, |rank| rank + 1);
    let product = u32::try_from(impact * likelihood).map_or(16.0, f64::from);
    Ok(Some(Assessment {
        score: whole(product * 100.0 / 16.0),
        result: json!({"impact": LEVELS[impact - 1], "likelihood": LEVELS[likelihood - 1]}),
    }))
}

/// The highest impact, 1 to 4. A property has one level, or one per concern.
fn highest(impacts: Inputs<'_>) -> Result<Option<usize>, String> {
    let mut highest = None;
    for property in PROPERTIES {
        let rank = match impacts.get(property) {
            Some(Value::Object(concerns)) => of_concerns(Inputs::new(concerns))?,
            _ => impacts.rank(property, &LEVELS)?,
        };
        highest = highest.max(rank.map(|rank| rank + 1));
    }
    Ok(highest)
}

fn of_concerns(concerns: Inputs<'_>) -> Result<Option<usize>, String> {
    let mut highest = None;
    for concern in CONCERNS {
        highest = highest.max(concerns.rank(concern, &LEVELS)?);
    }
    Ok(highest)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::assess;

    fn score(inputs: &Value) -> Result<i32, String> {
        let assessed = assess(inputs.as_object().expect("an object"))?;
        Ok(assessed.expect("inputs are there").score)
    }

    fn service(impact: &Value) -> Value {
        json!({"dataClassification": "confidential_internal", "riskImpact": impact})
    }

    #[test]
    fn the_four_impact_levels_fall_into_the_four_bands() {
        for (level, expected) in [("low", 25), ("medium", 50), ("high", 75), ("maximum", 100)] {
            let inputs = service(&json!({"integrity": level}));
            assert_eq!(score(&inputs), Ok(expected));
        }
    }

    /// Disclosure makes the technical news, repair occupies a small team for a day.
    #[test]
    fn the_highest_impact_counts() {
        let inputs = service(&json!({
            "confidentiality": {"reputation": "high", "productivity": "low"},
            "availability": {"productivity": "medium", "finances": "low"},
        }));
        assert_eq!(score(&inputs), Ok(75));
    }

    #[test]
    fn risk_is_impact_times_likelihood() {
        let mut inputs = service(&json!({"confidentiality": "maximum"}));
        inputs["likelihood"] = json!("medium");
        assert_eq!(score(&inputs), Ok(50));
        inputs["likelihood"] = json!("low");
        assert_eq!(score(&inputs), Ok(25));
    }

    #[test]
    fn incomplete_and_unknown_inputs_are_refused() {
        assert!(score(&json!({"riskImpact": {"integrity": "low"}})).is_err());
        assert!(score(&json!({"dataClassification": "public"})).is_err());
        assert!(score(&service(&json!({}))).is_err());
        assert!(score(&service(&json!({"integrity": "extreme"}))).is_err());
        assert!(score(&service(&json!("high"))).is_err());
    }
}
