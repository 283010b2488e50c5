//! A second factor besides the password: codes of an app, and recovery codes for when the app is
//! lost.

use std::fmt;

use chrono::{DateTime, Utc};
use entity::{second_factor, user};

use super::{
    Accounts, Claims, Verdict,
    secret::{digest, random_bytes},
    totp::{DIGITS, SharedSecret, base32, is_base32},
};
use crate::{
    Error, Refusal, Result,
    job::mail::{FactorChange, SendSecondFactorChanged},
    store::IdentityChanges,
};

/// How many recovery codes there are at first.
pub const RECOVERY_CODES: usize = 10;

/// The longest code as people write it: with blanks or hyphens between groups.
pub const LONGEST_CODE: usize = 32;

/// 120 bits: enough to be kept as a plain hash.
const RECOVERY_BYTES: usize = 15;
const RECOVERY_LETTERS: usize = 24;
const LETTERS_PER_GROUP: usize = 4;

/// By which name apps list the code.
const ISSUER: &str = "Forewarn";

const WRONG_PASSWORD: &str = "Your password was entered incorrectly. Please enter it again.";
const ENABLED_ALREADY: &str = "The account has a second factor already.";
const NOT_BEGUN: &str = "No second factor was begun.";
const NONE: &str = "The account has no second factor.";

/// A code as somebody sent it.
#[derive(Clone)]
pub enum Code {
    /// Of an app: six digits.
    Time(String),
    /// For when the app is lost: the letters without what separates them.
    Recovery(String),
}

impl Code {
    /// Reads a code. Blanks, hyphens and case do not matter. None for what cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
        let code: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
        if code.len() == DIGITS && code.bytes().all(|letter| letter.is_ascii_digit()) {
            return Some(Self::Time(code));
        }
        let is_recovery = code.len() == RECOVERY_LETTERS && code.chars().all(is_base32);
        is_recovery.then_some(Self::Recovery(code))
    }
}

/// Splits what was entered as a password into the password and a code at its end, behind a blank.
pub(super) fn code_behind(entered: &str) -> Option<(&str, &str)> {
    entered.rsplit_once(' ').filter(|(_, code)| Code::parse(code).is_some())
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Time(_) => "Time(hidden)",
            Self::Recovery(_) => "Recovery(hidden)",
        })
    }
}

/// Why a code was not enough.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The password is right, and a code is needed besides.
    #[error("Enter the code of your second factor.")]
    Missing,
    /// It is no code of the account, or it was used.
    #[error("This code is wrong, or it was used already.")]
    Wrong,
    /// Something else went wrong.
    #[error(transparent)]
    Domain(#[from] Error),
}

/// Somebody who proved the password of an account. If the account has a second factor, a code came
/// with it, which is not checked yet.
#[derive(Debug)]
pub struct Proved {
    pub(super) user: user::Model,
    pub(super) factor: Option<(second_factor::Model, Code)>,
    /// A hash of the password that should replace the stored one.
    pub(super) renewed: Option<String>,
}

impl Proved {
    /// Somebody who proved the password, and what came with it as a code.
    ///
    /// # Errors
    /// [`CodeError::Missing`] when the account has a second factor and nothing came,
    /// [`CodeError::Wrong`] when it can be no code.
    pub(super) fn new(
        user: user::Model,
        factor: Option<second_factor::Model>,
        code: Option<&str>,
    ) -> Result<Self, CodeError> {
        let Some(factor) = factor.filter(second_factor::Model::is_enabled) else {
            return Ok(Self { user, factor: None, renewed: None });
        };
        let code = Code::parse(code.ok_or(CodeError::Missing)?).ok_or(CodeError::Wrong)?;
        Ok(Self { user, factor: Some((factor, code)), renewed: None })
    }

    /// The account, and the code that is to be checked, if one is needed.
    pub fn guess(&self) -> Option<(&user::Model, &Code)> {
        self.factor.as_ref().map(|(_, code)| (&self.user, code))
    }
}

/// A second factor that was begun: what an app needs.
#[derive(Clone)]
pub struct Begun {
    /// The secret in Base32.
    pub secret: String,
    /// The same as an address (`otpauth:`), as apps read it from a QR code.
    pub address: String,
}

/// How it stands with the second factor of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Since when it is asked for; none if it is not.
    pub enabled_at: Option<DateTime<Utc>>,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u64,
}

