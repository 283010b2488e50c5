//! Codes that follow from a shared secret and the time (RFC 6238): SHA-1, six digits, 30 seconds,
//! as every app for them understands.

use std::fmt;

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};

use super::secret::{random_bytes, same};

/// Digits of a code.
pub const DIGITS: usize = 6;

const SECRET_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;
/// Steps by which the clock of an app may be wrong, either way.
const TOLERANCE: i64 = 1;
const MODULUS: u32 = 1_000_000;

/// What an app and the server share.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret([u8; SECRET_BYTES]);

impl SharedSecret {
    /// A new one that nobody can guess: 160 bits.
    pub fn random() -> Self {
        Self(random_bytes())
    }

    /// Reads what [`SharedSecret::base32`] wrote. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        base32_bytes(text)?.try_into().ok().map(Self)
    }

    /// The secret as apps take it: 32 letters and digits.
    pub fn base32(&self) -> String {
        base32(&self.0)
    }

    /// The code of a step.
    pub fn code(&self, step: i64) -> String {
        // Of SHA-1 no more is asked than that it cannot be guessed without the key, and apps know
        // nothing else.
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let start = usize::from(bytes[bytes.len() - 1] & 0x0f);
        let word = [bytes[start], bytes[start + 1], bytes[start + 2], bytes[start + 3]];
        let number = u32::from_be_bytes(word) & 0x7fff_ffff;
        format!("{:0DIGITS$}", number % MODULUS)
    }

    /// The step to which a code belongs, if that is the one of this moment or a neighbour, and
    /// later than the one that was used last.
    pub fn step_of(&self, code: &str, now: DateTime<Utc>, last: i64) -> Option<i64> {
        let current = step_at(now);
        let steps = current - TOLERANCE..=current + TOLERANCE;
        steps.filter(|step| same(&self.code(*step), code)).find(|step| *step > last)
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SharedSecret(hidden)")
    }
}

/// The step in which a moment lies, counted from 1970.
pub const fn step_at(moment: DateTime<Utc>) -> i64 {
    moment.timestamp().div_euclid(STEP_SECONDS)
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BITS_PER_LETTER: u32 = 5;

/// Base32 (RFC 4648) without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= BITS_PER_LETTER {
            bits -= BITS_PER_LETTER;
            text.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(held << (BITS_PER_LETTER - bits)));
    }
    text
}

/// Whether a letter stands for a value in Base32.
pub(super) fn is_base32(letter: char) -> bool {
    u8::try_from(letter).is_ok_and(|letter| ALPHABET.contains(&letter))
}

fn base32_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|one| *one == letter)?;
        held = held << BITS_PER_LETTER | u32::try_from(value).ok()?;
        bits += BITS_PER_LETTER;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

fn letter(value: u32) -> char {
    char::from(ALPHABET[(value & 0x1f) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors of RFC 6238.
    const SECRET: SharedSecret = SharedSecret(*b"12345678901234567890");

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a moment")
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // The last six of the eight digits in appendix B.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(SECRET.code(step_at(at(seconds))), code, "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_wrong_by_one_step_and_not_by_two() {
        let now = at(1_234_567_890);
        let current = step_at(now);
        for (ahead, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let step = SECRET.step_of(&SECRET.code(current + ahead), now, 0);
            assert_eq!(step, accepted.then_some(current + ahead), "{ahead}");
        }
    }

    #[test]
    fn a_used_step_and_older_ones_are_refused() {
        let now = at(1_234_567_890);
        let current = step_at(now);
        assert_eq!(SECRET.step_of(&SECRET.code(current), now, current), None);
        assert_eq!(SECRET.step_of(&SECRET.code(current - 1), now, current), None);
        let next = SECRET.step_of(&SECRET.code(current + 1), now, current);
        assert_eq!(next, Some(current + 1));
        assert_eq!(SECRET.step_of("", now, 0), None);
        assert_eq!(SECRET.step_of("0000000", now, 0), None);
    }

    #[test]
    fn secrets_are_written_in_base32() {
        // RFC 4648, section 10, without padding.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
            assert_eq!(base32_bytes(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(SECRET.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(SharedSecret::parse(&SECRET.base32()), Some(SECRET));
        let other = SharedSecret::random();
        assert_ne!(other, SECRET);
        assert_eq!(SharedSecret::parse(&other.base32()), Some(other));
        for wrong in ["", "MZXW6", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "1"] {
            assert_eq!(SharedSecret::parse(wrong), None, "{wrong}");
        }
    }
}
