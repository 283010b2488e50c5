//! Frameworks of a threat model: those of all requirements that its countermeasures are mapped to,
//! by their library countermeasure or by a mapping of their own.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{
    Document, Id, Tenanted, component_countermeasure, component_countermeasure_standard,
    countermeasure_standard, diagram, flow_countermeasure, flow_countermeasure_standard,
    flow_threat, framework, requirement, threat_model,
};
use schemars::JsonSchema;
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QuerySelect, RelationDef, RelationTrait, Select,
    sea_query::{Expr, ExprTrait, SelectStatement, UnionType},
};
use serde::Serialize;

use super::{
    Drawing,
    connections::{Cells, Row, column, no_flow},
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

/// The frameworks of each of the models: one statement, and two more for the canvases where it
/// depends on them.
pub async fn of_models(
    models: &[ModelId],
    scope: Scope<'_>,
) -> Result<HashMap<ModelId, Vec<Framework>>> {
    let mut rows: Vec<Row> = found(models, Flows::Alike, scope).rows().await?;
    let drawings = drawings(&undecided(&rows), scope).await?;
    if !drawings.is_empty() {
        let drawn: Vec<ModelId> = drawings.keys().copied().collect();
        rows.extend(found(&drawn, Flows::Apart, scope).rows::<Row>().await?);
    }
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

/// The query for the frameworks of a model, and for each the flow whose countermeasure it covers.
pub(super) fn derived(model: ModelId, scope: Scope<'_>) -> SelectStatement {
    found(&[model], Flows::Apart, scope).statement()
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

/// What is told of the flow whose countermeasure is mapped.
#[derive(Clone, Copy)]
enum Flows {
    /// That it is one: [`SOME_FLOW`] stands for each.
    Alike,
    /// Which one it is.
    Apart,
}

const SOME_FLOW: i64 = -1;

const MODEL: &str = "model";
const FLOW: &str = "flow";
const TARGET: &str = "target";

/// A table of models, flows and what a countermeasure in them leads to.
struct Targets {
    name: &'static str,
    statement: SelectStatement,
}

impl Targets {
    fn cell(&self, name: &'static str) -> Expr {
        Expr::col((self.name, name))
    }

    /// Narrows rows to those that a column of theirs names as targets.
    fn join<E: EntityTrait>(self, mut select: Select<E>, key: impl ColumnTrait) -> Select<E> {
        let condition = self.cell(TARGET).eq(column(key));
        QuerySelect::query(&mut select).join_subquery(
            JoinType::InnerJoin,
            self.statement,
            self.name,
            condition,
        );
        select
    }
}

fn found<'c>(models: &[ModelId], flows: Flows, scope: Scope<'c>) -> Find<'c, framework::Entity> {
    use framework::{Column, Entity};
    let mapped = mapped(models, flows, scope);
    let mut cells = Cells::of(KIND, mapped.cell(MODEL), column(Column::Id))
        .named(Column::Name, Column::Version);
    cells.flow = mapped.cell(FLOW);
    let find = scope.find::<Entity>().shape(|select| {
        let requirements = requirement::Relation::Framework.def().rev();
        mapped.join(select.join(JoinType::InnerJoin, requirements), requirement::Column::Id)
    });
    cells.choose(find)
}

/// Requirements that countermeasures are mapped to.
fn mapped(models: &[ModelId], flows: Flows, scope: Scope<'_>) -> Targets {
    let mut statement = by_library(models, flows, scope);
    statement.union(UnionType::All, of_components(models, scope));
    statement.union(UnionType::All, of_flows(models, flows, scope));
    Targets { name: "mapped", statement }
}

fn by_library(models: &[ModelId], flows: Flows, scope: Scope<'_>) -> SelectStatement {
    use countermeasure_standard::{Column, Entity};
    let used = used(models, flows, scope);
    let (model, flow) = (used.cell(MODEL), used.cell(FLOW));
    let find =
        scope.find::<Entity>().shape(|select| used.join(select, Column::CountermeasureLibraryId));
    targets(find, model, flow, Column::RequirementId)
}

/// Library countermeasures that are used, each once for a model: many countermeasures of it stem
/// from the same one.
fn used(models: &[ModelId], flows: Flows, scope: Scope<'_>) -> Targets {
    let mut statement = used_by_components(models, scope);
    statement.union(UnionType::All, used_by_flows(models, flows, scope));
    Targets { name: "used", statement }
}

fn used_by_components(models: &[ModelId], scope: Scope<'_>) -> SelectStatement {
    use component_countermeasure::{Column, Entity};
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.is_in(models.iter().copied()))
        .filter(Column::CountermeasureLibraryId.is_not_null());
    targets(find, column(Column::ThreatModelId), no_flow(), Column::CountermeasureLibraryId)
}

fn of_components(models: &[ModelId], scope: Scope<'_>) -> SelectStatement {
    use component_countermeasure_standard::{Column, Entity};
    let find = scope.find::<Entity>().filter(Column::ThreatModelId.is_in(models.iter().copied()));
    targets(find, column(Column::ThreatModelId), no_flow(), Column::RequirementId)
}

fn used_by_flows(models: &[ModelId], flows: Flows, scope: Scope<'_>) -> SelectStatement {
    use flow_countermeasure::{Column, Entity, Relation};
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.is_in(models.iter().copied()))
        .filter(Column::CountermeasureLibraryId.is_not_null())
        .shape(|select| flows.join(select, [Relation::FlowThreat.def()]));
    targets(find, column(Column::ThreatModelId), flows.cell(), Column::CountermeasureLibraryId)
}

fn of_flows(models: &[ModelId], flows: Flows, scope: Scope<'_>) -> SelectStatement {
    use flow_countermeasure_standard::{Column, Entity, Relation};
    let to_flow =
        [Relation::FlowCountermeasure.def(), flow_countermeasure::Relation::FlowThreat.def()];
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.is_in(models.iter().copied()))
        .shape(|select| flows.join(select, to_flow));
    targets(find, column(Column::ThreatModelId), flows.cell(), Column::RequirementId)
}

impl Flows {
    fn cell(self) -> Expr {
        match self {
            Self::Alike => Expr::cust(format!("CAST({SOME_FLOW} AS BIGINT)")),
            Self::Apart => column(flow_threat::Column::DataFlowId),
        }
    }

    /// Follows the way to the threats of flows where their flows are told apart.
    fn join<E: EntityTrait>(
        self,
        select: Select<E>,
        way: impl IntoIterator<Item = RelationDef>,
    ) -> Select<E> {
        match self {
            Self::Alike => select,
            Self::Apart => {
                way.into_iter().fold(select, |select, step| select.join(JoinType::InnerJoin, step))
            }
        }
    }
}

fn targets<E: Tenanted>(
    find: Find<'_, E>,
    model: Expr,
    flow: Expr,
    target: impl ColumnTrait,
) -> SelectStatement {
    let find = find.shape(|select| {
        let select = select.select_only().distinct().expr_as(model, MODEL).expr_as(flow, FLOW);
        select.expr_as(column(target), TARGET)
    });
    find.table()
}
