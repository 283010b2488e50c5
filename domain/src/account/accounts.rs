use std::sync::Arc;

use super::{FormTokens, Passwords, Secrets, Tokens};
use crate::{Store, model::FileAddresses};

/// What becomes of somebody who registers without an invitation.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Signup {
    /// Joins the primary organization if there is one, otherwise gets an own workspace.
    #[default]
    Workspace,
    /// Joins the primary organization; without one nobody can register.
    Primary,
    /// Is turned away.
    Invited,
}

/// Everything that the rules of accounts need: the database, and the keys of the installation.
#[derive(Debug)]
pub struct Accounts {
    pub(crate) store: Store,
    pub(crate) passwords: Passwords,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) files: FileAddresses,
    pub(crate) forms: FormTokens,
    pub(crate) signup: Signup,
}

impl Accounts {
    /// Puts the parts together.
    pub fn new(store: Store, secrets: &Secrets, signup: Signup) -> Self {
        Self {
            passwords: Passwords::default(),
            tokens: Arc::new(Tokens::new(secrets, store.clock().clone())),
            files: FileAddresses::new(secrets, store.clock().clone()),
            forms: FormTokens::new(secrets),
            store,
            signup,
        }
    }

    /// Makes and checks addresses of uploaded files.
    pub const fn files(&self) -> &FileAddresses {
        &self.files
    }

    /// Makes and checks tokens of forms.
    pub const fn forms(&self) -> &FormTokens {
        &self.forms
    }

    /// What becomes of somebody who registers without an invitation.
    pub const fn signup(&self) -> Signup {
        self.signup
    }

    /// Signs and reads tokens.
    pub const fn tokens(&self) -> &Arc<Tokens> {
        &self.tokens
    }

    /// Hashes and checks passwords.
    pub const fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// The database.
    pub const fn store(&self) -> &Store {
        &self.store
    }
}
