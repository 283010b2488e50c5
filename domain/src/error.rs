//! What can go wrong, in terms of the domain. The API maps it to status codes in one place.

use std::time::Duration;

use indexmap::IndexMap;
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// The SQLSTATE of PostgreSQL for a lack of rights, those given by policies included.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// The result of a rule.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a rule did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such row, or the actor must not see it.
    #[error("Not found.")]
    NotFound,
    /// The actor may see the row but not do this. The text overrides the usual one.
    #[error("{}", .0.as_deref().unwrap_or("You do not have permission to perform this action."))]
    Forbidden(Option<String>),
    /// Fields of the request are wrong.
    #[error("invalid input: {0:?}")]
    Invalid(Violations),
    /// An action cannot be done; the text says why.
    #[error("{1}")]
    Refused(Refusal, String),
    /// What is allowed in this hour is used up; there is more after so long.
    #[error("too many mails in this hour")]
    Exhausted(Duration),
    /// A unique constraint of the database was violated.
    #[error("already exists: {0}")]
    Duplicate(String),
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Unavailable(#[source] DbErr),
    /// The database failed.
    #[error("database failure")]
    Database(#[source] DbErr),
    /// Something else failed: a defect or an external part.
    #[error("{0}")]
    Internal(String),
}

/// The kind of a refused action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request does not fit the state of things.
    Unfit,
    /// Something the request names does not exist.
    Missing,
    /// It existed and has ended.
    Gone,
    /// It clashes with something that exists.
    Conflict,
    /// It is too large.
    TooLarge,
    /// Try again later.
    Busy,
}

impl Error {
    /// One field is wrong.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(Violations::of(field, message))
    }

    /// The object as a whole is wrong.
    pub fn invalid_object(message: impl Into<String>) -> Self {
        Self::invalid(Violations::OBJECT, message)
    }

    /// The action does not fit the state of things.
    pub fn unfit(message: impl Into<String>) -> Self {
        Self::Refused(Refusal::Unfit, message.into())
    }

    /// Something that the action names does not exist.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::Refused(Refusal::Missing, message.into())
    }

    /// The usual refusal of somebody without the right.
    pub const fn forbidden() -> Self {
        Self::Forbidden(None)
    }
}

/// Whether PostgreSQL refused a row because it belongs to an organization that was not named.
fn is_refused_by_policy(error: &DbErr) -> bool {
    let (DbErr::Query(RuntimeErr::SqlxError(cause)) | DbErr::Exec(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    cause.as_database_error().is_some_and(|refusal| {
        refusal.code().as_deref() == Some(INSUFFICIENT_PRIVILEGE)
            && refusal.message().contains("row-level security")
    })
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(what)) => return Self::Duplicate(what),
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
                return Self::Refused(
                    Refusal::Conflict,
                    "Another record depends on this one, or one that it names is gone.".to_owned(),
                );
            }
            _ => {}
        }
        if is_refused_by_policy(&error) {
            return Self::forbidden();
        }
        match error {
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Self::Unavailable(error),
            DbErr::Query(RuntimeErr::SqlxError(ref cause))
            | DbErr::Exec(RuntimeErr::SqlxError(ref cause))
                if matches!(
                    **cause,
                    sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
                ) =>
            {
                Self::Unavailable(error)
            }
            _ => Self::Database(error),
        }
    }
}

/// Fields and what is wrong with each, in the order found. Names are in snake case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Violations(IndexMap<String, serde_json::Value>);

impl Violations {
    /// The name under which problems of the whole object are listed.
    pub const OBJECT: &'static str = "non_field_errors";

    /// One problem of one field.
    pub fn of(field: &str, message: impl Into<String>) -> Self {
        let mut violations = Self::default();
        violations.add(field, message);
        violations
    }

    /// Adds a problem of a field.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        let list =
            self.0.entry(field.to_owned()).or_insert_with(|| serde_json::Value::Array(Vec::new()));
        if let serde_json::Value::Array(messages) = list {
            messages.push(message.into().into());
        }
    }

    /// Sets the problems of a field that holds a list or object: an object by position or key.
    pub fn nest(&mut self, field: &str, problems: serde_json::Value) {
        self.0.insert(field.to_owned(), problems);
    }

    /// Adds the problems of fields that have none yet.
    pub fn join(&mut self, others: Self) {
        for (field, problems) in others.0 {
            self.0.entry(field).or_insert(problems);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the field has a problem.
    pub fn contains(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// Fails if something is wrong.
    pub fn check(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }

    /// The fields and their problems.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &serde_json::Value)> {
        self.0.iter().map(|(field, problems)| (field.as_str(), problems))
    }
}
