//! The two kinds of threats: to components and to data flows.
//!
//! Their tables have the same columns but for the reference to what is threatened. A rule that
//! holds for both is written once, generic over [`Kind`], and names columns by their meaning.

use entity::{
    Keyed, Tenanted, component, component_countermeasure, component_countermeasure_standard,
    component_threat, data_flow, flow_countermeasure, flow_countermeasure_standard, flow_threat,
    risk_component_threat, risk_flow_threat,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, ModelTrait, sea_query::ValueType};

/// A column of a table.
pub type Column<E> = <E as EntityTrait>::Column;
/// A row of a table.
pub type Row<E> = <E as EntityTrait>::Model;
/// A row on its way into a table.
pub type Draft<E> = <E as EntityTrait>::ActiveModel;

/// The tables of one kind of threats.
pub trait Kind: Send + Sync + 'static {
    /// What is threatened.
    type Place: Tenanted<Model: Sync> + Keyed;
    /// The threats.
    type Threat: Tenanted<Model: IntoActiveModel<Draft<Self::Threat>> + Sync, ActiveModel: Send + Sync>
        + Keyed;
    /// The countermeasures against them.
    type Countermeasure: Tenanted<
            Model: IntoActiveModel<Draft<Self::Countermeasure>> + Sync,
            ActiveModel: Send + Sync,
        > + Keyed;
    /// The requirements that the countermeasures help to meet.
    type Standard: Tenanted<Model: IntoActiveModel<Draft<Self::Standard>> + Sync, ActiveModel: Send + Sync>
        + Keyed;
    /// The risks that the threats belong to.
    type Link: Tenanted<Model: IntoActiveModel<Draft<Self::Link>> + Sync, ActiveModel: Send + Sync>
        + Keyed;

    /// Columns of [`Kind::Threat`].
    const THREAT: ThreatColumns<Column<Self::Threat>>;
    /// Columns of [`Kind::Countermeasure`].
    const COUNTERMEASURE: CountermeasureColumns<Column<Self::Countermeasure>>;
    /// Columns of [`Kind::Standard`].
    const STANDARD: StandardColumns<Column<Self::Standard>>;
    /// Columns of [`Kind::Link`].
    const LINK: LinkColumns<Column<Self::Link>>;
    /// The word for this kind in answers about risks.
    const WORD: &'static str;
}

/// Threats to components.
#[derive(Clone, Copy, Debug)]
pub struct OfComponent;

/// Threats to data flows.
#[derive(Clone, Copy, Debug)]
pub struct OfFlow;

/// The value of a column of a row.
///
/// `T` must be the type of the column, as stated by the entity.
pub fn value<E: EntityTrait, T: ValueType>(row: &Row<E>, column: Column<E>) -> T {
    T::unwrap(row.get(column))
}

/// The value of a column of a row that is not stored yet, if it is set.
///
/// `T` must be the type of the column, as stated by the entity.
pub fn drafted<E: EntityTrait, T: ValueType>(draft: &Draft<E>, column: Column<E>) -> Option<T> {
    draft.get(column).into_value().map(T::unwrap)
}

