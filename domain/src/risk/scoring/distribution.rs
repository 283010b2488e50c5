//! Random numbers for estimates with a minimum, a most likely value and a maximum.

use std::f64::consts::TAU;

use rand::{Rng, SeedableRng, rngs::Xoshiro256PlusPlus};

/// Random numbers that are the same on every machine and with every run: the algorithm is named,
/// and conversions are done here, so that no update of a library changes a score.
#[derive(Debug)]
pub(super) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Uniform in (0, 1).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by the transform of Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// Gamma with scale 1, by the method of Marsaglia and Tsang (2000), for shapes from 1.
    fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta, from two gammas.
    fn beta(&mut self, alpha: f64, beta: f64) -> f64 {
        let one = self.gamma(alpha);
        one / (one + self.gamma(beta))
    }
}

/// An estimate in three points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) min: f64,
    pub(super) most_likely: f64,
    pub(super) max: f64,
}

impl Estimate {
    /// One draw from the PERT distribution: a beta distribution over the range whose mean is
    /// (min + 4 × most likely + max) / 6.
    pub(super) fn draw(self, dice: &mut Dice) -> f64 {
        let range = self.max - self.min;
        if range <= 0.0 {
            return self.min;
        }
        let alpha = 1.0 + 4.0 * (self.most_likely - self.min) / range;
        let beta = 1.0 + 4.0 * (self.max - self.most_likely) / range;
        self.min + range * dice.beta(alpha, beta)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Estimate};

    #[test]
    fn draws_keep_to_the_range_and_to_the_published_mean() {
        let estimate = Estimate { min: 2.0, most_likely: 4.0, max: 12.0 };
        let mut dice = Dice::new(7);
        let draws: Vec<f64> = (0..20_000).map(|_| estimate.draw(&mut dice)).collect();
        assert!(draws.iter().all(|draw| (2.0..=12.0).contains(draw)));
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let published = (2.0 + 4.0 * 4.0 + 12.0) / 6.0;
        assert!((mean - published).abs() < 0.05, "{mean} is not {published}");
    }

    #[test]
    fn a_point_is_always_drawn_as_it_is() {
        let point = Estimate { min: 3.0, most_likely: 3.0, max: 3.0 };
        assert!((point.draw(&mut Dice::new(1)) - 3.0).abs() < f64::EPSILON);
    }
}
