//! What users change about themselves: name and password.

use entity::{Id, choice::TokenPurpose, user};
use sea_orm::ActiveValue::Set;

use super::{
    Accounts, Claims, Verdict,
    password_rules::{Owner, objections},
};
use crate::{Error, Result, Violations, job::mail::SendPasswordChanged, store::IdentityChanges};

/// What is said about a user name that belongs to somebody else.
pub const USERNAME_TAKEN: &str = "A user with that username already exists.";
/// What is said about a user name with other letters than these.
pub const MALFORMED_USERNAME: &str = "Enter a valid username. This value may contain only \
     letters, numbers, and @/./+/-/_ characters.";
const MISMATCH: &str = "The two password fields didn\u{2019}t match.";
const WRONG_PASSWORD: &str = "Your old password was entered incorrectly. Please enter it again.";

/// Changes of a profile; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The name to sign in with.
    pub username: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
}

/// A wished password.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The password.
    pub password: String,
    /// The password once more.
    pub repeated: String,
}

/// Whether a text can be a user name: letters, digits and `@ . + - _`.
pub fn is_username(text: &str) -> bool {
    let allowed = |letter: char| letter.is_alphanumeric() || "@.+-_".contains(letter);
    !text.is_empty() && text.chars().all(allowed)
}

impl Accounts {
    /// The account of a caller.
    pub async fn profile(&self, caller: Id<user::Entity>) -> Result<user::Model> {
        self.store.identity().user(caller).await?.ok_or(Error::NotFound)
    }

    /// Changes the names of a caller.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the user name is malformed or taken.
    pub async fn change_profile(
        &self,
        caller: &Claims,
        change: ProfileChange,
    ) -> Result<user::Model> {
        let changes = self.store.identity().begin().await?;
        let user = changes.user(caller.user()).await?;
        if let Some(username) = change.username.as_ref().filter(|wish| **wish != user.username) {
            check_username(&changes, username, &user).await?;
        }
        let user = changes
            .update_user(user, |row| {
                if let Some(username) = change.username {
                    row.username = Set(username);
                }
                if let Some(first_name) = change.first_name {
                    row.first_name = Set(first_name);
                }
                if let Some(last_name) = change.last_name {
                    row.last_name = Set(last_name);
                }
            })
            .await?;
        changes.commit().await?;
        Ok(user)
    }

    /// Changes the password of a caller and ends all other sessions. Personal tokens stay,
    /// since programs depend on them.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the old password is given and wrong, or the new one cannot be used.
    pub async fn change_password(
        &self,
        caller: &Claims,
        old: Option<String>,
        new: NewPassword,
    ) -> Result<()> {
        let user = self.profile(caller.user()).await?;
        if let Some(old) = old {
            let stored = Some(user.password_hash.clone());
            if self.passwords.verify(old, stored).await? == Verdict::Wrong {
                return Err(Error::invalid("old_password", WRONG_PASSWORD));
            }
        }
        let hash = self.acceptable_hash(&user, new).await?;
        let changes = self.store.identity().begin().await?;
        self.set_password(&changes, user, hash).await?;
        changes.end_sessions(caller.user(), Some(caller.session())).await?;
        changes.commit().await
    }

    /// The hash of a new password that passes the rules.
    pub(super) async fn acceptable_hash(
        &self,
        user: &user::Model,
        new: NewPassword,
    ) -> Result<String> {
        if new.password != new.repeated {
            return Err(Error::invalid("new_password2", MISMATCH));
        }
        let owner = Owner {
            username: &user.username,
            email: &user.email,
            first_name: &user.first_name,
            last_name: &user.last_name,
        };
        let mut violations = Violations::default();
        for objection in objections(&new.password, owner) {
            violations.add("new_password2", objection);
        }
        violations.check()?;
        Ok(self.passwords.hash(new.password).await?)
    }

    /// Stores a password, makes the reset links that were sent before stop working, and has the
    /// user told.
    pub(super) async fn set_password(
        &self,
        changes: &IdentityChanges<'_>,
        user: user::Model,
        hash: String,
    ) -> Result<()> {
        let user = changes.update_user(user, |row| row.password_hash = Set(hash)).await?;
        changes.end_links(user.id, TokenPurpose::PasswordReset).await?;
        changes.enqueue(&SendPasswordChanged { user: user.id.key() }).await
    }
}

async fn check_username(
    changes: &IdentityChanges<'_>,
    username: &str,
    user: &user::Model,
) -> Result<()> {
    if !is_username(username) {
        return Err(Error::invalid("username", MALFORMED_USERNAME));
    }
    if changes.is_username_taken(username, Some(user.id)).await? {
        return Err(Error::invalid("username", USERNAME_TAKEN));
    }
    Ok(())
}
