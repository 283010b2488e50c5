//! How wide text is, and how it is brought into a width.

use std::{collections::HashMap, sync::LazyLock};

use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

/// The family of the font that pictures are drawn with.
pub(super) const FAMILY: &str = "Liberation Sans";
/// The font, and those with letters of the same widths, best first.
pub(super) const FAMILIES: &str = "'Liberation Sans', Arial, Helvetica, sans-serif";
/// The font in its usual weight.
pub const REGULAR: &[u8] = include_bytes!("../../../fonts/LiberationSans-Regular.ttf");
/// The font in bold.
pub const BOLD: &[u8] = include_bytes!("../../../fonts/LiberationSans-Bold.ttf");

/// Most characters of a text that are looked at.
const LONGEST: usize = 400;
/// Ends a text that was cut.
const ELLIPSIS: char = '…';
/// Width of a letter that the font does not have, as a share of its size.
const UNKNOWN: f64 = 1.0;

/// How strong letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Letters of one weight and size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Letters {
    pub weight: Weight,
    pub size: f64,
}

/// Widths of letters as shares of their size.
struct Widths(HashMap<char, f64>);

static REGULAR_WIDTHS: LazyLock<Widths> = LazyLock::new(|| Widths::of(REGULAR));
static BOLD_WIDTHS: LazyLock<Widths> = LazyLock::new(|| Widths::of(BOLD));

impl Widths {
    fn of(file: &[u8]) -> Self {
        let Ok(font) = FontRef::new(file) else { return Self(HashMap::new()) };
        let metrics = font.glyph_metrics(Size::new(1.0), LocationRef::default());
        let letters = font.charmap().mappings().filter_map(|(code, glyph)| {
            Some((char::from_u32(code)?, f64::from(metrics.advance_width(glyph)?)))
        });
        Self(letters.collect())
    }
}

impl Letters {
    pub(super) const fn regular(size: f64) -> Self {
        Self { weight: Weight::Regular, size }
    }

    pub(super) const fn bold(size: f64) -> Self {
        Self { weight: Weight::Bold, size }
    }

    /// From one line to the next.
    pub(super) fn line(self) -> f64 {
        self.size * 1.2
    }

    fn width_of(self, letter: char) -> f64 {
        let widths = match self.weight {
            Weight::Regular => &REGULAR_WIDTHS,
            Weight::Bold => &BOLD_WIDTHS,
        };
        widths.0.get(&letter).copied().unwrap_or(UNKNOWN) * self.size
    }

    /// How wide a line is.
    pub(super) fn width(self, text: &str) -> f64 {
        text.chars().map(|letter| self.width_of(letter)).sum()
    }

    /// How wide the widest of several lines is.
    pub(super) fn widest(self, lines: &[String]) -> f64 {
        lines.iter().map(|line| self.width(line)).fold(0.0, f64::max)
    }

    /// The text, or its beginning with an ellipsis.
    pub(super) fn cut(self, text: &str, most: f64) -> String {
        if self.width(text) <= most {
            return text.to_owned();
        }
        let room = most - self.width_of(ELLIPSIS);
        let mut kept = self.beginning(text, room).trim_end().to_owned();
        kept.push(ELLIPSIS);
        kept
    }

    /// As many letters from the beginning as there is room for.
    fn beginning(self, text: &str, room: f64) -> &str {
        let mut width = 0.0;
        for (place, letter) in text.char_indices() {
            width += self.width_of(letter);
            if width > room {
                return &text[..place];
            }
        }
        text
    }

    /// The text in lines of a width; the last one is cut if there are more than so many.
    pub(super) fn wrapped(self, text: &str, most: f64, most_lines: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            if lines.len() + 1 >= most_lines {
                lines.push(self.cut(rest, most));
                return lines;
            }
            let line = self.line_of(rest, most);
            rest = rest[line.len()..].trim_start();
            lines.push(line.trim_end().to_owned());
        }
        lines
    }

    /// The first line, which ends between words, after a mark within a word, or within a word.
    fn line_of(self, text: &str, most: f64) -> &str {
        let fitting = self.beginning(text, most);
        if fitting.len() == text.len() {
            return text;
        }
        if let Some(end) = last_break(text, fitting.len()) {
            return &text[..end];
        }
        match fitting.chars().count() {
            0 => first_letter(text),
            _ => fitting,
        }
    }
}

fn first_letter(text: &str) -> &str {
    text.chars().next().map_or("", |letter| &text[..letter.len_utf8()])
}

/// The last place in the first bytes of a text where a line may end.
fn last_break(text: &str, bytes: usize) -> Option<usize> {
    let follows_mark = |place: usize| text[..place].ends_with(['-', '/', '_', ',', ':']);
    text.char_indices()
        .map(|(place, letter)| (place, letter.is_whitespace()))
        .take_while(|(place, _)| *place <= bytes)
        .filter(|(place, space)| *place > 0 && (*space || follows_mark(*place)))
        .map(|(place, _)| place)
        .last()
}

/// Text on one line, without what cannot be drawn or would change the direction of the rest.
pub(super) fn clean(text: &str) -> String {
    let mut kept = String::with_capacity(text.len().min(LONGEST));
    for letter in text.chars().take(LONGEST) {
        match letter {
            letter if letter.is_whitespace() || letter.is_control() => {
                if !kept.is_empty() && !kept.ends_with(' ') {
                    kept.push(' ');
                }
            }
            '\u{ad}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{ffff}' => {}
            letter => kept.push(letter),
        }
    }
    kept.truncate(kept.trim_end().len());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: Letters = Letters::regular(10.0);

    #[test]
    fn letters_have_the_widths_of_the_font() {
        assert!((LETTERS.width("iiii") - 4.0 * 2.22).abs() < 0.1);
        assert!((LETTERS.width("W") - 9.44).abs() < 0.1);
        assert!(Letters::bold(10.0).width("Жαé") > LETTERS.width("Жαé"));
    }

    #[test]
    fn a_long_text_is_cut_to_its_width() {
        let cut = LETTERS.cut("An exceedingly long name of a service", 80.0);
        assert!(cut.ends_with('…') && cut.starts_with("An exceed"));
        assert!(LETTERS.width(&cut) <= 80.0);
        assert_eq!(LETTERS.cut("short", 80.0), "short");
    }

    #[test]
    fn lines_end_between_words_or_after_marks_or_where_they_must() {
        assert_eq!(LETTERS.wrapped("Orders and payments", 60.0, 3), ["Orders and", "payments"]);
        assert_eq!(LETTERS.wrapped("read/write/delete", 50.0, 3), ["read/write/", "delete"]);
        let lines = LETTERS.wrapped("Donaudampfschifffahrt", 60.0, 5);
        assert!(lines.len() > 1);
        assert_eq!(lines.concat(), "Donaudampfschifffahrt");
        assert_eq!(LETTERS.wrapped("one two three four five", 30.0, 2).len(), 2);
    }

    #[test]
    fn nothing_is_too_narrow_to_end() {
        assert!(!LETTERS.wrapped("wide", 0.0, 50).is_empty());
        assert_eq!(LETTERS.wrapped("  ", 0.0, 3), Vec::<String>::new());
    }

    #[test]
    fn control_characters_go_and_spaces_are_single() {
        assert_eq!(clean(" a\u{0}\n\tb \u{202e}c\u{ffff} "), "a b c");
        assert_eq!(clean(&"x".repeat(10_000)).len(), LONGEST);
    }
}
