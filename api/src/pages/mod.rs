//! Pages for people, where the links in mails lead without a web client: HTML without scripts. They
//! have no rules of their own: whatever a form does, an operation of the API does as well.

mod cookie;
mod failure;
mod form;
mod home;
mod invitation;
mod layout;
mod password;
mod protection;
mod session;
mod share;
mod style;
mod subscription;
mod verification;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

pub use failure::{missing, wrong_method};

use crate::state::AppState;

/// Largest form, in bytes.
const FORM_LIMIT: usize = 16_000;

/// The routes of all pages, and of what they are made with.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home::show))
        .route("/sign-in", get(session::ask).post(session::sign_in))
        .route("/sign-up", get(session::ask_new).post(session::sign_up))
        .route("/sign-out", post(session::sign_out))
        .route("/forgot-password", get(password::ask).post(password::send))
        .route("/forgot-password/sent", get(password::sent))
        .route("/reset-password/{uid}/{token}", get(password::choose).post(password::save))
        .route("/verify-email/{token}", get(verification::ask).post(verification::confirm))
        .route("/verify-email/done", get(verification::done))
        .route("/invite/{token}", get(invitation::show).post(invitation::accept))
        .route("/invite/{token}/sign-up", post(invitation::sign_up))
        .route("/invite/{token}/sign-in", get(invitation::ask).post(invitation::sign_in))
        .route("/joined/{team}", get(invitation::joined))
        .route("/share/{token}", get(share::show).post(share::unlock))
        .route("/unsubscribe/{token}", get(subscription::ask).post(subscription::end))
        .route("/pages/style.css", get(style::sheet))
        .route("/pages/mark.svg", get(style::mark))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(middleware::map_response(protection::protected))
}
