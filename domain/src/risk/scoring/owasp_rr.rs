//! The OWASP Risk Rating Methodology: sixteen factors from 0 to 9.
//!
//! Likelihood is the average of the four threat agent and the four vulnerability factors. Impact is
//! the average of the four business impact factors, or of the four technical ones when nothing is
//! known about the business. Below 3 is low, below 6 medium, up to 9 high; likelihood and impact
//! together give the severity:
//!
//! | impact \ likelihood | low    | medium | high     |
//! |---------------------|--------|--------|----------|
//! | high                | medium | high   | critical |
//! | medium              | low    | medium | high     |
//! | low                 | note   | low    | medium   |
//!
//! Source: <https://owasp.org/www-community/OWASP_Risk_Rating_Methodology>.
//!
//! The methodology ends with the severity. Here each severity is a part of the scale from 0 to 100
//! (note up to 10, low up to 25, medium up to 50, high up to 75, critical up to 100), and within it
//! the score grows with likelihood × impact.

use serde_json::{Map, Value, json};

use super::{Assessed, Assessment, inputs::Inputs, whole};

const LARGEST: f64 = 9.0;

/// A group of four factors.
struct Group {
    name: &'static str,
    factors: [&'static str; 4],
}

const THREAT_AGENT: Group =
    Group { name: "threatAgentFactors", factors: ["skillLevel", "motive", "opportunity", "size"] };
const VULNERABILITY: Group = Group {
    name: "vulnerabilityFactors",
    factors: ["easeOfDiscovery", "easeOfExploit", "awareness", "intrusionDetection"],
};
const TECHNICAL_IMPACT: Group = Group {
    name: "technicalImpactFactors",
    factors: [
        "lossOfConfidentiality",
        "lossOfIntegrity",
        "lossOfAvailability",
        "lossOfAccountability",
    ],
};
const BUSINESS_IMPACT: Group = Group {
    name: "businessImpactFactors",
    factors: ["financialDamage", "reputationDamage", "nonCompliance", "privacyViolation"],
};
const GROUPS: [Group; 4] = [THREAT_AGENT, VULNERABILITY, TECHNICAL_IMPACT, BUSINESS_IMPACT];

/// A severity and the part of the scale that belongs to it.
struct Band {
    severity: &'static str,
    above: f64,
    upto: f64,
}

const BANDS: [Band; 5] = [
    Band { severity: "note", above: 0.0, upto: 10.0 },
    Band { severity: "low", above: 10.0, upto: 25.0 },
    Band { severity: "medium", above: 25.0, upto: 50.0 },
    Band { severity: "high", above: 50.0, upto: 75.0 },
    Band { severity: "critical", above: 75.0, upto: 100.0 },
];

pub(super) fn schema() -> Value {
    let groups = GROUPS.iter().map(|group| {
        let factor = json!({"type": "number", "min": 0, "max": 9, "required": true});
        let factors = group.factors.iter().map(|name| ((*name).to_owned(), factor.clone()));
        let properties: Map<String, Value> = factors.collect();
        let schema = json!({"type": "object", "required": true, "properties": properties});
        (group.name.to_owned(), schema)
    });
    Value::Object(groups.collect())
}

pub(super) fn assess(values: &Map<String, Value>) -> Assessed {
    let inputs = Inputs::new(values);
    if !inputs.has_any(&GROUPS.map(|group| group.name)) {
        return Ok(None);
    }
    let likelihood =
        f64::midpoint(required(inputs, &THREAT_AGENT)?, required(inputs, &VULNERABILITY)?);
    let technical = average(inputs, &TECHNICAL_IMPACT)?;
    let business = average(inputs, &BUSINESS_IMPACT)?;
    let impact = business.or(technical).ok_or_else(|| missing(&TECHNICAL_IMPACT))?;
    let band = &BANDS[level(likelihood) + level(impact)];
    let share = likelihood * impact / (LARGEST * LARGEST);
    let within = ((band.upto - band.above) * share).max(1.0);
    Ok(Some(Assessment {
        score: whole((band.above + within).ceil()),
        result: json!({
            "likelihood": likelihood,
            "technicalImpact": technical,
            "businessImpact": business,
            "severity": band.severity,
        }),
    }))
}

/// 0 low, 1 medium, 2 high.
fn level(average: f64) -> usize {
    usize::from(average >= 3.0) + usize::from(average >= 6.0)
}

fn required(inputs: Inputs<'_>, group: &Group) -> Result<f64, String> {
    average(inputs, group)?.ok_or_else(|| missing(group))
}

fn missing(group: &Group) -> String {
    format!("{} is required.", group.name)
}

fn average(inputs: Inputs<'_>, group: &Group) -> Result<Option<f64>, String> {
    let Some(factors) = inputs.group(group.name)? else { return Ok(None) };
    let mut sum = 0.0;
    for name in group.factors {
        sum += factors.number(name, 0.0, LARGEST)?;
    }
    Ok(Some(sum / 4.0))
}

#[cfg(test)]
mod tests {
    use entity::choice::RiskLevel;
    use serde_json::{Value, json};

