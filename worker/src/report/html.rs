//! A report as one page that needs nothing else.

use askama::Template;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::report::edition::{Block, Cell, Cover, Edition, Extent, Section, Word};

use super::{Logo, Progress, chart};

#[derive(Template)]
#[template(path = "report/page.html")]
struct Page<'p> {
    cover: &'p Cover,
    /// As an address that holds the file itself.
    logo: Option<String>,
    contents: Vec<(String, &'static str)>,
    sections: String,
}

#[derive(Template)]
#[template(path = "report/section.html")]
struct SectionPart<'p> {
    number: usize,
    section: &'p Section,
}

/// Writes the whole page.
pub(super) fn write(
    edition: &Edition,
    logo: Option<&Logo>,
    progress: Progress<'_>,
) -> Result<String, String> {
    let mut sections = String::new();
    let mut contents = Vec::new();
    for (number, key) in (1..).zip(edition.sections()) {
        let section = edition.section(*key, Extent::Whole);
        contents.push((format!("section-{number}"), section.title));
        let part = SectionPart { number, section: &section };
        part.render_into(&mut sections).map_err(|error| error.to_string())?;
        progress(number as u64);
    }
    let logo = logo.map(|logo| {
        format!("data:{};base64,{}", logo.content_type, STANDARD.encode(&logo.content))
    });
    let page = Page { cover: edition.cover(), logo, contents, sections };
    page.render().map_err(|error| error.to_string())
}

/// The class of a word.
fn class(word: &Word) -> &'static str {
    word.tone.name()
}
