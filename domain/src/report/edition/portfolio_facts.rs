//! What is known about all models of an organization.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{
    Id, component_countermeasure, component_countermeasure_standard, flow_countermeasure,
    flow_countermeasure_standard, framework, organization, requirement, risk, team, threat_model,
    user,
};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait,
    sea_query::{Alias, Expr},
};

use super::facts::requirements;
use crate::{
    Result, Scope,
    report::{
        compliance::{Coverage, percentage},
        trends::{self, Figures, Point},
    },
    store::Rows,
};

/// What is known about an organization.
pub(super) struct PortfolioFacts {
    /// Its name.
    pub(super) organization: String,
    /// Its models, those with the gravest risks first.
    pub(super) models: Vec<ModelLine>,
    /// The figures of all models together.
    pub(super) total: Figures,
    /// Missing countermeasures by owner and model.
    pub(super) gaps: Vec<GapLine>,
    /// How far frameworks are fulfilled by all models together.
    pub(super) coverage: Vec<Coverage>,
    /// Inherent and residual levels of risks.
    pub(super) levels: Vec<(String, String)>,
    /// How the figures changed.
    pub(super) trend: Vec<Point>,
}

/// A model in a list.
pub(super) struct ModelLine {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) criticality: String,
    pub(super) team: Option<String>,
    pub(super) figures: Figures,
}

/// How many countermeasures of a model somebody has to see to.
#[derive(FromQueryResult)]
pub(super) struct GapLine {
    pub(super) owner: Option<String>,
    pub(super) model: String,
    pub(super) number: i64,
}

#[derive(FromQueryResult)]
struct ModelRow {
    id: i64,
    name: String,
    criticality: String,
    team: Option<String>,
}

#[derive(FromQueryResult)]
struct MappedRow {
    framework: i64,
    requirement: i64,
    status: String,
}

#[derive(FromQueryResult)]
struct FrameworkRow {
    id: i64,
    name: String,
    slug: String,
}

impl PortfolioFacts {
    pub(super) async fn read(
        scope: Scope<'_>,
        organization: Id<organization::Entity>,
    ) -> Result<Self> {
        let figures = trends::figures(scope, None).await?;
        let trend = trends::of_all(scope, &figures).await?;
        Ok(Self {
            organization: scope.get(organization).await?.name,
            models: models(scope, &figures).await?,
            total: trends::sum(figures.values()),
            gaps: gaps(scope).await?,
            coverage: coverage(scope).await?,
            levels: levels(scope).await?,
            trend,
        })
    }
}

async fn models(
    scope: Scope<'_>,
    figures: &BTreeMap<Id<threat_model::Entity>, Figures>,
) -> Result<Vec<ModelLine>> {
    use threat_model::Column;
    let rows: Vec<ModelRow> = scope
        .find::<threat_model::Entity>()
        .shape(|select| {
            select
                .join(JoinType::LeftJoin, threat_model::Relation::OwningTeam.def())
                .select_only()
                .columns([Column::Id, Column::Name, Column::Criticality])
                .column_as(team::Column::Name, "team")
        })
        .ascending([Column::Name, Column::Id])
        .rows()
        .await?;
    let line = |row: ModelRow| ModelLine {
        figures: figures.get(&Id::trusted(row.id)).copied().unwrap_or_default(),
        id: row.id,
        name: row.name,
        criticality: row.criticality,
        team: row.team,
    };
    let mut models: Vec<ModelLine> = rows.into_iter().map(line).collect();
    models.sort_by_key(|model| {
        let figures = model.figures;
        std::cmp::Reverse([
            figures.risks_critical,
            figures.risks_high,
            figures.risks_medium,
            figures.risks_low,
            figures.exposed,
        ])
    });
    Ok(models)
}

/// Counts gaps of one kind by owner and model.
macro_rules! gap_rows {
    ($scope:ident, $table:ident) => {{
        use $table::{Column, Relation};
        $scope
            .find::<$table::Entity>()
            .filter(Column::Status.eq(entity::choice::CountermeasureStatus::Gap))
            .shape(|select| {
                let owner = || Expr::col((Alias::new("owner_user"), user::Column::Email));
                let model = || Expr::col((threat_model::Entity, threat_model::Column::Name));
                select
                    .join_as(
                        JoinType::LeftJoin,
                        Relation::AssignedOwner.def(),
                        Alias::new("owner_user"),
                    )
                    .join(JoinType::InnerJoin, Relation::ThreatModel.def())
                    .select_only()
                    .expr_as(owner(), "owner")
                    .expr_as(model(), "model")
                    .expr_as(Expr::cust("COUNT(*)"), "number")
                    .group_by(owner())
                    .group_by(model())
            })
            .prepared()
    }};
}

