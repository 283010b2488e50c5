//! Links to pages for people: the only place that knows their paths.

/// Makes links for mails. They lead to the web client if there is one, otherwise to the pages that
/// are built in; the paths are the same.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
}

impl Links {
    /// Links below an address without a trailing slash.
    pub fn below(base: impl Into<String>) -> Self {
        Self { base: base.into() }
    }

    /// Where somebody sets a new password.
    pub fn password_reset(&self, uid: &str, token: &str) -> String {
        format!("{}/reset-password/{uid}/{token}/", self.base)
    }

    /// Where somebody confirms an address.
    pub fn verification(&self, key: &str) -> String {
        format!("{}/verify-email/{key}/", self.base)
    }

    /// Where somebody accepts an invitation.
    pub fn invitation(&self, token: &str) -> String {
        format!("{}{}", self.base, invitation_path(token))
    }

    /// Where somebody ends the weekly mails about an organization.
    pub fn unsubscription(&self, token: &str) -> String {
        format!("{}/unsubscribe/{token}/", self.base)
    }

    /// Where the web client, or the description of the API, begins.
    pub fn home(&self) -> String {
        format!("{}/", self.base)
    }

    /// Where somebody reads a shared threat model.
    pub fn share(&self, token: &str) -> String {
        format!("{}{}", self.base, share_path(token))
    }
}

/// The path of the page of an invitation.
pub fn invitation_path(token: &str) -> String {
    format!("/invite/{token}")
}

/// The path of the page of a shared threat model.
pub fn share_path(token: &str) -> String {
    format!("/share/{token}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_below_the_address_of_the_web_client() {
        let links = Links::below("https://app.example");
        assert_eq!(links.password_reset("1a", "t"), "https://app.example/reset-password/1a/t/");
        assert_eq!(links.verification("k"), "https://app.example/verify-email/k/");
        assert_eq!(links.invitation("t"), "https://app.example/invite/t");
        assert_eq!(links.share("t"), "https://app.example/share/t");
    }
}
