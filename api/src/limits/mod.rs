//! How often a client may ask, and how often it may try what guesses secrets, makes accounts or
//! sends mails.

mod counters;
mod general;
mod holders;
mod origin;

use std::time::Duration;

use domain::{
    account::{Proved, second_factor::Code},
    sharing::Allowance,
};
use entity::{Id, user};
use platform::{Settings, redis::RedisUnusable};

pub(crate) use self::general::guard;
pub use self::origin::{Origin, origin_of};

use self::{counters::Counters, holders::Holders};
use crate::error::{Error, Result};

/// How long a place from which somebody signed in to an account counts as known.
const KNOWN_FOR: Duration = Duration::from_hours(30 * 24);

/// What is counted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Attempt {
    /// Any request of one user.
    OfUser,
    /// Any request from one place by nobody who is known.
    FromAddress,
    /// To sign in, or to use a token or link, from one place.
    SignIn,
    /// To sign in to one account from one place, or to prove the own password.
    SignInFrom,
    /// To sign in to one account from all places that are not known for it.
    SignInTo,
    /// To give a code of the second factor of one account, from anywhere.
    Code,
    /// The same within a day.
    CodeOfDay,
    /// To make an account from one place.
    SignUp,
    /// To open a link with a password, from one place.
    OpenLink,
    /// To open one link with a password.
    OpenLinkOf,
    /// To have a mail sent from one place.
    Mail,
    /// To have a mail sent to one address.
    MailTo,
}

impl Attempt {
    /// How many attempts are free in which time; they come back one by one.
    const fn allowance(self) -> (u32, Duration) {
        match self {
            Self::OfUser => (1200, Duration::from_mins(1)),
            Self::FromAddress => (600, Duration::from_mins(1)),
            Self::SignIn => (120, Duration::from_mins(1)),
            Self::SignInFrom | Self::OpenLinkOf => (10, Duration::from_mins(1)),
            Self::OpenLink => (30, Duration::from_mins(1)),
            Self::SignInTo => (100, Duration::from_hours(1)),
            Self::CodeOfDay => (100, Duration::from_hours(24)),
            Self::Code | Self::SignUp | Self::Mail => (30, Duration::from_hours(1)),
            Self::MailTo => (5, Duration::from_hours(1)),
        }
    }

    /// The name in headers and keys.
    const fn name(self) -> &'static str {
        match self {
            Self::OfUser => "user",
            Self::FromAddress => "address",
            Self::SignIn => "sign-in",
            Self::SignInFrom => "sign-in-from",
            Self::SignInTo => "sign-in-to",
            Self::Code => "code",
            Self::CodeOfDay => "code-of-day",
            Self::SignUp => "sign-up",
            Self::OpenLink => "open-link",
            Self::OpenLinkOf => "open-link-of",
            Self::Mail => "mail",
            Self::MailTo => "mail-to",
        }
    }
}

/// What is left after an attempt was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// How many attempts.
    pub(crate) attempts: u64,
    /// After how long all of them are back.
    pub(crate) whole_in: Duration,
}

/// Counts attempts by what they are and who or what they concern: in Redis for all processes, or
/// in this one.
#[derive(Debug)]
pub struct Limits {
    counters: Option<Counters>,
    holders: Holders,
}

impl Limits {
    /// Counts as the settings ask for.
    pub async fn open(settings: &Settings) -> Result<Self, RedisUnusable> {
        if !settings.rate_limits {
            return Ok(Self { counters: None, holders: Holders::default() });
        }
        let counters = match &settings.redis_url {
            Some(address) => Counters::in_redis(address, &settings.redis_prefix).await?,
            None => Counters::in_process(),
        };
        Ok(Self { counters: Some(counters), holders: Holders::default() })
    }

    /// Whether the mails that users cause are limited.
    pub const fn mails(&self) -> Allowance {
        match self.counters {
            Some(_) => Allowance::Limited,
            None => Allowance::Unlimited,
        }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// [`Error::Throttled`] when there were too many.
    pub async fn admit(&self, attempt: Attempt, whom: &str) -> Result<()> {
        self.count(attempt, whom).await.map(drop)
    }

    /// Counts an attempt and tells what is left; nothing if nothing is limited.
    pub(crate) async fn count(&self, attempt: Attempt, whom: &str) -> Result<Option<Left>> {
        let Some(counters) = &self.counters else { return Ok(None) };
        counters.count(attempt, whom).await.map(Some).map_err(Error::Throttled)
    }

    /// Counts an attempt to sign in to an account. Of those from places where the owner has been
    /// before only the ones from the same place count, so that nobody else can lock him out.
    ///
    /// # Errors
    /// [`Error::Throttled`] when there were too many.
    pub async fn admit_to_account(&self, account: &str, origin: &str) -> Result<()> {
        let Some(counters) = &self.counters else { return Ok(()) };
        let place = format!("{account} {origin}");
        self.admit(Attempt::SignInFrom, &place).await?;
        if counters.knows(&place).await {
            return Ok(());
        }
        self.admit(Attempt::SignInTo, account).await
    }

    /// Counts the code that came with a password that is right. Recovery codes are too long to be
    /// guessed and do not count, so that nobody else can keep the owner out.
    ///
    /// # Errors
    /// [`Error::Throttled`] when there were too many.
    pub async fn admit_proved(&self, proved: &Proved) -> Result<()> {
        match proved.guess() {
            Some((user, Code::Time(_))) => self.admit_code(user.id).await,
            Some((_, Code::Recovery(_))) | None => Ok(()),
        }
    }

    /// Counts a code of an app.
    ///
    /// # Errors
    /// [`Error::Throttled`] when there were too many.
    pub async fn admit_code(&self, user: Id<user::Entity>) -> Result<()> {
        let account = user.to_string();
        self.admit(Attempt::Code, &account).await?;
        self.admit(Attempt::CodeOfDay, &account).await
    }

    /// Notes that the owner of an account has been at a place.
    pub async fn know(&self, account: &str, origin: &str) {
        if let Some(counters) = &self.counters {
            counters.know(&format!("{account} {origin}"), KNOWN_FOR).await;
        }
    }
}
