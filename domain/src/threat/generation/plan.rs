use std::collections::{HashMap, HashSet};

use entity::{
    Id,
    choice::{AppliesTo, Severity},
    component_library, component_library_threat, countermeasure_library, organization, pack,
    threat_library, threat_library_countermeasure, threat_model, threat_model_pack,
};
use sea_orm::{ActiveEnum, ColumnTrait, QuerySelect};

use super::Generated;
use crate::{
    Result, Scope,
    library::classification::{Classification, classifications},
    store::KEYS_PER_STATEMENT,
};

/// Something that threats may be made for.
pub(super) struct Target<E> {
    pub(super) id: Id<E>,
    pub(super) organization: Id<organization::Entity>,
    pub(super) model: Option<Id<threat_model::Entity>>,
    /// Library components whose threats count, the more important first.
    pub(super) libraries: Vec<Id<component_library::Entity>>,
}

/// Which links of the library count.
#[derive(Clone, Copy)]
pub(super) enum Aim {
    Components,
    Flows,
}

impl Aim {
    const fn counting(self) -> [AppliesTo; 2] {
        match self {
            Self::Components => [AppliesTo::Component, AppliesTo::Both],
            Self::Flows => [AppliesTo::Flow, AppliesTo::Both],
        }
    }
}

/// The threats to be made, with all that is copied from the library.
pub(super) struct Plan<E> {
    steps: Vec<Step<E>>,
    existing: usize,
    threats: HashMap<Id<threat_library::Entity>, threat_library::Model>,
    classifications: HashMap<Id<threat_library::Entity>, Vec<Classification>>,
    countering: HashMap<Id<threat_library::Entity>, Vec<Id<countermeasure_library::Entity>>>,
    controls: HashMap<Id<countermeasure_library::Entity>, countermeasure_library::Model>,
    packs: Packs,
}

struct Step<E> {
    target: Id<E>,
    organization: Id<organization::Entity>,
    model: Option<Id<threat_model::Entity>>,
    threat: Id<threat_library::Entity>,
    severity: Severity,
}

/// One threat to be made.
pub(super) struct Planned<'p, E> {
    pub(super) target: Id<E>,
    pub(super) organization: Id<organization::Entity>,
    pub(super) model: Option<Id<threat_model::Entity>>,
    pub(super) library: &'p threat_library::Model,
    pub(super) classification: &'p [Classification],
    pub(super) severity: Severity,
    pub(super) controls: Vec<&'p countermeasure_library::Model>,
}

impl<E> Plan<E> {
    pub(super) async fn make(
        scope: Scope<'_>,
        targets: Vec<Target<E>>,
        aim: Aim,
        existing: &HashSet<(Id<E>, Id<threat_library::Entity>)>,
    ) -> Result<Self> {
        let links = links(scope, &targets, aim).await?;
        let threats = library_threats(scope, &links).await?;
        let packs = Packs::of(scope, &targets).await?;
        let mut plan = Self {
            steps: Vec::new(),
            existing: 0,
            threats,
            classifications: HashMap::new(),
            countering: HashMap::new(),
            controls: HashMap::new(),
            packs,
        };
        for target in &targets {
            plan.add(target, &links, existing);
        }
        plan.copy_library(scope).await?;
        Ok(plan)
    }

    /// Each library threat of a target counts once; the first link states its severity.
    fn add(
        &mut self,
        target: &Target<E>,
        links: &Links,
        existing: &HashSet<(Id<E>, Id<threat_library::Entity>)>,
    ) {
        let mut seen = HashSet::new();
        for (threat, severity) in target.libraries.iter().filter_map(|it| links.get(it)).flatten() {
            let Some(library) = self.threats.get(threat) else { continue };
            let allowed = self.packs.allow(target.model, library.source_pack_id);
            if !allowed || !seen.insert(*threat) {
                continue;
            }
            if existing.contains(&(target.id, *threat)) {
                self.existing += 1;
                continue;
            }
            self.steps.push(Step {
                target: target.id,
                organization: target.organization,
                model: target.model,
                threat: *threat,
                severity: *severity,
            });
        }
    }

    async fn copy_library(&mut self, scope: Scope<'_>) -> Result<()> {
        let threats: HashSet<_> = self.steps.iter().map(|step| step.threat).collect();
        let threats: Vec<_> = threats.into_iter().collect();
        self.classifications = classifications(scope, threats.iter().copied()).await?;
        self.countering = countering(scope, &threats).await?;
        self.controls = controls(scope, self.countering.values().flatten().copied()).await?;
        Ok(())
    }

    pub(super) fn threats(&self) -> impl Iterator<Item = Planned<'_, E>> {
        self.steps.iter().filter_map(|step| {
            Some(Planned {
                target: step.target,
                organization: step.organization,
                model: step.model,
                library: self.threats.get(&step.threat)?,
                classification: self.classifications.get(&step.threat).map_or(&[], Vec::as_slice),
                severity: step.severity,
                controls: self.controls_of(step),
            })
        })
    }

    fn controls_of(&self, step: &Step<E>) -> Vec<&countermeasure_library::Model> {
        let linked = self.countering.get(&step.threat).into_iter().flatten();
        linked
            .filter_map(|id| self.controls.get(id))
            .filter(|control| self.packs.allow(step.model, control.source_pack_id))
            .collect()
    }

    pub(super) fn result(&self) -> Generated {
        Generated { created: self.steps.len(), existing: self.existing }
    }
}

