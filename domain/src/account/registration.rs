//! Signing up: the account, and the organization its user belongs to from the start.

use entity::{
    choice::{OrganizationRole, TeamRole},
    organization, user,
};

use super::{
    Accounts, Address, Signup,
    password_rules::{Owner, objections},
    profile,
    session::SignedIn,
};
use crate::{
    Error, Result, Violations,
    job::mail::{SendVerification, SendWelcome},
    organization::workspace,
    sharing::invitation,
    store::{IdentityChanges, NewUser},
};

/// What is said when the two passwords differ.
const MISMATCH: &str = "The two password fields didn't match.";
const EMAIL_TAKEN: &str = "A user is already registered with this e-mail address.";
const BY_INVITATION: &str = "Registration is open to invited people only.";
const LONGEST_USERNAME: usize = 150;

/// What somebody gives to sign up.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The name to sign in with; the address if it is missing.
    pub username: Option<String>,
    /// The address.
    pub email: Address,
    /// The password.
    pub password: String,
    /// The password once more.
    pub repeated: String,
}

impl Accounts {
    /// Makes an account, gives it an organization, accepts the invitations that wait for it, and
    /// signs it in. A mail asks to confirm the address.
    ///
    /// # Errors
    /// [`Error::Invalid`] when name, address or password cannot be used, or registration is closed.
    pub async fn register(&self, registration: Registration, user_agent: &str) -> Result<SignedIn> {
        let Registration { username, email, password, repeated } = registration;
        let email_key = email.key();
        let owner_name = username.as_deref().unwrap_or(email.as_str());
        let owner = Owner { username: owner_name, email: email.as_str(), ..Owner::default() };
        let mut violations = Violations::default();
        if let Some(username) = &username
            && !profile::is_username(username)
        {
            violations.add("username", profile::MALFORMED_USERNAME);
        }
        if self.store.identity().user_at(&email_key).await?.is_some() {
            violations.add("email", EMAIL_TAKEN);
        }
        for objection in objections(&password, owner) {
            violations.add("password1", objection);
        }
        violations.check()?;
        if password != repeated {
            return Err(Error::invalid_object(MISMATCH));
        }
        let password_hash = self.passwords.hash(password).await?;

        let changes = self.store.identity().begin().await?;
        let username = free_username(&changes, username, &email).await?;
        let new = NewUser { username, email: email.into(), email_key, password_hash };
        let user = changes.add_user(new).await.map_err(taken_meanwhile)?;
        self.settle(&changes, &user).await?;
        let tokens = self.begin_session(&changes, user.id, user_agent).await?;
        changes.enqueue(&SendVerification { user: user.id.key() }).await?;
        changes.enqueue(&SendWelcome { user: user.id.key() }).await?;
        changes.commit().await?;
        Ok(SignedIn { user, tokens })
    }

    /// Gives a new user the organizations that invited it, or one to start with.
    async fn settle(&self, changes: &IdentityChanges<'_>, user: &user::Model) -> Result<()> {
        let waiting = changes.usable_invitations(&user.email_key).await?;
        if invitation::accept_all(changes, user.id, &waiting).await? > 0 {
            return Ok(());
        }
        let primary = match self.signup {
            Signup::Invited => return Err(Error::invalid("email", BY_INVITATION)),
            Signup::Workspace | Signup::Primary => changes.primary_organization().await?,
        };
        match primary {
            Some(primary) => join_primary(changes, user, &primary).await,
            None if self.signup == Signup::Primary => Err(Error::invalid("email", BY_INVITATION)),
            None => workspace::create_for(changes, user).await,
        }
    }
}

/// The wished name if it is free. Without a wish the address, or its local part with a number.
async fn free_username(
    changes: &IdentityChanges<'_>,
    wished: Option<String>,
    email: &Address,
) -> Result<String> {
    if let Some(wished) = wished {
        if changes.is_username_taken(&wished, None).await? {
            return Err(Error::invalid("username", profile::USERNAME_TAKEN));
        }
        return Ok(wished);
    }
    let whole = email.as_str();
    if whole.chars().count() <= LONGEST_USERNAME && !changes.is_username_taken(whole, None).await? {
        return Ok(whole.to_owned());
    }
    let local: String = whole.chars().take_while(|letter| *letter != '@').take(100).collect();
    Ok(format!("{local}-{}", uuid::Uuid::new_v4().simple()))
}

/// Somebody else took the address or the name since it was found free.
fn taken_meanwhile(error: Error) -> Error {
    match error {
        Error::Duplicate(what) if what.contains("username") => {
            Error::invalid("username", profile::USERNAME_TAKEN)
        }
        Error::Duplicate(_) => Error::invalid("email", EMAIL_TAKEN),
        other => other,
    }
}

async fn join_primary(
    changes: &IdentityChanges<'_>,
    user: &user::Model,
    primary: &organization::Model,
) -> Result<()> {
    changes.join_organizations(user.id, [(primary.id, OrganizationRole::Member)]).await?;
    if let Some(team) = changes.default_team(primary.id).await? {
        changes.join_teams(user.id, [(primary.id, team, TeamRole::Member)]).await?;
    }
    Ok(())
}
