//! How many mails users may cause in an hour. Counted in the database, so that the limits hold
//! however many processes serve the API.

use entity::{Id, team, user};

/// Invitations that one team may send in an hour.
pub const INVITATIONS_OF_TEAM: i32 = 60;
/// Invitations that one address may get in an hour, from all teams.
pub const INVITATIONS_TO_ADDRESS: i32 = 5;
/// Links that one user may send in an hour.
pub const LINKS_OF_USER: i32 = 100;

/// Whether the mails that users cause are limited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Allowance {
    /// So many in an hour.
    Limited,
    /// As many as they like.
    Unlimited,
}

/// What somebody wants to use up of what is allowed in this hour.
#[derive(Clone, Debug)]
pub struct Spending {
    /// Whose allowance.
    pub(crate) key: String,
    /// How many mails.
    pub(crate) mails: i32,
    /// How many an hour.
    pub(crate) most: i32,
}

impl Allowance {
    /// What an invitation uses up, of the team's allowance and of the address's.
    pub(crate) fn invitation(self, team: Id<team::Entity>, email_key: &str) -> Vec<Spending> {
        let team =
            Spending { key: format!("team:{}", team.key()), mails: 1, most: INVITATIONS_OF_TEAM };
        // The address itself is nobody's business once the invitation is deleted.
        let address = Spending {
            key: format!("address:{}", crate::account::secret::digest(email_key)),
            mails: 1,
            most: INVITATIONS_TO_ADDRESS,
        };
        self.limiting(vec![team, address])
    }

    /// What sending a link to some people uses up.
    pub(crate) fn links(
        self,
        sender: Option<Id<user::Entity>>,
        recipients: usize,
    ) -> Vec<Spending> {
        let sender = sender.map_or(0, Id::key);
        let mails = i32::try_from(recipients).unwrap_or(i32::MAX);
        self.limiting(vec![Spending { key: format!("links:{sender}"), mails, most: LINKS_OF_USER }])
    }

    fn limiting(self, spendings: Vec<Spending>) -> Vec<Spending> {
        match self {
            Self::Limited => spendings,
            Self::Unlimited => Vec::new(),
        }
    }
}
