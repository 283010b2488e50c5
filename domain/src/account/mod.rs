//! Accounts: passwords, tokens, sessions, registration and the profile.

pub mod address;
pub mod password;
pub mod password_rules;
pub mod secret;
pub mod token;

pub use address::Address;
pub use password::{Passwords, Verdict};
pub use secret::{Secrets, Vault};
pub use token::{Claims, TokenError, TokenType, Tokens};
