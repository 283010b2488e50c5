//! Threats and controls: each once in the library, and once per component, flow and threat.

use std::collections::{HashMap, HashSet};

use entity::{
    Document, Id,
    choice::{CountermeasureStatus, Severity},
    component_threat, countermeasure_library, flow_threat, threat_library, threat_model,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

use super::{
    super::{
        Source,
        source::{Object, text, texts, title},
        vocabulary,
    },
    Summary,
    parts::Parts,
    structure::metadata,
};
use crate::{
    Error, Result, Transaction,
    threat::{
        Kind, OfComponent, OfFlow,
        kind::{Draft, value},
    },
};

/// Most threats and countermeasures together that one document may bring.
const MOST_INSTANCES: usize = 100_000;
/// Most characters of their texts together, since every instance has a copy.
const MOST_CHARACTERS: usize = 100_000_000;

/// What became of the threats of the document, by name.
#[derive(Default)]
pub(super) struct Threats<'s> {
    of_components: HashMap<&'s str, Vec<Id<component_threat::Entity>>>,
    of_flows: HashMap<&'s str, Vec<Id<flow_threat::Entity>>>,
}

impl Threats<'_> {
    pub(super) fn knows(&self, name: &str) -> bool {
        self.of_components.contains_key(name) || self.of_flows.contains_key(name)
    }

    pub(super) fn named(
        &self,
        name: &str,
    ) -> (&[Id<component_threat::Entity>], &[Id<flow_threat::Entity>]) {
        let of_components = self.of_components.get(name).map_or(&[][..], Vec::as_slice);
        (of_components, self.of_flows.get(name).map_or(&[], Vec::as_slice))
    }

    pub(super) fn all(&self) -> (Vec<Id<component_threat::Entity>>, Vec<Id<flow_threat::Entity>>) {
        let of_components = self.of_components.values().flatten().copied().collect();
        (of_components, self.of_flows.values().flatten().copied().collect())
    }
}

/// Refuses what would grow out of proportion when it is copied to every instance.
#[derive(Default)]
struct Budget {
    instances: usize,
    characters: usize,
}

impl Budget {
    fn spend(&mut self, object: &Object, instances: usize) -> Result<()> {
        let size = serde_json::to_string(object).map_or(0, |text| text.len());
        self.instances += instances;
        self.characters = self.characters.saturating_add(size.saturating_mul(instances));
        if self.instances > MOST_INSTANCES || self.characters > MOST_CHARACTERS {
            return Err(Error::unfit("The document has too many threats and controls."));
        }
        Ok(())
    }
}

pub(super) async fn threats<'s>(
    transaction: &Transaction<'_>,
    source: &'s Source,
    model: &threat_model::Model,
    parts: &mut Parts<'s>,
    summary: &mut Summary,
) -> Result<Threats<'s>> {
    let list = source.list("threats");
    let library = threat_library(transaction, list, model).await?;
    let mut budget = Budget::default();
    let (mut of_components, mut of_flows) = (Vec::new(), Vec::new());
    for (place, threat) in list.iter().enumerate() {
        let name = text(threat, "symbolic_name");
        let mut warn = |member: &str, name: &str| {
            let text = format!("threats[{place}].{member}: there is no \"{name}\".");
            summary.warnings.push(text);
        };
        let mut components = HashSet::new();
        for affected in texts(threat, "components_affected") {
            match parts.component(affected) {
                Some(component) => drop(components.insert(component)),
                None => warn("components_affected", affected),
            }
        }
        let mut flows = HashSet::new();
        for affected in texts(threat, "data_flows_affected") {
            match parts.flows.get(affected) {
                Some(flow) => drop(flows.insert(*flow)),
                None => warn("data_flows_affected", affected),
            }
        }
        if components.is_empty() && flows.is_empty() {
            components.insert(parts.system(transaction, model).await?);
        }
        budget.spend(threat, components.len() + flows.len())?;
        let library = library.get(place).copied();
        let mut components: Vec<_> = components.into_iter().collect();
        let mut flows: Vec<_> = flows.into_iter().collect();
        components.sort_unstable();
        flows.sort_unstable();
        of_components.extend(
            components
                .into_iter()
                .map(|id| (name, instance::<OfComponent>(threat, model, id, library))),
        );
        of_flows.extend(
            flows.into_iter().map(|id| (name, instance::<OfFlow>(threat, model, id, library))),
        );
    }
    summary.threats = of_components.len() + of_flows.len();
    Ok(Threats {
        of_components: added::<OfComponent>(transaction, of_components).await?,
        of_flows: added::<OfFlow>(transaction, of_flows).await?,
    })
}

