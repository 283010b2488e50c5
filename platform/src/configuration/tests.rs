use std::fs;

use super::*;

fn read(variables: &[(&str, &str)], file: Option<&str>) -> Result<Settings, ConfigurationError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("settings.toml");
    let path = file.map(|content| {
        fs::write(&path, content).expect("the file is written");
        path
    });
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::read(variables, path.as_deref())
}

fn refusal(variables: &[(&str, &str)], file: Option<&str>) -> String {
    read(variables, file).expect_err("the configuration is refused").to_string()
}

#[test]
fn nothing_configured_is_the_embedded_default() {
    let settings = read(&[("PATH", "/bin"), ("REDIS_URL", "")], None).expect("the defaults");
    assert_eq!(settings.bind.to_string(), "127.0.0.1:8000");
    assert_eq!(settings.link_base(), "http://127.0.0.1:8000");
    assert_eq!(settings.database_url.reveal(), "sqlite://./data/forewarn.db?mode=rwc");
    assert_eq!(settings.redis_url, None);
    assert!(settings.demo && settings.rate_limits);
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = "bind = \"0.0.0.0:9000\"\nDEMO = false\nCORS_ALLOWED_ORIGINS = \
                [\"https://a.example\", \"https://b.example/\"]\nsignup = \"invited\"";
    let settings = read(&[("SIGNUP", "primary")], Some(file)).expect("both are read");
    assert_eq!(settings.public_url, "http://localhost:9000");
    assert_eq!(settings.signup, Signup::Primary);
    assert_eq!(settings.cors_allowed_origins, ["https://a.example", "https://b.example"]);
    assert!(!settings.demo);
}

#[test]
fn a_named_database_means_no_demo() {
    let settings = read(&[("DATABASE_URL", "postgres://a:b@c/d")], None).expect("a database");
    assert!(!settings.demo);
}

#[test]
fn all_problems_are_named_with_value_and_expectation() {
    let text = refusal(&[("BIND", "8000"), ("SIGNUP", "anyone"), ("LOG_FORMAT", "xml")], None);
    for part in ["BIND = \"8000\"", "127.0.0.1:8000", "SIGNUP = \"anyone\"", "text or json"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn a_secret_is_never_shown() {
    let key = "too-short-but-secret";
    let text = refusal(
        &[
            ("SECRET_KEY", key),
            ("DATABASE_URL", "mysql://user:hidden@host/db"),
            ("REDIS_URL", "hidden"),
            ("DEMO", "perhaps"),
        ],
        None,
    );
    assert!(!text.contains(key) && !text.contains("hidden"), "{text}");
    assert!(text.contains("SECRET_KEY = ********"), "{text}");
    assert!(text.contains("mysql://user:********@host/db"), "{text}");

    let long = "k".repeat(40);
    let settings =
        read(&[("SECRET_KEY", &long), ("SMTP_URL", "smtps://user:hidden@mail:465")], None)
            .expect("a long key");
    for text in [settings.to_string(), format!("{settings:?}")] {
        assert!(!text.contains(&long) && !text.contains("hidden"), "{text}");
    }
    let broken = refusal(&[], Some("SECRET_KEY = \"hidden"));
    assert!(!broken.contains("hidden"), "{broken}");
}

#[test]
fn a_secret_comes_from_a_file_too_but_not_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    let key = "1".repeat(40);
    fs::write(&path, format!("{key}\n")).expect("the file is written");
    let path = path.display().to_string();
    let settings = read(&[("SECRET_KEY_FILE", &path)], None).expect("the file is read");
    assert_eq!(settings.secret_keys().expect("a key").signing(), key);
    let text = refusal(&[("SECRET_KEY_FILE", &path), ("SECRET_KEY", &key)], None);
    assert!(text.contains("both SECRET_KEY and SECRET_KEY_FILE are set"), "{text}");
    let text = refusal(&[("REDIS_URL_FILE", "/no/such/file")], None);
    assert!(text.contains("REDIS_URL_FILE names /no/such/file"), "{text}");
}

#[test]
fn an_unknown_name_in_the_file_is_refused() {
    let text = refusal(&[], Some("DATABSE_URL = \"sqlite://x\""));
    assert!(text.contains("DATABSE_URL is no setting"), "{text}");
}
