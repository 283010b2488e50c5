//! Which versions of another pack will do.

use semver::{Version, VersionReq};

/// A range of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint(VersionReq);

impl Constraint {
    /// Reads a constraint such as `^1.0.0`, `>=1.0`, `1.x` or `>=1.0 <2.0`; the empty text is any
    /// version. Absent when the text is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self(VersionReq::STAR));
        }
        let text = text.replace("==", "=");
        VersionReq::parse(&text)
            .or_else(|_| VersionReq::parse(&comma_separated(&text)))
            .ok()
            .map(Self)
    }

    /// Whether a version is in the range. Versions may be incomplete, such as `1` or `v1.2`; one
    /// that is no version at all fits any range, since nothing can be said about it.
    pub fn allows(&self, version: &str) -> bool {
        complete(version).is_none_or(|version| self.0.matches(&version))
    }
}

/// Ranges are written with blanks between their parts in some places, with commas in others.
fn comma_separated(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        match parts.last_mut() {
            Some(last) if last.chars().all(|letter| "<>=^~".contains(letter)) => {
                last.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    parts.join(", ")
}

fn complete(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('v');
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let missing = 2usize.saturating_sub(numbers.matches('.').count());
    Version::parse(&format!("{numbers}{}{rest}", ".0".repeat(missing))).ok()
}

#[cfg(test)]
mod tests {
    use super::Constraint;

    fn allows(constraint: &str, version: &str) -> bool {
        Constraint::parse(constraint).expect("a constraint").allows(version)
    }

    #[test]
    fn common_spellings_are_understood() {
        assert!(allows("", "0.0.1"));
        assert!(allows("^1.0.0", "1.9.0"));
        assert!(!allows("^1.0.0", "2.0.0"));
        assert!(allows(">=1.0", "2"));
        assert!(allows("1.x", "1.4.2"));
        assert!(!allows("1.x", "2.0.0"));
        assert!(allows(">=1.0 <2.0", "1.5"));
        assert!(!allows(">= 1.0, < 2.0", "2.0.0"));
        assert!(allows("==1.2.0", "v1.2"));
    }

    #[test]
    fn nonsense_is_no_constraint() {
        assert_eq!(Constraint::parse("the newest"), None);
    }

    #[test]
    fn a_version_that_is_none_fits() {
        assert!(allows("^1.0.0", "autumn"));
    }
}