async fn added<'s, K: Kind>(
    transaction: &Transaction<'_>,
    drafts: Vec<(&'s str, Draft<K::Threat>)>,
) -> Result<HashMap<&'s str, Vec<Id<K::Threat>>>> {
    let (names, drafts): (Vec<_>, Vec<_>) = drafts.into_iter().unzip();
    let rows = transaction.insert_many::<Draft<K::Threat>>(drafts).await?;
    let mut added: HashMap<_, Vec<_>> = HashMap::new();
    for (name, row) in names.into_iter().zip(&rows) {
        let id: Id<K::Threat> = value::<K::Threat, _>(row, K::THREAT.id);
        added.entry(name).or_default().push(id);
    }
    Ok(added)
}

fn instance<K: Kind>(
    threat: &Object,
    model: &threat_model::Model,
    place: Id<K::Place>,
    library: Option<Id<threat_library::Entity>>,
) -> Draft<K::Threat> {
    let mapped =
        ["symbolic_name", "title", "description", "components_affected", "data_flows_affected"];
    let rationale = json!({"rationale": "severity defaulted during TM-Library import"});
    let columns = K::THREAT;
    let mut row = Draft::<K::Threat>::default();
    row.set(columns.organization, model.organization_id.into());
    row.set(columns.threat_model, Some(model.id).into());
    row.set(columns.parent, place.into());
    row.set(columns.library, library.into());
    row.set(columns.name, title(threat).to_owned().into());
    row.set(columns.description, text(threat, "description").to_owned().into());
    row.set(columns.inherent_severity, Severity::Medium.into());
    row.set(columns.severity_scoring_metadata, Document::from(rationale).into());
    row.set(columns.format_metadata, metadata(threat, &[], &mapped).into());
    row
}

