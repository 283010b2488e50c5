//! What is known about a model, read once for all sections.

use std::collections::BTreeSet;

use entity::{Id, organization, requirement, threat_model};
use sea_orm::{ColumnTrait, FromQueryResult, QuerySelect};

use crate::{
    Result, Scope,
    report::{
        Analysis, Counting, Report, Threat, analysis, document,
        trends::{self, Point},
    },
};

/// What is known about a model.
pub(super) struct Facts {
    /// The report of the API.
    pub(super) report: Report,
    /// The threats, each with everything that belongs to it.
    pub(super) analysis: Analysis,
    /// All requirements of frameworks that countermeasures are mapped to, by framework and code.
    pub(super) requirements: Vec<RequirementRow>,
    /// How the numbers changed.
    pub(super) trend: Vec<Point>,
    /// Whose it is.
    pub(super) organization: String,
}

/// A requirement of a framework.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct RequirementRow {
    pub(super) id: i64,
    pub(super) framework_id: i64,
    pub(super) section_code: String,
    pub(super) description: String,
}

impl Facts {
    pub(super) async fn read(
        scope: Scope<'_>,
        organization: Id<organization::Entity>,
        model: Id<threat_model::Entity>,
    ) -> Result<Self> {
        let mut analysis = analysis::analysis(scope, model).await?;
        let report = document::report_of(scope, &mut analysis, Counting::AllThreats).await?;
        let frameworks = frameworks(&analysis);
        Ok(Self {
            report,
            requirements: requirements(scope, &frameworks).await?,
            trend: trends::of_model(scope, model).await?,
            organization: scope.get(organization).await?.name,
            analysis,
        })
    }

    /// Threats that count.
    pub(super) fn active(&self) -> impl Iterator<Item = &Threat> {
        self.analysis.threats.iter().filter(|threat| !threat.is_dismissed)
    }

    /// Threats that were set aside.
    pub(super) fn dismissed(&self) -> impl Iterator<Item = &Threat> {
        self.analysis.threats.iter().filter(|threat| threat.is_dismissed)
    }
}

fn frameworks(analysis: &Analysis) -> BTreeSet<i64> {
    let measures = analysis.threats.iter().flat_map(|threat| &threat.countermeasures);
    measures.flat_map(|measure| &measure.standards).filter_map(|one| one.framework).collect()
}

/// The requirements of frameworks, by code.
pub(super) async fn requirements(
    scope: Scope<'_>,
    frameworks: &BTreeSet<i64>,
) -> Result<Vec<RequirementRow>> {
    use requirement::Column;
    if frameworks.is_empty() {
        return Ok(Vec::new());
    }
    scope
        .find::<requirement::Entity>()
        .filter(Column::FrameworkId.is_in(frameworks.iter().copied()))
        .shape(|select| {
            select.select_only().columns([
                Column::Id,
                Column::FrameworkId,
                Column::SectionCode,
                Column::Description,
            ])
        })
        .ascending([Column::FrameworkId, Column::SectionCode, Column::Id])
        .rows()
        .await
}
