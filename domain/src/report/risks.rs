//! Risks of a model in a report.

use std::collections::HashMap;

use entity::{
    Id, component_threat, flow_threat, risk, risk_component_threat, risk_flow_threat,
    threat_library, threat_model, user,
};
use schemars::JsonSchema;
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, Order, QuerySelect, RelationTrait,
    sea_query::{Expr, Func},
};
use serde::Serialize;

use crate::{Result, Scope, store::Rows};

/// A risk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportRisk")]
pub struct Risk {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// What may happen.
    pub description: String,
    /// 0 to 100, before countermeasures.
    pub inherent_score: i32,
    /// `low` to `critical`.
    pub inherent_level: String,
    /// 0 to 100, after countermeasures.
    pub residual_score: Option<i32>,
    /// `low` to `critical`.
    pub residual_level: String,
    /// Address of the owner.
    pub owner_email: Option<String>,
    /// The threats that make it up.
    pub contributing_threats: Vec<ContributingThreat>,
}

/// A threat that contributes to a risk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContributingThreat {
    /// `component` or `dataflow`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name.
    pub threat_name: String,
    /// `exposed`, `addressable` or `mitigated`.
    pub status: String,
}

#[derive(FromQueryResult)]
struct RiskRow {
    id: i64,
    name: String,
    description: String,
    inherent_score: i32,
    inherent_level: String,
    residual_score: Option<i32>,
    residual_level: String,
    owner_email: Option<String>,
}

#[derive(FromQueryResult)]
struct LinkRow {
    is_flow: i32,
    risk_id: i64,
    threat_name: String,
    status: String,
}

/// The risks of the model, highest inherent score first, in two statements.
pub(super) async fn risks(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Result<Vec<Risk>> {
    let (rows, links) = tokio::try_join!(rows(scope, model), links(scope, model))?;
    let mut threats: HashMap<_, Vec<_>> = HashMap::new();
    for link in links {
        threats.entry(link.risk_id).or_default().push(ContributingThreat {
            kind: if link.is_flow == 1 { "dataflow" } else { "component" },
            threat_name: link.threat_name,
            status: link.status,
        });
    }
    let risk = |row: RiskRow| Risk {
        contributing_threats: threats.remove(&row.id).unwrap_or_default(),
        id: row.id,
        name: row.name,
        description: row.description,
        inherent_score: row.inherent_score,
        inherent_level: row.inherent_level,
        residual_score: row.residual_score,
        residual_level: row.residual_level,
        owner_email: row.owner_email,
    };
    Ok(rows.into_iter().map(risk).collect())
}

async fn rows(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Result<Vec<RiskRow>> {
    use risk::Column as Risks;
    scope
        .find::<risk::Entity>()
        .filter(Risks::ThreatModelId.eq(model))
        .shape(|select| {
            select
                .join(JoinType::LeftJoin, risk::Relation::Owner.def())
                .select_only()
                .columns([
                    Risks::Id,
                    Risks::Name,
                    Risks::Description,
                    Risks::InherentScore,
                    Risks::InherentLevel,
                    Risks::ResidualScore,
                    Risks::ResidualLevel,
                ])
                .column_as(user::Column::Email, "owner_email")
        })
        .order_by(Expr::col((risk::Entity, Risks::InherentScore)), Order::Desc)
        .ascending([Risks::Id])
        .rows()
        .await
}

/// Says for one of the two kinds of links which columns make a row.
macro_rules! link_rows {
    ($scope:ident, $model:ident, $link:ident, $threat:ident, $relation:ident, $number:literal) => {{
        let name = Func::coalesce([
            Expr::col((threat_library::Entity, threat_library::Column::Name)),
            Expr::col(($threat::Entity, $threat::Column::ThreatName)),
        ]);
        $scope
            .find::<$link::Entity>()
            .filter($link::Column::ThreatModelId.eq($model))
            .shape(|select| {
                select
                    .join(JoinType::InnerJoin, $link::Relation::$relation.def())
                    .join(JoinType::LeftJoin, $threat::Relation::ThreatLibrary.def())
                    .select_only()
                    .expr_as(Expr::val($number), "is_flow")
                    .column_as($link::Column::RiskId, "risk_id")
                    .expr_as(name, "threat_name")
                    .column_as($threat::Column::Status, "status")
            })
            .prepared()
    }};
}

async fn links(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Result<Vec<LinkRow>> {
    let components: Rows<'_> =
        link_rows!(scope, model, risk_component_threat, component_threat, ComponentThreat, 0);
    let flows: Rows<'_> = link_rows!(scope, model, risk_flow_threat, flow_threat, FlowThreat, 1);
    components.and(flows).fetch().await
}
