//! How the figures of threat models change from day to day.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Actor, Id,
    choice::{CountermeasureStatus, RiskLevel, ThreatStatus},
    component_countermeasure, component_threat, flow_countermeasure, flow_threat, organization,
    risk, threat_model, threat_model_snapshot as snapshot,
};
use schemars::JsonSchema;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, FromQueryResult, QuerySelect,
    sea_query::Expr,
};
use serde::Serialize;

use crate::{Result, Scope, Store, store::Rows};

/// How far trends look back.
pub const SHOWN: TimeDelta = TimeDelta::days(366);

/// How long snapshots are kept.
pub const KEPT: TimeDelta = TimeDelta::days(3 * 366);

/// The figures of one or several models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Threats that were not dismissed.
    pub threats: i64,
    /// Threats that were dismissed.
    pub dismissed: i64,
    /// Threats that nothing is done about.
    pub exposed: i64,
    /// Threats about which something is planned or waived.
    pub addressable: i64,
    /// Threats that are countered.
    pub mitigated: i64,
    /// Countermeasures, also those of dismissed threats.
    pub countermeasures: i64,
    /// Countermeasures that are missing.
    pub gaps: i64,
    /// Countermeasures that are planned.
    pub planned: i64,
    /// Countermeasures that are verified.
    pub verified: i64,
    /// Countermeasures that are waived.
    pub waived: i64,
    /// Countermeasures that the platform provides.
    pub platform: i64,
    /// Risks.
    pub risks: i64,
    /// Risks whose residual level is low.
    pub risks_low: i64,
    /// Risks whose residual level is medium.
    pub risks_medium: i64,
    /// Risks whose residual level is high.
    pub risks_high: i64,
    /// Risks whose residual level is critical.
    pub risks_critical: i64,
}

/// The figures at the time of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TrendPoint")]
pub struct Point {
    /// In UTC, as `2026-11-23`.
    pub day: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        let pairs = self.all().into_iter().zip(other.copies());
        for (figure, more) in pairs {
            *figure += more;
        }
    }

    fn all(&mut self) -> [&mut i64; 16] {
        [
            &mut self.threats,
            &mut self.dismissed,
            &mut self.exposed,
            &mut self.addressable,
            &mut self.mitigated,
            &mut self.countermeasures,
            &mut self.gaps,
            &mut self.planned,
            &mut self.verified,
            &mut self.waived,
            &mut self.platform,
            &mut self.risks,
            &mut self.risks_low,
            &mut self.risks_medium,
            &mut self.risks_high,
            &mut self.risks_critical,
        ]
    }

    fn copies(&self) -> [i64; 16] {
        let mut copy = *self;
        copy.all().map(|figure| *figure)
    }

    fn count_threats(&mut self, status: ThreatStatus, is_dismissed: bool, number: i64) {
        if is_dismissed {
            self.dismissed += number;
            return;
        }
        self.threats += number;
        match status {
            ThreatStatus::Exposed => self.exposed += number,
            ThreatStatus::Addressable => self.addressable += number,
            ThreatStatus::Mitigated => self.mitigated += number,
        }
    }

    fn count_countermeasures(&mut self, status: CountermeasureStatus, number: i64) {
        self.countermeasures += number;
        match status {
            CountermeasureStatus::Gap => self.gaps += number,
            CountermeasureStatus::Planned => self.planned += number,
            CountermeasureStatus::Verified => self.verified += number,
            CountermeasureStatus::Waived => self.waived += number,
            CountermeasureStatus::Platform => self.platform += number,
        }
    }

    fn count_risks(&mut self, level: RiskLevel, number: i64) {
        self.risks += number;
        match level {
            RiskLevel::Low => self.risks_low += number,
            RiskLevel::Medium => self.risks_medium += number,
            RiskLevel::High => self.risks_high += number,
            RiskLevel::Critical => self.risks_critical += number,
        }
    }
}

impl From<snapshot::Model> for Point {
    fn from(row: snapshot::Model) -> Self {
        let figures = Figures {
            threats: row.threats,
            dismissed: row.dismissed,
            exposed: row.exposed,
            addressable: row.addressable,
            mitigated: row.mitigated,
            countermeasures: row.countermeasures,
            gaps: row.gaps,
            planned: row.planned,
            verified: row.verified,
            waived: row.waived,
            platform: row.platform,
            risks: row.risks,
            risks_low: row.risks_low,
            risks_medium: row.risks_medium,
            risks_high: row.risks_high,
            risks_critical: row.risks_critical,
        };
        Self { day: row.day, figures }
    }
}

/// The name of the day of a moment, in UTC.
pub fn day(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d").to_string()
}

/// How the figures of a model changed, oldest first, in four statements. The last point tells how
/// they are now.
pub async fn of_model(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Result<Vec<Point>> {
    let past = past(scope, Some(model)).await?;
    let now = figures(scope, Some(model)).await?.remove(&model).unwrap_or_default();
    Ok(ending_now(past.into_iter().map(Point::from), now, scope))
}

/// How the figures of all models that the actor sees changed, oldest first. A model counts from
/// its first snapshot on.
pub async fn of_all(
    scope: Scope<'_>,
    now: &BTreeMap<Id<threat_model::Entity>, Figures>,
) -> Result<Vec<Point>> {
    let mut days: BTreeMap<String, Figures> = BTreeMap::new();
    for point in past(scope, None).await?.into_iter().map(Point::from) {
        days.entry(point.day).or_default().add(&point.figures);
    }
    let points = days.into_iter().map(|(day, figures)| Point { day, figures });
    Ok(ending_now(points, sum(now.values()), scope))
}

/// The figures of several models together.
pub fn sum<'f>(figures: impl IntoIterator<Item = &'f Figures>) -> Figures {
    let mut all = Figures::default();
    figures.into_iter().for_each(|one| all.add(one));
    all
}

