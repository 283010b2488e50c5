//! Platform countermeasures that outer trust zones provide for components in inner ones.

use std::collections::{HashMap, HashSet, VecDeque};

use entity::{
    Id, Names, Ref, choice::CountermeasureStatus, component, component_countermeasure,
    component_threat, countermeasure_library, threat_model, trust_boundary, trust_zone,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, QuerySelect};

use crate::{Result, Scope, Transaction, store::KEYS_PER_STATEMENT, threat::OfComponent};

/// A gap that a platform countermeasure of an outer zone closes.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// The countermeasure with the gap.
    pub target: Id<component_countermeasure::Entity>,
    /// The component that needs it.
    pub target_component: String,
    /// The zone of that component.
    pub target_zone: String,
    /// The component that provides it.
    pub source_component: String,
    /// The zone of that component.
    pub source_zone: String,
    /// The name of the countermeasure.
    pub countermeasure: String,
    /// The type of the countermeasure.
    pub control_type: String,
}

/// A protection to be applied, with the names that are kept.
#[derive(Clone, Debug)]
pub struct Protection {
    /// The countermeasure with the gap.
    pub target: Ref<component_countermeasure::Entity>,
    /// The component that provides it.
    pub source_component: String,
    /// The zone of that component.
    pub source_zone: String,
}

/// A component in a zone.
struct Resident {
    id: Id<component::Entity>,
    name: String,
    zone: Id<trust_zone::Entity>,
}

/// A countermeasure of such a component.
struct Control {
    row: component_countermeasure::Model,
    library: Id<countermeasure_library::Entity>,
    component: Id<component::Entity>,
}

