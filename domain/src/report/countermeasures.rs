//! Countermeasures of a model and the requirements they fulfil, in one statement each.

use entity::{
    Document, Id, component_countermeasure, component_countermeasure_standard,
    countermeasure_library, flow_countermeasure, flow_countermeasure_standard, framework,
    requirement, threat_model, user,
};
use schemars::JsonSchema;
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait,
    sea_query::{Alias, Expr},
};
use serde::Serialize;

use super::ElementKind;
use crate::{Result, Scope, store::Rows};

/// A countermeasure of a threat.
#[derive(Clone, Debug)]
pub struct Countermeasure {
    /// The key.
    pub id: i64,
    /// The library countermeasure it was made from.
    pub library: Option<i64>,
    /// Name: of the library, else the own one.
    pub name: String,
    /// Description: of the library, else the own one.
    pub description: String,
    /// `preventive`, `detective` …: the own one, else of the library.
    pub control_type: Option<String>,
    /// `gap`, `planned`, `verified`, `waived` or `platform`.
    pub status: String,
    /// Free text, usually `none` to `critical`.
    pub priority: String,
    /// Where the proof is, or why it is waived.
    pub evidence_url: String,
    /// Address of the owner.
    pub assigned_owner_email: Option<String>,
    /// Address of who verified it.
    pub verified_by_email: Option<String>,
    /// Place in the list of the threat.
    pub display_order: i32,
    /// Whether an outer zone provides it.
    pub is_inherited: bool,
    /// The component that provides it.
    pub inherited_from_component_name: String,
    /// The zone of that component.
    pub inherited_from_zone_name: String,
    /// What an imported document said besides.
    pub format_metadata: serde_json::Value,
    /// The requirements it fulfils.
    pub standards: Vec<Standard>,
}

impl Countermeasure {
    /// Whether it is in place.
    pub fn is_effective(&self) -> bool {
        matches!(self.status.as_str(), "verified" | "platform")
    }
}

/// A requirement that a countermeasure fulfils.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "StandardMapping")]
pub struct Standard {
    /// The key of the mapping.
    pub id: i64,
    /// Name of the framework.
    pub framework_name: String,
    /// Short name of the framework; empty when the requirement is gone.
    pub framework_slug: String,
    /// The section of the framework.
    pub section_code: String,
    /// What is required.
    pub requirement_description: String,
    /// `full` or `partial`.
    pub sufficiency: String,
    /// The requirement, none when it is gone.
    #[serde(skip)]
    pub requirement: Option<i64>,
    /// The framework, none when the requirement is gone.
    #[serde(skip)]
    pub framework: Option<i64>,
}

#[derive(FromQueryResult)]
pub(super) struct CountermeasureRow {
    is_flow: i32,
    id: i64,
    threat_id: i64,
    library_id: Option<i64>,
    library_name: Option<String>,
    library_description: Option<String>,
    library_type: Option<String>,
    countermeasure_name: String,
    countermeasure_description: String,
    control_type: String,
    status: String,
    priority: String,
    evidence_url: String,
    display_order: i32,
    is_inherited: bool,
    inherited_from_component_name: String,
    inherited_from_zone_name: String,
    format_metadata: Document,
    owner_email: Option<String>,
    verifier_email: Option<String>,
}

impl CountermeasureRow {
    /// The kind and key of the threat.
    pub(super) const fn threat(&self) -> (ElementKind, i64) {
        (kind(self.is_flow), self.threat_id)
    }

    /// The kind and key of the countermeasure.
    pub(super) const fn key(&self) -> (ElementKind, i64) {
        (kind(self.is_flow), self.id)
    }

    pub(super) const fn order(&self) -> (i32, i64) {
        (self.display_order, self.id)
    }

    pub(super) fn into_countermeasure(self, standards: Vec<Standard>) -> Countermeasure {
        let own_type = Some(self.control_type).filter(|kind| !kind.is_empty());
        Countermeasure {
            id: self.id,
            library: self.library_id,
            name: self.library_name.unwrap_or(self.countermeasure_name),
            description: self.library_description.unwrap_or(self.countermeasure_description),
            control_type: own_type.or(self.library_type),
            status: self.status,
            priority: self.priority,
            evidence_url: self.evidence_url,
            assigned_owner_email: self.owner_email,
            verified_by_email: self.verifier_email,
            display_order: self.display_order,
            is_inherited: self.is_inherited,
            inherited_from_component_name: self.inherited_from_component_name,
            inherited_from_zone_name: self.inherited_from_zone_name,
            format_metadata: self.format_metadata.into_inner(),
            standards,
        }
    }
}

const fn kind(is_flow: i32) -> ElementKind {
    if is_flow == 1 { ElementKind::Flow } else { ElementKind::Component }
}

