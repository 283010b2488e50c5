//! A report as CSV files (RFC 4180) in a ZIP archive.

use std::io::{Cursor, Write};

use domain::report::edition::{Cell, Edition, Table};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{Progress, clean};

/// Tells programs for tables that the text is UTF-8.
const MARK: &str = "\u{feff}";

/// What makes a program for tables take a text for a formula, by the advice of OWASP.
const FORMULAS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Writes a file for each table.
pub(super) fn write(edition: &Edition, progress: Progress<'_>) -> Result<Vec<u8>, String> {
    archive(edition, progress).map_err(|error| error.to_string())
}

fn archive(edition: &Edition, progress: Progress<'_>) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (done, key) in (1..).zip(edition.sections()) {
        for table in edition.tables(*key) {
            archive.start_file(format!("{}.csv", table.name), options)?;
            lines(&table, &mut archive)?;
        }
        progress(done);
    }
    Ok(archive.finish()?.into_inner())
}

fn lines(table: &Table, file: &mut impl Write) -> std::io::Result<()> {
    file.write_all(MARK.as_bytes())?;
    let names: Vec<String> = table.columns.iter().map(|column| quoted(column.key)).collect();
    write!(file, "{}\r\n", names.join(","))?;
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(field).collect();
        write!(file, "{}\r\n", cells.join(","))?;
    }
    Ok(())
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) => quoted(&harmless(text)),
        Cell::Number(number) => number.to_string(),
        Cell::Share(share) => share.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Word(word) => quoted(&harmless(&word.text)),
        Cell::Lines(_) => quoted(&harmless(&cell.plain())),
    }
}

/// Text that no program takes for a formula: an apostrophe stands before what looks like one.
fn harmless(text: &str) -> String {
    let text = clean(text);
    if text.starts_with(FORMULAS) || text.trim_start().starts_with(FORMULAS) {
        return format!("'{text}");
    }
    text.into_owned()
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r', '\'', ' ', ';']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        field(&Cell::Text(text.to_owned()))
    }

    #[test]
    fn formulas_become_text() {
        assert_eq!(written("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(written("+1"), "\"'+1\"");
        assert_eq!(written("-1"), "\"'-1\"");
        assert_eq!(written("@SUM(A1)"), "\"'@SUM(A1)\"");
        assert_eq!(written(" \t=1"), "\"' \t=1\"");
        assert_eq!(written("＝1"), "\"'＝1\"");
        assert_eq!(written("a=1"), "a=1");
        assert_eq!(field(&Cell::Number(-1)), "-1");
    }

    #[test]
    fn quotes_and_line_ends_stay_within_their_field() {
        assert_eq!(written("a \"b\"\r\nc,d"), "\"a \"\"b\"\"\nc,d\"");
        assert_eq!(written("x\u{0}y"), "x\u{fffd}y");
    }
}
