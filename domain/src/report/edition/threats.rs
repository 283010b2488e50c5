//! Threats and countermeasures of a model.

use super::{Block, Cell, Extent, Line, Table, Word, facts::Facts, summary::LEVELS, table::column};
use crate::report::{Countermeasure, ElementKind, Threat, threats as shared};

/// Most threats that a printed report lists.
const PRINTED: usize = 300;

/// Active threats by component and flow, each with its countermeasures.
pub(super) fn blocks(facts: &Facts, extent: Extent) -> Vec<Block> {
    let mut threats: Vec<&Threat> = facts.active().collect();
    if threats.is_empty() {
        return vec![Block::Text("No threats are known yet.".to_owned())];
    }
    let mut blocks = Vec::new();
    if extent == Extent::Printed && threats.len() > PRINTED {
        blocks.push(Block::Text(format!(
            "This report lists the {PRINTED} gravest of {} active threats, those that nothing is \
             done about first. The formats HTML, Markdown, XLSX, CSV and JSON list all.",
            threats.len()
        )));
        threats = gravest(threats);
    }
    for group in threats.chunk_by(|one, next| key(one) == key(next)) {
        let Some(first) = group.first() else { continue };
        let kind = match first.subject.kind {
            ElementKind::Component => "Component",
            ElementKind::Flow => "Data flow",
        };
        blocks.push(Block::Heading(format!("{kind}: {}", first.subject.name)));
        blocks.push(Block::Table(listed(group)));
    }
    blocks
}

fn key(threat: &Threat) -> (ElementKind, i64) {
    (threat.subject.kind, threat.subject.id)
}

/// The gravest, in their usual order.
fn gravest(threats: Vec<&Threat>) -> Vec<&Threat> {
    let severity = |threat: &Threat| {
        LEVELS.iter().position(|level| *level == threat.inherent_severity).unwrap_or(LEVELS.len())
    };
    let status = |threat: &Threat| match threat.status.as_str() {
        "exposed" => 0,
        "addressable" => 1,
        _ => 2,
    };
    let mut places: Vec<usize> = (0..threats.len()).collect();
    places.sort_by_key(|place| (severity(threats[*place]), status(threats[*place]), *place));
    places.truncate(PRINTED);
    places.sort_unstable();
    places.into_iter().map(|place| threats[place]).collect()
}

fn listed(threats: &[&Threat]) -> Table {
    let columns = [
        column("threat", "Threat", 54),
        column("severity", "Severity", 15),
        column("status", "Status", 19),
        column("countermeasures", "Countermeasures", 54),
    ];
    let rows = threats.iter().map(|threat| {
        let measures = threat.countermeasures.iter().map(measure).collect();
        vec![
            Cell::Lines(described(threat)),
            severity(threat),
            Cell::word(&threat.status),
            Cell::Lines(measures),
        ]
    });
    Table::new("threats", "Threats", &columns).with(rows)
}

/// Name, description, what may happen, classification.
fn described(threat: &Threat) -> Vec<Line> {
    let classes: Vec<String> = threat
        .entries
        .iter()
        .map(|entry| match entry.title.as_str() {
            "" => entry.external_id.clone(),
            title if title == entry.external_id => title.to_owned(),
            title => format!("{} {title}", entry.external_id),
        })
        .collect();
    let mut lines = vec![Line::new(&threat.name).strong()];
    let texts = [&threat.description, &threat.impact_description, &threat.threat_actor_text];
    lines.extend(texts.into_iter().filter(|text| !text.is_empty()).map(Line::new));
    if !classes.is_empty() {
        lines.push(Line::new("").with_note(classes.join(" · ")));
    }
    lines
}

/// Inherent severity, and the residual one if there is one.
fn severity(threat: &Threat) -> Cell {
    if threat.residual_severity.is_empty() || threat.residual_severity == threat.inherent_severity {
        return Cell::word(&threat.inherent_severity);
    }
    Cell::Lines(vec![
        Line::new("").with_word(&threat.inherent_severity),
        Line::new("Residual").with_word(&threat.residual_severity),
    ])
}

fn measure(measure: &Countermeasure) -> Line {
    let mut notes = Vec::new();
    if let Some(owner) = &measure.assigned_owner_email {
        notes.push(format!("Owner: {owner}"));
    }
    if measure.is_inherited {
        notes.push(format!("Inherited from {}", inherited_from(measure)));
    }
    let mappings = requirements(measure);
    if !mappings.is_empty() {
        notes.push(mappings);
    }
    Line::new(&measure.name).with_word(&measure.status).with_note(notes.join(" · "))
}

fn inherited_from(measure: &Countermeasure) -> String {
    let parts = [&measure.inherited_from_component_name, &measure.inherited_from_zone_name];
    let parts: Vec<&str> =
        parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// The requirements that a countermeasure is mapped to.
fn requirements(measure: &Countermeasure) -> String {
    let standards = measure.standards.iter();
    let names: Vec<String> = standards
        .map(|one| format!("{} {}", one.framework_name, one.section_code).trim().to_owned())
        .collect();
    names.join("; ")
}

const fn kind(threat: &Threat) -> &'static str {
    match threat.subject.kind {
        ElementKind::Component => "component",
        ElementKind::Flow => "dataflow",
    }
}

