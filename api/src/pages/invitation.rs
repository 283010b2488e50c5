//! What somebody with an invitation link sees and does.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    account::address,
    link::invitation_path,
    sharing::invitation::{self as rules, AcceptError},
    store::Invitation,
};
use entity::{Id, Ref, choice::TeamRole, team};
use serde::Deserialize;

use super::{
    failure::{Failure, Result},
    form::{Form, Input, Submission, Ticket},
    layout::Message,
    session::{Refused, Visitor, entered, sign_in_form_for, sign_up_form},
};
use crate::{
    error::Error,
    limits::{Attempt, Origin},
    resources::account::{registration, session, user_agent},
    state::AppState,
};

/// What an invitation says.
struct Offer {
    team: String,
    organization: String,
    role: &'static str,
    /// What the role may do.
    rights: &'static str,
    sender: Option<String>,
    email: String,
    until: String,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    offer: Offer,
    way: Way,
}

/// What the visitor can do with the invitation.
enum Way {
    /// Make an account, or sign in.
    Enter { sign_up: Form, sign_in_address: String },
    /// Sign in.
    SignIn { form: Form, sign_up_address: String },
    /// Join with the account that signed in.
    Join(Form),
    /// Sign out: the invitation is for somebody else.
    Leave { account: String, form: Form },
}

impl Way {
    fn is_refused(&self) -> bool {
        match self {
            Self::Enter { sign_up: form, .. } | Self::SignIn { form, .. } => form.is_refused(),
            Self::Join(_) | Self::Leave { .. } => false,
        }
    }
}

/// A link.
#[derive(Deserialize)]
pub(super) struct Link {
    token: String,
}

#[derive(Deserialize)]
pub(super) struct TeamPath {
    team: String,
}

/// The invitation of a link, or the page that says why there is none.
async fn found(state: &AppState, token: &str, origin: &str) -> Result<Invitation> {
    state.limits.admit(Attempt::SignIn, origin).await?;
    rules::preview(&state.store, token).await.map_err(useless)
}

pub(super) async fn show(
    State(state): State<AppState>,
    Origin(origin): Origin,
    visitor: Visitor,
    ticket: Ticket,
    Path(Link { token }): Path<Link>,
) -> Result {
    let invitation = found(&state, &token, &origin).await?;
    let path = invitation_path(&token);
    let way = match visitor.account(&state).await? {
        None => Way::Enter {
            sign_up: offered_account(&ticket, &path, &invitation),
            sign_in_address: format!("{path}/sign-in"),
        },
        Some(user) if user.email_key == invitation.row.email_key => {
            Way::Join(Form::new(&ticket, path, "Join the team"))
        }
        Some(user) => stranger(&ticket, user.email),
    };
    Ok(ticket.page(StatusCode::OK, InvitationPage { offer: offer(invitation), way }))
}

pub(super) async fn accept(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(Link { token }): Path<Link>,
    Submission { ticket, .. }: Submission,
) -> Result {
    let path = invitation_path(&token);
    let Some(user) = visitor.account(&state).await? else {
        return Ok(Redirect::to(&format!("{path}/sign-in")).into_response());
    };
    match rules::accept(&state.store, &token, user.id).await {
        Ok(membership) => Ok(welcome(membership.team_id)),
        Err(AcceptError::Domain(error)) => Err(useless(error)),
        Err(AcceptError::OtherAddress) => {
            let invitation = rules::preview(&state.store, &token).await?;
            let way = stranger(&ticket, user.email);
            let page = InvitationPage { offer: offer(invitation), way };
            Ok(ticket.page(StatusCode::FORBIDDEN, page))
        }
    }
}

pub(super) async fn sign_up(
    State(state): State<AppState>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Path(Link { token }): Path<Link>,
    submission: Submission,
) -> Result {
    let invitation = found(&state, &token, &origin).await?;
    let Submission { body, ticket } = submission.knowing("email", &invitation.row.email);
    match registration::sign_up(&state, &origin, user_agent(&headers), &body).await {
        Ok(signed_in) => Ok(entered(&state, &signed_in, &welcome_path(invitation.row.team_id))),
        Err(error) => {
            let violations = Failure::violations(error)?;
            let path = invitation_path(&token);
            let way = Way::Enter {
                sign_up: offered_account(&ticket, &path, &invitation).again(&body, &violations),
                sign_in_address: format!("{path}/sign-in"),
            };
            let page = InvitationPage { offer: offer(invitation), way };
            Ok(ticket.page(StatusCode::BAD_REQUEST, page))
        }
    }
}

