//! Forms, and the proof that a form was sent from one of our pages.
//!
//! A form is taken only when nothing speaks against it:
//!
//! 1. `Sec-Fetch-Site`, which browsers set and pages cannot, says `same-origin`. It is missing on
//!    plain HTTP and in old browsers.
//! 2. `Origin` names this server. It is `null` on our own forms, since pages ask for no referrer, so
//!    it can refuse but not prove.
//! 3. The token in the form was signed for the random text in the cookie of the browser. Another
//!    site can neither read nor set this cookie, and `SameSite` keeps it from being sent along.

use askama::Template;
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{Violations, account::secret::random_token};
use serde_json::{Map, Value};

use super::{cookie::Cookie, failure::Failure, layout::Page};
use crate::{input::Body, state::AppState};

const TOKEN_FIELD: &str = "form_token";

/// A form on a page.
#[derive(Template)]
#[template(path = "form.html")]
pub(super) struct Form {
    action: String,
    submit: &'static str,
    token: String,
    inputs: Vec<Input>,
    /// What is wrong with the form as a whole.
    problems: Vec<String>,
}

/// A field of a form.
#[derive(Debug)]
pub(super) struct Input {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    hint: &'static str,
    value: String,
    fixed: bool,
    problems: Vec<String>,
}

impl Input {
    const fn new(name: &'static str, label: &'static str, kind: &'static str) -> Self {
        Self {
            name,
            label,
            kind,
            autocomplete: "off",
            hint: "",
            value: String::new(),
            fixed: false,
            problems: Vec::new(),
        }
    }

    /// The address of an account.
    pub(super) const fn email() -> Self {
        let mut input = Self::new("email", "E-mail address", "email");
        input.autocomplete = "username";
        input
    }

    /// The password that somebody has.
    pub(super) const fn password() -> Self {
        let mut input = Self::new("password", "Password", "password");
        input.autocomplete = "current-password";
        input
    }

    /// The code of a second factor.
    pub(super) const fn code() -> Self {
        let mut input = Self::new("otp", "Code", "text");
        input.autocomplete = "one-time-code";
        input.hint = "Your account has a second factor. Enter the password once more, and the six \
                      digits of your app or a recovery code.";
        input
    }

    /// A password that somebody chooses.
    pub(super) const fn new_password(name: &'static str, label: &'static str) -> Self {
        let mut input = Self::new(name, label, "password");
        input.autocomplete = "new-password";
        input
    }

    /// The attributes that tell assistive technology about help and problems.
    fn described(&self) -> String {
        let name = self.name;
        let hint = (!self.hint.is_empty()).then(|| format!("{name}-hint"));
        let problem = (!self.problems.is_empty()).then(|| format!("{name}-problem"));
        let invalid = if problem.is_some() { " aria-invalid=\"true\"" } else { "" };
        let texts: Vec<String> = hint.into_iter().chain(problem).collect();
        if texts.is_empty() {
            return String::new();
        }
        format!(" aria-describedby=\"{}\"{invalid}", texts.join(" "))
    }

    /// Whether what is entered must not be shown again.
    fn is_secret(&self) -> bool {
        self.kind == "password" || self.autocomplete == "one-time-code"
    }

    /// With a word of help.
    pub(super) const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// Filled with a value that cannot be changed.
    pub(super) fn fixed(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self.fixed = true;
        self
    }

    /// Filled with a value.
    pub(super) fn filled(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }
}

/// What a new password must be like.
pub(super) const PASSWORD_HINT: &str =
    "At least 8 characters, not only digits, and not like your address.";

