//! Factor Analysis of Information Risk, as standardised by The Open Group.
//!
//! Risk is the loss to be expected in a year: loss event frequency × loss magnitude. The frequency
//! is estimated directly, or as threat event frequency × vulnerability, the share of threat events
//! that become loss events. Estimates have a minimum, a most likely value and a maximum and are
//! drawn from PERT distributions; the simulation draws frequency and magnitude ten thousand times,
//! or as often as somebody asks for, and reports the mean and percentiles of the yearly loss.
//! Sources: Open FAIR Risk Taxonomy (O-RT) <https://publications.opengroup.org/c20b>, Open FAIR Risk
//! Analysis (O-RA) <https://publications.opengroup.org/c20a>.
//!
//! FAIR ends with money. Here the mean yearly loss is put on a logarithmic scale, since FAIR reads
//! losses in bands of a factor of ten: 1 000 a year is 0, 10 000 is 25, 100 000 is 50, one million
//! is 75, ten millions and more are 100.

use serde_json::{Map, Value, json};

use super::{
    Assessed, Assessment,
    distribution::{Dice, Estimate},
    inputs::{Inputs, number},
    whole,
};

/// Trials of the simulation that every change of a risk runs.
pub const TRIALS: usize = 10_000;
/// The same inputs always give the same score.
const SEED: u64 = 0x00FA_1200_0000_0001;
/// Largest frequency and magnitude that are taken.
const LARGEST: f64 = 1e15;
const PERCENTILES: [usize; 6] = [5, 10, 50, 90, 95, 99];

const FREQUENCY: &str = "lossEventFrequency";
const MAGNITUDE: &str = "lossMagnitude";
const THREAT_EVENTS: &str = "threatEventFrequency";
const VULNERABILITY: &str = "vulnerability";

/// How often losses occur in a year.
#[derive(Clone, Copy, Debug)]
enum Frequency {
    Direct(Estimate),
    Derived { threat_events: Estimate, vulnerability: Estimate },
}

impl Frequency {
    fn draw(self, dice: &mut Dice) -> f64 {
        match self {
            Self::Direct(frequency) => frequency.draw(dice),
            Self::Derived { threat_events, vulnerability } => {
                threat_events.draw(dice) * vulnerability.draw(dice)
            }
        }
    }
}

pub(super) fn schema() -> Value {
    json!({
        FREQUENCY: {"type": "range", "min": 0, "required": true},
        MAGNITUDE: {"type": "range", "min": 0, "required": true},
        THREAT_EVENTS: {"type": "number", "min": 0, "required": true},
        VULNERABILITY: {"type": "number", "min": 0, "max": 1, "required": true},
    })
}

pub(super) fn assess(values: &Map<String, Value>) -> Assessed {
    let Some(mut simulation) = Simulation::new(values, SEED)? else { return Ok(None) };
    simulation.run(TRIALS);
    Ok(Some(simulation.assessment()))
}

/// A simulation of yearly losses, run in as many parts as one likes: the parts draw from one
/// sequence of random numbers, so only the seed and the number of trials decide the result.
#[derive(Debug)]
pub struct Simulation {
    frequency: Frequency,
    magnitude: Estimate,
    dice: Dice,
    losses: Vec<f64>,
}

impl Simulation {
    /// Begins with the inputs of a risk: nothing if none of them is there, or what is wrong.
    pub fn new(values: &Map<String, Value>, seed: u64) -> Result<Option<Self>, String> {
        let inputs = Inputs::new(values);
        if !inputs.has_any(&[FREQUENCY, MAGNITUDE, THREAT_EVENTS, VULNERABILITY]) {
            return Ok(None);
        }
        let (frequency, magnitude) = (frequency(inputs)?, required(inputs, MAGNITUDE, LARGEST)?);
        Ok(Some(Self { frequency, magnitude, dice: Dice::new(seed), losses: Vec::new() }))
    }

    /// Draws the losses of some more years.
    pub fn run(&mut self, trials: usize) {
        self.losses.reserve(trials);
        for _ in 0..trials {
            let (frequency, magnitude) =
                (self.frequency.draw(&mut self.dice), self.magnitude.draw(&mut self.dice));
            self.losses.push(frequency * magnitude);
        }
    }

    /// The score, with the mean and percentiles of the yearly loss. At least one trial was run.
    pub fn assessment(mut self) -> Assessment {
        self.losses.sort_by(f64::total_cmp);
        let trials = self.losses.len();
        let mean = mean(&self.losses);
        let percentiles: Map<String, Value> = PERCENTILES
            .iter()
            .map(|percent| {
                (format!("p{percent}"), json!(self.losses[trials * percent / 100].round()))
            })
            .collect();
        Assessment {
            score: on_scale(mean),
            result: json!({
                "annualLoss": {"mean": mean.round(), "percentiles": percentiles},
                "trials": trials,
            }),
        }
    }
}