/// Threats of library components, in the order in which they were linked.
type Links = HashMap<Id<component_library::Entity>, Vec<(Id<threat_library::Entity>, Severity)>>;

async fn links<E>(scope: Scope<'_>, targets: &[Target<E>], aim: Aim) -> Result<Links> {
    use component_library_threat::{Column, Entity};
    let libraries: HashSet<_> =
        targets.iter().flat_map(|target| target.libraries.iter().copied()).collect();
    let libraries: Vec<_> = libraries.into_iter().collect();
    let mut links = Links::new();
    for chunk in libraries.chunks(KEYS_PER_STATEMENT) {
        let current = scope
            .find::<component_library::Entity>()
            .filter(component_library::Column::Id.is_in(chunk.iter().copied()))
            .filter(component_library::Column::RetiredAt.is_null())
            .subquery(component_library::Column::Id);
        let rows = scope
            .find::<Entity>()
            .filter(Column::ComponentLibraryId.in_subquery(current))
            .filter(Column::AppliesTo.is_in(aim.counting()))
            .ascending([Column::Id]);
        for link in rows.all().await? {
            let severity =
                Severity::try_from_value(&link.default_severity).unwrap_or(Severity::Medium);
            let list = links.entry(link.component_library_id).or_default();
            list.push((link.threat_library_id, severity));
        }
    }
    Ok(links)
}

async fn library_threats(
    scope: Scope<'_>,
    links: &Links,
) -> Result<HashMap<Id<threat_library::Entity>, threat_library::Model>> {
    use threat_library::{Column, Entity};
    let ids: HashSet<_> = links.values().flatten().map(|(threat, _)| *threat).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut threats = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let found = scope
            .find::<Entity>()
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::RetiredAt.is_null());
        threats.extend(found.all().await?.into_iter().map(|row| (row.id, row)));
    }
    Ok(threats)
}

async fn countering(
    scope: Scope<'_>,
    threats: &[Id<threat_library::Entity>],
) -> Result<HashMap<Id<threat_library::Entity>, Vec<Id<countermeasure_library::Entity>>>> {
    use threat_library_countermeasure::{Column, Entity};
    let mut countering: HashMap<_, Vec<_>> = HashMap::with_capacity(threats.len());
    for chunk in threats.chunks(KEYS_PER_STATEMENT) {
        let links: Vec<(Id<_>, Id<_>)> = scope
            .find::<Entity>()
            .filter(Column::ThreatLibraryId.is_in(chunk.iter().copied()))
            .ascending([Column::Id])
            .shape(|select| {
                let columns = [Column::ThreatLibraryId, Column::CountermeasureLibraryId];
                select.select_only().columns(columns)
            })
            .tuples()
            .await?;
        for (threat, countermeasure) in links {
            countering.entry(threat).or_default().push(countermeasure);
        }
    }
    Ok(countering)
}

/// Library countermeasures that are still part of the library, by id.
async fn controls(
    scope: Scope<'_>,
    ids: impl Iterator<Item = Id<countermeasure_library::Entity>>,
) -> Result<HashMap<Id<countermeasure_library::Entity>, countermeasure_library::Model>> {
    use countermeasure_library::{Column, Entity};
    let ids: HashSet<_> = ids.collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut controls = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let found = scope
            .find::<Entity>()
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::RetiredAt.is_null());
        controls.extend(found.all().await?.into_iter().map(|row| (row.id, row)));
    }
    Ok(controls)
}

/// The packs whose threats and countermeasures a threat model draws from.
struct Packs(HashSet<(Id<threat_model::Entity>, Id<pack::Entity>)>);

impl Packs {
    async fn of<E>(scope: Scope<'_>, targets: &[Target<E>]) -> Result<Self> {
        use threat_model_pack::{Column, Entity};
        let models: HashSet<_> = targets.iter().filter_map(|target| target.model).collect();
        if models.is_empty() {
            return Ok(Self(HashSet::new()));
        }
        let connected: Vec<(Id<_>, Id<_>)> = scope
            .find::<Entity>()
            .filter(Column::ThreatModelId.is_in(models))
            .shape(|select| select.select_only().columns([Column::ThreatModelId, Column::PackId]))
            .tuples()
            .await?;
        Ok(Self(connected.into_iter().collect()))
    }

    /// Whether a model draws from a pack. Rows without a pack are for all, and what belongs to no
    /// model draws from everything.
    fn allow(
        &self,
        model: Option<Id<threat_model::Entity>>,
        pack: Option<Id<pack::Entity>>,
    ) -> bool {
        match (model, pack) {
            (Some(model), Some(pack)) => self.0.contains(&(model, pack)),
            _ => true,
        }
    }
}
