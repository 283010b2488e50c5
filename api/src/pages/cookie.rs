//! The two cookies of the pages.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::state::AppState;

/// A cookie that scripts cannot read and that other sites cannot send with a form.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cookie {
    /// Who signed in: an access token.
    Session,
    /// To which browser forms are shown: a random text.
    Browser,
}

impl Cookie {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "forewarn-session",
            Self::Browser => "forewarn-browser",
        }
    }

    /// The value that the browser sent.
    pub(super) fn read<'h>(self, headers: &'h HeaderMap, state: &AppState) -> Option<&'h str> {
        let name = format!("{}{}", prefix(state), self.name());
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|list| list.to_str().ok());
        let mut pairs = cookies.flat_map(|list| list.split(';')).filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim(), value.trim()))
        });
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The header that stores a value until the browser is closed.
    pub(super) fn kept(self, value: &str, state: &AppState) -> Option<HeaderValue> {
        self.header(value, "", state)
    }

    /// The header that removes the cookie.
    pub(super) fn removed(self, state: &AppState) -> Option<HeaderValue> {
        self.header("", "; Max-Age=0", state)
    }

    fn header(self, value: &str, more: &str, state: &AppState) -> Option<HeaderValue> {
        let (prefix, name) = (prefix(state), self.name());
        let secure = if prefix.is_empty() { "" } else { "; Secure" };
        // Lax, since links in mails must find somebody who has signed in; it is not sent with a
        // form of another site either.
        let text = format!("{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
        text.parse().ok()
    }
}

/// With TLS a name that browsers take only from this very host. Without, they refuse such a name.
fn prefix(state: &AppState) -> &'static str {
    if state.settings.public_url.starts_with("https://") { "__Host-" } else { "" }
}
