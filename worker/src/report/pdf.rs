//! A report as PDF. The layout is a Typst template; what users wrote reaches it as data, never as
//! markup. The template sees nothing but that data: no files, no network, no packages, no clock.

use std::sync::LazyLock;

use chrono::{Datelike as _, Timelike as _};
use domain::{
    model::illustration::{BOLD, REGULAR},
    report::edition::{Block, Cell, Cover, Edition, Extent, Picture, Section},
};
use serde::Serialize;
use typst::{
    Library, LibraryExt as _, World, comemo,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};

use super::{Logo, Progress, chart, clean};

const TEMPLATE: &str = include_str!("../../templates/report/report.typ");
/// Letters of a word after which it may be broken.
const LONGEST_WORD: usize = 40;
/// More headings make the table of contents too long.
const MOST_HEADINGS: usize = 80;

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    [REGULAR, BOLD].into_iter().flat_map(|font| Font::iter(Bytes::new(font))).collect()
});
static BOOK: LazyLock<LazyHash<FontBook>> =
    LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));
static MAIN: LazyLock<FileId> = LazyLock::new(|| file("report.typ"));
static DATA: LazyLock<FileId> = LazyLock::new(|| file("report.json"));
static LOGO: LazyLock<FileId> = LazyLock::new(|| file("logo"));

fn file(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a name without folders");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// All that a template sees.
struct Desk {
    template: Source,
    data: Bytes,
    logo: Option<Bytes>,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        *MAIN
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == *MAIN { Ok(self.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == *DATA {
            return Ok(self.data.clone());
        }
        let logo = self.logo.clone().filter(|_| id == *LOGO);
        logo.ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// What the template reads.
#[derive(Serialize)]
struct Data<'d> {
    cover: &'d Cover,
    moment: String,
    logo: Option<&'static str>,
    depth: u8,
    sections: Vec<Section>,
}

/// Writes the pages.
pub(super) fn write(
    edition: Edition,
    logo: Option<&Logo>,
    progress: Progress<'_>,
) -> Result<Vec<u8>, String> {
    let mut sections = Vec::new();
    for (done, key) in (1..).zip(edition.sections()) {
        sections.push(printable(edition.section(*key, Extent::Printed)));
        progress(done);
    }
    let desk = desk(edition.cover(), logo, sections)?;
    let timestamp = timestamp(edition.cover());
    // The layout needs the room.
    drop(edition);
    let written = printed(&desk, timestamp);
    // The compiler remembers everything it did; a report is never like another.
    comemo::evict(0);
    written
}

fn desk(cover: &Cover, logo: Option<&Logo>, sections: Vec<Section>) -> Result<Desk, String> {
    let blocks = sections.iter().flat_map(|section| &section.blocks);
    let headings = blocks.filter(|block| matches!(block, Block::Heading(_))).count();
    let data = Data {
        cover,
        moment: cover.moment(),
        logo: logo.map(|logo| logo.content_type.trim_start_matches("image/")),
        depth: if headings > MOST_HEADINGS { 1 } else { 2 },
        sections,
    };
    let data = serde_json::to_vec(&data).map_err(|error| error.to_string())?;
    Ok(Desk {
        template: Source::new(*MAIN, TEMPLATE.to_owned()),
        data: Bytes::new(data),
        logo: logo.map(|logo| Bytes::new(logo.content.clone())),
    })
}

fn printed(desk: &Desk, timestamp: Option<Timestamp>) -> Result<Vec<u8>, String> {
    let document: PagedDocument =
        typst::compile(desk).output.map_err(|problems| in_words(&problems))?;
    let options = PdfOptions { timestamp, ..PdfOptions::default() };
    typst_pdf::pdf(&document, &options).map_err(|problems| in_words(&problems))
}

fn in_words(problems: &[SourceDiagnostic]) -> String {
    let texts: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    texts.join("; ")
}

fn timestamp(cover: &Cover) -> Option<Timestamp> {
    let moment = cover.made_at;
    let part = |number: u32| u8::try_from(number).ok();
    let moment = Datetime::from_ymd_hms(
        moment.year(),
        part(moment.month())?,
        part(moment.day())?,
        part(moment.hour())?,
        part(moment.minute())?,
        part(moment.second())?,
    )?;
    Some(Timestamp::new_utc(moment))
}

/// A section whose charts are pictures and whose words can be broken.
fn printable(mut section: Section) -> Section {
    for block in &mut section.blocks {
        match block {
            Block::Chart(one) => {
                *block = Block::Picture(Picture {
                    svg: chart::svg(one),
                    caption: one.title.clone(),
                    description: one.in_words(),
                });
            }
            Block::Text(text) | Block::Heading(text) => *text = breakable(text),
            Block::Table(table) => table.rows.iter_mut().flatten().for_each(break_cell),
            Block::Figures(_) | Block::Picture(_) => {}
        }
    }
    section
}

fn break_cell(cell: &mut Cell) {
    match cell {
        Cell::Text(text) => *text = breakable(text),
        Cell::Lines(lines) => {
            for line in lines {
                line.text = breakable(&line.text);
                line.note = breakable(&line.note);
            }
        }
        _ => {}
    }
}

/// Text whose long words may be broken, so that they stay in their cell.
fn breakable(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut letters = 0;
    for letter in clean(text).chars() {
        letters = if letter.is_whitespace() { 0 } else { letters + 1 };
        if letters > LONGEST_WORD {
            broken.push('\u{200b}');
            letters = 1;
        }
        broken.push(letter);
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_can_be_broken_and_others_are_left_alone() {
        assert_eq!(breakable("one two"), "one two");
        let long = breakable(&"x".repeat(90));
        assert_eq!(long.matches('\u{200b}').count(), 2);
    }

    #[test]
    fn a_template_sees_its_data_and_nothing_else() {
        let mut desk = Desk {
            template: Source::new(*MAIN, String::new()),
            data: Bytes::new(Vec::new()),
            logo: None,
        };
        for wish in ["#read(\"/etc/passwd\")", "#read(\"logo\")", "#import \"@preview/x:1.0.0\": *"]
        {
            desk.template = Source::new(*MAIN, wish.to_owned());
            assert!(typst::compile::<PagedDocument>(&desk).output.is_err(), "{wish}");
        }
    }
}