impl Accounts {
    /// How it stands with the second factor of a caller.
    pub async fn second_factor(&self, caller: &Claims) -> Result<Standing> {
        let identity = self.store.identity();
        let (_, factor) = identity.account(caller.user()).await?.ok_or(Error::NotFound)?;
        let Some(factor) = factor.filter(second_factor::Model::is_enabled) else {
            return Ok(Standing { enabled_at: None, recovery_codes_left: 0 });
        };
        let recovery_codes_left = identity.recovery_codes_left(factor.id).await?;
        Ok(Standing { enabled_at: factor.enabled_at, recovery_codes_left })
    }

    /// Begins a second factor for a caller. It is asked for only once it is confirmed; one that was
    /// begun before is forgotten.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong password, [`Refusal::Conflict`] when there is one already.
    pub async fn begin_second_factor(&self, caller: &Claims, password: String) -> Result<Begun> {
        let (user, factor) = self.with_password(caller, password).await?;
        if factor.as_ref().is_some_and(second_factor::Model::is_enabled) {
            return Err(conflict(ENABLED_ALREADY));
        }
        let secret = SharedSecret::random().base32();
        let changes = self.store.identity().begin().await?;
        changes.begin_factor(user.id, self.store.vault().seal(&secret)).await?;
        changes.commit().await?;
        let address = address_of(&user.email, &secret);
        Ok(Begun { secret, address })
    }

    /// Enables the second factor that a caller began, with a first code, and ends all other
    /// sessions. Answers the recovery codes.
    ///
    /// # Errors
    /// [`CodeError::Wrong`] for a wrong code, [`Refusal::Conflict`] when nothing was begun.
    pub async fn confirm_second_factor(
        &self,
        caller: &Claims,
        code: &str,
    ) -> Result<Vec<String>, CodeError> {
        let found = self.store.identity().account(caller.user()).await?;
        let (user, factor) = found.ok_or(Error::NotFound)?;
        let factor = factor.ok_or_else(|| conflict(NOT_BEGUN))?;
        if factor.is_enabled() {
            return Err(conflict(ENABLED_ALREADY).into());
        }
        let Some(Code::Time(code)) = Code::parse(code) else { return Err(CodeError::Wrong) };
        let step = self.step_of(&factor, &code)?.ok_or(CodeError::Wrong)?;

        let changes = self.store.identity().begin().await?;
        if !changes.enable_factor(&factor, step).await? {
            return Err(conflict(NOT_BEGUN).into());
        }
        let codes = give_recovery_codes(&changes, &factor).await?;
        changes.end_sessions(user.id, Some(caller.session())).await?;
        changes.enqueue(&SendSecondFactorChanged::new(user.id, FactorChange::Enabled)).await?;
        changes.commit().await?;
        Ok(codes)
    }

    /// Checks the own password of a caller whose account has a second factor. What came as a code
    /// is checked when it is used.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong password, [`Refusal::Conflict`] when there is no second
    /// factor, [`CodeError::Wrong`] for what can be no code.
    pub async fn prove_own(
        &self,
        caller: &Claims,
        password: String,
        code: &str,
    ) -> Result<Proved, CodeError> {
        let (user, factor) = self.with_password(caller, password).await?;
        let proved = Proved::new(user, factor, Some(code))?;
        if proved.factor.is_none() {
            return Err(conflict(NONE).into());
        }
        Ok(proved)
    }

    /// Makes new recovery codes; older ones stop working.
    ///
    /// # Errors
    /// [`CodeError::Wrong`] for a wrong code.
    pub async fn renew_recovery_codes(&self, proved: Proved) -> Result<Vec<String>, CodeError> {
        let changes = self.store.identity().begin().await?;
        self.spend_code(&changes, &proved).await?;
        let (factor, _) = proved.factor.ok_or_else(|| conflict(NONE))?;
        let codes = give_recovery_codes(&changes, &factor).await?;
        changes.commit().await?;
        Ok(codes)
    }

    /// Removes the second factor of a caller, and ends all other sessions.
    ///
    /// # Errors
    /// [`CodeError::Wrong`] for a wrong code.
    pub async fn end_second_factor(
        &self,
        caller: &Claims,
        proved: Proved,
    ) -> Result<(), CodeError> {
        let changes = self.store.identity().begin().await?;
        self.spend_code(&changes, &proved).await?;
        changes.remove_factor(proved.user.id).await?;
        changes.end_sessions(proved.user.id, Some(caller.session())).await?;
        let mail = SendSecondFactorChanged::new(proved.user.id, FactorChange::Disabled);
        changes.enqueue(&mail).await?;
        Ok(changes.commit().await?)
    }

