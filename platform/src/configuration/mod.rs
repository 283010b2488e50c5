//! The settings of a process: from the environment, or under the same names from a TOML file.

mod finding;
mod layers;
mod secret;
mod setting;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    env, fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

use ipnet::IpNet;
use url::Url;

pub use finding::Finding;
pub use secret::{Address, MASK, SecretKeyError, SecretKeys};

use layers::Layers;

/// The file that is read from the working directory when it is there and no other is named.
pub const DEFAULT_FILE: &str = "forewarn.toml";

/// All that is wrong with a configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigurationError {
    /// Every problem, not only the first.
    pub findings: Vec<Finding>,
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the configuration cannot be used:")?;
        self.findings.iter().try_for_each(|finding| write!(formatter, "\n  {finding}"))
    }
}

/// What becomes of somebody who registers without an invitation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signup {
    /// Joins the primary organization if there is one, otherwise gets an own workspace.
    #[default]
    Workspace,
    /// Joins the primary organization; without one nobody can register.
    Primary,
    /// Is turned away: only invited people register.
    Invited,
}

impl FromStr for Signup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "workspace" => Ok(Self::Workspace),
            "primary" => Ok(Self::Primary),
            "invited" => Ok(Self::Invited),
            _ => Err("not one of the choices".to_owned()),
        }
    }
}

impl fmt::Display for Signup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Workspace => "workspace",
            Self::Primary => "primary",
            Self::Invited => "invited",
        })
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

/// The effective settings of a process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `BIND`: where the API listens.
    pub bind: SocketAddr,
    /// `PUBLIC_URL`: where clients reach the API, without a trailing slash.
    pub public_url: String,
    /// `FRONTEND_URL`: where links in mails point, without a trailing slash. Unset: the pages that
    /// are built in, see [`Settings::link_base`].
    pub frontend_url: Option<String>,
    /// `DATA_DIR`: files of the embedded parts.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: PostgreSQL or SQLite; unset: a SQLite file in `DATA_DIR`.
    pub database_url: Address,
    /// `DATABASE_OWNER_URL`: the same PostgreSQL database with the login that owns the tables; unset:
    /// that of `DATABASE_URL`.
    pub database_owner_url: Option<Address>,
    /// `DATABASE_CONNECTIONS`: most connections of this process to the database, for each of the
    /// [`Pools`](crate::Pools).
    pub database_connections: u32,
    /// `ROW_LEVEL_SECURITY`: whether PostgreSQL keeps organizations apart, too.
    pub row_level_security: bool,
    /// `REDIS_URL`: the queue; unset: jobs run inside the API.
    pub redis_url: Option<Address>,
    /// `REDIS_PREFIX`: begins all keys, so that several installations can share one Redis.
    pub redis_prefix: String,
    /// `SMTP_URL`: the mail server; unset: mails become files in `DATA_DIR/mail`.
    pub smtp_url: Option<Address>,
    /// `MAIL_FROM`: the sender of mails.
    pub mail_from: String,
    /// `STORAGE_URL`: uploaded files; unset: `DATA_DIR/media`.
    pub storage_url: Option<Address>,
    /// `PACKS_DIR`: the library content that can be imported.
    pub packs_dir: PathBuf,
    /// `SECRET_KEY`; unset: kept in `DATA_DIR/secret.key`, see [`Settings::secret_keys`].
    pub secret_key: Option<SecretKeys>,
    /// `SIGNUP`: what becomes of somebody who registers without an invitation.
    pub signup: Signup,
    /// `CORS_ALLOWED_ORIGINS`: web origins that may call the API; `*` for all.
    pub cors_allowed_origins: Vec<String>,
    /// `DEMO`: whether the first start makes a demo organization; on unless a database is named.
    pub demo: bool,
    /// `RATE_LIMITS`: whether callers are slowed down.
    pub rate_limits: bool,
    /// `TRUSTED_PROXIES`: networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `JOB_CONCURRENCY`: most jobs that run in this process at one time.
    pub job_concurrency: usize,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: the collector of traces; unset: none.
    pub otlp_endpoint: Option<Address>,
    /// `LOG_FORMAT`: how log lines look.
    pub log_format: LogFormat,
    /// `RUST_LOG`: which log lines are written.
    pub log: String,
}