fn frequency(inputs: Inputs<'_>) -> Result<Frequency, String> {
    if let Some(frequency) = estimate(inputs, FREQUENCY, LARGEST)? {
        return Ok(Frequency::Direct(frequency));
    }
    if !inputs.has_any(&[THREAT_EVENTS, VULNERABILITY]) {
        return Err(format!(
            "{FREQUENCY} is required, or {THREAT_EVENTS} and {VULNERABILITY} instead."
        ));
    }
    Ok(Frequency::Derived {
        threat_events: required(inputs, THREAT_EVENTS, LARGEST)?,
        vulnerability: required(inputs, VULNERABILITY, 1.0)?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a few millions at most")]
fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}

fn on_scale(loss: f64) -> i32 {
    if loss <= 1_000.0 {
        return 1;
    }
    whole((loss / 1_000.0).log10() * 25.0)
}

fn required(inputs: Inputs<'_>, name: &str, largest: f64) -> Result<Estimate, String> {
    estimate(inputs, name, largest)?.ok_or_else(|| format!("{name} is required."))
}

/// An estimate: a number, `[min, max]`, `[min, most likely, max]`, or an object with `min`, `max`
/// and perhaps `mostLikely`. Without a most likely value it is the middle.
fn estimate(inputs: Inputs<'_>, name: &str, largest: f64) -> Result<Option<Estimate>, String> {
    let Some(value) = inputs.get(name) else { return Ok(None) };
    let points = match value {
        Value::Array(points) => points.iter().map(number).collect(),
        Value::Object(points) => {
            let points = Inputs::new(points);
            ["min", "mostLikely", "max"]
                .iter()
                .filter_map(|point| points.get(point))
                .map(number)
                .collect()
        }
        point => number(point).map(|point| vec![point]),
    };
    let points: Vec<f64> = points.unwrap_or_default();
    let estimate = match points[..] {
        [point] => Estimate { min: point, most_likely: point, max: point },
        [min, max] => Estimate { min, most_likely: f64::midpoint(min, max), max },
        [min, most_likely, max] => Estimate { min, most_likely, max },
        _ => return Err(malformed(name, largest)),
    };
    let is_ordered = [0.0, estimate.min, estimate.most_likely, estimate.max, largest].is_sorted();
    if is_ordered { Ok(Some(estimate)) } else { Err(malformed(name, largest)) }
}

fn malformed(name: &str, largest: f64) -> String {
    format!(
        "{name} must be a number from 0 to {largest}, or a range with min, mostLikely and max in \
         this order."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Assessment, Simulation, assess, on_scale};

    fn assessed(inputs: &Value) -> Result<Assessment, String> {
        Ok(assess(inputs.as_object().expect("an object"))?.expect("inputs are there"))
    }

    fn loss(assessment: &Assessment, percentile: &str) -> f64 {
        assessment.result["annualLoss"]["percentiles"][percentile].as_f64().expect("a number")
    }

    /// Ten attempts a year, every fifth succeeds, each costs 50 000: 100 000 a year.
    #[test]
    fn points_are_multiplied() {
        let inputs = json!({
            "threatEventFrequency": 10, "vulnerability": 0.2, "lossMagnitude": 50_000,
        });
        let found = assessed(&inputs).expect("valid");
        assert_eq!(found.result["annualLoss"]["mean"], json!(100_000.0));
        assert_eq!(found.score, 50);
    }

    /// PERT means: (0.1 + 4 × 0.5 + 2) / 6 = 0.683 events, (10 + 4 × 100 + 1 000) / 6 = 235
    /// thousand each, hence 160 600 a year.
    #[test]
    fn ranges_are_simulated() {
        let inputs = json!({
            "lossEventFrequency": {"min": 0.1, "mostLikely": 0.5, "max": 2},
            "lossMagnitude": [10_000, 100_000, 1_000_000],
        });
        let found = assessed(&inputs).expect("valid");
        let mean = found.result["annualLoss"]["mean"].as_f64().expect("a number");
        assert!((mean - 160_600.0).abs() < 3_500.0, "{mean}");
        assert_eq!(found.score, 55);
        assert!(loss(&found, "p10") < loss(&found, "p50"));
        assert!(loss(&found, "p50") < mean, "the distribution leans to the left");
        assert!(loss(&found, "p90") < loss(&found, "p99"));
        assert!(loss(&found, "p99") < 2_000_000.0);
    }

    #[test]
    fn the_same_inputs_give_the_same_result() {
        let inputs = json!({"lossEventFrequency": [1, 5], "lossMagnitude": [100, 900]});
        assert_eq!(assessed(&inputs), assessed(&inputs));
    }

    #[test]
    fn a_simulation_in_parts_is_one_simulation() {
        let inputs = json!({"lossEventFrequency": [1, 5], "lossMagnitude": [100, 900]});
        let simulated = |parts: &[usize]| {
            let inputs = inputs.as_object().expect("an object");
            let mut simulation = Simulation::new(inputs, 7).expect("valid").expect("inputs");
            for trials in parts {
                simulation.run(*trials);
            }
            simulation.assessment()
        };
        assert_eq!(simulated(&[100, 900, 4_000]), simulated(&[5_000]));
        assert_ne!(simulated(&[5_000]).result, simulated(&[6_000]).result);
    }

    #[test]
    fn losses_are_read_in_bands_of_ten() {
        let cases = [(0.0, 1), (1e3, 1), (1e4, 25), (1e5, 50), (1e6, 75), (1e7, 100), (1e12, 100)];
        for (loss, expected) in cases {
            assert_eq!(on_scale(loss), expected);
        }
    }

    #[test]
    fn incomplete_and_malformed_estimates_are_refused() {
        for inputs in [
            json!({"lossMagnitude": 5}),
            json!({"lossEventFrequency": 5}),
            json!({"threatEventFrequency": 5, "lossMagnitude": 5}),
            json!({"threatEventFrequency": 5, "vulnerability": 1.5, "lossMagnitude": 5}),
            json!({"lossEventFrequency": [5, 1], "lossMagnitude": 5}),
            json!({"lossEventFrequency": -1, "lossMagnitude": 5}),
            json!({"lossEventFrequency": "often", "lossMagnitude": 5}),
            json!({"lossEventFrequency": {"min": 1, "max": "x"}, "lossMagnitude": 5}),
            json!({"lossEventFrequency": [], "lossMagnitude": 5}),
        ] {
            assert!(assessed(&inputs).is_err(), "{inputs}");
        }
    }
}