    use super::{super::super::level_of, Assessment, assess};

    fn assessed(inputs: &Value) -> Result<Assessment, String> {
        Ok(assess(inputs.as_object().expect("an object"))?.expect("inputs are there"))
    }

    /// The factors of the example in the methodology.
    fn example() -> Value {
        json!({
            "threatAgentFactors": {"skillLevel": 5, "motive": 2, "opportunity": 7, "size": 1},
            "vulnerabilityFactors": {
                "easeOfDiscovery": 3, "easeOfExploit": 6, "awareness": 9, "intrusionDetection": 2,
            },
            "technicalImpactFactors": {
                "lossOfConfidentiality": 9, "lossOfIntegrity": 7, "lossOfAvailability": 5,
                "lossOfAccountability": 8,
            },
            "businessImpactFactors": {
                "financialDamage": 1, "reputationDamage": 2, "nonCompliance": 1,
                "privacyViolation": 5,
            },
        })
    }

    fn all(value: u8) -> Value {
        let mut inputs = example();
        for group in inputs.as_object_mut().expect("an object").values_mut() {
            for factor in group.as_object_mut().expect("a group").values_mut() {
                *factor = json!(value);
            }
        }
        inputs
    }

    #[test]
    fn the_example_of_the_methodology_with_business_impact() {
        let example = assessed(&example()).expect("valid");
        assert_eq!(example.result["likelihood"], json!(4.375));
        assert_eq!(example.result["technicalImpact"], json!(7.25));
        assert_eq!(example.result["businessImpact"], json!(2.25));
        assert_eq!(example.result["severity"], "low");
        assert_eq!(level_of(example.score), RiskLevel::Low);
    }

    #[test]
    fn the_example_of_the_methodology_with_technical_impact_only() {
        let mut inputs = example();
        inputs.as_object_mut().expect("an object").shift_remove("businessImpactFactors");
        let example = assessed(&inputs).expect("valid");
        assert_eq!(example.result["severity"], "high");
        assert_eq!(level_of(example.score), RiskLevel::High);
    }

    #[test]
    fn the_ends_of_the_scale() {
        assert_eq!(assessed(&all(0)).expect("valid").score, 1);
        assert_eq!(assessed(&all(9)).expect("valid").score, 100);
    }

    #[test]
    fn scores_grow_with_the_factors_and_stay_within_their_severity() {
        let scores: Vec<i32> =
            (0..=9).map(|value| assessed(&all(value)).expect("valid").score).collect();
        assert!(scores.is_sorted(), "{scores:?}");
        assert_eq!(level_of(scores[2]), RiskLevel::Low);
        assert_eq!(level_of(scores[3]), RiskLevel::Medium);
        assert_eq!(level_of(scores[6]), RiskLevel::Critical);
    }

    #[test]
    fn names_may_be_in_snake_case() {
        let inputs = json!({
            "threat_agent_factors": {"skill_level": 9, "motive": 9, "opportunity": 9, "size": 9},
            "vulnerability_factors": {
                "ease_of_discovery": 9, "ease_of_exploit": 9, "awareness": 9,
                "intrusion_detection": 9,
            },
            "technical_impact_factors": {
                "loss_of_confidentiality": 9, "loss_of_integrity": 9, "loss_of_availability": 9,
                "loss_of_accountability": 9,
            },
        });
        assert_eq!(assessed(&inputs).expect("valid").score, 100);
    }

    #[test]
    fn missing_and_malformed_factors_are_refused() {
        let mut inputs = example();
        inputs["threatAgentFactors"]["motive"] = json!(10);
        assert_eq!(
            assessed(&inputs),
            Err("threatAgentFactors.motive must be a number from 0 to 9.".to_owned())
        );
        let partly = json!({"threatAgentFactors": {"skillLevel": 5}});
        assert_eq!(assessed(&partly), Err("threatAgentFactors.motive is required.".to_owned()));
        assert!(assessed(&json!({"threatAgentFactors": 5})).is_err());
    }
}
