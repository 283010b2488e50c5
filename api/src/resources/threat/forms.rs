//! What clients may send of threats, countermeasures and mappings, and how lists of them are
//! narrowed and sorted.
//!
//! The tables of the two kinds differ in one column. Constants cannot be generic over tables, so
//! each form is written once as a macro and filled twice.

use entity::{
    choice::{CountermeasureStatus, Severity, Sufficiency, ThreatStatus},
    component, component_countermeasure, component_countermeasure_standard, component_threat,
    countermeasure_library, data_flow, flow_countermeasure, flow_countermeasure_standard,
    flow_threat, requirement, threat_library,
};
use sea_orm::Order;

use crate::input::{Field, Filter, Sort, vouch, vouch_colleague};

/// Least grave first.
const GRAVITY: &[&str] = &["low", "medium", "high", "critical"];

/// What clients may send of a table, and how lists of it are narrowed and sorted.
#[derive(Clone, Copy)]
pub(crate) struct Form<C: 'static> {
    /// The name of the reference to what the rows belong to.
    pub parent: &'static str,
    /// What clients may send.
    pub fields: &'static [Field<C>],
    /// How lists are narrowed.
    pub filters: &'static [Filter<C>],
    /// Names that `?ordering=` understands.
    pub ordering: &'static [Sort<C>],
    /// The order of a list that asks for none.
    pub default_order: &'static [(Sort<C>, Order)],
}

/// What clients send of a table of this kind.
macro_rules! threat_form {
    ($table:ident, $parent:literal, $place:ident, $target:ty) => {
        Form {
            parent: $parent,
            fields: &[
                Field::reference($parent, $table::Column::$place, vouch::<$target>).required(),
                Field::reference(
                    "threat_library",
                    $table::Column::ThreatLibraryId,
                    vouch::<threat_library::Entity>,
                ),
                Field::text("threat_name", $table::Column::ThreatName, 255)
                    .note("The name of a custom threat."),
                Field::long_text("threat_description", $table::Column::ThreatDescription)
                    .note("The text of a custom threat."),
                Field::choice::<Severity>(
                    "inherent_severity",
                    $table::Column::InherentSeverity,
                    "",
                )
                .required(),
                Field::choice::<Severity>(
                    "residual_severity",
                    $table::Column::ResidualSeverity,
                    "",
                ),
                Field::choice::<ThreatStatus>("status", $table::Column::Status, "exposed"),
                Field::json("severity_scoring_metadata", $table::Column::SeverityScoringMetadata),
                Field::flag("is_dismissed", $table::Column::IsDismissed),
                Field::long_text("dismissal_reason", $table::Column::DismissalReason),
                Field::json("format_metadata", $table::Column::FormatMetadata),
                Field::integer(
                    "display_order",
                    $table::Column::DisplayOrder,
                    (0, 2_147_483_647),
                    0,
                ),
                Field::long_text("impact_description", $table::Column::ImpactDescription),
                Field::reference(
                    "threat_actor",
                    $table::Column::ThreatActorId,
                    vouch::<component::Entity>,
                ),
                Field::text("threat_actor_text", $table::Column::ThreatActorText, 100),
            ],
            filters: &[
                Filter::reference($parent, $table::Column::$place, vouch::<$target>),
                Filter::reference(
                    "threat_library",
                    $table::Column::ThreatLibraryId,
                    vouch::<threat_library::Entity>,
                ),
                Filter::choice::<ThreatStatus>("status", $table::Column::Status),
                Filter::choice::<Severity>("inherent_severity", $table::Column::InherentSeverity),
                Filter::reference(
                    "threat_actor",
                    $table::Column::ThreatActorId,
                    vouch::<component::Entity>,
                ),
            ],
            ordering: &[
                Sort::ranked("inherent_severity", $table::Column::InherentSeverity, GRAVITY),
                Sort::by("status", $table::Column::Status),
                Sort::by("created_at", $table::Column::CreatedAt),
            ],
            default_order: &[(
                Sort::ranked("inherent_severity", $table::Column::InherentSeverity, GRAVITY),
                Order::Desc,
            )],
        }
    };
}