/// The gaps of the model that platform countermeasures of outer zones close, by component and
/// name. Outer zones are reached along boundaries, each step to a strictly lower trust level.
pub async fn suggestions(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<Suggestion>> {
    let residents = residents(scope, model).await?;
    let controls = controls(scope, model).await?;
    if residents.is_empty() || controls.is_empty() {
        return Ok(Vec::new());
    }
    let map = Map::of(scope, model, &residents).await?;
    let names = library_words(scope, &controls).await?;
    let sources = sources(&residents, &controls);
    let mut outer = HashMap::new();
    let mut found = Vec::new();
    for gap in controls.iter().filter(|it| it.row.status == CountermeasureStatus::Gap) {
        let Some(target) = residents.get(&gap.component) else { continue };
        let zones = outer.entry(target.zone).or_insert_with(|| map.outer_zones(target.zone));
        let candidates = sources.get(&gap.library).into_iter().flatten();
        let source = candidates
            .filter(|source| zones.contains(&source.zone))
            .min_by_key(|source| (&source.name, source.id));
        let Some(source) = source else { continue };
        let (name, control_type) = words(gap, &names);
        found.push(Suggestion {
            target: gap.row.id,
            target_component: target.name.clone(),
            target_zone: map.name(target.zone),
            source_component: source.name.clone(),
            source_zone: map.name(source.zone),
            countermeasure: name,
            control_type,
        });
    }
    found.sort_by(|one, other| {
        let key =
            |it: &Suggestion| (it.target_component.clone(), it.countermeasure.clone(), it.target);
        key(one).cmp(&key(other))
    });
    Ok(found)
}

async fn residents(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<HashMap<Id<component::Entity>, Resident>> {
    use component::Column;
    let rows: Vec<(Id<_>, String, Id<_>)> = scope
        .find::<component::Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .filter(Column::TrustZoneId.is_not_null())
        .shape(|select| {
            select.select_only().columns([Column::Id, Column::Name, Column::TrustZoneId])
        })
        .tuples()
        .await?;
    Ok(rows.into_iter().map(|(id, name, zone)| (id, Resident { id, name, zone })).collect())
}

/// Gaps and platform countermeasures of the model that come from the library.
async fn controls(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Result<Vec<Control>> {
    use component_countermeasure::Column;
    let counting = [CountermeasureStatus::Gap, CountermeasureStatus::Platform];
    let rows = scope
        .find::<component_countermeasure::Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .filter(Column::Status.is_in(counting))
        .filter(Column::CountermeasureLibraryId.is_not_null())
        .all()
        .await?;
    let threats: Vec<(Id<_>, Id<_>)> = scope
        .find::<component_threat::Entity>()
        .filter(component_threat::Column::ThreatModelId.eq(model))
        .shape(|select| {
            let columns = [component_threat::Column::Id, component_threat::Column::ComponentId];
            select.select_only().columns(columns)
        })
        .tuples()
        .await?;
    let threats: HashMap<Id<component_threat::Entity>, Id<component::Entity>> =
        threats.into_iter().collect();
    let controls = rows.into_iter().filter_map(|row| {
        let library = row.countermeasure_library_id?;
        let component = *threats.get(&row.instance_threat_id)?;
        Some(Control { row, library, component })
    });
    Ok(controls.collect())
}

type Sources<'r> = HashMap<Id<countermeasure_library::Entity>, Vec<&'r Resident>>;

/// Components with a platform countermeasure, by the library countermeasure.
fn sources<'r>(
    residents: &'r HashMap<Id<component::Entity>, Resident>,
    controls: &[Control],
) -> Sources<'r> {
    let mut sources = Sources::new();
    for control in controls.iter().filter(|it| it.row.status == CountermeasureStatus::Platform) {
        if let Some(resident) = residents.get(&control.component) {
            sources.entry(control.library).or_default().push(resident);
        }
    }
    sources
}

type LibraryWords = HashMap<Id<countermeasure_library::Entity>, (String, String)>;

/// Names and types of library countermeasures whose copies have none.
async fn library_words(scope: Scope<'_>, controls: &[Control]) -> Result<LibraryWords> {
    use countermeasure_library::Column;
    let wordless: HashSet<_> = controls
        .iter()
        .filter(|it| it.row.countermeasure_name.is_empty() || it.row.control_type.is_empty())
        .map(|it| it.library)
        .collect();
    let wordless: Vec<_> = wordless.into_iter().collect();
    let mut words = LibraryWords::new();
    for chunk in wordless.chunks(KEYS_PER_STATEMENT) {
        let rows: Vec<(Id<_>, String, String)> = scope
            .find::<countermeasure_library::Entity>()
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .shape(|select| {
                select.select_only().columns([Column::Id, Column::Name, Column::ControlType])
            })
            .tuples()
            .await?;
        words.extend(rows.into_iter().map(|(id, name, kind)| (id, (name, kind))));
    }
    Ok(words)
}

fn words(control: &Control, library: &LibraryWords) -> (String, String) {
    let (name, kind) = library.get(&control.library).cloned().unwrap_or_default();
    let own = |copy: &str, other: String| if copy.is_empty() { other } else { copy.to_owned() };
    (own(&control.row.countermeasure_name, name), own(&control.row.control_type, kind))
}

/// Zones and the boundaries between them.
struct Map {
    zones: HashMap<Id<trust_zone::Entity>, (String, i32)>,
    neighbours: HashMap<Id<trust_zone::Entity>, Vec<Id<trust_zone::Entity>>>,
}

impl Map {
    /// Zones of the model, those that hold its components, and those that belong to no model.
    async fn of(
        scope: Scope<'_>,
        model: Id<threat_model::Entity>,
        residents: &HashMap<Id<component::Entity>, Resident>,
    ) -> Result<Self> {
        use trust_zone::Column;
        let organization = scope.get(model).await?.organization_id;
        let held: HashSet<_> = residents.values().map(|resident| resident.zone).collect();
        let mut counting = Condition::any()
            .add(Column::ThreatModelId.eq(model))
            .add(Column::ThreatModelId.is_null());
        if held.len() <= KEYS_PER_STATEMENT {
            counting = counting.add(Column::Id.is_in(held));
        }
        let zones: Vec<(Id<_>, String, i32)> = scope
            .find::<trust_zone::Entity>()
            .filter(Column::OrganizationId.eq(organization))
            .filter(counting)
            .shape(|select| {
                select.select_only().columns([Column::Id, Column::Name, Column::TrustLevel])
            })
            .tuples()
            .await?;
        let zones = zones.into_iter().map(|(id, name, level)| (id, (name, level))).collect();
        let mut map = Self { zones, neighbours: HashMap::new() };
        map.join(scope, model, organization).await?;
        Ok(map)
    }

    async fn join(
        &mut self,
        scope: Scope<'_>,
        model: Id<threat_model::Entity>,
        organization: Id<entity::organization::Entity>,
    ) -> Result<()> {
        use trust_boundary::Column;
        let counting = Condition::any()
            .add(Column::ThreatModelId.eq(model))
            .add(Column::ThreatModelId.is_null());
        let boundaries: Vec<(Id<_>, Id<_>)> = scope
            .find::<trust_boundary::Entity>()
            .filter(Column::OrganizationId.eq(organization))
            .filter(counting)
            .shape(|select| select.select_only().columns([Column::ZoneAId, Column::ZoneBId]))
            .tuples()
            .await?;
        for (one, other) in boundaries {
            self.neighbours.entry(one).or_default().push(other);
            self.neighbours.entry(other).or_default().push(one);
        }
        Ok(())
    }

    fn level(&self, zone: Id<trust_zone::Entity>) -> Option<i32> {
        self.zones.get(&zone).map(|(_, level)| *level)
    }

    fn name(&self, zone: Id<trust_zone::Entity>) -> String {
        self.zones.get(&zone).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// Zones reached from a zone by steps to strictly lower trust levels, without the zone itself.
    fn outer_zones(&self, zone: Id<trust_zone::Entity>) -> HashSet<Id<trust_zone::Entity>> {
        let mut reached = HashSet::new();
        let mut open = VecDeque::from([zone]);
        while let Some(inner) = open.pop_front() {
            let Some(level) = self.level(inner) else { continue };
            for next in self.neighbours.get(&inner).into_iter().flatten() {
                let is_lower = self.level(*next).is_some_and(|other| other < level);
                if is_lower && reached.insert(*next) {
                    open.push_back(*next);
                }
            }
        }
        reached
    }
}

/// Closes gaps of the model with protections from outer zones. Countermeasures of other models and
/// those without a gap are left alone. The status of their threats and the risks follow. Returns
/// how many countermeasures were changed.
pub async fn apply(
    transaction: &Transaction<'_>,
    model: Ref<threat_model::Entity>,
    protections: &[Protection],
) -> Result<usize> {
    use component_countermeasure::{Column, Entity};
    let model = transaction.scope().get_writable(model).await?;
    let by_target: HashMap<Id<Entity>, &Protection> =
        protections.iter().map(|it| (it.target.id(), it)).collect();
    let targets: Vec<_> = by_target.keys().copied().collect();
    let mut gaps = Vec::new();
    for chunk in targets.chunks(KEYS_PER_STATEMENT) {
        let found = transaction
            .scope()
            .find_writable::<Entity>()
            .filter(Column::ThreatModelId.eq(model.id))
            .filter(Column::Status.eq(CountermeasureStatus::Gap))
            .filter(Column::Id.is_in(chunk.iter().copied()));
        gaps.extend(found.all().await?);
    }
    let threats: HashSet<_> = gaps.iter().map(|row| row.instance_threat_id).collect();
    let changed = gaps.len();
    let drafts = gaps.into_iter().filter_map(|row| {
        let protection = by_target.get(&row.id)?;
        let mut draft = row.into_active_model();
        draft.status = Set(CountermeasureStatus::Platform);
        draft.is_inherited = Set(true);
        draft.inherited_from_component_name = Set(protection.source_component.clone());
        draft.inherited_from_zone_name = Set(protection.source_zone.clone());
        Some(draft)
    });
    transaction.save_many(drafts.collect()).await?;
    let threats: Vec<Id<component_threat::Entity>> = threats.into_iter().collect();
    super::follow::<OfComponent>(transaction, &threats).await?;
    Ok(changed)
}
