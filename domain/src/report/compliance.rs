//! How far the countermeasures of a model fulfil frameworks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{framework, requirement, requirement_mapping};
use schemars::JsonSchema;
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait,
    sea_query::{Alias, Expr, ExprTrait},
};
use serde::Serialize;

use super::{Analysis, Threat};
use crate::{Result, Scope};

/// Coverage by framework, and how frameworks correspond.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportCompliance")]
pub struct Compliance {
    /// Every framework with a mapped requirement.
    pub frameworks: Vec<Coverage>,
    /// How requirements of these frameworks correspond, by pair of frameworks.
    pub cross_framework_mappings: Vec<Correspondence>,
}

/// How far one framework is fulfilled.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Name of the framework.
    pub name: String,
    /// Short name of the framework.
    pub slug: String,
    /// Requirements of the framework.
    pub total_requirements: i64,
    /// Requirements with a mapped countermeasure.
    pub covered_requirements: i64,
    /// Of the total, rounded to one decimal.
    pub coverage_percentage: f64,
    /// Requirements with a mapped countermeasure that is in place.
    pub satisfied_requirements: i64,
    /// Of the total, rounded to one decimal.
    pub satisfaction_percentage: f64,
}

/// Mappings from one framework to another.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Correspondence {
    /// Name of the framework that is mapped.
    pub source_framework: String,
    /// Name of the framework that it is mapped to.
    pub target_framework: String,
    /// The mappings.
    pub mappings: Vec<CorrespondingRequirement>,
}

/// Two requirements that correspond.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CorrespondingRequirement {
    pub(super) from_section_code: String,
    pub(super) from_description: String,
    pub(super) to_section_code: String,
    pub(super) to_description: String,
    pub(super) sufficiency: String,
}

#[derive(FromQueryResult)]
struct FrameworkRow {
    id: i64,
    name: String,
    slug: String,
    total: i64,
}

#[derive(FromQueryResult)]
struct MappingRow {
    source_framework: i64,
    target_framework: i64,
    from_section_code: String,
    from_description: String,
    to_section_code: String,
    to_description: String,
    sufficiency: String,
}

/// Requirements of one framework that are covered and satisfied.
#[derive(Default)]
struct Tally {
    covered: BTreeSet<i64>,
    satisfied: BTreeSet<i64>,
}

/// The compliance of a model, in at most two statements besides the analysis. With `counted` only
/// some threats count.
pub async fn compliance(
    scope: Scope<'_>,
    analysis: &Analysis,
    counted: impl Fn(&Threat) -> bool,
) -> Result<Compliance> {
    let tallies = tallies(analysis, counted);
    if tallies.is_empty() {
        return Ok(Compliance::default());
    }
    let ids: Vec<i64> = tallies.keys().copied().collect();
    let frameworks = frameworks(scope, &ids).await?;
    let correspondences = if frameworks.len() < 2 {
        Vec::new()
    } else {
        correspondences(scope, &ids, &frameworks).await?
    };
    let coverage = |row: &FrameworkRow| {
        let tally = &tallies[&row.id];
        let count = |set: &BTreeSet<i64>| i64::try_from(set.len()).unwrap_or(i64::MAX);
        let (covered, satisfied) = (count(&tally.covered), count(&tally.satisfied));
        Coverage {
            name: row.name.clone(),
            slug: row.slug.clone(),
            total_requirements: row.total,
            covered_requirements: covered,
            coverage_percentage: percentage(covered, row.total),
            satisfied_requirements: satisfied,
            satisfaction_percentage: percentage(satisfied, row.total),
        }
    };
    Ok(Compliance {
        frameworks: frameworks.iter().map(coverage).collect(),
        cross_framework_mappings: correspondences,
    })
}

