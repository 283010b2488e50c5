//! What clients say about a report file they want.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    Violations,
    account::secret::random_token,
    model::picture::Picture,
    report::export::{About, LONGEST_TITLE, Wish},
};
use entity::choice::{ReportFormat, ReportSection, ReportType};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    error::Result,
    input::{Body, read_flag, read_text},
    resources::model::{image_form, media::out_of_order},
    state::AppState,
};

/// Largest logo, in bytes.
const LARGEST_LOGO: usize = 512 * 1024;

/// What is wanted of a report file.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", example = example())]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
pub(super) struct NewReportExport {
    format: ReportFormat,
    /// For whom it is; `full` if absent.
    #[schemars(rename = "type")]
    report_type: Option<ReportType>,
    /// Which of the sections of the type it shows; all if absent.
    sections: Option<Vec<ReportSection>>,
    branding: Option<Branding>,
    /// Whether the caller gets a mail when it is ready.
    notify: Option<bool>,
}

fn example() -> Value {
    json!({
        "format": "markdown",
        "type": "full",
        "sections": ["summary", "gaps"],
        "branding": {"title": "Second review", "colour": "#1f4e79"},
        "notify": false,
    })
}

/// What the cover looks like.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "NewReportBranding")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Branding {
    /// The name of what the report is about if absent.
    #[schemars(length(max = 200))]
    title: Option<String>,
    /// Of headings.
    #[schemars(regex(pattern = "^#[0-9a-fA-F]{6}$"), extend("examples" = ["#1f4e79"]))]
    colour: Option<String>,
    /// A PNG, JPEG or WebP of at most 512 KB, in Base64 or as a `data:` address.
    #[schemars(extend("examples" = ["iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="]))]
    logo: Option<String>,
}

/// Reads a body. A logo is checked by its content and put into the storage.
pub(super) async fn read(body: &Body, about: &About, state: &AppState) -> Result<Wish> {
    let mut violations = Violations::default();
    let format = choice::<ReportFormat>(body.get("format"), "format", &mut violations);
    if format.is_none() && !violations.contains("format") {
        violations.add("format", "This field is required.");
    }
    let report_type = choice(body.get("type"), "type", &mut violations).unwrap_or(ReportType::Full);
    let sections = sections(body, about, report_type, &mut violations);
    let branding = branding(body, &mut violations);
    let title = title(branding.get("title"), &mut violations);
    let colour = colour(branding.get("colour"), &mut violations);
    let notify = match body.get("notify").map(read_flag) {
        None => false,
        Some(Ok(flag)) => flag,
        Some(Err(problem)) => {
            violations.add("notify", problem);
            false
        }
    };
    let logo = logo(branding.get("logo"), &mut violations).await;
    let Some(format) = format.filter(|_| violations.is_empty()) else {
        return Err(domain::Error::Invalid(violations).into());
    };
    let logo_key = match logo {
        Some(picture) => Some(keep(picture, state).await?),
        None => None,
    };
    Ok(Wish { format, report_type, sections, title, colour, logo_key, notify })
}

fn choice<T: DeserializeOwned>(
    value: Option<&Value>,
    field: &str,
    violations: &mut Violations,
) -> Option<T> {
    let value = value.filter(|value| !value.is_null())?;
    let read = serde_json::from_value(value.clone()).ok();
    if read.is_none() {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        violations.add(field, format!("\"{shown}\" is not a valid choice."));
    }
    read
}

fn sections(
    body: &Body,
    about: &About,
    report_type: ReportType,
    violations: &mut Violations,
) -> Vec<ReportSection> {
    let all = about.sections(report_type).to_vec();
    let Some(value) = body.get("sections").filter(|value| !value.is_null()) else { return all };
    // What is no section of any report is no section of this one.
    let wanted = serde_json::from_value::<Vec<ReportSection>>(value.clone()).unwrap_or_default();
    match about.chosen(report_type, &wanted) {
        Ok(chosen) => chosen,
        Err(domain::Error::Invalid(problems)) => {
            violations.join(problems);
            all
        }
        Err(_) => all,
    }
}

fn branding(body: &Body, violations: &mut Violations) -> Body {
    match body.get("branding") {
        None | Some(Value::Null) => Body::default(),
        Some(Value::Object(object)) => Body::from(object.clone()),
        Some(_) => {
            violations.add("branding", "Expected an object.");
            Body::default()
        }
    }
}

fn title(value: Option<&Value>, violations: &mut Violations) -> String {
    match text(value) {
        Ok(title) if title.chars().count() <= LONGEST_TITLE => return title,
        Ok(_) => violations.add(
            "title",
            format!("Ensure this field has no more than {LONGEST_TITLE} characters."),
        ),
        Err(problem) => violations.add("title", problem),
    }
    String::new()
}

fn colour(value: Option<&Value>, violations: &mut Violations) -> String {
    match text(value) {
        Ok(colour) if colour.is_empty() || is_colour(&colour) => colour.to_ascii_lowercase(),
        Ok(_) => {
            violations.add("colour", "Enter a colour such as #1f4e79.");
            String::new()
        }
        Err(problem) => {
            violations.add("colour", problem);
            String::new()
        }
    }
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn text(value: Option<&Value>) -> Result<String, String> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(value) => read_text(value),
    }
}

async fn logo(value: Option<&Value>, violations: &mut Violations) -> Option<Picture> {
    let encoded = match text(value) {
        Ok(text) if text.is_empty() => return None,
        Ok(text) => text,
        Err(problem) => {
            violations.add("logo", problem);
            return None;
        }
    };
    let data = encoded.split_once(";base64,").map_or(encoded.as_str(), |(_, data)| data);
    if data.len() / 4 * 3 > LARGEST_LOGO + 3 {
        violations.add("logo", "The logo is larger than 512 KB.");
        return None;
    }
    let Ok(content) = STANDARD.decode(data) else {
        violations.add("logo", "Send the file in Base64.");
        return None;
    };
    match image_form::check(content).await {
        Ok(picture) => Some(picture),
        Err(problem) => {
            violations.add("logo", problem.to_string());
            None
        }
    }
}

async fn keep(picture: Picture, state: &AppState) -> Result<String> {
    let key = format!("exports/logo-{}.{}", random_token(), picture.format.extension());
    match state.storage.put(&key, picture.content.into()).await {
        Ok(()) => Ok(key),
        Err(error) => Err(out_of_order(&error)),
    }
}
