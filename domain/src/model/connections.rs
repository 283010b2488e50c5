//! What a threat model is connected with, and what is known about its content: all of it in one
//! statement.

use std::collections::BTreeSet;

use entity::{
    Id, choice::PackType, component_countermeasure, component_threat, data_asset, data_flow,
    flow_countermeasure, flow_threat, orgsystem, pack, threat_model, threat_model_pack,
    threat_model_relation, threat_model_system,
};
use schemars::JsonSchema;
use sea_orm::{
    ActiveEnum, ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait,
    sea_query::{CaseStatement, Expr, ExprTrait, SelectStatement},
};
use serde::Serialize;

use super::{
    Drawing,
    checklist::Facts,
    frameworks::{self, Framework},
};
use crate::{Find, Result, Scope};

/// A pack from whose library a threat model draws.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectedPack {
    /// The pack.
    pub id: Id<pack::Entity>,
    /// Its name.
    pub name: String,
    /// Its short name, unique in the organization.
    pub slug: String,
    /// The imported version.
    pub version: String,
    /// What it mainly brings.
    pub pack_type: PackType,
}

/// What a threat model is connected with.
#[derive(Debug, Default)]
pub struct Connections(Vec<Row>);

/// One thing. Which columns mean something depends on the kind.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Row {
    kind: String,
    pub(super) model: Id<threat_model::Entity>,
    /// The flow whose countermeasure or threat it is, 0 for components.
    pub(super) flow: Id<data_flow::Entity>,
    pub(super) id: i64,
    pub(super) name: String,
    slug: String,
    pub(super) version: String,
    pack_type: String,
}

impl Row {
    /// Whether it stems from a component or from a flow that the drawing shows.
    pub(super) fn counts(&self, drawing: &Drawing) -> bool {
        self.flow.key() == 0 || drawing.has_flow(self.flow)
    }
}

impl Connections {
    /// Reads the connections of one model.
    pub async fn of(model: Id<threat_model::Entity>, scope: Scope<'_>) -> Result<Self> {
        let others = [
            packs(model, scope),
            references(model, scope),
            assets(model, scope),
            component_threats(model, scope),
            flow_threats(model, scope),
            component_countermeasures(model, scope),
            flow_countermeasures(model, scope),
            frameworks::derived(model, scope),
        ];
        Ok(Self(systems(model, scope).with(others).rows().await?))
    }

    /// Systems that the model is about.
    pub fn systems(&self) -> Vec<Id<orgsystem::Entity>> {
        self.ids("system")
    }

    /// Models that the model refers to.
    pub fn references(&self) -> Vec<Id<threat_model::Entity>> {
        self.ids("reference")
    }

    /// Connected packs by name.
    pub fn packs(&self) -> Vec<ConnectedPack> {
        let mut packs: Vec<_> = self.of_kind("pack").filter_map(connected_pack).collect();
        packs.sort_by(|one, other| one.name.cmp(&other.name));
        packs
    }

    /// Frameworks that countermeasures in scope are mapped to.
    pub fn frameworks(&self, drawing: &Drawing) -> Vec<Framework> {
        let rows = self.of_kind(frameworks::KIND).filter(|row| row.counts(drawing));
        frameworks::distinct(rows)
    }

    /// What the checklist needs.
    pub fn facts(&self, drawing: &Drawing) -> Facts {
        let threats = |of_flows: bool| {
            self.of_kind("threat")
                .any(|row| (row.flow.key() != 0) == of_flows && row.counts(drawing))
        };
        let countermeasures = || self.of_kind("countermeasure").filter(|row| row.counts(drawing));
        Facts {
            asset: self.of_kind("asset").next().is_some(),
            component_threat: threats(false),
            flow_threat: threats(true),
            countermeasure: countermeasures().next().is_some(),
            owner: countermeasures().any(|row| row.id == OWNED),
        }
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Row> {
        self.0.iter().filter(move |row| row.kind == kind)
    }

    fn ids<E>(&self, kind: &'static str) -> Vec<Id<E>> {
        let ids: BTreeSet<i64> = self.of_kind(kind).map(|row| row.id).collect();
        ids.into_iter().map(Id::trusted).collect()
    }
}

/// Stands in the id of a countermeasure that has an owner.
const OWNED: i64 = 1;

fn connected_pack(row: &Row) -> Option<ConnectedPack> {
    Some(ConnectedPack {
        id: Id::trusted(row.id),
        name: row.name.clone(),
        slug: row.slug.clone(),
        version: row.version.clone(),
        pack_type: PackType::try_from_value(&row.pack_type).ok()?,
    })
}

/// The columns of a [`Row`].
pub(super) struct Cells {
    kind: &'static str,
    model: Expr,
    pub(super) flow: Expr,
    id: Expr,
    name: Expr,
    slug: Expr,
    version: Expr,
    pack_type: Expr,
}

impl Cells {
    pub(super) fn of(kind: &'static str, model: Expr, id: Expr) -> Self {
        let nothing = || Expr::cust("''");
        Self {
            kind,
            model,
            flow: no_flow(),
            id,
            name: nothing(),
            slug: nothing(),
            version: nothing(),
            pack_type: nothing(),
        }
    }

