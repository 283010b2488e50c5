//! Values that must not be shown, and addresses of which only the password must not.

use std::{
    fmt, fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// What stands in the place of a secret.
pub const MASK: &str = "********";

/// Fewest characters of a key in `SECRET_KEY`.
const SHORTEST_KEY: usize = 32;

/// The keys that sign and verify: the first signs, all verify, so that a key can be replaced
/// without ending sessions. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKeys(Vec<String>);

impl SecretKeys {
    /// Reads a comma-separated list of keys of at least 32 characters each.
    pub fn parse(list: &str) -> Result<Self, String> {
        let keys: Vec<_> = list.split(',').map(str::trim).map(str::to_owned).collect();
        match keys.iter().find(|key| key.chars().count() < SHORTEST_KEY) {
            Some(short) => Err(format!("one key has only {} characters", short.chars().count())),
            None => Ok(Self(keys)),
        }
    }

    /// The key that signs.
    pub fn signing(&self) -> &str {
        &self.0[0]
    }

    /// All keys that verify, the signing key first.
    pub fn verifying(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The key kept in `path`, made there on the first call and readable only by its owner.
    pub fn kept_in(path: &Path) -> Result<Self, SecretKeyError> {
        let failed = |source| SecretKeyError::File { path: path.to_owned(), source };
        match fs::read_to_string(path) {
            Ok(kept) => Self::from_file(&kept, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path).map_err(failed)?;
                let kept = fs::read_to_string(path).map_err(failed)?;
                Self::from_file(&kept, path)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn from_file(kept: &str, path: &Path) -> Result<Self, SecretKeyError> {
        Self::parse(kept.trim())
            .map_err(|problem| SecretKeyError::Content { path: path.to_owned(), problem })
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyError {
    /// The file cannot be read or made.
    #[error(
        "the secret key in {path} cannot be read or made: {source}; set SECRET_KEY or DATA_DIR"
    )]
    File {
        /// Where the key is kept.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{path} holds no usable secret key: {problem}")]
    Content {
        /// Where the key is kept.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// Writes a new key under another name first, so that whoever reads `path` reads a whole key, and
/// keeps the key of whoever was faster.
fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut random = [0_u8; 48];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let written = write_private(&draft, &URL_SAFE_NO_PAD.encode(random));
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&draft)?;
    linked
}

fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// A URL that may hold a password. `Display` and `Debug` hide the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Wraps a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL, with its password.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The part before `:`, such as `postgres`.
    pub fn scheme(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (before_query, query) = match rest.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (rest, None),
    };
    // The last `@`: a password may hold one that nobody escaped.
    let shown = match before_query.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:{MASK}@{host}"),
            None => format!("{login}@{host}"),
        },
        None => before_query.to_owned(),
    };
    let query = query.map(masked_query).unwrap_or_default();
    format!("{scheme}://{shown}{query}")
}

fn masked_query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret_name(name) => format!("{name}={MASK}"),
        _ => pair.to_owned(),
    });
    format!("?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "token", "key"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_hides_its_password_and_nothing_else() {
        let shown = |url: &str| Address::new(url).to_string();
        assert_eq!(
            shown("postgres://app:p@ss/word@db:5432/forewarn?sslmode=require&password=x"),
            "postgres://app:********@db:5432/forewarn?sslmode=require&password=********"
        );
        assert_eq!(shown("redis://localhost:6379/1"), "redis://localhost:6379/1");
        assert_eq!(shown("redis://:secret@host"), "redis://:********@host");
        assert_eq!(shown("sqlite://./data/x.db?mode=rwc"), "sqlite://./data/x.db?mode=rwc");
    }

    #[test]
    fn the_first_key_signs_and_all_verify() {
        let (new, old) = ("n".repeat(32), "o".repeat(40));
        let keys = SecretKeys::parse(&format!("{new}, {old}")).expect("two long keys");
        assert_eq!(keys.signing(), new);
        assert_eq!(keys.verifying().collect::<Vec<_>>(), [new.as_str(), old.as_str()]);
        assert_eq!(format!("{keys:?}"), MASK);
        assert!(SecretKeys::parse(&format!("{new},short")).is_err());
        assert!(SecretKeys::parse("").is_err());
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deeper/secret.key");
        let made = SecretKeys::kept_in(&path).expect("a new key");
        assert_eq!(SecretKeys::kept_in(&path).expect("the same key"), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let permissions = fs::metadata(&path).expect("the file").permissions();
            assert_eq!(permissions.mode() & 0o777, 0o600);
        }
    }
}
