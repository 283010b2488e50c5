//! A report as a workbook: a sheet for each table. Cells hold text, never formulas.

use domain::report::edition::{Cell, Edition, Table, Tone};
use rust_xlsxwriter::{
    ConditionalFormatText, ConditionalFormatTextRule, DocProperties, Format, FormatAlign, Workbook,
    Worksheet, XlsxError,
};

use super::{Progress, clean};

/// The longest text of a cell, in characters; the format allows no more.
const LONGEST: usize = 32_000;
/// The height of a line of text, and the highest row that the format allows, in points.
const LINE: u32 = 15;
const HIGHEST: u32 = 409;
/// Tables with more rows are written without being held as a whole.
const MANY: usize = 2_000;
/// Words with colours, in columns that hold words.
const WORDS: [&str; 18] = [
    "Critical",
    "High",
    "Medium",
    "Low",
    "Exposed",
    "Addressable",
    "Mitigated",
    "Gap",
    "Planned",
    "Verified",
    "Platform",
    "Waived",
    "Satisfied",
    "Open",
    "Uncovered",
    "Confirmed",
    "Unconfirmed",
    "Rejected",
];

/// Writes a sheet for each table.
pub(super) fn write(edition: &Edition, progress: Progress<'_>) -> Result<Vec<u8>, String> {
    book(edition, progress).map_err(|error| error.to_string())
}

fn book(edition: &Edition, progress: Progress<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let cover = edition.cover();
    let properties = DocProperties::new()
        .set_title(clean(&cover.title))
        .set_subject(&cover.kind)
        .set_company(clean(&cover.organization))
        .set_author("Forewarn");
    book.set_properties(&properties);
    about(edition, book.add_worksheet())?;
    for (done, key) in (1..).zip(edition.sections()) {
        for table in edition.tables(*key) {
            let sheet = if table.rows.len() > MANY {
                book.add_worksheet_with_constant_memory()?
            } else {
                book.add_worksheet()
            };
            self::sheet(&table, sheet)?;
        }
        progress(done);
    }
    book.save_to_buffer()
}

/// What the report is about.
fn about(edition: &Edition, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let cover = edition.cover();
    sheet.set_name("Report")?;
    sheet.set_column_width(0, 24)?;
    sheet.set_column_width(1, 70)?;
    let strong = Format::new().set_bold();
    sheet.set_row_height(0, 28)?;
    let large = Format::new().set_bold().set_font_size(18);
    sheet.write_string_with_format(0, 0, text(&cover.title), &large)?;
    sheet.write_string(1, 0, text(&cover.kind))?;
    let subject = std::iter::once(("Subject", cover.subject.clone()));
    let made = std::iter::once(("Made", cover.moment()));
    let properties = subject.chain(cover.properties.iter().cloned()).chain(made);
    for (row, (name, value)) in (3..).zip(properties) {
        sheet.write_string_with_format(row, 0, name, &strong)?;
        sheet.write_string(row, 1, text(&value))?;
    }
    Ok(())
}

fn sheet(table: &Table, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let columns = u16::try_from(table.columns.len()).unwrap_or(u16::MAX).max(1);
    let last = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    sheet.set_name(name(table.title))?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(0, 0)?;
    sheet.autofilter(0, 0, last, columns - 1)?;
    let widths: Vec<u32> =
        table.columns.iter().map(|column| column.width.clamp(10, 60).into()).collect();
    for (place, width) in (0..).zip(&widths) {
        sheet.set_column_width(place, *width)?;
    }
    let heading = Format::new().set_bold().set_background_color("#E7EBEF");
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, place, column.title, &heading)?;
    }
    let plain = Format::new().set_align(FormatAlign::Top).set_text_wrap();
    let share = Format::new().set_align(FormatAlign::Top).set_num_format("0.0%");
    for (row, cells) in (1..).zip(&table.rows) {
        let words: Vec<String> = cells.iter().map(words).collect();
        sheet.set_row_height(row, height(&words, &widths))?;
        for (place, (cell, words)) in (0..).zip(cells.iter().zip(words)) {
            match cell {
                Cell::Nothing => {}
                Cell::Number(number) => {
                    #[expect(clippy::cast_precision_loss, reason = "numbers of cells are doubles")]
                    sheet.write_number_with_format(row, place, *number as f64, &plain)?;
                }
                Cell::Share(value) => {
                    sheet.write_number_with_format(row, place, value / 100.0, &share)?;
                }
                _ => {
                    sheet.write_string_with_format(row, place, words, &plain)?;
                }
            }
        }
    }
    colours(table, sheet, last)
}

/// What a cell says, empty for one that holds a number.
fn words(cell: &Cell) -> String {
    match cell {
        Cell::Nothing | Cell::Number(_) | Cell::Share(_) => String::new(),
        other => text(&other.plain()),
    }
}

/// Room for the longest text of a row, in points. Programs do not all find it by themselves.
fn height(words: &[String], widths: &[u32]) -> u32 {
    let lines = |(words, width): (&String, &u32)| -> u32 {
        words.lines().map(|line| wrapped(line, *width)).sum()
    };
    let most = words.iter().zip(widths).map(lines).max().unwrap_or(1);
    most.max(1).saturating_mul(LINE).min(HIGHEST)
}

/// How many lines a line of text takes in a column: words are kept together, so that some of the
/// width stays empty.
fn wrapped(line: &str, width: u32) -> u32 {
    let letters = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
    letters.div_ceil(width - width / 8).max(1)
}

/// Colours words as long as they are those words, also after somebody has changed a cell.
fn colours(table: &Table, sheet: &mut Worksheet, last: u32) -> Result<(), XlsxError> {
    if last == 0 {
        return Ok(());
    }
    for place in 0..table.columns.len() {
        let holds = |row: &Vec<Cell>| matches!(row.get(place), Some(Cell::Word(_)));
        if !table.rows.iter().any(holds) {
            continue;
        }
        let place = u16::try_from(place).unwrap_or(u16::MAX);
        for word in WORDS {
            let (ink, ground) = inks(Tone::of(&word.to_lowercase()));
            let format = Format::new().set_font_color(ink).set_background_color(ground);
            let rule = ConditionalFormatText::new()
                .set_rule(ConditionalFormatTextRule::BeginsWith(word.to_owned()))
                .set_format(format);
            sheet.add_conditional_format(1, place, last, place, &rule)?;
        }
    }
    Ok(())
}

const fn inks(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Critical => ("#FFFFFF", "#8E1A1A"),
        Tone::High => ("#7A1F12", "#F6CFC7"),
        Tone::Medium | Tone::Fair => ("#5C3D00", "#FBE3B5"),
        Tone::Low | Tone::Good => ("#1E5132", "#D2EBDA"),
        Tone::Bad => ("#8C1D18", "#F9D3D0"),
        Tone::Muted | Tone::Plain => ("#424A53", "#E7EBEF"),
    }
}

/// The name of a sheet: at most 31 letters.
fn name(title: &str) -> String {
    title.chars().take(31).collect()
}

fn text(text: &str) -> String {
    clean(text).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_high_as_their_longest_text() {
        let text = |letters: usize| "word ".repeat(letters / 5);
        assert_eq!(height(&[String::new(), text(20)], &[10, 40]), LINE);
        assert_eq!(height(&[text(20), text(100)], &[40, 40]), 3 * LINE);
        assert_eq!(height(&["a\nb\nc".to_owned()], &[40]), 3 * LINE);
        assert_eq!(height(&[text(30_000)], &[10]), HIGHEST);
    }
}
