//! Accounts: passwords, tokens, sessions, registration and the profile.

mod accounts;
pub mod address;
pub mod api_token;
pub mod form_token;
pub mod login;
pub mod password;
pub mod password_rules;
pub mod profile;
pub mod registration;
pub mod reset;
pub mod second_factor;
pub mod secret;
pub mod session;
pub mod token;
pub mod totp;
pub mod verification;

pub use accounts::{Accounts, Signup};
pub use address::Address;
pub use form_token::FormTokens;
pub use password::{Passwords, Verdict};
pub use registration::Registration;
pub use second_factor::{CodeError, Proved};
pub use secret::{Secrets, Signature, Vault};
pub use session::{Pair, SessionError, SignedIn};
pub use token::{Claims, TokenError, TokenType, Tokens};
