//! Checks a pack before it is imported.

mod items;
mod joins;
mod metadata;

use std::collections::HashSet;

use super::{
    catalogue::Packs,
    document::Item,
    finding::{Caution, Fault, Position, Validation},
    pack::Pack,
    value::Text,
};

/// What an organization's library knows, so that references to it can be checked.
#[derive(Clone, Debug, Default)]
pub struct KnownLibrary {
    /// Components as `pack/slug`.
    pub components: HashSet<String>,
    /// Threats as `pack/slug`.
    pub threats: HashSet<String>,
    /// Countermeasures as `pack/slug`.
    pub countermeasures: HashSet<String>,
    /// Slugs of taxonomies.
    pub taxonomies: HashSet<String>,
    /// Slugs of frameworks.
    pub frameworks: HashSet<String>,
}

/// Names by which a threat of no pack in particular is found.
pub(super) const GLOBAL: &str = "global";

/// Checks a pack against itself, the other packs and an organization's library. Findings come in
/// the order of the files: description, frameworks, taxonomies, items, joins, templates.
pub fn validate(pack: &Pack, packs: &Packs, known: &KnownLibrary) -> Validation {
    let mut check = Check {
        pack,
        packs,
        known,
        own: Own::of(pack),
        errors: pack.unread.clone(),
        warnings: Vec::new(),
    };
    check.metadata();
    check.frameworks();
    check.taxonomies();
    check.components();
    check.threats();
    check.countermeasures();
    check.component_threats();
    check.threat_countermeasures();
    check.taxonomy_joins();
    check.overlays();
    check.templates();
    check.finish()
}

struct Check<'a> {
    pack: &'a Pack,
    packs: &'a Packs,
    known: &'a KnownLibrary,
    own: Own<'a>,
    errors: Vec<Fault>,
    warnings: Vec<Caution>,
}

/// Identifiers of a pack's items.
struct Own<'a> {
    components: HashSet<&'a str>,
    threats: HashSet<&'a str>,
    countermeasures: HashSet<&'a str>,
}

impl<'a> Own<'a> {
    fn of(pack: &'a Pack) -> Self {
        Self {
            components: pack.components.iter().map(|item| item.slug()).collect(),
            threats: pack.threats.iter().map(|item| item.slug()).collect(),
            countermeasures: pack.countermeasures.iter().map(|item| item.slug()).collect(),
        }
    }
}

/// Where a finding is.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'a str,
    position: Option<Position>,
}

const fn at(file: &str, position: Option<Position>) -> At<'_> {
    At { file, position }
}

impl Check<'_> {
    fn finish(self) -> Validation {
        Validation {
            success: self.errors.is_empty(),
            pack_slug: self.pack.slug.clone(),
            pack_name: self.pack.name().to_owned(),
            version: self.pack.version().to_owned(),
            error_count: self.errors.len(),
            warning_count: self.warnings.len(),
            errors: self.errors,
            warnings: self.warnings,
        }
    }

    fn error(&mut self, at: At<'_>, ref_type: &str, reference: &str, message: String) {
        self.errors.push(Fault {
            file: at.file.to_owned(),
            line: None,
            ref_type: ref_type.to_owned(),
            reference: reference.to_owned(),
            message,
            position: at.position,
        });
    }

    fn warn(&mut self, at: At<'_>, field: &str, message: String, suggestion: String) {
        self.warnings.push(Caution {
            file: at.file.to_owned(),
            field: field.to_owned(),
            message,
            suggestion,
            position: at.position,
        });
    }

    /// Warns about a value that is none of the choices. No value is fine.
    fn choice(&mut self, file: &str, field: &str, value: &Text, choices: &[&str]) {
        if value.is_blank() || choices.contains(&value.trimmed()) {
            return;
        }
        let message = format!("Unknown {field} \"{}\".", value.trimmed());
        let suggestion = format!("Use one of: {}.", choices.join(", "));
        self.warn(at(file, value.position()), field, message, suggestion);
    }

    /// Refuses a value that does not fit into the library.
    fn fits(&mut self, file: &str, field: &str, value: &Text, limit: usize) {
        if value.as_str().chars().count() <= limit {
            return;
        }
        let message = format!("\"{field}\" is longer than {limit} characters. Shorten it.");
        self.error(at(file, value.position()), "value", field, message);
    }

    /// Refuses an identifier that was used before.
    fn unique<'v>(
        &mut self,
        seen: &mut HashSet<&'v str>,
        at: At<'_>,
        ref_type: &str,
        identifier: &'v str,
    ) {
        if seen.insert(identifier) {
            return;
        }
        let message = format!("\"{identifier}\" is used twice. Give each {ref_type} its own.");
        self.error(at, ref_type, identifier, message);
    }

    fn has_component(&self, reference: &str) -> bool {
        self.own.components.contains(reference)
    }

    fn knows_threat(&self, reference: &str) -> bool {
        reference.contains('/')
            || self.own.threats.contains(reference)
            || self.known.threats.contains(&self.pack.qualified(reference))
            || self.known.threats.contains(&format!("{GLOBAL}/{reference}"))
    }

    fn knows_countermeasure(&self, reference: &str) -> bool {
        reference.contains('/')
            || self.own.countermeasures.contains(reference)
            || self.known.countermeasures.contains(&self.pack.qualified(reference))
    }
}
