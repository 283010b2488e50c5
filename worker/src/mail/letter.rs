//! What a mail says, as text and as HTML, from the same words.

use askama::Template;

use crate::registry::Failure;

/// Where lines of text are broken, characters.
const WIDTH: usize = 76;

/// The longest name that is quoted in a mail, characters.
const LONGEST_NAME: usize = 120;

/// A mail to one recipient. Names in it come from users; they are quoted with [`quoted`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Letter {
    /// The address of the recipient.
    pub(crate) to: String,
    pub(crate) subject: String,
    /// What mail programs show beside the subject.
    pub(crate) preheader: String,
    /// What comes before the link.
    pub(crate) opening: Vec<String>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) action: Option<Action>,
    /// What comes after the link.
    pub(crate) closing: Vec<String>,
    /// For mails that come again without being asked for.
    pub(crate) unsubscription: Option<Unsubscription>,
}

/// A number and what it counts.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: u64,
}

/// What the reader shall do.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) label: &'static str,
    pub(crate) link: String,
}

/// How the reader ends mails like this one.
#[derive(Clone, Debug)]
pub(crate) struct Unsubscription {
    /// A page for people.
    pub(crate) page: String,
    /// Where a mail program sends its request (RFC 8058).
    pub(crate) one_click: String,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Text<'l> {
    opening: Vec<String>,
    figures: &'l [Figure],
    action: Option<&'l Action>,
    closing: Vec<String>,
    unsubscribe: Option<&'l str>,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'l> {
    subject: &'l str,
    preheader: &'l str,
    opening: &'l [String],
    figures: &'l [Figure],
    action: Option<&'l Action>,
    closing: &'l [String],
    unsubscribe: Option<&'l str>,
}

impl Letter {
    /// The letter as text.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        let wrap = |paragraphs: &[String]| paragraphs.iter().map(|text| wrapped(text)).collect();
        let text = Text {
            opening: wrap(&self.opening),
            figures: &self.figures,
            action: self.action.as_ref(),
            closing: wrap(&self.closing),
            unsubscribe: self.unsubscribe_page(),
        };
        written(&text).map(|text| format!("{}\n", text.trim_end()))
    }

    /// The letter as HTML.
    pub(crate) fn html(&self) -> Result<String, Failure> {
        written(&Html {
            subject: &self.subject,
            preheader: &self.preheader,
            opening: &self.opening,
            figures: &self.figures,
            action: self.action.as_ref(),
            closing: &self.closing,
            unsubscribe: self.unsubscribe_page(),
        })
    }

    fn unsubscribe_page(&self) -> Option<&str> {
        self.unsubscription.as_ref().map(|unsubscription| unsubscription.page.as_str())
    }
}

fn written(template: &impl Template) -> Result<String, Failure> {
    template
        .render()
        .map_err(|error| Failure::Final(format!("the mail cannot be written: {error}")))
}

/// A name as it can be quoted: on one line, not too long, and without letters that turn the
/// direction of what follows.
pub(crate) fn quoted(name: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    let mut letters = name
        .chars()
        .filter(|letter| !turns(*letter))
        .map(|letter| if breaks(letter) { ' ' } else { letter });
    let mut quoted: String = letters.by_ref().take(LONGEST_NAME).collect();
    if letters.next().is_some() {
        quoted.push('…');
    }
    quoted
}

/// Breaks lines between words.
fn wrapped(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + text.len() / WIDTH);
    let mut length = 0;
    for word in text.split(' ') {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters > WIDTH {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += letters;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_name_stays_on_its_line() {
        assert_eq!(quoted("Payments\r\nBcc: x@example.com"), "Payments  Bcc: x@example.com");
        assert_eq!(quoted("safe\u{202e}gnp.exe"), "safegnp.exe");
        assert_eq!(quoted(&"x".repeat(500)).chars().count(), LONGEST_NAME + 1);
    }

    #[test]
    fn markup_in_names_is_shown_and_not_obeyed() {
        let letter = Letter {
            opening: vec![format!("Team {}", quoted("<script>alert(1)</script> & \"friends\""))],
            ..Letter::default()
        };
        let html = letter.html().unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert!(letter.text().unwrap().contains("<script>alert(1)</script> & \"friends\""));
    }

    #[test]
    fn lines_of_text_are_short() {
        let long = "word ".repeat(60);
        assert!(wrapped(&long).lines().all(|line| line.len() <= WIDTH));
        assert_eq!(wrapped("one two"), "one two");
        assert_eq!(wrapped(&"x".repeat(200)), "x".repeat(200));
    }
}
