//! Two organizations with people in all roles.

use chrono::TimeDelta;
use domain::{
    Clock,
    account::{Secrets, TokenType, token::Tokens},
};
use entity::Id;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use tests::{App, Client};
use uuid::Uuid;

use super::{
    operation::Operation,
    place::{Place, Site},
};

/// Packs that bring one of everything that people do not make themselves.
const PACKS: [&str; 5] = ["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"];

/// What the descriptions of the first organization say.
pub(super) const OWN: &str = "own-mark-1f0c";
/// What those of its second team say.
pub(super) const OF_OTHER_TEAM: &str = "other-team-mark-93ab";
/// What those of the other organization say.
pub(super) const FOREIGN: &str = "foreign-mark-7d2e";

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Without a token.
    Stranger,
    /// With a token whose time is over.
    Expired,
    /// Whose account was disabled after signing in.
    Disabled,
    /// In the security team of another organization.
    Outsider,
    /// Views the team's models.
    Viewer,
    /// Views the team's models and is a member of another team.
    Guest,
    /// A member of another team only.
    OtherTeam,
    /// A member of the team.
    Member,
    /// Leads the team.
    Lead,
    /// In the security team of the organization.
    Security,
}

impl Role {
    /// All roles, the weakest first.
    pub(super) const ALL: [Self; 10] = [
        Self::Stranger,
        Self::Expired,
        Self::Disabled,
        Self::Outsider,
        Self::Viewer,
        Self::Guest,
        Self::OtherTeam,
        Self::Member,
        Self::Lead,
        Self::Security,
    ];

    /// The roles in the organization, in the team and in the other team.
    const fn seats(self) -> [&'static str; 3] {
        match self {
            Self::Stranger | Self::Outsider => ["", "", ""],
            // Whoever makes a team leads it.
            Self::Expired | Self::Security => ["security_team", "lead", "lead"],
            Self::Disabled | Self::Lead => ["member", "lead", ""],
            Self::Viewer => ["member", "viewer", ""],
            Self::Guest => ["member", "viewer", "member"],
            Self::OtherTeam => ["member", "", "member"],
            Self::Member => ["member", "member", ""],
        }
    }

    /// Whether requests are those of somebody at all.
    const fn signs_in(self) -> bool {
        !matches!(self, Self::Stranger | Self::Expired | Self::Disabled)
    }
}

/// An organization, its people and what they have.
pub(super) struct Company {
    pub(super) people: Vec<(Role, Client)>,
    pub(super) place: Place,
    pub(super) colleague: i64,
    pub(super) mover: i64,
}

impl Company {
    /// An organization with one person and one of everything.
    pub(super) async fn small(app: &App, operations: &[Operation], mark: &str) -> Self {
        let owner = app.owner().await;
        owner.import(&PACKS).await;
        let colleague = joined(app, &owner, "member").await.id;
        let mover = joined(app, &owner, "member").await.id;
        let site = Site {
            operations,
            owner: &owner,
            team: owner.team,
            colleague,
            mover,
            mark,
            suffix: "",
        };
        let place = Place::make(&site).await;
        Self { people: vec![(Role::Security, owner)], place, colleague, mover }
    }

    /// Adds people in all other roles; `outsider` belongs elsewhere.
    pub(super) async fn populate(&mut self, app: &App, outsider: &Client) {
        let owner = self.person(Role::Security).clone();
        let team = |name: &str| {
            let body = json!({"organization": owner.organization, "name": name});
            let owner = owner.clone();
            async move { owner.post("/api/teams/", body).await.expect(201)["id"].as_i64() }
        };
        let other = team("Payments").await.expect("a team");
        let mut elsewhere = owner.clone();
        elsewhere.team = other;

        let guest = joined(app, &owner, "viewer").await;
        let body = json!({"userId": guest.id, "role": "member"});
        owner.post(&format!("/api/teams/{other}/add-member/"), body).await.expect(200);
        let disabled = joined(app, &owner, "lead").await;
        disable(app, &disabled).await;
        let mut expired = owner.clone();
        expired.token = Some(expired_token(app, &owner));
        self.people.extend([
            (Role::Stranger, app.stranger()),
            (Role::Expired, expired),
            (Role::Disabled, disabled),
            (Role::Outsider, outsider.clone()),
            (Role::Viewer, joined(app, &owner, "viewer").await),
            (Role::Guest, guest),
            (Role::OtherTeam, joined(app, &elsewhere, "member").await),
            (Role::Member, joined(app, &owner, "member").await),
            (Role::Lead, joined(app, &owner, "lead").await),
        ]);
    }

    /// Fails unless everybody is what the role says.
    pub(super) async fn prove_roles(&self) {
        let owner = self.person(Role::Security);
        let teams = [owner.team, self.person(Role::OtherTeam).team];
        let mut seats = Vec::new();
        for team in teams {
            let members = owner.get(&format!("/api/teams/{team}/members/")).await.expect(200);
            seats.push(members.as_array().cloned().expect("members"));
        }
        let members = format!("/api/organizations/{}/members/", owner.organization);
        let members = owner.get(&members).await.expect(200);
        let role_among = |rows: &[Value], person: &Client| {
            let row = rows.iter().find(|row| row["user"] == person.id);
            row.and_then(|row| row["role"].as_str()).map(str::to_owned)
        };
        for (role, person) in &self.people {
            let found = [
                role_among(members.as_array().expect("members"), person),
                role_among(&seats[0], person),
                role_among(&seats[1], person),
            ];
            let found = found.each_ref().map(|role| role.as_deref().unwrap_or_default());
            assert_eq!(found, role.seats(), "{role:?}");
            let profile = person.get("/api/auth/user/").await;
            assert_eq!(profile.status, if role.signs_in() { 200 } else { 401 }, "{role:?}");
        }
        let expired = self.person(Role::Expired).get("/api/auth/user/").await;
        assert!(expired.json.to_string().contains("expired"), "{}", expired.json);
    }

    /// Somebody in a role.
    pub(super) fn person(&self, role: Role) -> &Client {
        let found = self.people.iter().find(|(one, _)| *one == role);
        &found.unwrap_or_else(|| panic!("nobody is {role:?}")).1
    }
}

/// Somebody who belongs to the owner's organization and to no other.
async fn joined(app: &App, owner: &Client, role: &str) -> Client {
    let client = app.invited(owner, role).await;
    let organizations = client.get("/api/organizations/").await.expect(200);
    for organization in organizations["results"].as_array().expect("rows") {
        if organization["id"] != owner.organization {
            client.delete(&format!("/api/organizations/{}/", organization["id"])).await.expect(204);
        }
    }
    client
}

async fn disable(app: &App, client: &Client) {
    let changes = app.state.store.identity().begin().await.expect("changes");
    let user = changes.user(Id::trusted(client.id)).await.expect("the user");
    changes.update_user(user, |row| row.is_active = Set(false)).await.expect("disabled");
    changes.commit().await.expect("a commit");
}

/// An access token of a live session that was issued two hours ago.
fn expired_token(app: &App, client: &Client) -> String {
    let secrets = app.state.settings.secret_keys().expect("secrets");
    let secrets = Secrets::new(secrets.verifying()).expect("secrets");
    let claims = app.state.accounts.tokens().read(client.token.as_deref().expect("a token"));
    let claims = claims.expect("claims");
    let clock = Clock::system();
    clock.advance(TimeDelta::hours(-2));
    let tokens = Tokens::new(&secrets, clock);
    tokens.issue(TokenType::Access, Uuid::new_v4(), claims.session(), claims.user()).text
}
