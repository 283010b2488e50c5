//! Checks what a pack brings: frameworks, taxonomies, components, threats, countermeasures.

use std::collections::HashSet;

use super::{At, Check, at};
use crate::library::{
    document::{Framework, Item, Taxonomy},
    pack::{COMPONENT_FILE, COUNTERMEASURE_FILE, PACK_FILE, TAXONOMY_FILE, THREAT_FILE},
    value::{Placed, Text},
};

const CATEGORIES: &[&str] = &["process", "datastore", "external", "human_actor", "system_actor"];
const CONTROL_TYPES: &[&str] = &["preventive", "detective", "corrective", "procedural"];
const COSTS: &[&str] = &["low", "medium", "high"];
const DEFAULT_STATUSES: &[&str] = &["gap", "platform"];

impl Check<'_> {
    pub(super) fn frameworks(&mut self) {
        let mut seen = HashSet::new();
        for (index, framework) in self.pack.frameworks.iter().enumerate() {
            let place = at(PACK_FILE, framework.position);
            if self.named(place, "framework", index, &framework.id, &framework.slug) {
                let slug = framework.slug.or(framework.id.trimmed());
                self.unique(&mut seen, place, "framework", slug);
            }
            self.framework_lengths(framework);
            self.requirements(framework);
        }
    }

    fn framework_lengths(&mut self, framework: &Framework) {
        let limited = [
            ("slug", &framework.slug, 100),
            ("name", &framework.name, 255),
            ("version", &framework.version, 50),
            ("issuer", &framework.issuer, 255),
        ];
        for (field, value, limit) in limited {
            self.fits(PACK_FILE, field, value, limit);
        }
    }

    fn requirements(&mut self, framework: &Framework) {
        let mut seen = HashSet::new();
        for (index, requirement) in framework.requirements.iter().enumerate() {
            let place = at(PACK_FILE, requirement.position);
            let code = requirement.section_code.trimmed();
            if code.is_empty() {
                let message = "The requirement has no \"section_code\". Add one.".to_owned();
                self.error(place, "requirement", &format!("requirements[{index}]"), message);
                continue;
            }
            self.unique(&mut seen, place, "requirement", code);
            self.fits(PACK_FILE, "section_code", &requirement.section_code, 50);
        }
    }

    pub(super) fn taxonomies(&mut self) {
        let mut seen = HashSet::new();
        for (index, taxonomy) in self.pack.taxonomies.iter().enumerate() {
            let place = at(TAXONOMY_FILE, taxonomy.position);
            if self.named(place, "taxonomy", index, &taxonomy.id, &taxonomy.slug) {
                let slug = taxonomy.slug.or(taxonomy.id.trimmed());
                self.unique(&mut seen, place, "taxonomy", slug);
            }
            self.taxonomy_lengths(taxonomy);
            self.entries(taxonomy);
        }
    }

    fn taxonomy_lengths(&mut self, taxonomy: &Taxonomy) {
        let limited = [
            ("slug", &taxonomy.slug, 100),
            ("name", &taxonomy.name, 255),
            ("source_url", &taxonomy.source_url, 200),
            ("version", &taxonomy.version, 20),
        ];
        for (field, value, limit) in limited {
            self.fits(TAXONOMY_FILE, field, value, limit);
        }
    }

    fn entries(&mut self, taxonomy: &Taxonomy) {
        let mut seen = HashSet::new();
        for (index, entry) in taxonomy.entries.iter().enumerate() {
            let place = at(TAXONOMY_FILE, entry.position);
            let code = entry.external_id.trimmed();
            if code.is_empty() {
                let message = "The entry has no \"external_id\". Add one.".to_owned();
                self.error(place, "taxonomy_entry", &format!("entries[{index}]"), message);
                continue;
            }
            self.unique(&mut seen, place, "taxonomy_entry", code);
            self.fits(TAXONOMY_FILE, "external_id", &entry.external_id, 100);
            self.fits(TAXONOMY_FILE, "title", &entry.title, 255);
            self.fits(TAXONOMY_FILE, "reference_url", &entry.reference_url, 200);
        }
    }

    /// Whether a framework or taxonomy has a name to be known by. One that has only an `id` is
    /// taken with a warning.
    fn named(&mut self, place: At<'_>, kind: &str, index: usize, id: &Text, slug: &Text) -> bool {
        if !slug.is_blank() {
            return true;
        }
        let list = if kind == "taxonomy" { "taxonomies" } else { "frameworks" };
        if id.is_blank() {
            let message = format!("The {kind} has no \"slug\". Add one.");
            self.error(place, kind, &format!("{list}[{index}]"), message);
            return false;
        }
        let message = format!("The {kind} \"{}\" has an \"id\" but no \"slug\".", id.trimmed());
        let suggestion = format!("Rename \"id\" to \"slug\", as in slug: {}.", id.trimmed());
        let place = At { position: id.position().or(place.position), ..place };
        self.warn(place, &format!("{list}[].id"), message, suggestion);
        true
    }

    pub(super) fn components(&mut self) {
        let components = &self.pack.components;
        self.identified(COMPONENT_FILE, "component", components);
        for component in components {
            self.fits(COMPONENT_FILE, "type", component.component_type(), 100);
            self.fits(COMPONENT_FILE, "provider", &component.provider, 100);
            self.choice(COMPONENT_FILE, "category", &component.category, CATEGORIES);
        }
    }

    pub(super) fn threats(&mut self) {
        self.identified(THREAT_FILE, "threat", &self.pack.threats);
    }

    pub(super) fn countermeasures(&mut self) {
        let file = COUNTERMEASURE_FILE;
        let countermeasures = &self.pack.countermeasures;
        self.identified(file, "countermeasure", countermeasures);
        for countermeasure in countermeasures {
            let control_type = &countermeasure.control_type;
            self.fits(file, "control_type", control_type, 50);
            self.choice(file, "control_type", control_type, CONTROL_TYPES);
            self.choice(file, "cost", &countermeasure.cost, COSTS);
            let status = &countermeasure.default_status;
            self.choice(file, "default_status", status, DEFAULT_STATUSES);
        }
    }

    /// Checks what all items have: an identifier of their own and a name of bounded length.
    fn identified<T: Item>(&mut self, file: &str, kind: &str, items: &[Placed<T>]) {
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let place = at(file, item.position);
            let slug = item.slug();
            if slug.is_empty() {
                let message = format!("The {kind} has neither \"id\" nor \"slug\". Add one.");
                self.error(place, kind, &format!("{kind}s[{index}]"), message);
            } else if slug.contains('/') {
                let message = "An identifier must not contain \"/\". Use another one.".to_owned();
                self.error(place, kind, slug, message);
            } else {
                self.unique(&mut seen, place, kind, slug);
            }
            self.fits(file, "id", item.id().or_text(item.alternative()), 100);
            self.fits(file, "name", item.name(), 255);
        }
    }
}
