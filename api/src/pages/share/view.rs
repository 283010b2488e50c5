//! What the page of a shared model shows, in words for people.

use std::collections::BTreeMap;

use askama::Template;
use domain::report::{Analysis, Countermeasure, Element, ElementKind, Threat};
use entity::choice::Criticality;

use super::picture::Picture;

/// A word and the colour it has.
pub(super) struct Badge {
    pub(super) word: String,
    pub(super) tone: &'static str,
}

/// A number and what it counts.
pub(super) struct Figure {
    pub(super) number: usize,
    pub(super) label: &'static str,
    pub(super) tone: &'static str,
}

/// An uploaded picture.
pub(super) struct Upload {
    pub(super) address: String,
    pub(super) name: String,
    pub(super) description: String,
}

/// The threats of one component or flow.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) threats: Vec<ThreatView>,
}

pub(super) struct ThreatView {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) severity: Badge,
    pub(super) status: Badge,
    pub(super) residual: Option<Badge>,
    pub(super) classes: Vec<String>,
    pub(super) countermeasures: Vec<MeasureView>,
}

pub(super) struct MeasureView {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) status: Badge,
    pub(super) control_type: String,
    pub(super) standards: Vec<String>,
}

/// What a model does for a framework.
pub(super) struct FrameworkView {
    pub(super) name: String,
    pub(super) requirements: Vec<Requirement>,
}

/// A requirement and the countermeasures that help to meet it.
#[derive(Default)]
pub(super) struct Requirement {
    pub(super) section: String,
    pub(super) description: String,
    pub(super) in_place: usize,
    pub(super) total: usize,
}

/// A component or flow in words.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) description: String,
}

#[derive(Template)]
#[template(path = "share.html")]
pub(super) struct SharePage {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) organization: String,
    /// Absent where the summary is not shown.
    pub(super) criticality: Option<Badge>,
    pub(super) until: String,
    pub(super) reader: Option<String>,
    pub(super) figures: Vec<Figure>,
    pub(super) pictures: Vec<Picture>,
    pub(super) components: Vec<Part>,
    pub(super) flows: Vec<Part>,
    pub(super) uploads: Vec<Upload>,
    pub(super) groups: Vec<Group>,
    pub(super) shows_countermeasures: bool,
    pub(super) frameworks: Vec<FrameworkView>,
}

impl SharePage {
    fn shows_parts(&self) -> bool {
        !self.components.is_empty() || !self.flows.is_empty()
    }
}

