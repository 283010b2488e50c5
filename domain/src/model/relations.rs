//! Connecting a threat model with systems, other models, frameworks and packs, and undoing it.

use std::collections::HashMap;

use entity::{
    Id, Keyed, Ref, Tenanted, choice::RelationType, component, component_library, framework,
    organization, orgsystem, pack, pack_dependency, threat_model, threat_model_framework,
    threat_model_pack, threat_model_relation, threat_model_system,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, JoinType, QuerySelect, RelationTrait};

use crate::{Error, Result, Scope, Transaction};

/// Says that the model is about a system.
pub async fn add_system(
    model: &threat_model::Model,
    system: Ref<orgsystem::Entity>,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let system = known(system, model, transaction.scope()).await?;
    let system = system.ok_or(Error::missing("System not found"))?;
    transaction.insert_missing(vec![system_row(model, system)]).await.map(drop)
}

/// Says that the model is no longer about a system.
pub async fn remove_system(
    model: &threat_model::Model,
    system: Ref<orgsystem::Entity>,
    transaction: &Transaction<'_>,
) -> Result<()> {
    use threat_model_system::Column;
    let link = Condition::all()
        .add(Column::ThreatModelId.eq(model.id))
        .add(Column::OrgsystemId.eq(system.key()));
    match transaction.delete_where::<threat_model_system::Entity>(link).await? {
        0 => Err(Error::missing("System not associated with this threat model")),
        _ => Ok(()),
    }
}

/// Says that the model refers to another one.
pub async fn add_reference(
    model: &threat_model::Model,
    target: Ref<threat_model::Entity>,
    relation: RelationType,
    transaction: &Transaction<'_>,
) -> Result<()> {
    if target.key() == model.id.key() {
        return Err(Error::unfit("A threat model cannot reference itself"));
    }
    let target = known(target, model, transaction.scope()).await?;
    let target = target.ok_or(Error::missing("Target threat model not found"))?;
    transaction.insert_missing(vec![relation_row(model, target, relation)]).await.map(drop)
}

/// Says that the model no longer refers to another one: in one way, or in none.
pub async fn remove_reference(
    model: &threat_model::Model,
    target: Ref<threat_model::Entity>,
    relation: Option<RelationType>,
    transaction: &Transaction<'_>,
) -> Result<()> {
    use threat_model_relation::Column;
    let link = Condition::all()
        .add(Column::ThreatModelId.eq(model.id))
        .add(Column::TargetModelId.eq(target.key()))
        .add_option(relation.map(|relation| Column::RelationType.eq(relation)));
    match transaction.delete_where::<threat_model_relation::Entity>(link).await? {
        0 => Err(Error::missing("Reference not found")),
        _ => Ok(()),
    }
}

/// Holds the model against a framework.
pub async fn add_framework(
    model: &threat_model::Model,
    framework: Ref<framework::Entity>,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let framework = known(framework, model, transaction.scope()).await?;
    let framework = framework.ok_or(Error::missing("Framework not found"))?;
    transaction.insert_missing(vec![framework_row(model, framework)]).await.map(drop)
}

/// No longer holds the model against a framework.
pub async fn remove_framework(
    model: &threat_model::Model,
    framework: Ref<framework::Entity>,
    transaction: &Transaction<'_>,
) -> Result<()> {
    use threat_model_framework::Column;
    let link = Condition::all()
        .add(Column::ThreatModelId.eq(model.id))
        .add(Column::FrameworkId.eq(framework.key()));
    match transaction.delete_where::<threat_model_framework::Entity>(link).await? {
        0 => Err(Error::missing("Framework not associated with this threat model")),
        _ => Ok(()),
    }
}

/// Connects a pack. Returns the components of the model that stem from it, none if it was
/// connected before.
pub async fn add_pack(
    model: &threat_model::Model,
    pack: Ref<pack::Entity>,
    transaction: &Transaction<'_>,
) -> Result<Vec<component::Model>> {
    let pack = known(pack, model, transaction.scope()).await?;
    let pack = pack.ok_or(Error::missing("Pack not found"))?;
    let row = threat_model_pack::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(model.id),
        pack_id: Set(pack),
        ..Default::default()
    };
    if transaction.insert_missing(vec![row]).await? == 0 {
        return Ok(Vec::new());
    }
    transaction
        .scope()
        .find::<component::Entity>()
        .filter(component::Column::ThreatModelId.eq(model.id))
        .shape(|select| {
            select.join(JoinType::InnerJoin, component::Relation::ComponentLibrary.def())
        })
        .filter(component_library::Column::SourcePackId.eq(pack))
        .ascending([component::Column::Id])
        .all()
        .await
}

/// A connected pack that has to do with one that was disconnected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependency {
    /// The disconnected pack needed this one, which stays connected.
    Needed(String),
    /// This one needs the disconnected pack.
    Needing(String),
}

/// Disconnects a pack; threats that were generated from it stay. Returns the connected packs that
/// it needed or that need it, by name.
pub async fn remove_pack(
    model: &threat_model::Model,
    pack: Ref<pack::Entity>,
    transaction: &Transaction<'_>,
) -> Result<Vec<Dependency>> {
    use threat_model_pack::Column;
    let link =
        Condition::all().add(Column::ThreatModelId.eq(model.id)).add(Column::PackId.eq(pack.key()));
    if transaction.delete_where::<threat_model_pack::Entity>(link).await? == 0 {
        return Err(Error::missing("Pack not associated with this threat model"));
    }
    dependencies(model, pack, transaction.scope()).await
}