    pub(super) fn flow(mut self, flow: impl ColumnTrait) -> Self {
        self.flow = column(flow);
        self
    }

    pub(super) fn named(mut self, name: impl ColumnTrait, version: impl ColumnTrait) -> Self {
        self.name = column(name);
        self.version = column(version);
        self
    }

    /// Distinct rows of these columns.
    pub(super) fn choose<E: entity::Tenanted>(self, find: Find<'_, E>) -> Find<'_, E> {
        find.shape(|select| {
            select
                .select_only()
                .distinct()
                .expr_as(Expr::cust(format!("'{}'", self.kind)), "kind")
                .expr_as(self.model, "model")
                .expr_as(self.flow, "flow")
                .expr_as(self.id, "id")
                .expr_as(self.name, "name")
                .expr_as(self.slug, "slug")
                .expr_as(self.version, "version")
                .expr_as(self.pack_type, "pack_type")
        })
    }
}

fn zero() -> Expr {
    Expr::cust("CAST(0 AS BIGINT)")
}

/// Stands in the flow of what belongs to a component.
pub(super) fn no_flow() -> Expr {
    zero()
}

pub(super) fn column(column: impl ColumnTrait) -> Expr {
    Expr::col(column.as_column_ref())
}

type Model = Id<threat_model::Entity>;

fn systems(model: Model, scope: Scope<'_>) -> Find<'_, threat_model_system::Entity> {
    use threat_model_system::{Column, Entity};
    let cells = Cells::of("system", column(Column::ThreatModelId), column(Column::OrgsystemId));
    cells.choose(scope.find::<Entity>().filter(Column::ThreatModelId.eq(model)))
}

fn packs(model: Model, scope: Scope<'_>) -> SelectStatement {
    use threat_model_pack::{Column, Entity, Relation};
    let mut cells = Cells::of("pack", column(Column::ThreatModelId), column(Column::PackId))
        .named(pack::Column::Name, pack::Column::Version);
    cells.slug = column(pack::Column::Slug);
    cells.pack_type = column(pack::Column::PackType);
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .shape(|select| select.join(JoinType::InnerJoin, Relation::Pack.def()));
    cells.choose(find).statement()
}

fn references(model: Model, scope: Scope<'_>) -> SelectStatement {
    use threat_model_relation::{Column, Entity};
    let cells =
        Cells::of("reference", column(Column::ThreatModelId), column(Column::TargetModelId));
    cells.choose(scope.find::<Entity>().filter(Column::ThreatModelId.eq(model))).statement()
}

fn assets(model: Model, scope: Scope<'_>) -> SelectStatement {
    use data_asset::{Column, Entity};
    let cells = Cells::of("asset", column(Column::ThreatModelId), zero());
    cells.choose(scope.find::<Entity>().filter(Column::ThreatModelId.eq(model))).statement()
}

fn component_threats(model: Model, scope: Scope<'_>) -> SelectStatement {
    use component_threat::{Column, Entity};
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .filter(Column::IsDismissed.eq(false));
    let cells = Cells::of("threat", column(Column::ThreatModelId), zero());
    cells.choose(find).statement()
}

fn flow_threats(model: Model, scope: Scope<'_>) -> SelectStatement {
    use flow_threat::{Column, Entity};
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .filter(Column::IsDismissed.eq(false));
    let cells = Cells::of("threat", column(Column::ThreatModelId), zero());
    cells.flow(Column::DataFlowId).choose(find).statement()
}

fn component_countermeasures(model: Model, scope: Scope<'_>) -> SelectStatement {
    use component_countermeasure::{Column, Entity};
    let owned = owned(Column::AssignedOwnerId);
    let cells = Cells::of("countermeasure", column(Column::ThreatModelId), owned);
    cells.choose(scope.find::<Entity>().filter(Column::ThreatModelId.eq(model))).statement()
}

fn flow_countermeasures(model: Model, scope: Scope<'_>) -> SelectStatement {
    use flow_countermeasure::{Column, Entity, Relation};
    let find = scope
        .find::<Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .shape(|select| select.join(JoinType::InnerJoin, Relation::FlowThreat.def()));
    let cells =
        Cells::of("countermeasure", column(Column::ThreatModelId), owned(Column::AssignedOwnerId));
    cells.flow(flow_threat::Column::DataFlowId).choose(find).statement()
}

fn owned(owner: impl ColumnTrait) -> Expr {
    CaseStatement::new()
        .case(column(owner).is_null(), zero())
        .finally(Expr::cust(format!("CAST({OWNED} AS BIGINT)")))
        .into()
}