impl Form {
    /// A form to which fields are added.
    pub(super) fn new(ticket: &Ticket, action: impl Into<String>, submit: &'static str) -> Self {
        Self {
            action: action.into(),
            submit,
            token: ticket.token.clone(),
            inputs: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// With a field.
    pub(super) fn with(mut self, input: Input) -> Self {
        self.inputs.push(input);
        self
    }

    /// As it was sent, with what is wrong. Passwords and codes are asked for anew.
    pub(super) fn again(mut self, body: &Body, violations: &Violations) -> Self {
        for input in self.inputs.iter_mut().filter(|input| !input.fixed) {
            if let Some(Value::String(text)) = body.get(input.name)
                && !input.is_secret()
            {
                input.value.clone_from(text);
            }
        }
        for (field, problems) in violations.iter() {
            let problems = problems.as_array().into_iter().flatten().filter_map(Value::as_str);
            let problems = problems.map(str::to_owned);
            match self.inputs.iter_mut().find(|input| input.name == field) {
                Some(input) => input.problems.extend(problems),
                None => self.problems.extend(problems),
            }
        }
        self
    }

    /// Whether something is wrong.
    pub(super) fn is_refused(&self) -> bool {
        !self.problems.is_empty() || self.inputs.iter().any(|input| !input.problems.is_empty())
    }
}

/// What makes forms good for one browser.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    token: String,
    /// What the browser has to keep from now on.
    fresh: Option<axum::http::HeaderValue>,
}

impl Ticket {
    fn of(headers: &HeaderMap, state: &AppState) -> Self {
        match Cookie::Browser.read(headers, state).filter(|text| !text.is_empty()) {
            Some(browser) => Self { token: state.accounts.forms().token(browser), fresh: None },
            None => Self::fresh(state),
        }
    }

    fn fresh(state: &AppState) -> Self {
        let browser = random_token();
        let token = state.accounts.forms().token(&browser);
        Self { token, fresh: Cookie::Browser.kept(&browser, state) }
    }

    /// A page with a form.
    pub(super) fn page(self, status: StatusCode, page: impl Template) -> Response {
        let mut answer = Page(status, page).into_response();
        if let Some(cookie) = self.fresh {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        answer
    }
}

impl FromRequestParts<AppState> for Ticket {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers, state))
    }
}

/// A form that was sent from one of our pages.
pub(super) struct Submission {
    /// The fields.
    pub(super) body: Body,
    /// For showing the form again.
    pub(super) ticket: Ticket,
}

impl FromRequest<AppState> for Submission {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let headers = request.headers().clone();
        if is_foreign(&headers, state) {
            return Err(Failure::foreign_form());
        }
        let fields = axum::Form::<Vec<(String, String)>>::from_request(request, state)
            .await
            .map_err(|rejection| Failure::unreadable_form(rejection.into_response().status()))?;
        let token = fields.0.iter().find(|(name, _)| name == TOKEN_FIELD);
        let browser = Cookie::Browser.read(&headers, state);
        let admitted = browser.zip(token).is_some_and(|(browser, (_, token))| {
            !browser.is_empty() && state.accounts.forms().admits(browser, token)
        });
        if !admitted {
            return Err(Failure::foreign_form());
        }
        let fields = fields.0.into_iter().filter(|(name, _)| name != TOKEN_FIELD);
        let fields = fields.map(|(name, value)| (name, Value::String(value)));
        let body = fields.collect::<Map<_, _>>().into();
        Ok(Self { body, ticket: Ticket::of(&headers, state) })
    }
}

impl Submission {
    /// With a field that the page knows better than who sent the form.
    pub(super) fn knowing(self, name: &str, value: impl Into<String>) -> Self {
        let mut fields = self.body.into_inner();
        fields.insert(name.to_owned(), Value::String(value.into()));
        Self { body: fields.into(), ticket: self.ticket }
    }
}

/// Whether a browser says that another site sent the form.
fn is_foreign(headers: &HeaderMap, state: &AppState) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return true;
    }
    let Some(origin) = text("origin").filter(|origin| *origin != "null") else { return false };
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let public = url::Url::parse(&state.settings.public_url);
    let is_public = public.is_ok_and(|public| public.origin().ascii_serialization() == origin);
    !is_public && text("host") != Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let ticket = Ticket { token: "t".to_owned(), fresh: None };
        Form::new(&ticket, "/sign-in", "Sign in").with(Input::email()).with(Input::password())
    }

    #[test]
    fn problems_stand_at_their_fields_and_passwords_are_not_repeated() {
        let fields = serde_json::json!({"email": "\"><script>", "password": "secret"});
        let body = fields.as_object().cloned().unwrap_or_default().into();
        let mut violations = Violations::of("email", "Enter a valid email address.");
        violations.add(Violations::OBJECT, "Nothing fits.");
        let form = form().again(&body, &violations);
        assert!(form.is_refused());
        let html = form.render().expect("a form");
        assert!(html.contains("id=\"email-problem\""), "{html}");
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(html.contains("Nothing fits."), "{html}");
        assert!(!html.contains("secret") && !html.contains("<script>"), "{html}");
    }
}