/// Library threats, in the order of the list. Only the security team adds to the library; imports
/// of others do without.
async fn threat_library(
    transaction: &Transaction<'_>,
    list: &[Object],
    model: &threat_model::Model,
) -> Result<Vec<Id<threat_library::Entity>>> {
    if !transaction.actor().secures(model.organization_id) {
        return Ok(Vec::new());
    }
    let row = |threat: &Object| {
        let slug = format!("{}-{}", model.id, text(threat, "symbolic_name"));
        threat_library::ActiveModel {
            organization_id: Set(model.organization_id),
            qualified_slug: Set(Some(format!("custom/{slug}"))),
            slug: Set(slug),
            name: Set(title(threat).to_owned()),
            description: Set(text(threat, "description").to_owned()),
            ..Default::default()
        }
    };
    let rows = transaction.insert_many(list.iter().map(row).collect()).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub(super) async fn controls(
    transaction: &Transaction<'_>,
    source: &Source,
    model: &threat_model::Model,
    threats: &Threats<'_>,
    summary: &mut Summary,
) -> Result<()> {
    let list = source.list("controls");
    let library = countermeasure_library(transaction, list, model).await?;
    let mut budget = Budget::default();
    let mut twins = Twins::of(list);
    let (mut of_components, mut of_flows) = (Vec::new(), Vec::new());
    for (place, control) in list.iter().enumerate() {
        let status = status(transaction, model, control, place, summary);
        let library = library.get(place).copied();
        for name in texts(control, "threats") {
            if !threats.knows(name) {
                let text = format!("controls[{place}].threats: there is no threat \"{name}\".");
                summary.warnings.push(text);
            }
            let (component_threats, flow_threats) = threats.named(name);
            let number = component_threats.len() + flow_threats.len();
            let share = twins.share(control, name, number);
            budget.spend(control, share.len())?;
            for instance in share {
                match component_threats.get(instance) {
                    Some(threat) => of_components.push(countermeasure::<OfComponent>(
                        control, model, *threat, library, status,
                    )),
                    None => of_flows.extend(
                        flow_threats.get(instance - component_threats.len()).map(|threat| {
                            countermeasure::<OfFlow>(control, model, *threat, library, status)
                        }),
                    ),
                }
            }
        }
    }
    summary.controls = of_components.len() + of_flows.len();
    transaction.insert_many(of_components).await?;
    transaction.insert_many(of_flows).await?;
    Ok(())
}

/// Controls that differ in nothing but their names. An export writes one for each instance of a
/// threat, so together they belong to all instances, each to its share.
struct Twins<'s>(HashMap<(&'s str, [&'s str; 4]), (usize, usize)>);

impl<'s> Twins<'s> {
    fn of(controls: &'s [Object]) -> Self {
        let mut numbers = HashMap::new();
        for control in controls {
            for threat in texts(control, "threats") {
                numbers.entry((threat, Self::words(control))).or_insert((0, 0)).0 += 1;
            }
        }
        Self(numbers)
    }

    /// The places of those instances of a threat that a control is for.
    fn share(&mut self, control: &'s Object, threat: &'s str, instances: usize) -> Vec<usize> {
        let (twins, turn) =
            self.0.get_mut(&(threat, Self::words(control))).map_or((1, 0), |found| {
                found.1 += 1;
                (found.0, found.1 - 1)
            });
        if twins > instances {
            return (0..instances).filter(|place| *place == turn % instances).collect();
        }
        (0..instances).filter(|place| place % twins == turn).collect()
    }

    fn words(control: &Object) -> [&str; 4] {
        [
            title(control),
            text(control, "description"),
            text(control, "status"),
            text(control, "priority"),
        ]
    }
}

/// Only the security team may say that the platform provides something.
fn status(
    transaction: &Transaction<'_>,
    model: &threat_model::Model,
    control: &Object,
    place: usize,
    summary: &mut Summary,
) -> CountermeasureStatus {
    let status = vocabulary::status(text(control, "status"));
    if status != CountermeasureStatus::Platform
        || transaction.actor().secures(model.organization_id)
    {
        return status;
    }
    let text = "only the security team may assume controls; it was taken as planned.";
    summary.warnings.push(format!("controls[{place}].status: {text}"));
    CountermeasureStatus::Planned
}

fn countermeasure<K: Kind>(
    control: &Object,
    model: &threat_model::Model,
    threat: Id<K::Threat>,
    library: Option<Id<countermeasure_library::Entity>>,
    status: CountermeasureStatus,
) -> Draft<K::Countermeasure> {
    let kept = [("originalStatus", text(control, "status").into())];
    let mapped = ["symbolic_name", "title", "description", "status", "priority", "threats"];
    let columns = K::COUNTERMEASURE;
    let mut row = Draft::<K::Countermeasure>::default();
    row.set(columns.organization, model.organization_id.into());
    row.set(columns.threat_model, Some(model.id).into());
    row.set(columns.parent, threat.into());
    row.set(columns.library, library.into());
    row.set(columns.name, title(control).to_owned().into());
    row.set(columns.description, text(control, "description").to_owned().into());
    row.set(columns.control_type, "preventive".to_owned().into());
    row.set(columns.status, status.into());
    row.set(columns.priority, vocabulary::priority(text(control, "priority")).to_owned().into());
    row.set(columns.format_metadata, metadata(control, &kept, &mapped).into());
    row
}

/// Library countermeasures, in the order of the list, under the same condition as threats.
async fn countermeasure_library(
    transaction: &Transaction<'_>,
    list: &[Object],
    model: &threat_model::Model,
) -> Result<Vec<Id<countermeasure_library::Entity>>> {
    if !transaction.actor().secures(model.organization_id) {
        return Ok(Vec::new());
    }
    let row = |control: &Object| countermeasure_library::ActiveModel {
        organization_id: Set(model.organization_id),
        name: Set(title(control).to_owned()),
        description: Set(text(control, "description").to_owned()),
        ..Default::default()
    };
    let rows = transaction.insert_many(list.iter().map(row).collect()).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
