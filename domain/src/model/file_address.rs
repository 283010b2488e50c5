//! Addresses of files that can be read without signing in, for a while.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;

use crate::{Clock, account::Secrets};

/// How long an address can be used.
const VALID: TimeDelta = TimeDelta::minutes(15);

/// Makes and checks addresses of files. An address names the moment at which it expires and is
/// signed (HMAC-SHA-256), so that it can be neither guessed nor prolonged.
pub struct FileAddresses {
    keys: Vec<hmac::Key>,
    clock: Clock,
}

impl FileAddresses {
    /// Addresses signed with the newest secret; those signed with the others are still good.
    pub fn new(secrets: &Secrets, clock: Clock) -> Self {
        let keys = secrets.derived("file addresses").into_iter();
        let keys = keys.map(|derived| hmac::Key::new(hmac::HMAC_SHA256, &derived.bytes));
        Self { keys: keys.collect(), clock }
    }

    /// The path and query under which a file of the storage can be read for 15 minutes.
    pub fn address(&self, key: &str) -> String {
        let expires = (self.clock.now() + VALID).timestamp();
        let signature = hmac::sign(&self.keys[0], signed(key, expires).as_bytes());
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
        format!("/media/{key}?expires={expires}&signature={signature}")
    }

    /// For how many seconds the address of a file is still good, none if it is not.
    pub fn admits(&self, key: &str, expires: i64, signature: &str) -> Option<i64> {
        let left = expires.saturating_sub(self.clock.now().timestamp());
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let text = signed(key, expires);
        let fits = |secret| hmac::verify(secret, text.as_bytes(), &signature).is_ok();
        (left > 0 && self.keys.iter().any(fits)).then_some(left)
    }
}

fn signed(key: &str, expires: i64) -> String {
    format!("{expires} {key}")
}

impl fmt::Debug for FileAddresses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FileAddresses(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(address: &str) -> (i64, String) {
        let (_, query) = address.split_once("?expires=").expect("a query");
        let (expires, signature) = query.split_once("&signature=").expect("a signature");
        (expires.parse().expect("a number"), signature.to_owned())
    }

    #[test]
    fn an_address_is_good_for_its_file_for_a_quarter_of_an_hour() {
        let clock = Clock::system();
        let secrets = Secrets::new(["new", "old"]).expect("secrets");
        let addresses = FileAddresses::new(&secrets, clock.clone());
        let (expires, signature) = parts(&addresses.address("a.png"));
        assert!(addresses.admits("a.png", expires, &signature).is_some());
        assert!(addresses.admits("b.png", expires, &signature).is_none());
        assert!(addresses.admits("a.png", expires + 1, &signature).is_none());
        assert!(addresses.admits("a.png", i64::MIN, "").is_none());
        let old = FileAddresses::new(&Secrets::new(["old"]).expect("secrets"), clock.clone());
        let (expires, signature) = parts(&old.address("a.png"));
        assert!(addresses.admits("a.png", expires, &signature).is_some());
        clock.advance(VALID);
        assert!(addresses.admits("a.png", expires, &signature).is_none());
    }
}
