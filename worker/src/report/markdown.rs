//! A report as Markdown (`CommonMark` with tables). What users wrote stays text.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::report::edition::{Block, Cell, Edition, Extent, Figure, Line, Picture, Table};

use super::{Progress, clean};

/// Writes the whole report.
pub(super) fn write(edition: &Edition, progress: Progress<'_>) -> String {
    let mut text = String::new();
    cover(edition, &mut text);
    for (done, key) in (1..).zip(edition.sections()) {
        let section = edition.section(*key, Extent::Whole);
        paragraph(&mut text, &format!("## {}", section.title));
        for block in &section.blocks {
            self::block(block, &mut text);
        }
        progress(done);
    }
    text
}

fn cover(edition: &Edition, text: &mut String) {
    let cover = edition.cover();
    paragraph(text, &format!("# {}", escaped_line(&cover.title)));
    paragraph(text, &escaped_line(&cover.kind));
    let mut list = String::new();
    let subject = std::iter::once(("Subject", cover.subject.clone()));
    let made = std::iter::once(("Made", cover.moment()));
    for (name, value) in subject.chain(cover.properties.iter().cloned()).chain(made) {
        let _ = writeln!(list, "- **{name}:** {}", escaped_line(&value));
    }
    paragraph(text, list.trim_end());
}

fn paragraph(text: &mut String, content: &str) {
    text.push_str(content);
    text.push_str("\n\n");
}

fn block(block: &Block, text: &mut String) {
    match block {
        Block::Text(words) => {
            let lines: Vec<String> = words.lines().map(escaped_line).collect();
            paragraph(text, &lines.join("  \n"));
        }
        Block::Heading(words) => paragraph(text, &format!("### {}", escaped_line(words))),
        Block::Figures(figures) => self::figures(figures, text),
        Block::Chart(chart) => paragraph(text, &escaped_line(&chart.in_words())),
        Block::Table(table) => self::table(table, text),
        Block::Picture(picture) => self::picture(picture, text),
    }
}

fn figures(figures: &[Figure], text: &mut String) {
    let mut table = "| Figure | Value |\n| --- | ---: |\n".to_owned();
    for figure in figures {
        let _ = writeln!(table, "| {} | {} |", figure.name, figure.value);
    }
    paragraph(text, table.trim_end());
}

fn picture(picture: &Picture, text: &mut String) {
    let file = STANDARD.encode(&picture.svg);
    let words = escaped_line(&picture.description);
    paragraph(text, &format!("![{words}](data:image/svg+xml;base64,{file})"));
}

fn table(table: &Table, text: &mut String) {
    let titles: Vec<&str> = table.columns.iter().map(|column| column.title).collect();
    let _ = writeln!(text, "| {} |", titles.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(table.columns.len()));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push('\n');
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Lines(lines) => lines.iter().map(line).collect::<Vec<String>>().join("<br>"),
        other => in_cell(&other.plain()),
    }
}

fn line(line: &Line) -> String {
    let mut parts = Vec::new();
    if !line.text.is_empty() {
        let text = in_cell(&line.text);
        parts.push(if line.strong { format!("**{text}**") } else { text });
    }
    if let Some(word) = &line.word {
        parts.push(format!("_{}_", escaped_line(&word.shown())));
    }
    if !line.note.is_empty() {
        parts.push(format!("({})", in_cell(&line.note)));
    }
    parts.join(" ")
}

/// Lines of a text, which a cell cannot hold as such.
fn in_cell(text: &str) -> String {
    let lines = text.lines().map(escaped_line).filter(|line| !line.is_empty());
    lines.collect::<Vec<String>>().join("<br>")
}

/// Text on one line without any mark in it: before each letter that could be one stands a
/// backslash.
fn escaped_line(text: &str) -> String {
    let text = clean(text);
    let text = text.trim();
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    for (place, letter) in text.char_indices() {
        let begins = place == 0 && matches!(letter, '-' | '+' | '=' | ':');
        let numbers = place == digits && digits > 0 && matches!(letter, '.' | ')');
        if begins || numbers || MARKS.contains(&letter) {
            escaped.push('\\');
        }
        escaped.push(if matches!(letter, '\n' | '\t') { ' ' } else { letter });
    }
    escaped
}

const MARKS: [char; 19] = [
    '\\', '`', '*', '_', '{', '}', '[', ']', '<', '>', '(', ')', '#', '|', '~', '&', '!', '$', '^',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_text() {
        assert_eq!(escaped_line("# **x** <b>"), r"\# \*\*x\*\* \<b\>");
        assert_eq!(escaped_line("![a](javascript:x)"), r"\!\[a\]\(javascript:x\)");
        assert_eq!(escaped_line("1. one"), r"1\. one");
        assert_eq!(escaped_line("- one - two"), r"\- one - two");
        assert_eq!(escaped_line("    code"), "code");
        assert_eq!(in_cell("a|b\nc"), r"a\|b<br>c");
    }
}