/// All threats.
pub(super) fn threats(facts: &Facts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("type", "About", 13),
        column("element", "Component or flow", 28),
        column("threat", "Threat", 36),
        column("description", "Description", 50),
        column("stride", "STRIDE", 10),
        column("inherentSeverity", "Inherent severity", 16),
        column("residualSeverity", "Residual severity", 16),
        column("status", "Status", 14),
        column("isDismissed", "Dismissed", 12),
        column("dismissalReason", "Reason", 30),
        column("impact", "Impact", 36),
        column("threatActor", "Threat actor", 24),
        column("countermeasures", "Countermeasures", 16),
    ];
    let row = |threat: &Threat| {
        let actor = threat.threat_actor.as_ref().map(|(_, name)| name.clone());
        vec![
            Cell::Number(threat.id),
            Cell::word(kind(threat)),
            Cell::text(&threat.subject.name),
            Cell::text(&threat.name),
            Cell::text(&threat.description),
            Cell::text(threat.stride()),
            Cell::word(&threat.inherent_severity),
            Cell::word(&threat.residual_severity),
            Cell::word(&threat.status),
            Cell::Flag(threat.is_dismissed),
            Cell::text(&threat.dismissal_reason),
            Cell::text(&threat.impact_description),
            Cell::text(actor.unwrap_or_else(|| threat.threat_actor_text.clone())),
            Cell::count(threat.countermeasures.len()),
        ]
    };
    Table::new("threats", "Threats", &columns).with(facts.analysis.threats.iter().map(row))
}

/// All countermeasures.
pub(super) fn countermeasures(facts: &Facts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("threatId", "Threat ID", 10),
        column("type", "About", 13),
        column("element", "Component or flow", 28),
        column("threat", "Threat", 36),
        column("countermeasure", "Countermeasure", 36),
        column("description", "Description", 50),
        column("controlType", "Control type", 16),
        column("status", "Status", 14),
        column("priority", "Priority", 12),
        column("owner", "Owner", 28),
        column("verifiedBy", "Verified by", 28),
        column("evidence", "Evidence", 30),
        column("isInherited", "Inherited", 12),
        column("inheritedFrom", "Inherited from", 24),
        column("requirements", "Requirements", 40),
    ];
    let row = |(threat, measure): (&Threat, &Countermeasure)| {
        vec![
            Cell::Number(measure.id),
            Cell::Number(threat.id),
            Cell::word(kind(threat)),
            Cell::text(&threat.subject.name),
            Cell::text(&threat.name),
            Cell::text(&measure.name),
            Cell::text(&measure.description),
            Cell::optional(measure.control_type.as_ref()),
            Cell::word(&measure.status),
            Cell::word(&measure.priority),
            Cell::optional(measure.assigned_owner_email.as_ref()),
            Cell::optional(measure.verified_by_email.as_ref()),
            Cell::text(&measure.evidence_url),
            Cell::Flag(measure.is_inherited),
            Cell::text(inherited_from(measure)),
            Cell::text(requirements(measure)),
        ]
    };
    let pairs = shared::pairs(&facts.analysis);
    Table::new("countermeasures", "Countermeasures", &columns).with(pairs.map(row))
}

/// Countermeasures that are missing, those with an owner first.
pub(super) fn gaps(facts: &Facts) -> Table {
    let columns = [
        column("owner", "Owner", 26),
        column("countermeasure", "Countermeasure", 36),
        column("element", "Component or flow", 26),
        column("threat", "Threat", 34),
        column("severity", "Severity", 15),
        column("priority", "Priority", 14),
    ];
    let pairs = shared::pairs(&facts.analysis);
    let mut gaps: Vec<_> = pairs.filter(|(_, measure)| measure.status == "gap").collect();
    gaps.sort_by_key(|(_, measure)| {
        (measure.assigned_owner_email.is_none(), measure.assigned_owner_email.clone())
    });
    let row = |(threat, measure): (&Threat, &Countermeasure)| {
        let owner = measure.assigned_owner_email.clone();
        vec![
            Cell::text(owner.unwrap_or_else(|| "Nobody".to_owned())),
            Cell::text(&measure.name),
            Cell::text(&threat.subject.name),
            Cell::text(&threat.name),
            Cell::word(&threat.inherent_severity),
            Cell::word(&measure.priority),
        ]
    };
    Table::new("gaps", "Gaps by owner", &columns).with(gaps.into_iter().map(row))
}

/// Threats that were set aside.
pub(super) fn dismissed(facts: &Facts) -> Table {
    let columns = [
        column("threat", "Threat", 36),
        column("element", "Component or flow", 26),
        column("severity", "Severity", 15),
        column("reason", "Reason", 45),
    ];
    let row = |threat: &Threat| {
        vec![
            Cell::text(&threat.name),
            Cell::text(&threat.subject.name),
            Cell::word(&threat.inherent_severity),
            Cell::text(&threat.dismissal_reason),
        ]
    };
    Table::new("dismissed-threats", "Dismissed threats", &columns).with(facts.dismissed().map(row))
}

/// How many gaps there are by owner, most first.
pub(super) fn gaps_by_owner(facts: &Facts) -> Vec<(String, u64)> {
    let mut owners: indexmap::IndexMap<String, u64> = indexmap::IndexMap::new();
    for (_, measure) in shared::pairs(&facts.analysis) {
        if measure.status == "gap" {
            let owner = measure.assigned_owner_email.clone();
            *owners.entry(owner.unwrap_or_else(|| "Nobody".to_owned())).or_default() += 1;
        }
    }
    let mut owners: Vec<_> = owners.into_iter().collect();
    owners.sort_by(|one, next| next.1.cmp(&one.1).then(one.0.cmp(&next.0)));
    owners
}

/// The word of a requirement's state.
pub(super) fn state(text: &str) -> Cell {
    Cell::Word(Word::of(text))
}
