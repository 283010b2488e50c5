//! Compliance mappings of a model against those of the library: what differs, and how to make
//! them equal.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{Id, Names, choice::Sufficiency, countermeasure_library, requirement, threat_model};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, QuerySelect, Value,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    Result, Scope, Transaction,
    store::{KEYS_PER_STATEMENT, Rows},
    threat::{
        Kind, OfComponent, OfFlow,
        applying::{self, Mapping},
        kind::{Draft, Row, value},
    },
};

type Mappings = HashMap<Id<countermeasure_library::Entity>, Vec<Mapping>>;

/// Numbers of differences between the mappings of a model and those of the library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Mappings of the library that the countermeasures lack.
    pub additions: usize,
    /// Mappings of the countermeasures that the library lacks.
    pub removals: usize,
    /// Mappings that both have, with different sufficiency.
    pub updates: usize,
    /// Countermeasures with at least one difference.
    pub countermeasures: usize,
}

impl Drift {
    /// Whether anything differs.
    pub const fn is_any(self) -> bool {
        self.countermeasures > 0
    }
}

/// A countermeasure that was made from the library, and one of its mappings if it has any.
#[derive(FromQueryResult)]
struct Mapped {
    is_flow: i32,
    countermeasure: i64,
    library: Id<countermeasure_library::Entity>,
    mapping: Option<i64>,
    requirement: Option<Id<requirement::Entity>>,
    sufficiency: Option<Sufficiency>,
}

/// What to do about the countermeasures of one kind.
struct Plan<'m, K: Kind> {
    additions: Vec<(Id<K::Countermeasure>, &'m Mapping)>,
    removals: Vec<Id<K::Standard>>,
    updates: Vec<(Id<K::Standard>, Sufficiency)>,
    affected: usize,
}

impl<K: Kind> Plan<'_, K> {
    const fn numbers(&self) -> Drift {
        Drift {
            additions: self.additions.len(),
            removals: self.removals.len(),
            updates: self.updates.len(),
            countermeasures: self.affected,
        }
    }
}

/// How far the mappings of a model differ from those of the library, in three statements.
pub async fn drift(scope: Scope<'_>, model: impl Names<threat_model::Entity>) -> Result<Drift> {
    let model = scope.get(model.id()).await?;
    let (mapped, mappings) = compared(scope, Some(model.id)).await?;
    let component = plan::<OfComponent>(&mapped, &mappings).numbers();
    Ok(sum(component, plan::<OfFlow>(&mapped, &mappings).numbers()))
}

/// How far the mappings of all models that the actor sees differ from those of the library, in two
/// statements.
pub async fn of_everything(scope: Scope<'_>) -> Result<Drift> {
    let (mapped, mappings) = compared(scope, None).await?;
    let component = plan::<OfComponent>(&mapped, &mappings).numbers();
    Ok(sum(component, plan::<OfFlow>(&mapped, &mappings).numbers()))
}

/// Makes the mappings of a model equal to those of the library. Mappings that were added by hand
/// go, too; those whose requirement is gone stay. Returns the numbers of changes.
pub async fn refresh(
    transaction: &Transaction<'_>,
    model: impl Names<threat_model::Entity>,
) -> Result<Drift> {
    let model = transaction.scope().get_writable(model.id()).await?;
    let (mapped, mappings) = compared(transaction.scope(), Some(model.id)).await?;
    let component = carry_out(transaction, plan::<OfComponent>(&mapped, &mappings)).await?;
    Ok(sum(component, carry_out(transaction, plan::<OfFlow>(&mapped, &mappings)).await?))
}

const fn sum(one: Drift, other: Drift) -> Drift {
    Drift {
        additions: one.additions + other.additions,
        removals: one.removals + other.removals,
        updates: one.updates + other.updates,
        countermeasures: one.countermeasures + other.countermeasures,
    }
}

async fn compared(
    scope: Scope<'_>,
    model: Option<Id<threat_model::Entity>>,
) -> Result<(Vec<Mapped>, Mappings)> {
    let component = mapped::<OfComponent>(scope, model, 0);
    let mapped: Vec<Mapped> = component.and(mapped::<OfFlow>(scope, model, 1)).fetch().await?;
    let libraries: HashSet<_> = mapped.iter().map(|row| row.library).collect();
    let mappings = applying::mappings(scope, libraries).await?;
    Ok((mapped, mappings))
}