async fn dependencies(
    model: &threat_model::Model,
    pack: Ref<pack::Entity>,
    scope: Scope<'_>,
) -> Result<Vec<Dependency>> {
    use pack_dependency::Column;
    let connected: HashMap<Id<pack::Entity>, String> = scope
        .find::<threat_model_pack::Entity>()
        .filter(threat_model_pack::Column::ThreatModelId.eq(model.id))
        .shape(|select| {
            select
                .join(JoinType::InnerJoin, threat_model_pack::Relation::Pack.def())
                .select_only()
                .column(threat_model_pack::Column::PackId)
                .column(pack::Column::Name)
        })
        .tuples()
        .await?
        .into_iter()
        .collect();
    let rows = scope.find::<pack_dependency::Entity>().filter(
        Condition::any()
            .add(Column::PackId.eq(pack.key()))
            .add(Column::DependsOnPackId.eq(pack.key())),
    );
    let name = |id: Id<pack::Entity>| connected.get(&id).cloned();
    let dependency = |row: pack_dependency::Model| {
        if row.pack_id.key() == pack.key() {
            return name(row.depends_on_pack_id?).map(Dependency::Needed);
        }
        let needs = !row.is_optional;
        needs.then(|| name(row.pack_id)).flatten().map(Dependency::Needing)
    };
    let mut found: Vec<_> = rows.all().await?.into_iter().filter_map(dependency).collect();
    found.sort();
    Ok(found)
}

/// Holds a new model against frameworks.
pub(super) async fn link_frameworks(
    model: &threat_model::Model,
    frameworks: &[Ref<framework::Entity>],
    transaction: &Transaction<'_>,
) -> Result<()> {
    let frameworks = all_known(frameworks, "framework_ids", model, transaction.scope()).await?;
    let rows = frameworks.into_iter().map(|framework| framework_row(model, framework));
    transaction.insert_missing(rows.collect()).await.map(drop)
}

/// Says that a new model is about systems.
pub(super) async fn link_systems(
    model: &threat_model::Model,
    systems: &[Ref<orgsystem::Entity>],
    transaction: &Transaction<'_>,
) -> Result<()> {
    let systems = all_known(systems, "system_ids", model, transaction.scope()).await?;
    let rows = systems.into_iter().map(|system| system_row(model, system));
    transaction.insert_missing(rows.collect()).await.map(drop)
}

/// Says that a new model refers to others.
pub(super) async fn link_references(
    model: &threat_model::Model,
    targets: &[Ref<threat_model::Entity>],
    relation: RelationType,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let targets = all_known(targets, "referenced_model_ids", model, transaction.scope()).await?;
    let rows = targets.into_iter().map(|target| relation_row(model, target, relation));
    transaction.insert_missing(rows.collect()).await.map(drop)
}

/// The id, if it names something that the actor sees in the organization of the model.
async fn known<E: Tenanted + Keyed>(
    wire: Ref<E>,
    model: &threat_model::Model,
    scope: Scope<'_>,
) -> Result<Option<Id<E>>> {
    Ok(in_organization(&[wire], model.organization_id, scope).await?.pop())
}

/// The ids, if all of them name something that the actor sees in the organization of the model.
async fn all_known<E: Tenanted + Keyed>(
    wire: &[Ref<E>],
    field: &str,
    model: &threat_model::Model,
    scope: Scope<'_>,
) -> Result<Vec<Id<E>>> {
    let mut known = in_organization(wire, model.organization_id, scope).await?;
    known.sort_unstable();
    let unknown =
        wire.iter().find(|wire| known.binary_search_by_key(&wire.key(), |id| id.key()).is_err());
    match unknown {
        None => Ok(known),
        Some(unknown) => {
            let key = unknown.key();
            Err(Error::invalid(field, format!("Invalid pk \"{key}\" - object does not exist.")))
        }
    }
}

async fn in_organization<E: Tenanted + Keyed>(
    wire: &[Ref<E>],
    organization: Id<organization::Entity>,
    scope: Scope<'_>,
) -> Result<Vec<Id<E>>> {
    let mut found = Vec::with_capacity(wire.len());
    for chunk in wire.chunks(crate::store::ROWS_PER_STATEMENT) {
        let rows = scope
            .find::<E>()
            .filter(E::key_column().is_in(chunk.iter().map(|wire| wire.key())))
            .filter(E::ORGANIZATION.eq(organization));
        found.extend(rows.values::<Id<E>>(E::key_column()).await?);
    }
    Ok(found)
}

fn system_row(
    model: &threat_model::Model,
    system: Id<orgsystem::Entity>,
) -> threat_model_system::ActiveModel {
    threat_model_system::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(model.id),
        orgsystem_id: Set(system),
        ..Default::default()
    }
}

fn framework_row(
    model: &threat_model::Model,
    framework: Id<framework::Entity>,
) -> threat_model_framework::ActiveModel {
    threat_model_framework::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(model.id),
        framework_id: Set(framework),
        ..Default::default()
    }
}

fn relation_row(
    model: &threat_model::Model,
    target: Id<threat_model::Entity>,
    relation: RelationType,
) -> threat_model_relation::ActiveModel {
    threat_model_relation::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(model.id),
        target_model_id: Set(target),
        relation_type: Set(relation),
        ..Default::default()
    }
}
