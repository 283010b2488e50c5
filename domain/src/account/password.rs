//! Hashing and checking passwords, off the threads that serve requests.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many passwords are hashed at a time; each takes the memory above and a thread.
const AT_ONCE: usize = 2;

/// Checked in place of the hash of an account that does not exist, so that both take as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

/// What a check found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Not the password, or there is none.
    Wrong,
    /// The password.
    Right,
    /// The password, but the stored hash is of an older kind and should be replaced.
    Outdated,
}

/// The hashing itself failed; the password may be right or wrong.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashingFailed;

impl From<HashingFailed> for crate::Error {
    fn from(failure: HashingFailed) -> Self {
        Self::Internal(failure.to_string())
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// The hash of a password as a PHC string, with a new salt.
    ///
    /// # Errors
    /// [`HashingFailed`] when there is not enough memory.
    pub async fn hash(&self, password: String) -> Result<String, HashingFailed> {
        self.in_turn(move || hash(&password)).await?
    }

    /// Compares a password with a stored hash. Without a stored hash the answer is
    /// [`Verdict::Wrong`], after as much work.
    ///
    /// # Errors
    /// [`HashingFailed`] when there is not enough memory.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<Verdict, HashingFailed> {
        self.in_turn(move || {
            let verdict = verify(&password, stored.as_deref().unwrap_or(NOBODY));
            stored.map_or(Verdict::Wrong, |_| verdict)
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| HashingFailed)?;
        let worked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        worked.await.map_err(|_| HashingFailed)
    }
}

fn hasher() -> Result<Argon2<'static>, HashingFailed> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashingFailed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, HashingFailed> {
    let hash: PasswordHash =
        hasher()?.hash_password(password.as_bytes()).map_err(|_| HashingFailed)?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> Verdict {
    if stored.starts_with("pbkdf2_sha256$") {
        return verify_pbkdf2(password, stored);
    }
    let Ok(parsed) = PasswordHash::new(stored) else {
        return Verdict::Wrong;
    };
    if Argon2::default().verify_password(password.as_bytes(), &parsed).is_err() {
        return Verdict::Wrong;
    }
    if is_current(&parsed) { Verdict::Right } else { Verdict::Outdated }
}

fn is_current(hash: &PasswordHash) -> bool {
    let costs = |params: Params| (params.m_cost(), params.t_cost(), params.p_cost());
    hash.algorithm.as_str() == "argon2id"
        && Params::try_from(hash).map(costs) == Ok((MEMORY_KIB, PASSES, LANES))
}

/// Hashes of the form `pbkdf2_sha256$iterations$salt$base64`, as imported accounts have them.
fn verify_pbkdf2(password: &str, stored: &str) -> Verdict {
    let mut parts = stored.split('$').skip(1);
    let (Some(iterations), Some(salt), Some(expected), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Verdict::Wrong;
    };
    let (Ok(iterations), Ok(expected)) = (iterations.parse(), BASE64_STANDARD.decode(expected))
    else {
        return Verdict::Wrong;
    };
    let mut computed = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt.as_bytes(), iterations, &mut computed);
    if bool::from(computed[..].ct_eq(&expected)) { Verdict::Outdated } else { Verdict::Wrong }
}
