//! Pauses between attempts.

use std::time::Duration;

/// How long to wait after a failed attempt: longer each time, so that whatever is broken is not
/// hurried, and never for all jobs alike, so that jobs that failed together do not return together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    longest: Duration,
}

/// After the first failure.
const FIRST: Duration = Duration::from_secs(2);

/// How much longer or shorter than usual a pause may be by chance.
const SPREAD: f64 = 0.2;

impl Pauses {
    /// Pauses of 2 seconds after the first failure, then twice as long each time up to `longest`.
    pub const fn up_to(longest: Duration) -> Self {
        Self { longest }
    }

    /// The pause before another attempt, a fifth more or less by `chance` from 0 to 1.
    pub fn after(self, failures: i32, chance: f64) -> Duration {
        let doublings = failures.clamp(1, 31) - 1;
        let pause = FIRST.as_secs_f64() * 2_f64.powi(doublings);
        let pause = pause.min(self.longest.as_secs_f64());
        let chance = chance.clamp(0.0, 1.0) * 2.0 - 1.0;
        Duration::from_secs_f64(pause * (1.0 + SPREAD * chance))
    }

    /// How many attempts it takes to go on for `time`, if chance neither lengthens nor shortens
    /// the pauses: what `MAX_ATTEMPTS` must be for that.
    pub const fn attempts_within(self, time: Duration) -> i32 {
        let mut attempts = 1;
        let mut pause = FIRST.as_secs();
        let mut passed = 0;
        while passed < time.as_secs() {
            passed += if pause < self.longest.as_secs() { pause } else { self.longest.as_secs() };
            pause *= 2;
            if pause > self.longest.as_secs() {
                pause = self.longest.as_secs();
            }
            if pause == 0 {
                return attempts;
            }
            attempts += 1;
        }
        attempts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSES: Pauses = Pauses::up_to(Duration::from_mins(10));

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds: Vec<_> =
            (1..=11).map(|failures| PAUSES.after(failures, 0.5).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
    }

    #[test]
    fn chance_spreads_a_pause_by_a_fifth() {
        assert_eq!(PAUSES.after(3, 0.0), Duration::from_millis(6400));
        assert_eq!(PAUSES.after(3, 1.0), Duration::from_millis(9600));
        assert_eq!(PAUSES.after(i32::MAX, 9.0), Duration::from_mins(12));
        assert_eq!(PAUSES.after(i32::MIN, -1.0), Duration::from_millis(1600));
    }

    #[test]
    fn attempts_fill_a_day() {
        let pauses = Pauses::up_to(Duration::from_hours(1));
        let attempts = pauses.attempts_within(Duration::from_hours(24));
        let sum: Duration = (1..attempts).map(|failures| pauses.after(failures, 0.5)).sum();
        assert!(sum >= Duration::from_hours(24), "{sum:?}");
        assert!(sum <= Duration::from_hours(25), "{sum:?}");
        assert_eq!(pauses.attempts_within(Duration::ZERO), 1);
    }
}
