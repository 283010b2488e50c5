//! Which passwords are refused, and why.

use std::collections::HashMap;

use zxcvbn::matching::patterns::MatchPattern;

const SHORTEST: usize = 8;
const TOO_SIMILAR: f64 = 0.7;
/// Guesses within which a password counts as common: the length of the list of known passwords.
const COMMON_WITHIN: u64 = 40_000;
/// Longer than every password of the list; the estimator slows down with the length.
const LONGEST_COMMON: usize = 64;

/// What a password must not resemble.
#[derive(Clone, Copy, Debug, Default)]
pub struct Owner<'a> {
    /// The user name.
    pub username: &'a str,
    /// The e-mail address.
    pub email: &'a str,
    /// The first name.
    pub first_name: &'a str,
    /// The last name.
    pub last_name: &'a str,
}

/// Everything that is wrong with a password, in the words shown to people. Empty for a good one.
pub fn objections(password: &str, owner: Owner<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(attribute) = resembled_attribute(password, owner) {
        found.push(format!("The password is too similar to the {attribute}."));
    }
    if password.chars().count() < SHORTEST {
        found.push(format!(
            "This password is too short. It must contain at least {SHORTEST} characters."
        ));
    }
    if is_common(password) {
        found.push("This password is too common.".to_owned());
    }
    if !password.is_empty() && password.chars().all(char::is_numeric) {
        found.push("This password is entirely numeric.".to_owned());
    }
    found
}

fn resembled_attribute(password: &str, owner: Owner<'_>) -> Option<&'static str> {
    let password = password.to_lowercase();
    let attributes = [
        ("username", owner.username),
        ("first name", owner.first_name),
        ("last name", owner.last_name),
        ("email address", owner.email),
    ];
    attributes
        .into_iter()
        .find(|(_, value)| resembles(&password, &value.to_lowercase()))
        .map(|(name, _)| name)
}

/// Whether a password resembles a value or one of the words in it. Both in lower case.
fn resembles(password: &str, value: &str) -> bool {
    value
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .chain([value])
        .filter(|part| !part.is_empty() && !is_negligible(part, password))
        .any(|part| likeness(password, part) >= TOO_SIMILAR)
}

/// Whether a part is so short beside the password that it cannot make up much of it.
fn is_negligible(part: &str, password: &str) -> bool {
    password.chars().count() >= 10 * part.chars().count()
}

/// The share of letters that two texts have in common, wherever they stand: 0 to 1.
fn likeness(left: &str, right: &str) -> f64 {
    let mut available: HashMap<char, usize> = HashMap::new();
    for letter in right.chars() {
        *available.entry(letter).or_default() += 1;
    }
    let mut common = 0_u32;
    for letter in left.chars() {
        if let Some(count @ 1..) = available.get_mut(&letter) {
            *count -= 1;
            common += 1;
        }
    }
    let letters = u32::try_from(left.chars().count() + right.chars().count()).unwrap_or(u32::MAX);
    2.0 * f64::from(common) / f64::from(letters.max(1))
}

/// Whether a password is a single word, name, known password or row of letters that an attacker
/// tries early.
fn is_common(password: &str) -> bool {
    let password = password.trim().to_lowercase();
    let length = password.chars().count();
    if length == 0 || length > LONGEST_COMMON {
        return false;
    }
    let estimate = zxcvbn::zxcvbn(&password, &[]);
    let [whole] = estimate.sequence() else {
        return false;
    };
    let listed = matches!(
        whole.pattern,
        MatchPattern::Dictionary(_) | MatchPattern::Sequence(_) | MatchPattern::Repeat(_)
    );
    listed && estimate.guesses() <= COMMON_WITHIN
}