fn ending_now(past: impl Iterator<Item = Point>, now: Figures, scope: Scope<'_>) -> Vec<Point> {
    let today = day(scope.now());
    let mut points: Vec<Point> = past.filter(|point| point.day < today).collect();
    points.push(Point { day: today, figures: now });
    points
}

async fn past(
    scope: Scope<'_>,
    model: Option<Id<threat_model::Entity>>,
) -> Result<Vec<snapshot::Model>> {
    let begin = day(scope.now() - SHOWN);
    let find = scope.find::<snapshot::Entity>().filter(snapshot::Column::Day.gte(begin));
    let find = match model {
        Some(model) => find.filter(snapshot::Column::ThreatModelId.eq(model)),
        None => find,
    };
    find.ascending([snapshot::Column::Day, snapshot::Column::Id]).all().await
}

#[derive(FromQueryResult)]
struct ThreatCount {
    model: Id<threat_model::Entity>,
    status: ThreatStatus,
    is_dismissed: bool,
    number: i64,
}

#[derive(FromQueryResult)]
struct MeasureCount {
    model: Id<threat_model::Entity>,
    status: CountermeasureStatus,
    number: i64,
}

#[derive(FromQueryResult)]
struct RiskCount {
    model: Id<threat_model::Entity>,
    level: RiskLevel,
    number: i64,
}

/// Counts the rows of a table by model and other columns.
macro_rules! counted {
    ($scope:ident, $model:ident, $table:ident, $($column:ident as $name:literal),+) => {{
        use $table::Column;
        let find = $scope.find::<$table::Entity>().filter(Column::ThreatModelId.is_not_null());
        let find = match $model {
            Some(model) => find.filter(Column::ThreatModelId.eq(model)),
            None => find,
        };
        find.shape(|select| {
            select
                .select_only()
                .column_as(Column::ThreatModelId, "model")
                $(.column_as(Column::$column, $name))+
                .expr_as(Expr::cust("COUNT(*)"), "number")
                .group_by(Column::ThreatModelId)
                $(.group_by(Column::$column))+
        })
        .prepared()
    }};
}

/// The figures of one model or all that the actor sees, in three statements. Models without
/// threats and risks are left out.
pub async fn figures(
    scope: Scope<'_>,
    model: Option<Id<threat_model::Entity>>,
) -> Result<BTreeMap<Id<threat_model::Entity>, Figures>> {
    let of_components: Rows<'_> =
        counted!(scope, model, component_threat, Status as "status", IsDismissed as "is_dismissed");
    let of_flows: Rows<'_> =
        counted!(scope, model, flow_threat, Status as "status", IsDismissed as "is_dismissed");
    let on_components: Rows<'_> =
        counted!(scope, model, component_countermeasure, Status as "status");
    let on_flows: Rows<'_> = counted!(scope, model, flow_countermeasure, Status as "status");
    let risks: Rows<'_> = counted!(scope, model, risk, ResidualLevel as "level");
    let threats: Vec<ThreatCount> = of_components.and(of_flows).fetch().await?;
    let measures: Vec<MeasureCount> = on_components.and(on_flows).fetch().await?;
    let risks: Vec<RiskCount> = risks.fetch().await?;
    let mut all: BTreeMap<_, Figures> = BTreeMap::new();
    for row in threats {
        let figures = all.entry(row.model).or_default();
        figures.count_threats(row.status, row.is_dismissed, row.number);
    }
    for row in measures {
        all.entry(row.model).or_default().count_countermeasures(row.status, row.number);
    }
    for row in risks {
        all.entry(row.model).or_default().count_risks(row.level, row.number);
    }
    Ok(all)
}

/// Keeps the figures of all models of an organization under a day, unless they are kept already.
/// Answers how many were new.
pub async fn keep(store: &Store, organization: Id<organization::Entity>, day: &str) -> Result<u64> {
    let actor = Actor::for_job(organization, None);
    let scope = store.read(&actor);
    let models: Vec<Id<threat_model::Entity>> =
        scope.find::<threat_model::Entity>().values(threat_model::Column::Id).await?;
    if models.is_empty() {
        return Ok(0);
    }
    let figures = figures(scope, None).await?;
    let row = |model: Id<threat_model::Entity>| {
        let figures = figures.get(&model).copied().unwrap_or_default();
        snapshot_of(organization, model, day, figures)
    };
    let transaction = store.write(&actor).await?;
    let added = transaction.insert_missing(models.into_iter().map(row).collect()).await?;
    transaction.commit().await?;
    Ok(added)
}

fn snapshot_of(
    organization: Id<organization::Entity>,
    model: Id<threat_model::Entity>,
    day: &str,
    figures: Figures,
) -> snapshot::ActiveModel {
    snapshot::ActiveModel {
        id: NotSet,
        organization_id: Set(organization),
        threat_model_id: Set(model),
        day: Set(day.to_owned()),
        threats: Set(figures.threats),
        dismissed: Set(figures.dismissed),
        exposed: Set(figures.exposed),
        addressable: Set(figures.addressable),
        mitigated: Set(figures.mitigated),
        countermeasures: Set(figures.countermeasures),
        gaps: Set(figures.gaps),
        planned: Set(figures.planned),
        verified: Set(figures.verified),
        waived: Set(figures.waived),
        platform: Set(figures.platform),
        risks: Set(figures.risks),
        risks_low: Set(figures.risks_low),
        risks_medium: Set(figures.risks_medium),
        risks_high: Set(figures.risks_high),
        risks_critical: Set(figures.risks_critical),
        created_at: NotSet,
    }
}
