//! Where settings come from: a TOML file, and above it the environment.

use std::{collections::BTreeMap, fs, path::Path};

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::{Format as _, Toml},
    value::{Dict, Map, Value},
};

use super::{
    ConfigurationError,
    finding::Finding,
    setting::{Exposure, SETTINGS, Setting},
};

/// Settings as texts, and what was found wrong while reading them.
pub(super) struct Layers {
    figment: Figment,
    findings: Vec<Finding>,
}

impl Layers {
    /// Lays the environment over the file.
    pub(super) fn read(
        environment: BTreeMap<String, String>,
        file: Option<&Path>,
    ) -> Result<Self, ConfigurationError> {
        let mut figment = Figment::new();
        if let Some(path) = file {
            let toml = UpperCase(Toml::file_exact(path));
            let data = toml.data().map_err(|error| unreadable(path, &error))?;
            let findings: Vec<_> = data.values().flat_map(Dict::keys).filter_map(unknown).collect();
            if !findings.is_empty() {
                return Err(ConfigurationError { findings });
            }
            figment = figment.merge(toml);
        }
        let figment = figment.merge(Environment(environment));
        Ok(Self { figment, findings: Vec::new() })
    }

    /// The value of a setting, `None` when it is unset or wrong; what is wrong is remembered.
    pub(super) fn get<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let setting = Setting::named(name);
        let text = match self.text(setting) {
            Ok(text) => text?,
            Err(finding) => {
                self.findings.push(finding);
                return None;
            }
        };
        match parse(&text) {
            Ok(value) => Some(value),
            Err(problem) => {
                let origin = self.origin(name);
                self.findings.push(Finding::new(setting, Some(&text), &problem, origin));
                None
            }
        }
    }

    /// What was found wrong, if anything.
    pub(super) fn finish(self) -> Result<(), ConfigurationError> {
        if self.findings.is_empty() {
            return Ok(());
        }
        Err(ConfigurationError { findings: self.findings })
    }

    fn text(&self, setting: &'static Setting) -> Result<Option<String>, Finding> {
        let direct = self.plain(setting.name);
        if setting.exposure == Exposure::Open {
            return Ok(direct);
        }
        let pointer = format!("{}_FILE", setting.name);
        match (direct, self.plain(&pointer)) {
            (Some(_), Some(_)) => {
                let problem = format!("both {} and {pointer} are set", setting.name);
                Err(Finding::new(setting, None, &problem, None))
            }
            (None, Some(path)) => match fs::read_to_string(&path) {
                Ok(content) => Ok(Some(content.trim().to_owned()).filter(|text| !text.is_empty())),
                Err(error) => {
                    let problem = format!("{pointer} names {path}, which cannot be read: {error}");
                    Err(Finding::new(setting, None, &problem, self.origin(&pointer)))
                }
            },
            (direct, None) => Ok(direct),
        }
    }

    fn plain(&self, name: &str) -> Option<String> {
        let value = self.figment.find_value(name).ok()?;
        Some(as_text(&value)).filter(|text| !text.is_empty())
    }

    fn origin(&self, name: &str) -> Option<String> {
        self.figment.find_metadata(name).map(|metadata| match &metadata.source {
            Some(source) => source.to_string(),
            None => metadata.name.to_string(),
        })
    }
}

fn unknown(name: &String) -> Option<Finding> {
    let known = SETTINGS.iter().any(|setting| {
        setting.name == name
            || (setting.exposure != Exposure::Open
                && name.strip_suffix("_FILE") == Some(setting.name))
    });
    (!known).then(|| Finding::unknown(name))
}

/// The message without the lines that quote the file, since they may hold a secret.
fn unreadable(path: &Path, error: &figment::Error) -> ConfigurationError {
    let message = error.to_string();
    let lines = message.lines().filter(|line| !line.contains('|'));
    let problem = lines.collect::<Vec<_>>().join(" ");
    ConfigurationError { findings: vec![Finding::unreadable(path, problem.trim())] }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.trim().to_owned(),
        Value::Bool(_, on) => on.to_string(),
        Value::Num(_, number) => number
            .to_i128()
            .map(|whole| whole.to_string())
            .or_else(|| number.to_u128().map(|whole| whole.to_string()))
            .or_else(|| number.to_f64().map(|fraction| fraction.to_string()))
            .unwrap_or_default(),
        Value::Array(_, items) => items.iter().map(as_text).collect::<Vec<_>>().join(","),
        Value::Char(_, letter) => letter.to_string(),
        Value::Dict(..) | Value::Empty(..) => String::new(),
    }
}

/// Variables of the environment as they are: figment's own provider would read a key of digits as
/// a number.
struct Environment(BTreeMap<String, String>);

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("the environment")
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let set = self.0.iter().filter(|(_, text)| !text.trim().is_empty());
        let dict = set.map(|(name, text)| (name.clone(), Value::from(text.clone()))).collect();
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// A provider whose names count in any case.
struct UpperCase<P>(P);

impl<P: Provider> Provider for UpperCase<P> {
    fn metadata(&self) -> Metadata {
        self.0.metadata()
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let upper = |dict: Dict| {
            dict.into_iter().map(|(name, value)| (name.to_ascii_uppercase(), value)).collect()
        };
        Ok(self.0.data()?.into_iter().map(|(profile, dict)| (profile, upper(dict))).collect())
    }
}
