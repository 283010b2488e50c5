//! The threats of a model with everything that belongs to them.

use std::collections::HashMap;

use entity::{Id, Names, threat_library, threat_model};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Countermeasure, Diagram, Element, ElementKind, countermeasures,
    countermeasures::Standard,
    elements::{self, ElementRow, Head},
};
use crate::{Result, Scope, library::classification};

/// Everything about the threats of a model, read in five statements.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The model.
    pub model: Head,
    /// Its diagrams, oldest first.
    pub diagrams: Vec<Diagram>,
    /// Components and flows, by name.
    pub elements: Vec<Element>,
    /// Threats, by element and place in its list.
    pub threats: Vec<Threat>,
}

/// What a threat is about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// A component or a flow.
    pub kind: ElementKind,
    /// The key.
    pub id: i64,
    /// Name of the component, label of the flow.
    pub name: String,
}

/// A threat of a component or flow.
#[derive(Clone, Debug)]
pub struct Threat {
    /// The key.
    pub id: i64,
    /// The component or flow.
    pub subject: Subject,
    /// The library threat it was made from.
    pub library: Option<i64>,
    /// Name: of the library, else the own one.
    pub name: String,
    /// Description: of the library, else the own one.
    pub description: String,
    /// How taxonomies classify it.
    pub entries: Vec<Entry>,
    /// `low` to `critical`.
    pub inherent_severity: String,
    /// `low` to `critical`, or empty.
    pub residual_severity: String,
    /// `exposed`, `addressable` or `mitigated`.
    pub status: String,
    /// How the severity was found.
    pub severity_scoring_metadata: Value,
    /// Whether it was set aside.
    pub is_dismissed: bool,
    /// Why it was set aside.
    pub dismissal_reason: String,
    /// Place in the list of its element.
    pub display_order: i32,
    /// What would happen.
    pub impact_description: String,
    /// The component that may cause it.
    pub threat_actor: Option<(i64, String)>,
    /// Who may cause it, in words.
    pub threat_actor_text: String,
    /// What an imported document said besides.
    pub format_metadata: Value,
    /// What is done about it.
    pub countermeasures: Vec<Countermeasure>,
}

impl Threat {
    /// The code of the first STRIDE entry of the library threat, or `unknown`.
    pub fn stride(&self) -> &str {
        let entry = self.entries.iter().find(|entry| entry.taxonomy_slug == "stride");
        entry.filter(|_| self.library.is_some()).map_or("unknown", |entry| &entry.external_id)
    }
}

/// A taxonomy entry as a threat shows it. Copies of deleted library threats lack name and address.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ThreatTaxonomyEntry")]
pub struct Entry {
    /// Short name of the taxonomy.
    #[serde(alias = "taxonomy_slug")]
    pub taxonomy_slug: String,
    /// Name of the taxonomy.
    #[serde(skip_serializing_if = "Option::is_none", default, alias = "taxonomy_name")]
    pub taxonomy_name: Option<String>,
    /// The code within the taxonomy.
    #[serde(alias = "external_id")]
    pub external_id: String,
    /// What the code stands for.
    pub title: String,
    /// Where the entry is explained.
    #[serde(skip_serializing_if = "Option::is_none", default, alias = "reference_url")]
    pub reference_url: Option<String>,
}

