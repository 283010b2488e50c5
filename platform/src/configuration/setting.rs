//! The settings there are: name, whether the value may be shown, and what is expected.

/// How much of a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exposure {
    /// All of it.
    Open,
    /// All but the password in it; also read from the file that `NAME_FILE` names.
    Address,
    /// Nothing; also read from the file that `NAME_FILE` names.
    Secret,
}

/// One setting.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) exposure: Exposure,
    pub(super) expects: &'static str,
}

impl Setting {
    /// The setting of this name, which must be in the list.
    pub(super) fn named(name: &str) -> &'static Self {
        SETTINGS.iter().find(|setting| setting.name == name).expect("the setting is listed")
    }
}

const fn open(name: &'static str, expects: &'static str) -> Setting {
    Setting { name, exposure: Exposure::Open, expects }
}

const fn address(name: &'static str, expects: &'static str) -> Setting {
    Setting { name, exposure: Exposure::Address, expects }
}

pub(super) const SETTINGS: &[Setting] = &[
    open("BIND", "an IP address and a port, such as 127.0.0.1:8000"),
    open("PUBLIC_URL", "where clients reach this server, such as https://models.example.com"),
    open("FRONTEND_URL", "where links in mails point, such as https://app.example.com"),
    open("DATA_DIR", "a folder"),
    address("DATABASE_URL", "postgres://user:password@host:5432/name or sqlite://path?mode=rwc"),
    address("DATABASE_OWNER_URL", "postgres://owner:password@host:5432/name"),
    open("DATABASE_CONNECTIONS", "a number from 1 to 1000"),
    open("ROW_LEVEL_SECURITY", "on or off"),
    address("REDIS_URL", "redis://host:6379 or rediss://user:password@host:6379"),
    open("REDIS_PREFIX", "letters, digits, hyphens and underscores, such as forewarn"),
    address("SMTP_URL", "smtp://user:password@host:587?tls=required, or smtps://… for TLS at once"),
    open("MAIL_FROM", "a mail address, such as Forewarn <forewarn@example.com>"),
    address("STORAGE_URL", "file:///folder or s3://bucket/prefix"),
    open("PACKS_DIR", "a folder"),
    Setting {
        name: "SECRET_KEY",
        exposure: Exposure::Secret,
        expects: "one key of at least 32 characters, or several separated by commas, \
                  of which the first signs and all verify",
    },
    open("SIGNUP", "workspace, primary or invited"),
    open("CORS_ALLOWED_ORIGINS", "origins separated by commas, such as https://app.example.com"),
    open("DEMO", "on or off"),
    open("RATE_LIMITS", "on or off"),
    open(
        "TRUSTED_PROXIES",
        "addresses or networks separated by commas, such as 10.0.0.0/8, or none",
    ),
    open("JOB_CONCURRENCY", "a number from 1 to 256"),
    address("OTEL_EXPORTER_OTLP_ENDPOINT", "the http:// or https:// address of a collector"),
    open("LOG_FORMAT", "text or json"),
    open("RUST_LOG", "levels, such as info or info,worker=debug"),
];
