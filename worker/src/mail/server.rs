//! The mail server: where it is, how it is reached, and connections that are kept.

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::conversation::{Trouble, in_time};

/// Connections to the mail server at one time.
const CONNECTIONS: usize = 4;

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(30);

/// How long one answer of the server may take unless the address says otherwise.
const ANSWER: Duration = Duration::from_secs(20);
const LONGEST_ANSWER: u64 = 60;

const PORT: u16 = 25;
const PORT_STARTTLS: u16 = 587;
const PORT_TLS: u16 = 465;

/// A mail server. Cheap to clone.
#[derive(Clone)]
pub(super) struct Server(Arc<Inner>);

struct Inner {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
    answer: Duration,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

enum Security {
    /// None.
    Plain,
    /// STARTTLS if the server offers it.
    Offered(TlsParameters),
    /// STARTTLS, or nothing is sent.
    Required(TlsParameters),
    /// TLS from the first byte.
    Tls(TlsParameters),
}

/// A connection that is ready for a mail. It counts against the limit until it is dropped.
pub(super) struct Line {
    pub(super) connection: AsyncSmtpConnection,
    pub(super) answer: Duration,
    server: Server,
    _permit: OwnedSemaphorePermit,
}

impl Server {
    /// Reads an address: `smtp://[user:password@]host[:port][?tls=…&ca=…&timeout=…]`, or `smtps://`.
    ///
    /// # Errors
    /// What is wrong with it, without its password.
    pub(super) fn parse(address: &str) -> Result<Self, String> {
        let url = Url::parse(address).map_err(|error| error.to_string())?;
        let option = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("the host is missing")?;
        let credentials = credentials(&url)?;
        let (port, security) = security(&url, host, option("tls").as_deref(), option("ca"))?;
        if credentials.is_some() && matches!(security, Security::Offered(_)) {
            return Err("with a password use tls=required, or tls=none in a trusted network".into());
        }
        Ok(Self(Arc::new(Inner {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(port),
            security,
            credentials,
            hello: ClientId::default(),
            answer: answer(option("timeout").as_deref())?,
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
            idle: Mutex::default(),
        })))
    }

    /// A connection: one that was kept, or a new one. Waits until fewer than the limit are in use.
    pub(super) async fn line(&self) -> Result<Line, Trouble> {
        let permits = Arc::clone(&self.0.permits);
        let permit = permits.acquire_owned().await.map_err(|_| Trouble::later("closing"))?;
        let answer = self.0.answer;
        let connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Line { connection, answer, server: self.clone(), _permit: permit })
    }

    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.idle().pop()?;
            if since.elapsed() > IDLE {
                continue;
            }
            let alive = tokio::time::timeout(self.0.answer, connection.test_connected()).await;
            if alive == Ok(true) {
                return Some(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let Inner { host, port, security, hello, answer, .. } = &*self.0;
        let immediate = match security {
            Security::Tls(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let place = (host.as_str(), *port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(place, Some(*answer), hello, immediate, None);
        let mut connection = in_time(*answer, connecting).await.map_err(Trouble::postponed)?;
        let upgrade = match security {
            Security::Offered(parameters) if connection.can_starttls() => Some(parameters),
            Security::Required(parameters) => Some(parameters),
            _ => None,
        };
        if let Some(parameters) = upgrade {
            let upgrading = connection.starttls(parameters.clone(), hello);
            in_time(*answer, upgrading).await.map_err(Trouble::postponed)?;
        }
        if let Some(credentials) = &self.0.credentials {
            let signing_in = connection.auth(DEFAULT_MECHANISMS, credentials);
            in_time(*answer, signing_in).await.map_err(Trouble::postponed)?;
        }
        Ok(connection)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Keeps the connection for the next mail.
    pub(super) fn keep(self) {
        if !self.connection.has_broken() {
            self.server.idle().push((self.connection, Instant::now()));
        }
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, String> {
    let decoded = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded.map(std::borrow::Cow::into_owned).map_err(|_| "user or password is no UTF-8")
    };
    let Some(password) = url.password() else { return Ok(None) };
    Ok(Some(Credentials::new(decoded(url.username())?, decoded(password)?)))
}

fn security(
    url: &Url,
    host: &str,
    tls: Option<&str>,
    authority: Option<String>,
) -> Result<(u16, Security), String> {
    let parameters = || parameters(host, authority.as_deref());
    match (url.scheme(), tls) {
        ("smtps", _) => Ok((PORT_TLS, Security::Tls(parameters()?))),
        (_, Some("required")) => Ok((PORT_STARTTLS, Security::Required(parameters()?))),
        (_, Some("opportunistic")) => Ok((PORT_STARTTLS, Security::Offered(parameters()?))),
        // A password does not travel in the open unless somebody says so.
        (_, None) if url.password().is_some() => {
            Ok((PORT_STARTTLS, Security::Required(parameters()?)))
        }
        (_, None | Some("none")) => Ok((PORT, Security::Plain)),
        (_, Some(other)) => {
            Err(format!("tls={other} is not one of required, opportunistic and none"))
        }
    }
}

fn parameters(host: &str, authority: Option<&str>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = authority {
        let pem = fs::read(path).map_err(|error| format!("ca={path}: {error}"))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| format!("ca={path}: {error}"))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|error| error.to_string())
}

fn answer(seconds: Option<&str>) -> Result<Duration, String> {
    let Some(text) = seconds else { return Ok(ANSWER) };
    match text.parse() {
        Ok(seconds @ 1..=LONGEST_ANSWER) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("timeout={text} is not 1 to {LONGEST_ANSWER} seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(address: &str) -> Result<u16, String> {
        platform::tls::install();
        Server::parse(address).map(|server| server.0.port)
    }

    #[test]
    fn the_port_follows_from_the_security() {
        assert_eq!(port("smtp://mail.example"), Ok(25));
        assert_eq!(port("smtp://mail.example?tls=required"), Ok(587));
        assert_eq!(port("smtps://mail.example"), Ok(465));
        assert_eq!(port("smtp://mail.example:2525?tls=opportunistic"), Ok(2525));
        assert_eq!(port("smtp://ada:secret@mail.example"), Ok(587), "TLS with a password");
        assert_eq!(port("smtp://ada:secret@mail.example?tls=none"), Ok(25));
    }

    #[test]
    fn mistakes_are_told_without_the_password() {
        for (address, text) in [
            ("smtp://ada:secret@mail.example?tls=maybe", "tls=maybe"),
            ("smtp://ada:secret@mail.example?timeout=0", "timeout=0"),
            ("smtp://ada:secret@mail.example?tls=opportunistic", "tls=required"),
            ("smtp://ada:secret@mail.example?ca=/nowhere.pem", "/nowhere.pem"),
        ] {
            let error = port(address).expect_err(address);
            assert!(error.contains(text) && !error.contains("secret"), "{error}");
        }
    }
}