async fn gaps(scope: Scope<'_>) -> Result<Vec<GapLine>> {
    let components: Rows<'_> = gap_rows!(scope, component_countermeasure);
    let flows: Rows<'_> = gap_rows!(scope, flow_countermeasure);
    let mut sums: BTreeMap<(Option<String>, String), i64> = BTreeMap::new();
    for row in components.and(flows).fetch::<GapLine>().await? {
        *sums.entry((row.owner, row.model)).or_default() += row.number;
    }
    let line = |((owner, model), number)| GapLine { owner, model, number };
    let mut gaps: Vec<GapLine> = sums.into_iter().map(line).collect();
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.number));
    Ok(gaps)
}

async fn levels(scope: Scope<'_>) -> Result<Vec<(String, String)>> {
    scope
        .find::<risk::Entity>()
        .shape(|select| {
            select.select_only().columns([risk::Column::InherentLevel, risk::Column::ResidualLevel])
        })
        .tuples()
        .await
}

/// Requirements that countermeasures of one kind are mapped to, with their status, each once.
macro_rules! mapped_rows {
    ($scope:ident, $table:ident, $measure:ident, $relation:ident) => {{
        use $table::{Column, Relation};
        $scope
            .find::<$table::Entity>()
            .filter(Column::ThreatModelId.is_not_null())
            .shape(|select| {
                select
                    .join(JoinType::InnerJoin, Relation::Requirement.def())
                    .join(JoinType::InnerJoin, Relation::$relation.def())
                    .select_only()
                    .distinct()
                    .column_as(requirement::Column::FrameworkId, "framework")
                    .column_as(requirement::Column::Id, "requirement")
                    .column_as($measure::Column::Status, "status")
            })
            .prepared()
    }};
}

async fn coverage(scope: Scope<'_>) -> Result<Vec<Coverage>> {
    let components: Rows<'_> = mapped_rows!(
        scope,
        component_countermeasure_standard,
        component_countermeasure,
        ComponentCountermeasure
    );
    let flows: Rows<'_> =
        mapped_rows!(scope, flow_countermeasure_standard, flow_countermeasure, FlowCountermeasure);
    let mut covered: HashMap<i64, BTreeSet<i64>> = HashMap::new();
    let mut satisfied: HashMap<i64, BTreeSet<i64>> = HashMap::new();
    for row in components.and(flows).fetch::<MappedRow>().await? {
        covered.entry(row.framework).or_default().insert(row.requirement);
        if matches!(row.status.as_str(), "verified" | "platform") {
            satisfied.entry(row.framework).or_default().insert(row.requirement);
        }
    }
    let keys: BTreeSet<i64> = covered.keys().copied().collect();
    let mut totals: HashMap<i64, i64> = HashMap::new();
    for row in requirements(scope, &keys).await? {
        *totals.entry(row.framework_id).or_default() += 1;
    }
    let count = |sets: &HashMap<i64, BTreeSet<i64>>, key: i64| {
        i64::try_from(sets.get(&key).map_or(0, BTreeSet::len)).unwrap_or(i64::MAX)
    };
    let line = |row: FrameworkRow| {
        let total = totals.get(&row.id).copied().unwrap_or_default();
        let (covered, satisfied) = (count(&covered, row.id), count(&satisfied, row.id));
        Coverage {
            name: row.name,
            slug: row.slug,
            total_requirements: total,
            covered_requirements: covered,
            coverage_percentage: percentage(covered, total),
            satisfied_requirements: satisfied,
            satisfaction_percentage: percentage(satisfied, total),
        }
    };
    Ok(frameworks(scope, &keys).await?.into_iter().map(line).collect())
}

async fn frameworks(scope: Scope<'_>, keys: &BTreeSet<i64>) -> Result<Vec<FrameworkRow>> {
    use framework::Column;
    scope
        .find::<framework::Entity>()
        .filter(Column::Id.is_in(keys.iter().copied()))
        .shape(|select| select.select_only().columns([Column::Id, Column::Name, Column::Slug]))
        .ascending([Column::Name, Column::Id])
        .rows()
        .await
}
