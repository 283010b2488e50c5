//! Zones and boundaries of a model in a report.

use std::collections::HashSet;

use entity::{trust_boundary, trust_zone};
use schemars::JsonSchema;
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, JoinType, QuerySelect, RelationTrait,
    sea_query::{Alias, Expr},
};
use serde::Serialize;

use crate::{Result, Scope};

/// A trust zone.
#[derive(Clone, Debug, FromQueryResult, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportTrustZone")]
pub struct Zone {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// 0 (untrusted) to 100.
    pub trust_level: i32,
    /// What it is.
    pub description: String,
}

/// A trust boundary.
#[derive(Clone, Debug, FromQueryResult, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportTrustBoundary")]
pub struct Boundary {
    /// The key.
    pub id: i64,
    /// The label.
    pub label: String,
    /// Name of the zone on one side.
    pub zone_a: String,
    /// Name of the zone on the other side.
    pub zone_b: String,
    /// What it is.
    pub description: String,
}

/// The zones that hold a component, by name.
pub(super) async fn zones(scope: Scope<'_>, held: &HashSet<i64>) -> Result<Vec<Zone>> {
    use trust_zone::Column as Zones;
    scope
        .find::<trust_zone::Entity>()
        .filter(Zones::Id.is_in(held.iter().copied()))
        .shape(|select| {
            select.select_only().columns([
                Zones::Id,
                Zones::Name,
                Zones::TrustLevel,
                Zones::Description,
            ])
        })
        .ascending([Zones::Name, Zones::Id])
        .rows()
        .await
}

/// The boundaries with at least one end among zones that hold a component, by label.
pub(super) async fn boundaries(scope: Scope<'_>, held: &HashSet<i64>) -> Result<Vec<Boundary>> {
    use trust_boundary::{Column as Line, Relation};
    let name = |alias: &'static str| Expr::col((Alias::new(alias), trust_zone::Column::Name));
    scope
        .find::<trust_boundary::Entity>()
        .filter(
            Condition::any()
                .add(Line::ZoneAId.is_in(held.iter().copied()))
                .add(Line::ZoneBId.is_in(held.iter().copied())),
        )
        .shape(|select| {
            select
                .join_as(JoinType::InnerJoin, Relation::ZoneA.def(), Alias::new("side_a"))
                .join_as(JoinType::InnerJoin, Relation::ZoneB.def(), Alias::new("side_b"))
                .select_only()
                .columns([Line::Id, Line::Label, Line::Description])
                .expr_as(name("side_a"), "zone_a")
                .expr_as(name("side_b"), "zone_b")
        })
        .ascending([Line::Label, Line::Id])
        .rows()
        .await
}
