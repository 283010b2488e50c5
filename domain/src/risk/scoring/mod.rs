//! How the inherent score of a risk comes about, 0 to 100.
//!
//! Every method states its inputs as a schema for forms and calculates a score from them. Where the
//! published method ends with another scale, its module says how that scale is mapped to 0 to 100,
//! so that the bands of [`level_of`](super::level_of) agree with the levels of the method.

mod distribution;
mod fair;
mod inherent;
mod inputs;
mod mozilla_rra;
mod owasp_rr;
mod tm_library;

use entity::choice::ScoringMethod;
use serde_json::{Map, Value, json};

pub use fair::{Simulation, TRIALS};
pub use inherent::{Inherent, inherent_score};

/// A score and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The inherent score, 0 to 100.
    pub score: i32,
    /// The steps on the way, for people.
    pub result: Value,
}

/// What a method makes of the inputs: nothing if none of them is there, or what is wrong with them.
pub type Assessed = Result<Option<Assessment>, String>;

/// A way to score risks.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Which one it is.
    pub key: ScoringMethod,
    /// Its name.
    pub label: &'static str,
    /// What it is, in a sentence.
    pub description: &'static str,
    /// Whether every risk is scored by calculation.
    pub is_available: bool,
    schema: fn() -> Value,
    assess: fn(&Map<String, Value>) -> Assessed,
}

impl Method {
    /// The inputs: name, type, range and whether they are required, in the order of a form.
    pub fn schema(&self) -> Value {
        (self.schema)()
    }

    /// The score for inputs.
    pub fn assess(&self, inputs: &Value) -> Assessed {
        match inputs {
            Value::Object(inputs) => (self.assess)(inputs),
            _ => (self.assess)(&Map::new()),
        }
    }
}

/// All methods, the one of new threat models first.
pub const METHODS: [Method; 5] = [
    Method {
        key: ScoringMethod::TmLibrary,
        label: "Likelihood x Impact (5x5 Matrix)",
        description: "TM-Library compatible. Score = likelihood(1-5) x impact(1-5).",
        is_available: true,
        schema: tm_library::schema,
        assess: tm_library::assess,
    },
    Method {
        key: ScoringMethod::Fair,
        label: "FAIR",
        description: "Factor Analysis of Information Risk. Quantitative.",
        is_available: false,
        schema: fair::schema,
        assess: fair::assess,
    },
    Method {
        key: ScoringMethod::OwaspRr,
        label: "OWASP Risk Rating",
        description: "Likelihood and impact factor groups per OWASP methodology.",
        is_available: false,
        schema: owasp_rr::schema,
        assess: owasp_rr::assess,
    },
    Method {
        key: ScoringMethod::MozillaRra,
        label: "Mozilla Rapid Risk Assessment",
        description: "Qualitative risk assessment with data classification.",
        is_available: false,
        schema: mozilla_rra::schema,
        assess: mozilla_rra::assess,
    },
    Method {
        key: ScoringMethod::Custom,
        label: "Manual Score",
        description: "User enters score directly. No automated calculation.",
        is_available: false,
        schema: custom_schema,
        assess: |_| Ok(None),
    },
];

/// The method with a key.
pub fn method(key: ScoringMethod) -> &'static Method {
    let found = METHODS.iter().find(|method| method.key == key);
    found.unwrap_or(&METHODS[0])
}

fn custom_schema() -> Value {
    json!({"justification": {"type": "text", "required": false}})
}

/// A whole score from a share of 100, at least 1.
#[expect(clippy::cast_possible_truncation, reason = "clamped to 1 to 100")]
fn whole(score: f64) -> i32 {
    score.round_ties_even().clamp(1.0, 100.0) as i32
}

#[cfg(test)]
mod tests {
    use entity::choice::ScoringMethod;
    use sea_orm::Iterable;
    use serde_json::json;

    use super::{METHODS, method};

    #[test]
    fn every_method_is_offered() {
        for key in ScoringMethod::iter() {
            assert_eq!(method(key).key, key);
        }
        assert_eq!(METHODS.len(), ScoringMethod::iter().count());
    }

    #[test]
    fn methods_other_than_the_matrix_do_without_inputs() {
        for key in ScoringMethod::iter().filter(|key| *key != ScoringMethod::TmLibrary) {
            assert_eq!(method(key).assess(&json!({"justification": "Judged"})), Ok(None));
        }
    }
}
