//! E-mail addresses: what is one, and when two are the same.

use unicode_normalization::UnicodeNormalization;

/// What to say about a text that is no e-mail address.
pub const MALFORMED: &str = "Enter a valid email address.";

const LONGEST_ADDRESS: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;
const LONGEST_LABEL: usize = 63;

/// A well-formed e-mail address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address(String);

impl Address {
    /// Reads an address and keeps its spelling, without surrounding blanks.
    ///
    /// # Errors
    /// [`MALFORMED`] when the text is no address.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if !is_well_formed(text) {
            return Err(MALFORMED);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which mail servers take it: an international domain in ASCII. None for a
    /// domain that has no such form.
    pub fn deliverable(&self) -> Option<String> {
        let (local, domain) = self.0.rsplit_once('@')?;
        match url::Host::parse(domain).ok()? {
            url::Host::Domain(domain) => Some(format!("{local}@{domain}")),
            _ => None,
        }
    }

    /// The form in which addresses are compared and found.
    pub fn key(&self) -> String {
        key(&self.0)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

/// The form in which addresses and user names are compared: without surrounding blanks,
/// compatibility-normalised (NFKC) and in lower case.
pub fn key(text: &str) -> String {
    text.trim().nfkc().collect::<String>().to_lowercase()
}

fn is_well_formed(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    text.len() <= LONGEST_ADDRESS && is_local_part(local) && is_domain(domain)
}

fn is_local_part(local: &str) -> bool {
    let allowed =
        |letter: char| letter.is_ascii_alphanumeric() || "-!#$%&'*+/=?^_`{}|~".contains(letter);
    local.len() <= LONGEST_LOCAL_PART
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(allowed))
}

fn is_domain(domain: &str) -> bool {
    if domain.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let Some((_, top)) = domain.rsplit_once('.') else {
        return false;
    };
    domain.split('.').all(is_label) && is_top_level(top)
}

fn is_label(label: &str) -> bool {
    let allowed = |letter: char| letter == '-' || letter.is_alphanumeric();
    !label.is_empty()
        && label.len() <= LONGEST_LABEL
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(allowed)
}

fn is_top_level(label: &str) -> bool {
    label.chars().count() >= 2 && !label.chars().all(|letter| letter.is_ascii_digit())
}
