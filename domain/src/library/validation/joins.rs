//! Checks references between items, and from templates to components.

use std::collections::HashSet;

use super::{Check, at};
use crate::library::{
    document::{AppliedThreat, TaxonomyJoin},
    finding::Position,
    pack::{COMPONENT_THREATS, Sourced, THREAT_COUNTERMEASURES},
    value::{Entry, Placed, Text},
};

const APPLICATIONS: &[&str] = &["component", "flow", "both"];
const SUFFICIENCIES: &[&str] = &["full", "partial"];
const DIAGRAM_TYPES: &[&str] = &["context", "level1", "level2"];

impl Check<'_> {
    pub(super) fn component_threats(&mut self) {
        for mapping in &self.pack.component_threats.mappings {
            let reference = mapping.component.trimmed();
            if !reference.contains('/') && !self.has_component(reference) {
                let message = format!("There is no component \"{reference}\" in this pack. {FIX}");
                let place = at(COMPONENT_THREATS, mapping.component.position());
                self.error(place, "component", reference, message);
            }
            self.fits(COMPONENT_THREATS, "severity", &mapping.severity, 20);
            for entry in &mapping.threats {
                self.applied_threat(entry);
            }
        }
    }

    fn applied_threat(&mut self, entry: &Placed<Entry<AppliedThreat>>) {
        match &entry.value {
            Entry::Plain(text) => {
                let message = format!("Write the threat as an object: \"threat: {text}\".");
                self.error(at(COMPONENT_THREATS, entry.position), "threat", text, message);
            }
            Entry::Object(applied) => {
                let position = applied.threat.position().or(entry.position);
                self.threat(COMPONENT_THREATS, &applied.threat, position);
                self.choice(COMPONENT_THREATS, "applies_to", &applied.applies_to, APPLICATIONS);
            }
        }
    }

    fn threat(&mut self, file: &str, threat: &Text, position: Option<Position>) {
        let reference = threat.trimmed();
        if self.knows_threat(reference) {
            return;
        }
        let message =
            format!("There is no threat \"{reference}\" in this pack or the library. {FIX}");
        self.error(at(file, position), "threat", reference, message);
    }

    pub(super) fn threat_countermeasures(&mut self) {
        for mapping in &self.pack.threat_countermeasures.mappings {
            self.threat(THREAT_COUNTERMEASURES, &mapping.threat, mapping.threat.position());
            for countermeasure in &mapping.countermeasures {
                self.countermeasure(countermeasure);
            }
        }
    }

    fn countermeasure(&mut self, countermeasure: &Text) {
        let reference = countermeasure.trimmed();
        if self.knows_countermeasure(reference) {
            return;
        }
        let message = format!(
            "There is no countermeasure \"{reference}\" in this pack or the library. {FIX}"
        );
        let place = at(THREAT_COUNTERMEASURES, countermeasure.position());
        self.error(place, "countermeasure", reference, message);
    }

    pub(super) fn taxonomy_joins(&mut self) {
        for join in &self.pack.taxonomy_joins {
            self.joined_taxonomy(join);
            for mapping in &join.document.mappings {
                self.threat(&join.file, &mapping.threat, mapping.threat.position());
            }
        }
    }

    fn joined_taxonomy(&mut self, join: &Sourced<TaxonomyJoin>) {
        let taxonomy = &join.document.taxonomy;
        let reference = taxonomy.trimmed();
        if self.knows_taxonomy(reference) {
            return;
        }
        let message = format!(
            "There is no taxonomy \"{reference}\" in this pack, the packs it depends on or the \
             library. {FIX}"
        );
        self.error(at(&join.file, taxonomy.position()), "taxonomy", reference, message);
    }

    fn knows_taxonomy(&self, reference: &str) -> bool {
        let named = |taxonomies: &[Placed<crate::library::document::Taxonomy>]| {
            taxonomies.iter().any(|taxonomy| taxonomy.slug.or(taxonomy.id.trimmed()) == reference)
        };
        named(&self.pack.taxonomies)
            || self.known.taxonomies.contains(reference)
            || self.pack.requires().iter().any(|needed| {
                self.packs.by_slug(&needed.slug).is_some_and(|other| named(&other.taxonomies))
            })
    }

    pub(super) fn overlays(&mut self) {
        for overlay in &self.pack.overlays {
            self.fits(&overlay.file, "framework", &overlay.document.framework, 100);
            for mapping in &overlay.document.mappings {
                self.choice(&overlay.file, "sufficiency", &mapping.sufficiency, SUFFICIENCIES);
            }
        }
        for overlay in &self.pack.requirement_overlays {
            self.fits(&overlay.file, "framework", &overlay.document.framework, 100);
            let source = &overlay.document.source_framework;
            self.fits(&overlay.file, "source_framework", source, 100);
            for mapping in &overlay.document.mappings {
                self.choice(&overlay.file, "sufficiency", &mapping.sufficiency, SUFFICIENCIES);
            }
        }
    }

    pub(super) fn templates(&mut self) {
        let mut seen = HashSet::new();
        for template in &self.pack.templates {
            let document = &template.document;
            self.unique(&mut seen, at(&template.file, None), "template", document.slug());
            self.fits(&template.file, "name", &document.template.name, 255);
            self.fits(&template.file, "category", &document.template.category, 50);
            let diagram_type = &document.template.diagram_type;
            self.choice(&template.file, "diagram_type", diagram_type, DIAGRAM_TYPES);
            for reference in &document.references {
                self.template_component(&template.file, reference);
            }
        }
    }

    fn template_component(&mut self, file: &str, component: &Text) {
        let reference = component.trimmed();
        let known = reference.contains('/')
            || self.has_component(reference)
            || self.known.components.contains(&self.pack.qualified(reference));
        if known {
            return;
        }
        let message =
            format!("There is no component \"{reference}\" in this pack or the library. {FIX}");
        self.error(at(file, component.position()), "template_component", reference, message);
    }
}

const FIX: &str = "Correct the name, or write \"pack/name\" for an item of another pack.";
