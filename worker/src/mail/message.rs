//! A letter as a message (RFC 5322), with the headers that machines look at.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use domain::account::Address;
use lettre::{
    Message,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
    },
};
use uuid::Uuid;

use super::letter::Letter;
use crate::registry::Failure;

/// Longest line of a mail, bytes without the line end (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;

/// Declares a header that the library does not know.
macro_rules! header {
    ($name:ident, $text:literal) => {
        #[derive(Clone, Debug)]
        struct $name(String);

        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($text)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                // Not folded: addresses in it must stay whole.
                HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), self.0.clone())
            }
        }
    };
}

header!(AutoSubmitted, "Auto-Submitted");
header!(ListUnsubscribe, "List-Unsubscribe");
header!(ListUnsubscribePost, "List-Unsubscribe-Post");

/// A letter as a message. Written again for the same job it has the same id.
///
/// # Errors
/// [`Failure::Final`] for a letter that cannot be sent to anybody.
pub(super) fn message(
    letter: &Letter,
    from: &Mailbox,
    job: Uuid,
    now: DateTime<Utc>,
) -> Result<Message, Failure> {
    let to = recipient(&letter.to)?;
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(letter.subject.clone())
        .date(SystemTime::from(now))
        .message_id(Some(format!("<{job}@{}>", from.email.domain())))
        .header(AutoSubmitted("auto-generated".to_owned()));
    if let Some(unsubscription) = &letter.unsubscription {
        builder = builder
            .header(ListUnsubscribe(format!("<{}>", unsubscription.one_click)))
            .header(ListUnsubscribePost("List-Unsubscribe=One-Click".to_owned()));
    }
    builder
        .multipart(
            MultiPart::alternative()
                .singlepart(plain(&letter.text()?))
                .singlepart(SinglePart::html(letter.html()?)),
        )
        .map_err(|error| Failure::Final(format!("the mail cannot be written: {error}")))
}

/// The address with an international domain in the form that every mail server understands.
fn recipient(address: &str) -> Result<lettre::Address, Failure> {
    let wrong = || Failure::Final("the recipient is no mail address".to_owned());
    let address = Address::parse(address).map_err(|_| wrong())?;
    address.deliverable().and_then(|text| text.parse().ok()).ok_or_else(wrong)
}

/// The text as it is where a mail allows that: a link that is broken into lines by its encoding
/// cannot be copied from the file of a mail.
fn plain(text: &str) -> SinglePart {
    let fits = text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE);
    if !fits {
        return SinglePart::plain(text.to_owned());
    }
    let lines = text.lines().collect::<Vec<_>>().join("\r\n") + "\r\n";
    let body = Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit);
    SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::{Action, Unsubscription};

    const LINK: &str = "https://example.com/a-rather-long-path-that-leads-to/invite/\
                        0123456789abcdefghijklmnopqrstuvwxyz_ABCDEF";

    fn written(letter: &Letter) -> Result<String, Failure> {
        let from = "Forewarn <mail@forewarn.example>".parse().unwrap();
        let message = message(letter, &from, Uuid::nil(), DateTime::UNIX_EPOCH)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    fn letter(to: &str) -> Letter {
        Letter {
            to: to.to_owned(),
            subject: "Grüße".to_owned(),
            opening: vec!["Hello,".to_owned()],
            action: Some(Action { label: "Look", link: LINK.to_owned() }),
            ..Letter::default()
        }
    }

    #[test]
    fn a_message_names_its_job_its_time_and_what_sent_it() {
        let text = written(&letter("ada@example.com")).unwrap();
        let id = "Message-ID: <00000000-0000-0000-0000-000000000000@forewarn.example>\r\n";
        assert!(text.contains(id), "{text}");
        assert!(text.contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(!text.contains("List-Unsubscribe"), "{text}");
        assert!(text.contains(&format!("\r\n{LINK}\r\n")), "the link is whole: {text}");
    }

    #[test]
    fn the_address_that_ends_mails_is_not_broken() {
        let one_click = format!("{LINK}{LINK}");
        let unsubscription = Some(Unsubscription { page: LINK.to_owned(), one_click });
        let text = written(&Letter { unsubscription, ..letter("ada@example.com") }).unwrap();
        assert!(text.contains(&format!("List-Unsubscribe: <{LINK}{LINK}>\r\n")), "{text}");
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{text}");
    }

    #[test]
    fn a_recipient_adds_no_header_and_keeps_an_international_domain() {
        assert!(written(&letter("ada@example.com\r\nBcc: eve@example.com")).is_err());
        assert!(written(&letter("ädä@example.com")).is_err());
        let text = written(&letter("ada@bücher.example")).unwrap();
        assert!(text.contains("To: ada@xn--bcher-kva.example\r\n"), "{text}");
    }
}
