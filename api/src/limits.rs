//! How often a client may try what guesses secrets, makes accounts or sends mails.
//!
//! Each process counts for itself: with several, a client has as many times more attempts.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use domain::sharing::Allowance;

use crate::{
    error::{Error, Result},
    extract::document_problem,
};

/// How many counters there may be before those that have run out are thrown away.
const MANY: usize = 10_000;

/// What is counted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Attempt {
    /// To sign in, or to use a token or link, from one place.
    SignIn,
    /// To sign in to one account.
    SignInTo,
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
            Self::SignIn => (120, Duration::from_mins(1)),
            Self::SignInTo | Self::OpenLinkOf => (10, Duration::from_mins(1)),
            Self::OpenLink => (30, Duration::from_mins(1)),
            Self::SignUp | Self::Mail => (30, Duration::from_hours(1)),
            Self::MailTo => (5, Duration::from_hours(1)),
        }
    }
}

/// Counts attempts by what they are and who or what they concern.
#[derive(Debug, Default)]
pub struct Limits {
    /// When each counter will have run out; none of them if nothing is limited.
    counters: Option<Mutex<HashMap<(Attempt, String), Instant>>>,
}

impl Limits {
    /// Counts attempts.
    pub fn on() -> Self {
        Self { counters: Some(Mutex::default()) }
    }

    /// Lets everything pass.
    pub fn off() -> Self {
        Self::default()
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
    pub fn admit(&self, attempt: Attempt, whom: &str) -> Result<()> {
        let Some(counters) = &self.counters else { return Ok(()) };
        let now = Instant::now();
        let mut counters = counters.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() > MANY {
            counters.retain(|_, end| *end > now);
        }
        let (attempts, time) = attempt.allowance();
        let end = counters.entry((attempt, whom.to_owned())).or_insert(now);
        let next = (*end).max(now) + time / attempts;
        match next.duration_since(now).checked_sub(time) {
            Some(excess) if !excess.is_zero() => Err(Error::Throttled(excess)),
            _ => {
                *end = next;
                Ok(())
            }
        }
    }
}

/// Where a request comes from, as a text to count by.
///
/// Behind a proxy on the same machine or in the same private network this is the last address the
/// proxy added to `X-Forwarded-For`. From elsewhere that header could say anything.
#[derive(Clone, Debug)]
pub struct Origin(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let forwarded = parts
            .headers
            .get("x-forwarded-for")
            .and_then(|list| list.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        let origin = match (peer, forwarded) {
            (Some(peer), Some(forwarded)) if is_near(peer) => Some(forwarded),
            (peer, _) => peer,
        };
        Ok(Self(origin.map_or_else(|| "unknown".to_owned(), network)))
    }
}

impl OperationInput for Origin {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        document_problem(context, operation, 429, "Too many attempts. `Retry-After` tells when.");
    }
}

const fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// What one client has: an IPv4 address, or the 64 bits of an IPv6 network.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_run_out_for_one_account_and_not_for_another() {
        let limits = Limits::on();
        let admitted =
            (0..20).filter(|_| limits.admit(Attempt::SignInTo, "ada@example.test").is_ok()).count();
        assert_eq!(admitted, 10);
        let refused = limits.admit(Attempt::SignInTo, "ada@example.test");
        assert!(matches!(refused, Err(Error::Throttled(wait)) if wait <= Duration::from_secs(6)));
        assert!(limits.admit(Attempt::SignInTo, "eve@example.test").is_ok());
        let unlimited = Limits::off();
        assert!((0..1000).all(|_| unlimited.admit(Attempt::SignInTo, "ada").is_ok()));
    }

    #[test]
    fn clients_of_one_network_count_as_one() {
        let one = network("2001:db8:1:2::3".parse().unwrap());
        assert_eq!(one, network("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(one, network("2001:db8:1:3::3".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.7".parse().unwrap()), "192.0.2.7");
    }
}