impl Settings {
    /// Reads the environment of the process and a file: the named one, or `forewarn.toml` if it is
    /// there.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigurationError> {
        let default = Path::new(DEFAULT_FILE);
        let file = file.or_else(|| default.is_file().then_some(default));
        Self::read(env::vars_os().filter_map(readable), file)
    }

    /// Reads the given variables and file.
    pub fn read(
        environment: impl IntoIterator<Item = (String, String)>,
        file: Option<&Path>,
    ) -> Result<Self, ConfigurationError> {
        let environment: BTreeMap<_, _> = environment.into_iter().collect();
        let mut layers = Layers::read(environment, file)?;
        let bind = layers.get("BIND", parsed).unwrap_or(([127, 0, 0, 1], 8000).into());
        let data_dir = layers.get("DATA_DIR", parsed).unwrap_or_else(|| PathBuf::from("./data"));
        let database_url = layers
            .get("DATABASE_URL", |text| with_scheme(text, &["postgres", "postgresql", "sqlite"]));
        let settings = Self {
            public_url: layers.get("PUBLIC_URL", web_url).unwrap_or_else(|| local_url(bind)),
            frontend_url: layers.get("FRONTEND_URL", web_url),
            database_owner_url: layers
                .get("DATABASE_OWNER_URL", |text| with_scheme(text, &["postgres", "postgresql"])),
            row_level_security: layers.get("ROW_LEVEL_SECURITY", switch).unwrap_or(true),
            database_connections: layers
                .get("DATABASE_CONNECTIONS", |text| number(text, 1000))
                .unwrap_or(10),
            redis_url: layers.get("REDIS_URL", |text| with_scheme(text, &["redis", "rediss"])),
            redis_prefix: layers
                .get("REDIS_PREFIX", plain_name)
                .unwrap_or_else(|| "forewarn".to_owned()),
            smtp_url: layers.get("SMTP_URL", |text| with_scheme(text, &["smtp", "smtps"])),
            mail_from: layers
                .get("MAIL_FROM", mail_address)
                .unwrap_or_else(|| "Forewarn <forewarn@localhost>".to_owned()),
            storage_url: layers.get("STORAGE_URL", |text| with_scheme(text, &["file", "s3"])),
            packs_dir: layers.get("PACKS_DIR", parsed).unwrap_or_else(|| PathBuf::from("./packs")),
            secret_key: layers.get("SECRET_KEY", SecretKeys::parse),
            signup: layers.get("SIGNUP", str::parse).unwrap_or_default(),
            cors_allowed_origins: layers.get("CORS_ALLOWED_ORIGINS", origins).unwrap_or_default(),
            demo: layers.get("DEMO", switch).unwrap_or(database_url.is_none()),
            rate_limits: layers.get("RATE_LIMITS", switch).unwrap_or(true),
            trusted_proxies: layers.get("TRUSTED_PROXIES", networks).unwrap_or_else(near_networks),
            job_concurrency: layers
                .get("JOB_CONCURRENCY", |text| number(text, 256))
                .map_or(8, |jobs| usize::try_from(jobs).unwrap_or(usize::MAX)),
            otlp_endpoint: layers
                .get("OTEL_EXPORTER_OTLP_ENDPOINT", |text| with_scheme(text, &["http", "https"])),
            log_format: layers.get("LOG_FORMAT", log_format).unwrap_or_default(),
            log: layers.get("RUST_LOG", log_levels).unwrap_or_else(|| "info".to_owned()),
            database_url: database_url.unwrap_or_else(|| sqlite_in(&data_dir)),
            bind,
            data_dir,
        };
        layers.finish()?;
        Ok(settings)
    }

    /// The address of the database for whoever changes its schema.
    pub fn owner_url(&self) -> &Address {
        self.database_owner_url.as_ref().unwrap_or(&self.database_url)
    }

    /// What links in mails start with, without a trailing slash.
    pub fn link_base(&self) -> &str {
        self.frontend_url.as_deref().unwrap_or(&self.public_url)
    }

    /// The keys that sign and verify; on the first call without `SECRET_KEY` one is made in
    /// `DATA_DIR/secret.key`.
    pub fn secret_keys(&self) -> Result<SecretKeys, SecretKeyError> {
        match &self.secret_key {
            Some(keys) => Ok(keys.clone()),
            None => SecretKeys::kept_in(&self.secret_key_file()),
        }
    }

    /// Whether the `X-Forwarded-For` of this peer is believed.
    pub fn is_trusted_proxy(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }

    /// Where mails go without `SMTP_URL`.
    pub fn mail_dir(&self) -> PathBuf {
        self.data_dir.join("mail")
    }

    /// Where uploaded files go without `STORAGE_URL`.
    pub fn media_dir(&self) -> PathBuf {
        self.data_dir.join("media")
    }

    /// Names and effective values, secrets masked, in the order of the documentation.
    pub fn effective(&self) -> Vec<(&'static str, String)> {
        let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
        let or = |address: &Option<Address>, otherwise: String| {
            address.as_ref().map_or(otherwise, ToString::to_string)
        };
        vec![
            ("BIND", self.bind.to_string()),
            ("PUBLIC_URL", self.public_url.clone()),
            ("FRONTEND_URL", self.link_base().to_owned()),
            ("DATA_DIR", self.data_dir.display().to_string()),
            ("DATABASE_URL", self.database_url.to_string()),
            ("DATABASE_OWNER_URL", or(&self.database_owner_url, "(unset)".to_owned())),
            ("DATABASE_CONNECTIONS", self.database_connections.to_string()),
            ("ROW_LEVEL_SECURITY", switch(self.row_level_security)),
            ("REDIS_URL", or(&self.redis_url, "(unset: jobs run in this process)".to_owned())),
            ("REDIS_PREFIX", self.redis_prefix.clone()),
            ("SMTP_URL", or(&self.smtp_url, unset_files(&self.mail_dir()))),
            ("MAIL_FROM", self.mail_from.clone()),
            ("STORAGE_URL", or(&self.storage_url, unset_files(&self.media_dir()))),
            ("PACKS_DIR", self.packs_dir.display().to_string()),
            ("SECRET_KEY", self.shown_key()),
            ("SIGNUP", self.signup.to_string()),
            ("CORS_ALLOWED_ORIGINS", self.cors_allowed_origins.join(",")),
            ("DEMO", switch(self.demo)),
            ("RATE_LIMITS", switch(self.rate_limits)),
            ("TRUSTED_PROXIES", listed(&self.trusted_proxies)),
            ("JOB_CONCURRENCY", self.job_concurrency.to_string()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", or(&self.otlp_endpoint, "(unset)".to_owned())),
            ("LOG_FORMAT", self.log_format.to_string()),
            ("RUST_LOG", self.log.clone()),
        ]
    }

    fn secret_key_file(&self) -> PathBuf {
        self.data_dir.join("secret.key")
    }

    fn shown_key(&self) -> String {
        match &self.secret_key {
            Some(_) => MASK.to_owned(),
            None => unset_files(&self.secret_key_file()),
        }
    }
}