pub(super) async fn ask(
    State(state): State<AppState>,
    Origin(origin): Origin,
    ticket: Ticket,
    Path(Link { token }): Path<Link>,
) -> Result {
    let invitation = found(&state, &token, &origin).await?;
    let form = own_account(&ticket, &token, &invitation);
    let way = Way::SignIn { form, sign_up_address: invitation_path(&token) };
    Ok(ticket.page(StatusCode::OK, InvitationPage { offer: offer(invitation), way }))
}

/// Signing in accepts the invitations that wait for the address. Who signs in with another one sees
/// that on the page of the invitation.
pub(super) async fn sign_in(
    State(state): State<AppState>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Path(Link { token }): Path<Link>,
    Submission { body, ticket }: Submission,
) -> Result {
    let invitation = found(&state, &token, &origin).await?;
    match session::sign_in(&state, &origin, user_agent(&headers), &body).await {
        Ok(signed_in) if address::key(&signed_in.user.email) == invitation.row.email_key => {
            Ok(entered(&state, &signed_in, &welcome_path(invitation.row.team_id)))
        }
        Ok(signed_in) => Ok(entered(&state, &signed_in, &invitation_path(&token))),
        Err(error) => {
            let refused = Refused::of(error, &body)?;
            let status = refused.status;
            let form = refused.again(own_account(&ticket, &token, &invitation), &body);
            let way = Way::SignIn { form, sign_up_address: invitation_path(&token) };
            let page = InvitationPage { offer: offer(invitation), way };
            Ok(ticket.page(status, page))
        }
    }
}

/// Greets a new member of a team.
pub(super) async fn joined(
    State(state): State<AppState>,
    Visitor(caller): Visitor,
    Path(TeamPath { team }): Path<TeamPath>,
) -> Result {
    let caller = caller.ok_or_else(Error::not_found)?;
    let team: Ref<team::Entity> = Ref::new(team.parse().map_err(|_| Error::not_found())?);
    let scope = state.store.read(&caller.actor);
    let team = scope.get(team).await?;
    let organization = scope.get(team.organization_id).await?;
    let text = format!("You are a member of the team {} of {} now.", team.name, organization.name);
    let message = Message::new(format!("Welcome to {}", team.name), text);
    let message = match &state.settings.frontend_url {
        Some(address) => message.to(address, "Open Forewarn"),
        None => message
            .and("Sign in to your Forewarn client with the same address and password.")
            .to("/", "To the start page"),
    };
    Ok(message.answer(StatusCode::OK))
}

fn offered_account(ticket: &Ticket, path: &str, invitation: &Invitation) -> Form {
    let email = Input::email().fixed(&invitation.row.email);
    sign_up_form(ticket, &format!("{path}/sign-up"), email)
}

fn own_account(ticket: &Ticket, token: &str, invitation: &Invitation) -> Form {
    let action = format!("{}/sign-in", invitation_path(token));
    sign_in_form_for(ticket, &action, &invitation.row.email)
}

fn stranger(ticket: &Ticket, account: String) -> Way {
    Way::Leave { account, form: Form::new(ticket, "/sign-out", "Sign out") }
}

fn welcome_path(team: Id<team::Entity>) -> String {
    format!("/joined/{team}")
}

fn welcome(team: Id<team::Entity>) -> Response {
    Redirect::to(&welcome_path(team)).into_response()
}

fn offer(invitation: Invitation) -> Offer {
    let (role, rights) = match invitation.row.role {
        TeamRole::Lead => ("Lead", "reads and changes the team's models and manages its members"),
        TeamRole::Member => ("Member", "reads and changes the team's models"),
        TeamRole::Viewer => ("Viewer", "reads the team's models"),
    };
    Offer {
        team: invitation.team_name,
        organization: invitation.organization_name,
        role,
        rights,
        sender: invitation.sender_email,
        email: invitation.row.email,
        until: invitation.row.expires_at.format("%-d %B %Y").to_string(),
    }
}

fn useless(error: domain::Error) -> Failure {
    use domain::{Error as E, Refusal};
    let (status, title, text) = match error {
        E::Refused(Refusal::Gone, _) => (
            StatusCode::GONE,
            "This invitation has ended",
            "It was accepted, revoked, or is older than seven days. If you accepted it, sign in. \
             Otherwise ask for a new one.",
        ),
        E::Refused(Refusal::Missing, _) => (
            StatusCode::NOT_FOUND,
            "There is no such invitation",
            "Check that the link is complete. A newer mail may have replaced it; then use the link \
             in that one.",
        ),
        other => return other.into(),
    };
    Failure::page(Message::new(title, text).to("/sign-in", "Sign in").answer(status))
}