/// Declares a structure with one column per field, and a macro that fills it from a table in which
/// the columns are named as stated.
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident, $fill:ident: $($(#[$field_doc:meta])* $field:ident = $column:ident),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<C> {
            /// The row that it belongs to.
            pub parent: C,
            $($(#[$field_doc])* pub $field: C,)+
        }

        macro_rules! $fill {
            ($table:ident, $parent:ident) => {
                $name { parent: $table::Column::$parent, $($field: $table::Column::$column,)+ }
            };
        }
    };
}

columns! {
    /// The columns of a threat. Its parent is what is threatened.
    ThreatColumns, threat_columns:
    /// The key.
    id = Id,
    /// The organization.
    organization = OrganizationId,
    /// The threat model.
    threat_model = ThreatModelId,
    /// The library threat that it was made from.
    library = ThreatLibraryId,
    /// The own name, or a copy of the library's.
    name = ThreatName,
    /// The own text, or a copy of the library's.
    description = ThreatDescription,
    /// Taxonomy entries of the library threat when it was copied.
    taxonomy_snapshot = TaxonomySnapshot,
    /// How grave it is without countermeasures.
    inherent_severity = InherentSeverity,
    /// How grave it is with them.
    residual_severity = ResidualSeverity,
    /// How far it is countered.
    status = Status,
    /// What the severity was derived from.
    severity_scoring_metadata = SeverityScoringMetadata,
    /// Whether it counts no longer.
    is_dismissed = IsDismissed,
    /// Why it counts no longer.
    dismissal_reason = DismissalReason,
    /// What an imported document said besides.
    format_metadata = FormatMetadata,
    /// The position among its siblings.
    display_order = DisplayOrder,
    /// What happens if it comes true.
    impact_description = ImpactDescription,
    /// The component that acts.
    actor = ThreatActorId,
    /// Who acts, in words.
    actor_text = ThreatActorText,
    /// When it was made.
    created_at = CreatedAt,
    /// When it was changed.
    updated_at = UpdatedAt,
}

columns! {
    /// The columns of a countermeasure. Its parent is the threat.
    CountermeasureColumns, countermeasure_columns:
    /// The key.
    id = Id,
    /// The organization.
    organization = OrganizationId,
    /// The threat model.
    threat_model = ThreatModelId,
    /// The library countermeasure that it was made from.
    library = CountermeasureLibraryId,
    /// The own name, or a copy of the library's.
    name = CountermeasureName,
    /// The own text, or a copy of the library's.
    description = CountermeasureDescription,
    /// The own type, or a copy of the library's.
    control_type = ControlType,
    /// The share of the risk that it removes.
    effectiveness = Effectiveness,
    /// How far it is in place.
    status = Status,
    /// A word for its urgency.
    priority = Priority,
    /// The user who verified it.
    verified_by = VerifiedById,
    /// Where the evidence is, or why it was waived.
    evidence_url = EvidenceUrl,
    /// Whether a release needs it.
    required_for_release = RequiredForRelease,
    /// The user who is to put it in place.
    assigned_owner = AssignedOwnerId,
    /// What an imported document said besides.
    format_metadata = FormatMetadata,
    /// The position among its siblings.
    display_order = DisplayOrder,
    /// Whether an outer zone provides it.
    is_inherited = IsInherited,
    /// The component that provides it.
    inherited_from_component_name = InheritedFromComponentName,
    /// The zone that provides it.
    inherited_from_zone_name = InheritedFromZoneName,
    /// When it was made.
    created_at = CreatedAt,
    /// When it was changed.
    updated_at = UpdatedAt,
}

columns! {
    /// The columns of a compliance mapping. Its parent is the countermeasure.
    StandardColumns, standard_columns:
    /// The key.
    id = Id,
    /// The organization.
    organization = OrganizationId,
    /// The threat model.
    threat_model = ThreatModelId,
    /// The requirement.
    requirement = RequirementId,
    /// How much of it is met.
    sufficiency = Sufficiency,
    /// A copy of the requirement's code.
    section_code = SectionCode,
    /// A copy of the framework's name.
    framework_name = FrameworkName,
    /// A copy of the requirement's text.
    requirement_description = RequirementDescription,
    /// When it was made.
    created_at = CreatedAt,
    /// When it was changed.
    updated_at = UpdatedAt,
}

columns! {
    /// The columns of a link of a risk to a threat. Its parent is the threat.
    LinkColumns, link_columns:
    /// The key.
    id = Id,
    /// The organization.
    organization = OrganizationId,
    /// The threat model.
    threat_model = ThreatModelId,
    /// The risk.
    risk = RiskId,
}

impl Kind for OfComponent {
    type Place = component::Entity;
    type Threat = component_threat::Entity;
    type Countermeasure = component_countermeasure::Entity;
    type Standard = component_countermeasure_standard::Entity;
    type Link = risk_component_threat::Entity;

    const THREAT: ThreatColumns<component_threat::Column> =
        threat_columns!(component_threat, ComponentId);
    const COUNTERMEASURE: CountermeasureColumns<component_countermeasure::Column> =
        countermeasure_columns!(component_countermeasure, InstanceThreatId);
    const STANDARD: StandardColumns<component_countermeasure_standard::Column> =
        standard_columns!(component_countermeasure_standard, ComponentCountermeasureId);
    const LINK: LinkColumns<risk_component_threat::Column> =
        link_columns!(risk_component_threat, ComponentThreatId);
    const WORD: &'static str = "component";
}

impl Kind for OfFlow {
    type Place = data_flow::Entity;
    type Threat = flow_threat::Entity;
    type Countermeasure = flow_countermeasure::Entity;
    type Standard = flow_countermeasure_standard::Entity;
    type Link = risk_flow_threat::Entity;

    const THREAT: ThreatColumns<flow_threat::Column> = threat_columns!(flow_threat, DataFlowId);
    const COUNTERMEASURE: CountermeasureColumns<flow_countermeasure::Column> =
        countermeasure_columns!(flow_countermeasure, FlowThreatId);
    const STANDARD: StandardColumns<flow_countermeasure_standard::Column> =
        standard_columns!(flow_countermeasure_standard, FlowCountermeasureId);
    const LINK: LinkColumns<risk_flow_threat::Column> =
        link_columns!(risk_flow_threat, FlowThreatId);
    const WORD: &'static str = "flow";
}