/// The effective values, one a line, secrets masked.
impl fmt::Display for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.effective()
            .iter()
            .try_for_each(|(name, value)| writeln!(formatter, "{name} = {value}"))
    }
}

fn readable((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

fn unset_files(path: &Path) -> String {
    format!("(unset: {})", path.display())
}

fn sqlite_in(folder: &Path) -> Address {
    Address::new(format!("sqlite://{}?mode=rwc", folder.join("forewarn.db").display()))
}

fn local_url(bind: SocketAddr) -> String {
    if bind.ip().is_unspecified() {
        return format!("http://localhost:{}", bind.port());
    }
    format!("http://{bind}")
}

fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn number(text: &str, most: u32) -> Result<u32, String> {
    match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        Ok(_) => Err("out of range".to_owned()),
        Err(_) => Err("not a number".to_owned()),
    }
}

fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err("neither on nor off".to_owned()),
    }
}

fn plain_name(text: &str) -> Result<String, String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err("holds other letters".to_owned())
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("not one of the choices".to_owned()),
    }
}

fn log_levels(text: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn with_scheme(text: &str, schemes: &[&str]) -> Result<Address, String> {
    let address = Address::new(text);
    if schemes.contains(&address.scheme()) && text.len() > address.scheme().len() + 1 {
        return Ok(address);
    }
    Err("the kind of address is not supported".to_owned())
}

fn web_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("not an http:// or https:// address".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or a fragment".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn mail_address(text: &str) -> Result<String, String> {
    let address = text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end_matches('>'));
    match address.split_once('@') {
        Some((user, host)) if !user.is_empty() && !host.is_empty() => Ok(text.to_owned()),
        _ => Err("not a mail address".to_owned()),
    }
}

fn origins(list: &str) -> Result<Vec<String>, String> {
    list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(origin).collect()
}

fn origin(text: &str) -> Result<String, String> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("{text}: {error}"))?;
    let origin = url.origin();
    if !origin.is_tuple() || url.path() != "/" || url.query().is_some() {
        return Err(format!("{text} is not an origin"));
    }
    Ok(origin.ascii_serialization())
}

/// Proxies on the same machine or in a private network.
const NEAR: [&str; 6] =
    ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

fn near_networks() -> Vec<IpNet> {
    NEAR.iter().filter_map(|network| network.parse().ok()).collect()
}

/// Addresses and networks, separated by commas; `none` for none.
fn networks(list: &str) -> Result<Vec<IpNet>, String> {
    if list == "none" {
        return Ok(Vec::new());
    }
    list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(network).collect()
}

fn network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.into());
    }
    text.parse().map_err(|_| format!("{text} is neither an address nor a network"))
}

fn listed(networks: &[IpNet]) -> String {
    let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
    if networks.is_empty() { "none".to_owned() } else { networks.join(",") }
}
