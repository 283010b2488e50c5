//! Frameworks of a threat model: those of all requirements that its countermeasures are mapped to,
//! by their library countermeasure or by a mapping of their own.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{
    Document, Id, component_countermeasure, component_countermeasure_standard,
    countermeasure_standard, diagram, flow_countermeasure, flow_countermeasure_standard,
    flow_threat, framework, requirement, threat_model,
};
use schemars::JsonSchema;
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QuerySelect, RelationDef, RelationTrait, Select,
    sea_query::SelectStatement,
};
use serde::Serialize;

use super::{
    Drawing,
    connections::{Cells, Row, column},
};
use crate::{Find, Result, Scope};

/// A framework of a threat model.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "ModelFramework")]
pub struct Framework {
    /// The framework.
    pub id: Id<framework::Entity>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

pub(super) const KIND: &str = "framework";

type ModelId = Id<threat_model::Entity>;

/// The frameworks of each of the models: one statement, and another for the canvases where it
/// depends on them.
pub async fn of_models(
    models: &[ModelId],
    scope: Scope<'_>,
) -> Result<HashMap<ModelId, Vec<Framework>>> {
    let rows: Vec<Row> =
        component_library(models, scope).with(others(models, scope)).rows().await?;
    let drawings = drawings(&undecided(&rows), scope).await?;
    let nothing = Drawing::default();
    let mut found: HashMap<ModelId, Vec<&Row>> = HashMap::new();
    for row in &rows {
        if row.counts(drawings.get(&row.model).unwrap_or(&nothing)) {
            found.entry(row.model).or_default().push(row);
        }
    }
    Ok(found.into_iter().map(|(model, rows)| (model, distinct(rows))).collect())
}

/// Each framework once, by name and version.
pub(super) fn distinct<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Vec<Framework> {
    let found: BTreeMap<_, _> =
        rows.into_iter().map(|row| ((&row.name, &row.version, row.id), row)).collect();
    found
        .into_values()
        .map(|row| Framework {
            id: Id::trusted(row.id),
            name: row.name.clone(),
            version: row.version.clone(),
        })
        .collect()
}

/// Queries for the frameworks of models, and for each the flow whose countermeasure it covers.
pub(super) fn derived<'c>(
    models: &[ModelId],
    scope: Scope<'c>,
) -> impl Iterator<Item = SelectStatement> + use<'c> {
    std::iter::once(component_library(models, scope).statement()).chain(others(models, scope))
}

fn others(models: &[ModelId], scope: Scope<'_>) -> [SelectStatement; 3] {
    [component_own(models, scope), flow_library(models, scope), flow_own(models, scope)]
}

/// Models with a framework that only countermeasures of flows are mapped to.
fn undecided(rows: &[Row]) -> Vec<ModelId> {
    let nothing = Drawing::default();
    let certain: HashSet<_> =
        rows.iter().filter(|row| row.counts(&nothing)).map(|row| (row.model, row.id)).collect();
    let open = rows.iter().filter(|row| !certain.contains(&(row.model, row.id)));
    let models: HashSet<_> = open.map(|row| row.model).collect();
    models.into_iter().collect()
}

async fn drawings(models: &[ModelId], scope: Scope<'_>) -> Result<HashMap<ModelId, Drawing>> {
    use diagram::Column;
    if models.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(ModelId, Document)> = scope
        .find::<diagram::Entity>()
        .filter(Column::ThreatModelId.is_in(models.iter().copied()))
        .shape(|select| select.select_only().columns([Column::ThreatModelId, Column::CanvasData]))
        .tuples()
        .await?;
    let mut canvases: HashMap<ModelId, Vec<Document>> = HashMap::new();
    for (model, canvas) in rows {
        canvases.entry(model).or_default().push(canvas);
    }
    let drawing = |canvases: Vec<Document>| Drawing::of(canvases.iter().map(|canvas| &**canvas));
    Ok(canvases.into_iter().map(|(model, canvases)| (model, drawing(canvases))).collect())
}

fn cells(model: impl ColumnTrait) -> Cells {
    let framework = column(framework::Column::Id);
    Cells::of(KIND, model, framework).named(framework::Column::Name, framework::Column::Version)
}

fn component_library<'c>(
    models: &[ModelId],
    scope: Scope<'c>,
) -> Find<'c, component_countermeasure::Entity> {
    use component_countermeasure::{Column, Entity};
    let mapping = library_mapping::<Entity>(Column::CountermeasureLibraryId);
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.is_in(models.iter().copied()))
        .shape(|select| required(select.join(JoinType::InnerJoin, mapping), by_library()));
    cells(Column::ThreatModelId).choose(find)
}

fn component_own(models: &[ModelId], scope: Scope<'_>) -> SelectStatement {
    use component_countermeasure_standard::{Column, Entity, Relation};
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.is_in(models.iter().copied()))
        .shape(|select| required(select, Relation::Requirement.def()));
    cells(Column::ThreatModelId).choose(find).statement()
}

fn flow_library(models: &[ModelId], scope: Scope<'_>) -> SelectStatement {
    use flow_countermeasure::{Column, Entity, Relation};
    let mapping = library_mapping::<Entity>(Column::CountermeasureLibraryId);
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.is_in(models.iter().copied()))
        .shape(|select| {
            let select = select
                .join(JoinType::InnerJoin, Relation::FlowThreat.def())
                .join(JoinType::InnerJoin, mapping);
            required(select, by_library())
        });
    let cells = cells(Column::ThreatModelId).flow(flow_threat::Column::DataFlowId);
    cells.choose(find).statement()
}

fn flow_own(models: &[ModelId], scope: Scope<'_>) -> SelectStatement {
    use flow_countermeasure_standard::{Column, Entity, Relation};
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.is_in(models.iter().copied()))
        .shape(|select| {
            let select = select
                .join(JoinType::InnerJoin, Relation::FlowCountermeasure.def())
                .join(JoinType::InnerJoin, flow_countermeasure::Relation::FlowThreat.def());
            required(select, Relation::Requirement.def())
        });
    let cells = cells(Column::ThreatModelId).flow(flow_threat::Column::DataFlowId);
    cells.choose(find).statement()
}

/// From a countermeasure to the mappings of its library countermeasure.
fn library_mapping<E: EntityTrait>(library: E::Column) -> RelationDef {
    E::belongs_to(countermeasure_standard::Entity)
        .from(library)
        .to(countermeasure_standard::Column::CountermeasureLibraryId)
        .into()
}

fn by_library() -> RelationDef {
    countermeasure_standard::Relation::Requirement.def()
}

/// Follows a mapping to the framework of its requirement.
fn required<E: EntityTrait>(select: Select<E>, mapping: RelationDef) -> Select<E> {
    select
        .join(JoinType::InnerJoin, mapping)
        .join(JoinType::InnerJoin, requirement::Relation::Framework.def())
}
