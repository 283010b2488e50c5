use domain::{
    Violations,
    account::{Address, address::MALFORMED, second_factor::LONGEST_CODE},
};
use serde_json::Value;

use super::{Body, read_text};
use crate::error::Error;

/// Longest password that is taken.
const LONGEST_PASSWORD: usize = 128;

/// Fields of a body read one by one; what is wrong is collected and answered at once.
#[derive(Debug)]
pub struct Form<'b> {
    body: &'b Body,
    violations: Violations,
}

impl<'b> Form<'b> {
    /// Begins to read a body.
    pub fn new(body: &'b Body) -> Self {
        Self { body, violations: Violations::default() }
    }

    /// A text that must be there and not be blank.
    pub fn required(&mut self, name: &str, longest: usize) -> Option<String> {
        let text = self.present(name, read_text)?;
        self.sized(name, text, longest)
    }

    /// A text that may be left out but not be blank.
    pub fn optional(&mut self, name: &str, longest: usize) -> Option<String> {
        self.body.get(name)?;
        self.required(name, longest)
    }

    /// A text that may be left out or empty.
    pub fn blankable(&mut self, name: &str, longest: usize) -> Option<String> {
        match self.body.get(name).map(read_text) {
            Some(Ok(text)) if text.is_empty() => Some(text),
            Some(_) => self.required(name, longest),
            None => None,
        }
    }

    /// A password that must be there. Blanks at its ends belong to it.
    pub fn password(&mut self, name: &str) -> Option<String> {
        self.secret(name, LONGEST_PASSWORD)
    }

    /// A password that must be there and may have the code of a second factor behind it.
    pub fn password_with_code(&mut self, name: &str) -> Option<String> {
        self.secret(name, LONGEST_PASSWORD + LONGEST_CODE)
    }

    /// An e-mail address that must be there.
    pub fn address(&mut self, name: &str) -> Option<Address> {
        let text = self.required(name, usize::MAX)?;
        match Address::parse(&text) {
            Ok(address) => Some(address),
            Err(_) => self.refuse(name, MALFORMED),
        }
    }

    /// Notes that a field is wrong.
    pub fn refuse<T>(&mut self, name: &str, message: &str) -> Option<T> {
        self.violations.add(name, message);
        None
    }

    /// Fails if something is wrong.
    pub fn check(self) -> Result<(), Error> {
        Ok(self.violations.check()?)
    }

    /// The answer to a body in which something is wrong.
    pub fn into_error(self) -> Error {
        domain::Error::Invalid(self.violations).into()
    }

    fn present(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<String, String>,
    ) -> Option<String> {
        match self.body.get(name) {
            None => self.refuse(name, "This field is required."),
            Some(Value::Null) => self.refuse(name, "This field may not be null."),
            Some(value) => match read(value) {
                Ok(text) if text.trim().is_empty() => {
                    self.refuse(name, "This field may not be blank.")
                }
                Ok(text) => Some(text),
                Err(message) => self.refuse(name, &message),
            },
        }
    }

    fn secret(&mut self, name: &str, longest: usize) -> Option<String> {
        let text = self.present(name, |value| match value {
            Value::String(text) => Ok(text.clone()),
            other => read_text(other),
        })?;
        self.sized(name, text, longest)
    }

    fn sized(&mut self, name: &str, text: String, longest: usize) -> Option<String> {
        if text.chars().count() > longest {
            let message = format!("Ensure this field has no more than {longest} characters.");
            return self.refuse(name, &message);
        }
        Some(text)
    }
}