    /// Uses up the code of somebody who proved the password, if one is needed.
    ///
    /// # Errors
    /// [`CodeError::Wrong`] for a wrong code, and one that was used.
    pub(super) async fn spend_code(
        &self,
        changes: &IdentityChanges<'_>,
        proved: &Proved,
    ) -> Result<(), CodeError> {
        let spent = match &proved.factor {
            None => true,
            Some((factor, Code::Recovery(code))) => {
                changes.spend_recovery_code(factor, &digest(code)).await?
            }
            Some((factor, Code::Time(code))) => match self.step_of(factor, code)? {
                Some(step) => changes.spend_step(factor, step, self.sealed_anew(factor)?).await?,
                None => false,
            },
        };
        if spent { Ok(()) } else { Err(CodeError::Wrong) }
    }

    fn step_of(&self, factor: &second_factor::Model, code: &str) -> Result<Option<i64>> {
        let secret = SharedSecret::parse(&self.opened(factor)?)
            .ok_or_else(|| Error::Internal("the secret of a second factor is none".to_owned()))?;
        Ok(secret.step_of(code, self.store.clock().now(), factor.last_step))
    }

    /// The secret of a second factor, encrypted with the newest secret of the installation.
    fn sealed_anew(&self, factor: &second_factor::Model) -> Result<String> {
        Ok(self.store.vault().seal(&self.opened(factor)?))
    }

    fn opened(&self, factor: &second_factor::Model) -> Result<String> {
        let opened = self.store.vault().open(&factor.secret_encrypted);
        opened.map_err(|error| Error::Internal(error.to_string()))
    }

    /// The account of a caller who enters the password once more.
    async fn with_password(
        &self,
        caller: &Claims,
        password: String,
    ) -> Result<(user::Model, Option<second_factor::Model>)> {
        let account = self.store.identity().account(caller.user()).await?;
        let account = account.ok_or(Error::NotFound)?;
        let stored = Some(account.0.password_hash.clone());
        if self.passwords.verify(password, stored).await? == Verdict::Wrong {
            return Err(Error::invalid("password", WRONG_PASSWORD));
        }
        Ok(account)
    }
}

/// Makes recovery codes in the place of older ones, and answers them as people write them down.
async fn give_recovery_codes(
    changes: &IdentityChanges<'_>,
    factor: &second_factor::Model,
) -> Result<Vec<String>> {
    let new = || base32(&random_bytes::<RECOVERY_BYTES>());
    let codes: Vec<String> = std::iter::repeat_with(new).take(RECOVERY_CODES).collect();
    changes.replace_recovery_codes(factor, codes.iter().map(|code| digest(code)).collect()).await?;
    Ok(codes.iter().map(|code| in_groups(code)).collect())
}

fn in_groups(code: &str) -> String {
    let mut text = String::with_capacity(code.len() + code.len() / LETTERS_PER_GROUP);
    for (position, letter) in code.chars().enumerate() {
        if position > 0 && position % LETTERS_PER_GROUP == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

/// The address by which apps take over a secret (`otpauth:`). What is not said is as apps expect it.
fn address_of(email: &str, secret: &str) -> String {
    let account: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
    format!("otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}")
}

fn conflict(text: &str) -> Error {
    Error::Refused(Refusal::Conflict, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_behind_the_last_blank_of_a_password() {
        for (entered, password, code) in [
            ("secret 123456", "secret", "123456"),
            ("a b 654321 123456", "a b 654321", "123456"),
            ("secret abcd-EFGH-ijkl-mnop-qrst-uvwx", "secret", "abcd-EFGH-ijkl-mnop-qrst-uvwx"),
            ("secret ABCDEFGHIJKLMNOPQRSTUVWX", "secret", "ABCDEFGHIJKLMNOPQRSTUVWX"),
        ] {
            assert_eq!(code_behind(entered), Some((password, code)));
        }
        for none in ["123456", "secret123456", "secret 12345", "secret 1234567", "secret 12345a"] {
            assert_eq!(code_behind(none), None, "{none}");
        }
        assert_eq!(code_behind("secret ABCD-EFGH-IJKL-MNOP-QRST-UVW1"), None);
    }

    #[test]
    fn codes_may_be_written_in_groups() {
        assert!(matches!(Code::parse(" 123 456 "), Some(Code::Time(code)) if code == "123456"));
        assert!(Code::parse("١٢٣٤٥٦").is_none());
        assert_eq!(in_groups("ABCDEFGHIJKLMNOP"), "ABCD-EFGH-IJKL-MNOP");
        assert_eq!(format!("{:?}", Code::parse("123456")), "Some(Time(hidden))");
    }

    #[test]
    fn addresses_for_apps_are_encoded() {
        let address = address_of("ada+x@example.test", "GEZDGNBV");
        let expected =
            "otpauth://totp/Forewarn:ada%2Bx%40example.test?secret=GEZDGNBV&issuer=Forewarn";
        assert_eq!(address, expected);
    }
}
