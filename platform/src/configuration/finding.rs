//! What is wrong with a configuration, in words that help to mend it.

use std::{fmt, path::Path};

use super::{
    secret::{Address, MASK},
    setting::{Exposure, SETTINGS, Setting},
};

/// One thing that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding(String);

impl Finding {
    /// A value that cannot be used; secrets are masked.
    pub(super) fn new(
        setting: &Setting,
        value: Option<&str>,
        problem: &str,
        origin: Option<String>,
    ) -> Self {
        let value = value.map(|text| format!(" = {}", shown(setting, text))).unwrap_or_default();
        let origin = origin.map(|place| format!(" (from {place})")).unwrap_or_default();
        Self(format!("{}{value}{origin}: {problem}; expected {}", setting.name, setting.expects))
    }

    /// A name in the file that means nothing.
    pub(super) fn unknown(name: &str) -> Self {
        let names: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
        Self(format!("{name} is no setting; there are {}", names.join(", ")))
    }

    /// A file that cannot be read.
    pub(super) fn unreadable(path: &Path, problem: &str) -> Self {
        Self(format!("the file {} cannot be read: {problem}", path.display()))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn shown(setting: &Setting, text: &str) -> String {
    match setting.exposure {
        Exposure::Open => format!("{text:?}"),
        Exposure::Address if text.contains("://") => Address::new(text).to_string(),
        Exposure::Address | Exposure::Secret => MASK.to_owned(),
    }
}
