//! Random tokens, the keys derived from the product's secret, and texts encrypted at rest.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    constant_time, hkdf, hmac, rand,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 6;

/// A new random token: 256 bits as 43 URL-safe letters.
pub fn random_token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random_bytes::<KEY_BYTES>())
}

/// `N` bytes that nobody can guess.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system provides random bytes");
    bytes
}

/// SHA-256 of a token, URL-safe: what is stored and looked up instead of the token itself.
///
/// Tokens are random and long, so that neither salt nor slowness is needed.
pub fn digest(token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// Compares without telling by its duration where the texts differ.
pub fn same(left: &str, right: &str) -> bool {
    constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

/// The product's secrets: the first is in use, the others are still understood.
///
/// Keys for different purposes are derived from them, so that none of them serves two.
pub struct Secrets(Vec<hkdf::Prk>);

/// There is no secret, or the derivation of a key failed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("at least one secret key is needed")]
pub struct NoSecret;

/// One key derived for one purpose.
pub(crate) struct DerivedKey {
    /// Names the key without revealing it.
    pub(crate) id: String,
    pub(crate) bytes: [u8; KEY_BYTES],
}

impl Secrets {
    /// Takes the secrets in the order of their age, newest first. Blank ones are left out.
    ///
    /// # Errors
    /// [`NoSecret`] when nothing is left.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, NoSecret> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"forewarn");
        let keys: Vec<_> = secrets
            .into_iter()
            .filter(|secret| !secret.as_ref().trim().is_empty())
            .map(|secret| salt.extract(secret.as_ref().trim().as_bytes()))
            .collect();
        if keys.is_empty() { Err(NoSecret) } else { Ok(Self(keys)) }
    }

    /// The keys for a purpose, newest first.
    pub(crate) fn derived(&self, purpose: &'static str) -> Vec<DerivedKey> {
        self.0.iter().map(|secret| DerivedKey::new(secret, purpose)).collect()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({} hidden)", self.0.len())
    }
}

impl DerivedKey {
    fn new(secret: &hkdf::Prk, purpose: &'static str) -> Self {
        let mut bytes = [0; KEY_BYTES];
        secret
            .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|key| key.fill(&mut bytes))
            .expect("a key of one hash length can be derived");
        let id = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..KEY_ID_BYTES]);
        Self { id, bytes }
    }
}

/// Encrypts small texts that are stored (AES-256-GCM).
///
/// A sealed text names its key, so that texts sealed with an older secret can be opened as long as
/// that secret is configured.
pub struct Vault(Vec<VaultKey>);

struct VaultKey {
    id: String,
    key: RandomizedNonceKey,
    mark: hmac::Key,
    signing: hmac::Key,
}

impl VaultKey {
    fn marked(&self, content: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.mark, content))
    }
}

/// Whose signature one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// Made by this installation.
    Own,
    /// Made with a secret that is not configured any more.
    UnknownKey,
    /// Does not belong to the content.
    Forged,
}

/// A text that was not sealed by one of the vault's keys, or was changed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a stored text cannot be decrypted with the configured secrets")]
pub struct Unreadable;

impl Vault {
    /// A vault with one key per secret; the first seals.
    pub fn new(secrets: &Secrets) -> Self {
        let marks = secrets.derived("marks of texts");
        let signing = secrets.derived("entries of the audit log");
        let keys = secrets.derived("texts at rest").into_iter().zip(marks).zip(signing);
        let keys = keys.map(|((derived, mark), signing)| VaultKey {
            key: RandomizedNonceKey::new(&AES_256_GCM, &derived.bytes)
                .expect("a derived key has the length of an AES-256 key"),
            id: derived.id,
            mark: hmac::Key::new(hmac::HMAC_SHA256, &mark.bytes),
            signing: hmac::Key::new(hmac::HMAC_SHA256, &signing.bytes),
        });
        Self(keys.collect())
    }

    /// A mark by which a content is known again, and which tells nothing about it (HMAC-SHA256).
    pub fn mark(&self, content: &[u8]) -> String {
        self.0[0].marked(content)
    }

    /// Whether a content has this mark, also one made with an older secret.
    pub fn has_mark(&self, content: &[u8], mark: &str) -> bool {
        self.0.iter().any(|key| same(&key.marked(content), mark))
    }

    /// Signs a content (HMAC-SHA256): key id, a dot, then the signature as URL-safe base64.
    pub fn sign(&self, content: &[u8]) -> String {
        let VaultKey { id, signing, .. } = &self.0[0];
        format!("{id}.{}", BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(signing, content)))
    }

    /// Whose signature this is.
    pub fn signature(&self, content: &[u8], signature: &str) -> Signature {
        let Some((id, signature)) = signature.split_once('.') else { return Signature::Forged };
        let Some(key) = self.0.iter().find(|key| key.id == id) else {
            return Signature::UnknownKey;
        };
        let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else {
            return Signature::Forged;
        };
        match hmac::verify(&key.signing, content, &signature) {
            Ok(()) => Signature::Own,
            Err(_) => Signature::Forged,
        }
    }

    /// Encrypts a text: key id, a dot, then nonce, ciphertext and tag as URL-safe base64.
    pub fn seal(&self, text: &str) -> String {
        let VaultKey { id, key, .. } = &self.0[0];
        let mut content = text.as_bytes().to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(id.as_bytes()), &mut content)
            .expect("small texts can be encrypted");
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut content);
        format!("{id}.{}", BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Decrypts what [`Vault::seal`] made.
    ///
    /// # Errors
    /// [`Unreadable`] when no configured secret fits, or the text was tampered with.
    pub fn open(&self, sealed: &str) -> Result<String, Unreadable> {
        let (id, content) = sealed.split_once('.').ok_or(Unreadable)?;
        let VaultKey { key, .. } = self.0.iter().find(|key| key.id == id).ok_or(Unreadable)?;
        let mut content = BASE64_URL_SAFE_NO_PAD.decode(content).map_err(|_| Unreadable)?;
        let (nonce, body) = content.split_at_mut_checked(NONCE_LEN).ok_or(Unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unreadable)?;
        let text =
            key.open_in_place(nonce, Aad::from(id.as_bytes()), body).map_err(|_| Unreadable)?;
        String::from_utf8(text.to_vec()).map_err(|_| Unreadable)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault(hidden)")
    }
}