/// The countermeasures of one model, or of all.
fn mapped<K: Kind>(
    scope: Scope<'_>,
    model: Option<Id<threat_model::Entity>>,
    is_flow: i32,
) -> Rows<'_> {
    let (own, of) = (K::STANDARD, K::COUNTERMEASURE);
    let standard = |column| Expr::col((K::Standard::default(), column));
    let countermeasure = |column| Expr::col((K::Countermeasure::default(), column));
    scope
        .find::<K::Countermeasure>()
        .filter(Condition::all().add_option(model.map(|model| of.threat_model.eq(model))))
        .filter(of.library.is_not_null())
        .shape(|mut select| {
            let belongs = standard(own.parent).eq(countermeasure(of.id));
            let counts = standard(own.requirement).is_not_null();
            QuerySelect::query(&mut select).left_join(K::Standard::default(), belongs.and(counts));
            select
                .select_only()
                .expr_as(Expr::val(is_flow), "is_flow")
                .expr_as(countermeasure(of.id), "countermeasure")
                .expr_as(countermeasure(of.library), "library")
                .expr_as(standard(own.id), "mapping")
                .expr_as(standard(own.requirement), "requirement")
                .expr_as(standard(own.sufficiency), "sufficiency")
        })
        .prepared()
}

fn plan<'m, K: Kind>(mapped: &[Mapped], mappings: &'m Mappings) -> Plan<'m, K> {
    let is_flow = i32::from(K::WORD == OfFlow::WORD);
    let mut countermeasures: BTreeMap<i64, Vec<&Mapped>> = BTreeMap::new();
    for row in mapped.iter().filter(|row| row.is_flow == is_flow) {
        countermeasures.entry(row.countermeasure).or_default().push(row);
    }
    let mut plan =
        Plan::<K> { additions: Vec::new(), removals: Vec::new(), updates: Vec::new(), affected: 0 };
    for (id, rows) in countermeasures {
        let before = plan.additions.len() + plan.removals.len() + plan.updates.len();
        let library = rows.first().and_then(|row| mappings.get(&row.library));
        compare(&mut plan, Id::trusted(id), &rows, library.map_or(&[], Vec::as_slice));
        let after = plan.additions.len() + plan.removals.len() + plan.updates.len();
        plan.affected += usize::from(after > before);
    }
    plan
}

fn compare<'m, K: Kind>(
    plan: &mut Plan<'m, K>,
    countermeasure: Id<K::Countermeasure>,
    own: &[&Mapped],
    library: &'m [Mapping],
) {
    let wanted: HashMap<_, _> =
        library.iter().map(|mapping| (mapping.requirement_id, mapping)).collect();
    let mut present = HashSet::new();
    for row in own {
        let (Some(mapping), Some(requirement)) = (row.mapping, row.requirement) else { continue };
        present.insert(requirement);
        match wanted.get(&requirement) {
            None => plan.removals.push(Id::trusted(mapping)),
            Some(wanted) if row.sufficiency != Some(wanted.sufficiency) => {
                plan.updates.push((Id::trusted(mapping), wanted.sufficiency));
            }
            Some(_) => {}
        }
    }
    let missing = library.iter().filter(|mapping| !present.contains(&mapping.requirement_id));
    plan.additions.extend(missing.map(|mapping| (countermeasure, mapping)));
}

async fn carry_out<K: Kind>(transaction: &Transaction<'_>, plan: Plan<'_, K>) -> Result<Drift> {
    for chunk in plan.removals.chunks(KEYS_PER_STATEMENT) {
        let which = K::STANDARD.id.is_in(chunk.iter().copied());
        transaction.delete_where::<K::Standard>(which).await?;
    }
    let mut updates: Vec<(Sufficiency, Vec<Id<K::Standard>>)> = Vec::new();
    for (mapping, sufficiency) in &plan.updates {
        match updates.iter_mut().find(|(same, _)| same == sufficiency) {
            Some((_, list)) => list.push(*mapping),
            None => updates.push((*sufficiency, vec![*mapping])),
        }
    }
    for (sufficiency, mappings) in updates {
        for chunk in mappings.chunks(KEYS_PER_STATEMENT) {
            transaction
                .change::<K::Standard>()
                .set(K::STANDARD.sufficiency, Expr::val(Value::from(sufficiency)))
                .filter(K::STANDARD.id.is_in(chunk.iter().copied()))
                .exec()
                .await?;
        }
    }
    add::<K>(transaction, &plan.additions).await?;
    Ok(plan.numbers())
}

async fn add<K: Kind>(
    transaction: &Transaction<'_>,
    additions: &[(Id<K::Countermeasure>, &Mapping)],
) -> Result<()> {
    let of = K::COUNTERMEASURE;
    let ids: HashSet<_> = additions.iter().map(|(id, _)| *id).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut rows: HashMap<Id<K::Countermeasure>, Row<K::Countermeasure>> = HashMap::new();
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let found = transaction
            .scope()
            .find::<K::Countermeasure>()
            .filter(of.id.is_in(chunk.iter().copied()))
            .all()
            .await?;
        rows.extend(
            found
                .into_iter()
                .map(|row| (value::<K::Countermeasure, Id<K::Countermeasure>>(&row, of.id), row)),
        );
    }
    let drafts: Vec<Draft<K::Standard>> = additions
        .iter()
        .filter_map(|(id, mapping)| Some(applying::standard::<K>(rows.get(id)?, mapping)))
        .collect();
    transaction.insert_many(drafts).await?;
    Ok(())
}
