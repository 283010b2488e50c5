//! Who asks: a user with the organizations and teams he belongs to at this moment.

use crate::{Id, choice::OrganizationRole, choice::TeamRole, organization, team, user};

/// A user, the organizations and teams he belongs to, and the roles there.
///
/// Looked up once per request, never taken from a token, so that a removed member loses access at
/// once.
#[derive(Clone, Debug)]
pub struct Actor {
    user: Option<Id<user::Entity>>,
    organizations: Vec<(Id<organization::Entity>, OrganizationRole)>,
    teams: Vec<Membership>,
}

/// What an actor is in one team.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    /// The organization of the team.
    pub organization: Id<organization::Entity>,
    /// The team.
    pub team: Id<team::Entity>,
    /// The role in the team.
    pub role: TeamRole,
}

impl Actor {
    /// An actor as the database says. Only the store calls this.
    pub fn looked_up(
        user: Id<user::Entity>,
        organizations: Vec<(Id<organization::Entity>, OrganizationRole)>,
        teams: Vec<Membership>,
    ) -> Self {
        Self { user: Some(user), organizations, teams }
    }

    /// What a job acts as: everything in one organization, nothing elsewhere. Permission was
    /// checked when the job was accepted.
    pub fn for_job(
        organization: Id<organization::Entity>,
        requested_by: Option<Id<user::Entity>>,
    ) -> Self {
        Self {
            user: requested_by,
            organizations: vec![(organization, OrganizationRole::SecurityTeam)],
            teams: Vec::new(),
        }
    }

    /// Somebody who reads the models of one team and those without a team, and changes nothing:
    /// what everyone sees who may read such a model.
    pub fn for_readers(
        organization: Id<organization::Entity>,
        team: Option<Id<team::Entity>>,
    ) -> Self {
        let membership = |team| Membership { organization, team, role: TeamRole::Viewer };
        Self {
            user: None,
            organizations: vec![(organization, OrganizationRole::Member)],
            teams: team.map(membership).into_iter().collect(),
        }
    }

    /// The user, absent for work that no user asked for.
    pub const fn user(&self) -> Option<Id<user::Entity>> {
        self.user
    }

    /// All organizations of the actor, oldest membership first.
    pub fn organizations(&self) -> impl Iterator<Item = Id<organization::Entity>> + '_ {
        self.organizations.iter().map(|(organization, _)| *organization)
    }

    /// The role in an organization, if the actor belongs to it.
    pub fn role_in(&self, organization: Id<organization::Entity>) -> Option<OrganizationRole> {
        self.organizations.iter().find(|(id, _)| *id == organization).map(|(_, role)| *role)
    }

    /// Organizations in which the actor belongs to the security team.
    pub fn secured_organizations(&self) -> impl Iterator<Item = Id<organization::Entity>> + '_ {
        self.organizations
            .iter()
            .filter(|(_, role)| *role == OrganizationRole::SecurityTeam)
            .map(|(organization, _)| *organization)
    }

    /// Organizations in which the actor is not in the security team.
    pub fn plain_organizations(&self) -> impl Iterator<Item = Id<organization::Entity>> + '_ {
        self.organizations
            .iter()
            .filter(|(_, role)| *role != OrganizationRole::SecurityTeam)
            .map(|(organization, _)| *organization)
    }

    /// Whether the actor belongs to the organization's security team.
    pub fn secures(&self, organization: Id<organization::Entity>) -> bool {
        self.role_in(organization) == Some(OrganizationRole::SecurityTeam)
    }

    /// Whether the actor belongs to the security team of any organization.
    pub fn secures_any(&self) -> bool {
        self.secured_organizations().next().is_some()
    }

    /// All team memberships.
    pub fn teams(&self) -> &[Membership] {
        &self.teams
    }

    /// The role in a team, if the actor belongs to it.
    pub fn role_in_team(&self, team: Id<team::Entity>) -> Option<TeamRole> {
        self.teams.iter().find(|membership| membership.team == team).map(|found| found.role)
    }

    /// Teams whose threat models the actor may change: those in which he is lead or member.
    pub fn writing_teams(&self) -> impl Iterator<Item = Id<team::Entity>> + '_ {
        self.teams
            .iter()
            .filter(|membership| membership.role != TeamRole::Viewer)
            .map(|membership| membership.team)
    }

    /// Teams that the actor manages: those in which he is lead.
    pub fn leading_teams(&self) -> impl Iterator<Item = Id<team::Entity>> + '_ {
        self.teams
            .iter()
            .filter(|membership| membership.role == TeamRole::Lead)
            .map(|membership| membership.team)
    }

    /// Organizations in which the actor may change something: security team, or lead or member of
    /// one of the teams.
    pub fn writing_organizations(&self) -> impl Iterator<Item = Id<organization::Entity>> + '_ {
        self.organizations().filter(|organization| {
            self.secures(*organization)
                || self.teams.iter().any(|membership| {
                    membership.organization == *organization && membership.role != TeamRole::Viewer
                })
        })
    }
}
