//! What remains of a risk behind the countermeasures.

use entity::choice::{CountermeasureStatus, RiskLevel};

/// The band of a score: up to 25 low, up to 50 medium, up to 75 high, above critical.
pub const fn level_of(score: i32) -> RiskLevel {
    match score {
        ..=25 => RiskLevel::Low,
        26..=50 => RiskLevel::Medium,
        51..=75 => RiskLevel::High,
        _ => RiskLevel::Critical,
    }
}

/// The share of a risk that a countermeasure removes, 0 to 1: as stated, or by its status.
pub fn effectiveness(status: CountermeasureStatus, stated: Option<f64>) -> f64 {
    stated.unwrap_or(match status {
        CountermeasureStatus::Verified | CountermeasureStatus::Platform => 1.0,
        CountermeasureStatus::Planned => 0.5,
        CountermeasureStatus::Gap | CountermeasureStatus::Waived => 0.0,
    })
}

/// The average effectiveness of countermeasures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Average {
    sum: f64,
    number: f64,
}

impl Average {
    /// Counts so many countermeasures of the same effectiveness.
    pub fn add(&mut self, effectiveness: f64, number: u32) {
        self.sum += effectiveness * f64::from(number);
        self.number += f64::from(number);
    }

    /// The average, none without countermeasures.
    pub fn value(self) -> Option<f64> {
        (self.number > 0.0).then(|| self.sum / self.number)
    }
}

/// The residual score, 0 to 100, for an average effectiveness.
///
/// Without countermeasures it is the inherent score. Otherwise it is the inherent score times what
/// the countermeasures leave, rounded with halves to the even number, and at least 1.
#[expect(clippy::cast_possible_truncation, reason = "between 0 and the inherent score")]
pub fn residual(inherent: i32, average: Option<f64>) -> i32 {
    let Some(average) = average else { return inherent };
    let left = f64::from(inherent) * (1.0 - average);
    (left.round_ties_even() as i32).max(1).min(inherent)
}

#[cfg(test)]
mod tests {
    use entity::choice::{CountermeasureStatus as Status, RiskLevel};

    use super::{Average, effectiveness, level_of, residual};

    #[test]
    fn halves_are_rounded_to_the_even_number() {
        let cases = [
            (100, 0.255, 74),
            (100, 0.745, 26),
            (40, 0.6875, 12),
            (20, 0.375, 12),
            (20, 0.125, 18),
            (36, 0.375, 22),
            (36, 0.125, 32),
            (12, 0.375, 8),
            (4, 0.875, 1),
            (4, 0.625, 2),
        ];
        for (inherent, average, expected) in cases {
            assert_eq!(residual(inherent, Some(average)), expected, "{inherent} and {average}");
        }
    }

    #[test]
    fn something_always_remains() {
        assert_eq!(residual(100, Some(1.0)), 1);
        assert_eq!(residual(1, Some(1.0)), 1);
        assert_eq!(residual(0, Some(1.0)), 0);
    }

    #[test]
    fn without_countermeasures_the_inherent_score_remains() {
        assert_eq!(residual(48, None), 48);
        assert_eq!(Average::default().value(), None);
    }

    #[test]
    fn a_stated_effectiveness_outweighs_the_status() {
        assert!((effectiveness(Status::Gap, Some(0.2)) - 0.2).abs() < f64::EPSILON);
        assert!((effectiveness(Status::Planned, None) - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn each_countermeasure_counts_once() {
        let mut average = Average::default();
        average.add(1.0, 3);
        average.add(0.0, 1);
        assert_eq!(residual(100, average.value()), 25);
    }

    #[test]
    fn levels_end_at_their_upper_score() {
        assert_eq!(level_of(25), RiskLevel::Low);
        assert_eq!(level_of(26), RiskLevel::Medium);
        assert_eq!(level_of(50), RiskLevel::Medium);
        assert_eq!(level_of(75), RiskLevel::High);
        assert_eq!(level_of(76), RiskLevel::Critical);
    }
}
