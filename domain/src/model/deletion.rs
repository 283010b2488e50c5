//! Deleting a threat model, and what goes with it.

use entity::{
    Document, Id, Names, Tenanted, component, component_countermeasure, component_threat,
    data_flow, diagram, flow_countermeasure, flow_threat, reference_image, threat_model,
};
use sea_orm::{ColumnTrait, FromQueryResult, QuerySelect, sea_query::Expr};

use super::Shown;
use crate::{Find, Result, Scope, Transaction, report::export};

/// What would be deleted with a threat model.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Its diagrams, oldest first.
    pub diagrams: Vec<DiagramPreview>,
    /// How many components.
    pub components: i64,
    /// How many data flows.
    pub flows: i64,
    /// How many threats of components and flows.
    pub threats: i64,
    /// How many countermeasures.
    pub countermeasures: i64,
}

/// A diagram that would be deleted.
#[derive(Clone, Debug)]
pub struct DiagramPreview {
    /// The diagram.
    pub id: Id<diagram::Entity>,
    /// Its name.
    pub name: String,
    /// How many nodes it shows.
    pub nodes: usize,
}

#[derive(FromQueryResult)]
struct Count {
    kind: String,
    number: i64,
}

/// Counts what would be deleted with a model.
pub async fn preview(model: Id<threat_model::Entity>, scope: Scope<'_>) -> Result<Preview> {
    let components = counted(
        of::<component::Entity>(component::Column::ThreatModelId, model, scope),
        "component",
    );
    let others = [
        counted(of::<data_flow::Entity>(data_flow::Column::ThreatModelId, model, scope), "flow")
            .statement(),
        counted(
            of::<component_threat::Entity>(component_threat::Column::ThreatModelId, model, scope),
            "threat",
        )
        .statement(),
        counted(
            of::<flow_threat::Entity>(flow_threat::Column::ThreatModelId, model, scope),
            "threat",
        )
        .statement(),
        counted(
            of::<component_countermeasure::Entity>(
                component_countermeasure::Column::ThreatModelId,
                model,
                scope,
            ),
            "control",
        )
        .statement(),
        counted(
            of::<flow_countermeasure::Entity>(
                flow_countermeasure::Column::ThreatModelId,
                model,
                scope,
            ),
            "control",
        )
        .statement(),
    ];
    let counts: Vec<Count> = components.with(others).rows().await?;
    let sum = |kind: &str| {
        counts.iter().filter(|count| count.kind == kind).map(|count| count.number).sum()
    };
    Ok(Preview {
        diagrams: diagrams(model, scope).await?,
        components: sum("component"),
        flows: sum("flow"),
        threats: sum("threat"),
        countermeasures: sum("control"),
    })
}

/// Deletes a model with everything below it. Returns the storage keys of its images and report
/// files, which are to be removed once the transaction is committed.
pub async fn delete(
    model: impl Names<threat_model::Entity>,
    transaction: &Transaction<'_>,
) -> Result<Vec<String>> {
    let model = model.id();
    let mut files = transaction
        .scope()
        .find::<reference_image::Entity>()
        .filter(reference_image::Column::ThreatModelId.eq(model))
        .values(reference_image::Column::StorageKey)
        .await?;
    files.extend(export::files_of(transaction.scope(), model).await?);
    transaction.delete(model).await?;
    Ok(files)
}

async fn diagrams(
    model: Id<threat_model::Entity>,
    scope: Scope<'_>,
) -> Result<Vec<DiagramPreview>> {
    use diagram::Column;
    let rows: Vec<(Id<diagram::Entity>, String, Document)> = scope
        .find::<diagram::Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .ascending([Column::CreatedAt, Column::Id])
        .shape(|select| {
            select.select_only().columns([Column::Id, Column::Name, Column::CanvasData])
        })
        .tuples()
        .await?;
    let preview = |(id, name, canvas): (_, _, Document)| DiagramPreview {
        id,
        name,
        nodes: Shown::on(&canvas).node_count(),
    };
    Ok(rows.into_iter().map(preview).collect())
}

/// Rows of a table that belong to a model.
fn of<E: Tenanted>(
    column: E::Column,
    model: Id<threat_model::Entity>,
    scope: Scope<'_>,
) -> Find<'_, E> {
    scope.find::<E>().filter(column.eq(model))
}

fn counted<'c, E: Tenanted>(find: Find<'c, E>, kind: &'static str) -> Find<'c, E> {
    find.shape(|select| {
        select
            .select_only()
            .expr_as(Expr::cust(format!("'{kind}'")), "kind")
            .expr_as(Expr::cust("COUNT(*)"), "number")
    })
}