/// What clients send of a table of this kind.
macro_rules! countermeasure_form {
    ($table:ident, $parent:literal, $place:ident, $target:ty) => {
        Form {
            parent: $parent,
            fields: &[
        Field::reference($parent, $table::Column::$place, vouch::<$target>).required(),
        Field::reference(
            "countermeasure_library",
            $table::Column::CountermeasureLibraryId,
            vouch::<countermeasure_library::Entity>,
        ),
        Field::text("countermeasure_name", $table::Column::CountermeasureName, 255)
            .note("The name of a custom countermeasure."),
        Field::long_text("countermeasure_description", $table::Column::CountermeasureDescription)
            .note("The text of a custom countermeasure."),
        Field::text("control_type", $table::Column::ControlType, 50)
            .note("The type of a custom countermeasure."),
        Field::number("effectiveness", $table::Column::Effectiveness, (0.0, 1.0)),
        Field::choice::<CountermeasureStatus>("status", $table::Column::Status, "gap")
            .note("`platform` is given and taken by the security team."),
        Field::text("priority", $table::Column::Priority, 10),
        Field::reference("verified_by", $table::Column::VerifiedById, vouch_colleague),
        Field::long_text("evidence_url", $table::Column::EvidenceUrl).note(
            "An http(s) address of at most 200 characters. For a waived countermeasure: the \
             reason, up to 2000 characters.",
        ),
        Field::flag("required_for_release", $table::Column::RequiredForRelease),
        Field::reference("assigned_owner", $table::Column::AssignedOwnerId, vouch_colleague),
        Field::json("format_metadata", $table::Column::FormatMetadata),
        Field::integer("display_order", $table::Column::DisplayOrder, (0, 2_147_483_647), 0),
        Field::flag("is_inherited", $table::Column::IsInherited),
        Field::text(
            "inherited_from_component_name",
            $table::Column::InheritedFromComponentName,
            255,
        ),
        Field::text("inherited_from_zone_name", $table::Column::InheritedFromZoneName, 255),
    ],
            filters: &[
        Filter::reference($parent, $table::Column::$place, vouch::<$target>),
        Filter::reference(
            "countermeasure_library",
            $table::Column::CountermeasureLibraryId,
            vouch::<countermeasure_library::Entity>,
        ),
        Filter::choice::<CountermeasureStatus>("status", $table::Column::Status),
        Filter::flag("required_for_release", $table::Column::RequiredForRelease),
    ],
            ordering: &[],
            default_order: &[
        (Sort::by("threat", $table::Column::$place), Order::Asc),
        (Sort::by("display_order", $table::Column::DisplayOrder), Order::Asc),
        (Sort::by("created_at", $table::Column::CreatedAt), Order::Asc),
    ],
        }
    };
}

/// What clients send of a table of this kind.
macro_rules! standard_form {
    ($table:ident, $parent:literal, $place:ident, $target:ty) => {
        Form {
            parent: $parent,
            fields: &[
                Field::reference($parent, $table::Column::$place, vouch::<$target>).required(),
                Field::reference(
                    "requirement",
                    $table::Column::RequirementId,
                    vouch::<requirement::Entity>,
                ),
                Field::choice::<Sufficiency>("sufficiency", $table::Column::Sufficiency, "partial"),
            ],
            filters: &[
                Filter::reference($parent, $table::Column::$place, vouch::<$target>),
                Filter::reference(
                    "requirement",
                    $table::Column::RequirementId,
                    vouch::<requirement::Entity>,
                ),
                Filter::choice::<Sufficiency>("sufficiency", $table::Column::Sufficiency),
            ],
            ordering: &[],
            default_order: &[(Sort::by("id", $table::Column::Id), Order::Asc)],
        }
    };
}

pub(super) const COMPONENT_THREAT: Form<component_threat::Column> =
    threat_form!(component_threat, "component", ComponentId, component::Entity);
pub(super) const FLOW_THREAT: Form<flow_threat::Column> =
    threat_form!(flow_threat, "data_flow", DataFlowId, data_flow::Entity);
pub(super) const COMPONENT_COUNTERMEASURE: Form<component_countermeasure::Column> = countermeasure_form!(
    component_countermeasure,
    "instance_threat",
    InstanceThreatId,
    component_threat::Entity
);
pub(super) const FLOW_COUNTERMEASURE: Form<flow_countermeasure::Column> =
    countermeasure_form!(flow_countermeasure, "flow_threat", FlowThreatId, flow_threat::Entity);
pub(super) const COMPONENT_STANDARD: Form<component_countermeasure_standard::Column> = standard_form!(
    component_countermeasure_standard,
    "component_countermeasure",
    ComponentCountermeasureId,
    component_countermeasure::Entity
);
pub(super) const FLOW_STANDARD: Form<flow_countermeasure_standard::Column> = standard_form!(
    flow_countermeasure_standard,
    "flow_countermeasure",
    FlowCountermeasureId,
    flow_countermeasure::Entity
);