/// A stored word such as `human_actor` for people.
pub(super) fn words(stored: &str) -> String {
    let text = stored.replace('_', " ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

/// How much depends on the model.
pub(super) fn criticality(criticality: Criticality) -> Badge {
    severity(match criticality {
        Criticality::Low => "low",
        Criticality::Medium => "medium",
        Criticality::High => "high",
        Criticality::Critical => "critical",
    })
}

/// `low` to `critical`.
fn severity(stored: &str) -> Badge {
    let tone = match stored {
        "critical" => "critical",
        "high" => "high",
        "medium" => "medium",
        _ => "calm",
    };
    Badge { word: words(stored), tone }
}

fn status(stored: &str) -> Badge {
    let tone = match stored {
        "mitigated" | "verified" | "platform" => "good",
        "exposed" | "gap" => "critical",
        "addressable" | "planned" => "medium",
        _ => "calm",
    };
    let word = match stored {
        "platform" => "Provided by the platform".to_owned(),
        "verified" => "In place".to_owned(),
        "gap" => "Missing".to_owned(),
        other => words(other),
    };
    Badge { word, tone }
}

fn rank(threat: &Threat) -> usize {
    let order = ["critical", "high", "medium", "low"];
    let place = order.iter().position(|name| *name == threat.inherent_severity);
    place.unwrap_or(order.len())
}

/// How many threats there are of each severity. Dismissed ones do not count.
pub(super) fn severities(analysis: &Analysis) -> Vec<Figure> {
    let count = |severity: &str| {
        let threats = analysis.threats.iter().filter(|threat| !threat.is_dismissed);
        threats.filter(|threat| threat.inherent_severity == severity).count()
    };
    if analysis.threats.is_empty() {
        return Vec::new();
    }
    let figure = |stored, label, tone| Figure { number: count(stored), label, tone };
    vec![
        figure("critical", "critical threats", "critical"),
        figure("high", "high threats", "high"),
        figure("medium", "medium threats", "medium"),
        figure("low", "low threats", "calm"),
    ]
}

/// The threats by what they are about; the worst first, set-aside ones last.
pub(super) fn groups(threats: Vec<Threat>) -> Vec<Group> {
    let mut groups: BTreeMap<(ElementKind, String, i64), Vec<Threat>> = BTreeMap::new();
    for threat in threats {
        let subject = &threat.subject;
        let key = (subject.kind, subject.name.clone(), subject.id);
        groups.entry(key).or_default().push(threat);
    }
    groups
        .into_iter()
        .map(|((kind, name, _), mut threats)| {
            threats.sort_by_key(|threat| (threat.is_dismissed, rank(threat)));
            let kind = match kind {
                ElementKind::Component => "Component",
                ElementKind::Flow => "Data flow",
            };
            Group { name, kind, threats: threats.into_iter().map(threat_view).collect() }
        })
        .collect()
}

fn threat_view(threat: Threat) -> ThreatView {
    let residual = &threat.residual_severity;
    let changed = !residual.is_empty() && *residual != threat.inherent_severity;
    ThreatView {
        severity: severity(&threat.inherent_severity),
        residual: changed.then(|| severity(residual)),
        status: status(if threat.is_dismissed { "set_aside" } else { &threat.status }),
        classes: threat
            .entries
            .iter()
            .map(|entry| {
                let taxonomy = entry.taxonomy_name.as_deref().unwrap_or(&entry.taxonomy_slug);
                format!("{taxonomy}: {}", entry.title)
            })
            .collect(),
        countermeasures: threat.countermeasures.into_iter().map(measure_view).collect(),
        name: threat.name,
        description: threat.description,
    }
}

fn measure_view(measure: Countermeasure) -> MeasureView {
    MeasureView {
        status: status(&measure.status),
        control_type: measure.control_type.as_deref().map(words).unwrap_or_default(),
        standards: measure
            .standards
            .iter()
            .map(|standard| format!("{} {}", standard.framework_name, standard.section_code))
            .collect(),
        name: measure.name,
        description: measure.description,
    }
}

/// What countermeasures do for each framework. Dismissed threats count, as in the report.
pub(super) fn frameworks(analysis: &Analysis) -> Vec<FrameworkView> {
    let mut found: BTreeMap<&str, BTreeMap<&str, Requirement>> = BTreeMap::new();
    for measure in analysis.threats.iter().flat_map(|threat| &threat.countermeasures) {
        for standard in &measure.standards {
            let framework = found.entry(&standard.framework_name).or_default();
            let requirement = framework.entry(&standard.section_code).or_default();
            requirement.section.clone_from(&standard.section_code);
            requirement.description.clone_from(&standard.requirement_description);
            requirement.total += 1;
            requirement.in_place += usize::from(measure.is_effective());
        }
    }
    found
        .into_iter()
        .map(|(name, requirements)| FrameworkView {
            name: name.to_owned(),
            requirements: requirements.into_values().collect(),
        })
        .collect()
}

/// The components and flows that diagrams show, as a text.
pub(super) fn parts(elements: &[Element], kind: ElementKind) -> Vec<Part> {
    let of_kind = elements.iter().filter(|element| element.kind == kind);
    of_kind
        .map(|element| Part {
            name: element.name.clone(),
            description: match kind {
                ElementKind::Component => words(&element.category),
                ElementKind::Flow => flow(element),
            },
        })
        .collect()
}

fn flow(element: &Element) -> String {
    let protocol = Some(&element.protocol).filter(|protocol| !protocol.is_empty());
    let facts = [
        protocol.cloned(),
        element.flags.encrypted.then(|| "encrypted".to_owned()),
        element.flags.authenticated.then(|| "authenticated".to_owned()),
        element.flags.crosses_trust_zone.then(|| "crosses a trust zone".to_owned()),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let ends = format!("{} to {}", element.source, element.destination);
    if facts.is_empty() { ends } else { format!("{ends} ({})", facts.join(", ")) }
}
