//! Tokens of forms: they prove that a form was shown to whoever sends it.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::Secrets;

/// Makes and checks tokens of forms. A token is signed (HMAC-SHA-256) over a random text that only
/// the browser holds to which the form was shown, so that no other site can make one.
pub struct FormTokens(Vec<hmac::Key>);

impl FormTokens {
    /// Tokens signed with the newest secret; those signed with the others are still good.
    pub fn new(secrets: &Secrets) -> Self {
        let keys = secrets.derived("tokens of forms").into_iter();
        let keys = keys.map(|derived| hmac::Key::new(hmac::HMAC_SHA256, &derived.bytes));
        Self(keys.collect())
    }

    /// The token for a form that is shown to the browser with this text.
    pub fn token(&self, browser: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.0[0], browser.as_bytes()))
    }

    /// Whether a token belongs to the browser with this text.
    pub fn admits(&self, browser: &str, token: &str) -> bool {
        let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(token) else { return false };
        self.0.iter().any(|key| hmac::verify(key, browser.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Debug for FormTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FormTokens(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_one_browser_also_after_a_change_of_the_secret() {
        let forms = FormTokens::new(&Secrets::new(["old"]).expect("secrets"));
        let token = forms.token("ada");
        assert!(forms.admits("ada", &token));
        assert!(!forms.admits("eve", &token));
        assert!(!forms.admits("ada", ""));
        let rotated = FormTokens::new(&Secrets::new(["new", "old"]).expect("secrets"));
        assert!(rotated.admits("ada", &token));
        let other = FormTokens::new(&Secrets::new(["new"]).expect("secrets"));
        assert!(!other.admits("ada", &token));
    }
}