/// All countermeasures of the model.
pub(super) async fn countermeasures(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<CountermeasureRow>> {
    of_components(scope, model).and(of_flows(scope, model)).fetch().await
}

/// Says for one of the two kinds of countermeasures which columns make a row.
macro_rules! countermeasure_rows {
    ($scope:ident, $model:ident, $table:ident, $threat:ident, $number:literal) => {{
        use $table::{Column, Relation};
        let email = |alias: &'static str| Expr::col((Alias::new(alias), user::Column::Email));
        $scope
            .find::<$table::Entity>()
            .filter(Column::ThreatModelId.eq($model))
            .shape(|select| {
                select
                    .join(JoinType::LeftJoin, Relation::CountermeasureLibrary.def())
                    .join_as(JoinType::LeftJoin, Relation::AssignedOwner.def(), Alias::new("owner"))
                    .join_as(JoinType::LeftJoin, Relation::VerifiedBy.def(), Alias::new("verifier"))
                    .select_only()
                    .expr_as(Expr::val($number), "is_flow")
                    .column_as(Column::Id, "id")
                    .column_as(Column::$threat, "threat_id")
                    .column_as(countermeasure_library::Column::Id, "library_id")
                    .column_as(countermeasure_library::Column::Name, "library_name")
                    .column_as(countermeasure_library::Column::Description, "library_description")
                    .column_as(countermeasure_library::Column::ControlType, "library_type")
                    .columns([
                        Column::CountermeasureName,
                        Column::CountermeasureDescription,
                        Column::ControlType,
                        Column::Status,
                        Column::Priority,
                        Column::EvidenceUrl,
                        Column::DisplayOrder,
                        Column::IsInherited,
                        Column::InheritedFromComponentName,
                        Column::InheritedFromZoneName,
                        Column::FormatMetadata,
                    ])
                    .expr_as(email("owner"), "owner_email")
                    .expr_as(email("verifier"), "verifier_email")
            })
            .prepared()
    }};
}

fn of_components(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Rows<'_> {
    countermeasure_rows!(scope, model, component_countermeasure, InstanceThreatId, 0)
}

fn of_flows(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Rows<'_> {
    countermeasure_rows!(scope, model, flow_countermeasure, FlowThreatId, 1)
}

#[derive(FromQueryResult)]
pub(super) struct StandardRow {
    is_flow: i32,
    id: i64,
    countermeasure_id: i64,
    requirement_id: Option<i64>,
    framework_id: Option<i64>,
    framework_slug: Option<String>,
    current_framework: Option<String>,
    current_code: Option<String>,
    current_description: Option<String>,
    framework_name: String,
    section_code: String,
    requirement_description: String,
    sufficiency: String,
}

impl StandardRow {
    pub(super) const fn countermeasure(&self) -> (ElementKind, i64) {
        (kind(self.is_flow), self.countermeasure_id)
    }

    pub(super) fn into_standard(self) -> Standard {
        Standard {
            id: self.id,
            framework_name: self.current_framework.unwrap_or(self.framework_name),
            framework_slug: self.framework_slug.unwrap_or_default(),
            section_code: self.current_code.unwrap_or(self.section_code),
            requirement_description: self
                .current_description
                .unwrap_or(self.requirement_description),
            sufficiency: self.sufficiency,
            requirement: self.requirement_id,
            framework: self.framework_id,
        }
    }
}

/// All requirements that countermeasures of the model fulfil.
pub(super) async fn standards(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<StandardRow>> {
    component_standards(scope, model).and(flow_standards(scope, model)).fetch().await
}

/// Says for one of the two kinds of mappings which columns make a row.
macro_rules! standard_rows {
    ($scope:ident, $model:ident, $table:ident, $countermeasure:ident, $number:literal) => {{
        use $table::{Column, Relation};
        $scope
            .find::<$table::Entity>()
            .filter(Column::ThreatModelId.eq($model))
            .shape(|select| {
                select
                    .join(JoinType::LeftJoin, Relation::Requirement.def())
                    .join(JoinType::LeftJoin, requirement::Relation::Framework.def())
                    .select_only()
                    .expr_as(Expr::val($number), "is_flow")
                    .column_as(Column::Id, "id")
                    .column_as(Column::$countermeasure, "countermeasure_id")
                    .column_as(requirement::Column::Id, "requirement_id")
                    .column_as(framework::Column::Id, "framework_id")
                    .column_as(framework::Column::Slug, "framework_slug")
                    .column_as(framework::Column::Name, "current_framework")
                    .column_as(requirement::Column::SectionCode, "current_code")
                    .column_as(requirement::Column::Description, "current_description")
                    .columns([
                        Column::FrameworkName,
                        Column::SectionCode,
                        Column::RequirementDescription,
                        Column::Sufficiency,
                    ])
            })
            .prepared()
    }};
}

fn component_standards(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Rows<'_> {
    standard_rows!(scope, model, component_countermeasure_standard, ComponentCountermeasureId, 0)
}

fn flow_standards(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Rows<'_> {
    standard_rows!(scope, model, flow_countermeasure_standard, FlowCountermeasureId, 1)
}