/// Reads the analysis of a model that the actor may see.
pub async fn analysis(
    scope: Scope<'_>,
    model: impl Names<threat_model::Entity>,
) -> Result<Analysis> {
    let (head, diagrams) = elements::head(scope, model).await?;
    let id = Id::trusted(head.id);
    let (rows, measures, standards) = tokio::try_join!(
        elements::elements(scope, id),
        countermeasures::countermeasures(scope, id),
        countermeasures::standards(scope, id),
    )?;
    let libraries = rows.iter().filter_map(|row| row.threat_library_id);
    let libraries = libraries.map(Id::<threat_library::Entity>::trusted);
    let entries = classification::classifications(scope, libraries).await?;

    let mut mappings: HashMap<_, Vec<Standard>> = HashMap::new();
    for row in standards {
        mappings.entry(row.countermeasure()).or_default().push(row.into_standard());
    }
    let mut by_threat: HashMap<_, Vec<_>> = HashMap::new();
    for row in measures {
        by_threat.entry(row.threat()).or_default().push(row);
    }
    let mut of_threat = |key| {
        let mut rows = by_threat.remove(&key).unwrap_or_default();
        rows.sort_by_key(countermeasures::CountermeasureRow::order);
        rows.into_iter()
            .map(|row| {
                let mut standards = mappings.remove(&row.key()).unwrap_or_default();
                standards.sort_by(|left, right| {
                    (&left.framework_name, &left.section_code)
                        .cmp(&(&right.framework_name, &right.section_code))
                });
                row.into_countermeasure(standards)
            })
            .collect()
    };
    let elements = distinct(&rows);
    let mut threats: Vec<Threat> = rows
        .into_iter()
        .filter_map(|row| {
            let id = row.threat_id?;
            let countermeasures = of_threat((row.kind(), id));
            Some(threat(row, id, &entries, countermeasures))
        })
        .collect();
    threats.sort_by(|left, right| order(left).cmp(&order(right)));
    Ok(Analysis { model: head, diagrams, elements, threats })
}

fn order(threat: &Threat) -> (ElementKind, &str, i64, i32, i64) {
    let subject = &threat.subject;
    (subject.kind, &subject.name, subject.id, threat.display_order, threat.id)
}

fn distinct(rows: &[ElementRow]) -> Vec<Element> {
    let mut seen = std::collections::HashSet::new();
    let mut elements: Vec<Element> = rows
        .iter()
        .filter(|row| seen.insert((row.kind(), row.element_id())))
        .map(ElementRow::element)
        .collect();
    elements.sort_by(|left, right| {
        (left.kind, &left.name, left.id).cmp(&(right.kind, &right.name, right.id))
    });
    elements
}

type Entries = HashMap<Id<threat_library::Entity>, Vec<classification::Classification>>;

fn threat(
    row: ElementRow,
    id: i64,
    entries: &Entries,
    countermeasures: Vec<Countermeasure>,
) -> Threat {
    let element = row.element();
    let library = row.library_name.is_some().then_some(row.threat_library_id).flatten();
    let current = library.map(|library| {
        let found = entries.get(&Id::trusted(library)).map_or(&[][..], Vec::as_slice);
        found.iter().map(entry).collect()
    });
    let snapshot = || {
        let copied = row.taxonomy_snapshot.clone().map(entity::Document::into_inner);
        serde_json::from_value(copied.unwrap_or_default()).unwrap_or_default()
    };
    let text = |value: Option<String>| value.unwrap_or_default();
    Threat {
        id,
        library,
        entries: current.unwrap_or_else(snapshot),
        subject: Subject { kind: element.kind, id: element.id, name: element.name },
        name: row.library_name.unwrap_or_else(|| text(row.threat_name)),
        description: row.library_description.unwrap_or_else(|| text(row.threat_description)),
        inherent_severity: text(row.inherent_severity),
        residual_severity: text(row.residual_severity),
        status: text(row.status),
        severity_scoring_metadata: row
            .severity_scoring_metadata
            .map(entity::Document::into_inner)
            .unwrap_or_default(),
        is_dismissed: row.is_dismissed.unwrap_or_default(),
        dismissal_reason: text(row.dismissal_reason),
        display_order: row.display_order.unwrap_or_default(),
        impact_description: text(row.impact_description),
        threat_actor: row.threat_actor_id.zip(row.threat_actor_name),
        threat_actor_text: text(row.threat_actor_text),
        format_metadata: row.format_metadata.map(entity::Document::into_inner).unwrap_or_default(),
        countermeasures,
    }
}

fn entry(found: &classification::Classification) -> Entry {
    Entry {
        taxonomy_slug: found.taxonomy_slug.clone(),
        taxonomy_name: Some(found.taxonomy_name.clone()),
        external_id: found.external_id.clone(),
        title: found.title.clone(),
        reference_url: Some(found.reference_url.clone()),
    }
}
