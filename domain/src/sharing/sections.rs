//! Which parts of a threat model a link shows.

use entity::{Document, choice::Section, threat_model};
use sea_orm::Iterable;
use serde_json::{Value, json};

use crate::{Error, Result, model::detail::Detail, report::Analysis};

const ALONE: &str = "Countermeasures are shown with their threats. Add \"threats\".";
const NONE: &str = "Choose at least one.";

/// The parts of a threat model that a link shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sections(Vec<Section>);

impl Sections {
    /// Everything.
    pub fn all() -> Self {
        Self(Section::iter().collect())
    }

    /// Some parts, in the usual order and each once.
    ///
    /// # Errors
    /// [`Error::Invalid`] for none at all, and for countermeasures without threats.
    pub fn chosen(sections: &[Section]) -> Result<Self> {
        let shown = Self(Section::iter().filter(|section| sections.contains(section)).collect());
        if shown.0.is_empty() {
            return Err(Error::invalid("sections", NONE));
        }
        if shown.shows(Section::Countermeasures) && !shown.shows(Section::Threats) {
            return Err(Error::invalid("sections", ALONE));
        }
        Ok(shown)
    }

    /// Whether a part is shown.
    pub fn shows(&self, section: Section) -> bool {
        self.0.contains(&section)
    }

    /// The parts, in the usual order.
    pub fn list(&self) -> &[Section] {
        &self.0
    }

    /// Empties what is not shown.
    pub(super) fn restrict(
        &self,
        model: &mut threat_model::Model,
        detail: &mut Detail,
        analysis: &mut Analysis,
    ) {
        if !self.shows(Section::Summary) {
            hide_summary(model);
        }
        if !self.shows(Section::Diagram) {
            hide_diagram(detail, analysis);
        }
        if !self.shows(Section::Threats) {
            analysis.threats.clear();
        }
        if !self.shows(Section::Countermeasures) {
            analysis.threats.iter_mut().for_each(|threat| threat.countermeasures.clear());
        }
        if !self.shows(Section::Compliance) {
            hide_compliance(detail, analysis);
        }
        if *self != Self::all() {
            // What clients and other tools keep here may be about any part.
            model.workspace_data = json!({}).into();
            model.format_metadata = json!({}).into();
        }
    }
}

impl From<&Document> for Sections {
    /// What cannot be read shows nothing.
    fn from(document: &Document) -> Self {
        Self(serde_json::from_value(Value::clone(document)).unwrap_or_default())
    }
}

impl From<&Sections> for Document {
    fn from(sections: &Sections) -> Self {
        json!(sections.0).into()
    }
}

fn hide_summary(model: &mut threat_model::Model) {
    model.description.clear();
    model.assumptions = json!([]).into();
}

fn hide_diagram(detail: &mut Detail, analysis: &mut Analysis) {
    detail.diagrams.clear();
    detail.images.clear();
    analysis.diagrams.clear();
    analysis.elements.clear();
}

fn hide_compliance(detail: &mut Detail, analysis: &mut Analysis) {
    detail.frameworks.clear();
    for threat in &mut analysis.threats {
        threat.countermeasures.iter_mut().for_each(|measure| measure.standards.clear());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_stored_in_the_usual_order() {
        let chosen = Sections::chosen(&[Section::Threats, Section::Summary, Section::Threats]);
        let stored = Document::from(&chosen.unwrap());
        assert_eq!(stored, json!(["summary", "threats"]));
        assert!(Sections::from(&stored).shows(Section::Threats));
        assert!(!Sections::from(&stored).shows(Section::Diagram));
    }

    #[test]
    fn countermeasures_come_with_threats() {
        assert!(Sections::chosen(&[Section::Countermeasures]).is_err());
        assert!(Sections::chosen(&[]).is_err());
        assert!(Sections::chosen(&[Section::Compliance]).is_ok());
    }

    #[test]
    fn what_cannot_be_read_shows_nothing() {
        assert!(Sections::from(&Document(json!("everything"))).list().is_empty());
    }
}