fn tallies(analysis: &Analysis, counted: impl Fn(&Threat) -> bool) -> BTreeMap<i64, Tally> {
    let mut tallies: BTreeMap<i64, Tally> = BTreeMap::new();
    let threats = analysis.threats.iter().filter(|threat| counted(threat));
    for countermeasure in threats.flat_map(|threat| &threat.countermeasures) {
        for standard in &countermeasure.standards {
            let (Some(framework), Some(requirement)) = (standard.framework, standard.requirement)
            else {
                continue;
            };
            let tally = tallies.entry(framework).or_default();
            tally.covered.insert(requirement);
            if countermeasure.is_effective() {
                tally.satisfied.insert(requirement);
            }
        }
    }
    tallies
}

#[expect(clippy::cast_precision_loss, reason = "counts of requirements are small")]
pub(super) fn percentage(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (part as f64 / whole as f64 * 1000.0).round() / 10.0
}

async fn frameworks(scope: Scope<'_>, ids: &[i64]) -> Result<Vec<FrameworkRow>> {
    use framework::Column as Framework;
    use requirement::Column as Requirement;
    scope
        .find::<framework::Entity>()
        .filter(Framework::Id.is_in(ids.iter().copied()))
        .shape(|select| {
            select
                .join(JoinType::LeftJoin, requirement::Relation::Framework.def().rev())
                .select_only()
                .columns([Framework::Id, Framework::Name, Framework::Slug])
                .expr_as(Expr::col((requirement::Entity, Requirement::Id)).count(), "total")
                .group_by(Framework::Id)
                .group_by(Framework::Name)
                .group_by(Framework::Slug)
        })
        .ascending([Framework::Name, Framework::Id])
        .rows()
        .await
}

async fn correspondences(
    scope: Scope<'_>,
    ids: &[i64],
    frameworks: &[FrameworkRow],
) -> Result<Vec<Correspondence>> {
    let names: HashMap<i64, &str> =
        frameworks.iter().map(|row| (row.id, row.name.as_str())).collect();
    let mut grouped: BTreeMap<(&str, &str), Vec<CorrespondingRequirement>> = BTreeMap::new();
    for row in mappings(scope, ids).await? {
        let name = |id| names.get(&id).copied().unwrap_or_default();
        let pair = (name(row.source_framework), name(row.target_framework));
        grouped.entry(pair).or_default().push(CorrespondingRequirement {
            from_section_code: row.from_section_code,
            from_description: row.from_description,
            to_section_code: row.to_section_code,
            to_description: row.to_description,
            sufficiency: row.sufficiency,
        });
    }
    let correspondence = |((source, target), mappings): ((&str, &str), _)| Correspondence {
        source_framework: source.to_owned(),
        target_framework: target.to_owned(),
        mappings,
    };
    Ok(grouped.into_iter().map(correspondence).collect())
}

async fn mappings(scope: Scope<'_>, ids: &[i64]) -> Result<Vec<MappingRow>> {
    use requirement::Column as Requirement;
    use requirement_mapping::{Column as Mapping, Relation};
    let of = |alias: &'static str, column| Expr::col((Alias::new(alias), column));
    let among = |alias| of(alias, Requirement::FrameworkId).is_in(ids.iter().copied());
    let crosses = of("origin", Requirement::FrameworkId).ne(of("goal", Requirement::FrameworkId));
    scope
        .find::<requirement_mapping::Entity>()
        .shape(|select| {
            select
                .join_as(
                    JoinType::InnerJoin,
                    Relation::SourceRequirement.def(),
                    Alias::new("origin"),
                )
                .join_as(JoinType::InnerJoin, Relation::TargetRequirement.def(), Alias::new("goal"))
                .select_only()
                .expr_as(of("origin", Requirement::FrameworkId), "source_framework")
                .expr_as(of("goal", Requirement::FrameworkId), "target_framework")
                .expr_as(of("origin", Requirement::SectionCode), "from_section_code")
                .expr_as(of("origin", Requirement::Description), "from_description")
                .expr_as(of("goal", Requirement::SectionCode), "to_section_code")
                .expr_as(of("goal", Requirement::Description), "to_description")
                .column(Mapping::Sufficiency)
        })
        .filter(among("origin"))
        .filter(among("goal"))
        .filter(crosses)
        .ascending_by(of("origin", Requirement::SectionCode))
        .ascending_by(of("goal", Requirement::SectionCode))
        .rows()
        .await
}
