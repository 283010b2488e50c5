//! What the two kinds of threats and countermeasures do not have in common for clients.

use domain::threat::{
    Kind, OfComponent, OfFlow,
    kind::{Column, Row, value},
};
use entity::{
    Id, component, component_countermeasure, component_countermeasure_standard, component_threat,
    data_flow, flow_countermeasure, flow_countermeasure_standard, flow_threat,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::forms::{self, Form};

/// Names, addresses and references of one kind.
pub(crate) trait ThreatKind: Kind {
    /// Which names of a kind are in the API document.
    const THREATS: Names;
    /// The same for countermeasures.
    const COUNTERMEASURES: Names;
    /// The same for compliance mappings.
    const STANDARDS: Names;
    /// What clients may send of threats.
    const THREAT_FORM: Form<Column<Self::Threat>>;
    /// What clients may send of countermeasures.
    const COUNTERMEASURE_FORM: Form<Column<Self::Countermeasure>>;
    /// What clients may send of compliance mappings.
    const STANDARD_FORM: Form<Column<Self::Standard>>;
    /// The name of what is threatened.
    const LABEL: Column<Self::Place>;
    /// What a countermeasure is applied to, in messages.
    const TARGET: &'static str;

    /// What is threatened, in answers.
    type Threatened: Serialize + JsonSchema + Send;
    /// What is countered, in answers.
    type Countered: Serialize + JsonSchema + Send;
    /// What is mapped, in answers.
    type Mapped: Serialize + JsonSchema + Send;

    /// What is threatened, in answers.
    fn threatened(place: Id<Self::Place>, label: String) -> Self::Threatened;
    /// What is countered, in answers.
    fn countered(threat: Id<Self::Threat>) -> Self::Countered;
    /// What is mapped, in answers.
    fn mapped(countermeasure: Id<Self::Countermeasure>) -> Self::Mapped;

    /// The key of a threat.
    fn threat_id(row: &Row<Self::Threat>) -> Id<Self::Threat> {
        value::<Self::Threat, _>(row, Self::THREAT.id)
    }
}

/// How a table is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    /// In operation ids.
    pub name: &'static str,
    /// The address.
    pub path: &'static str,
    /// The group.
    pub tag: &'static str,
    /// Fields that are unique together.
    pub unique: &'static str,
}

/// The component that is threatened.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ComponentThreat")]
pub(crate) struct ThreatenedComponent {
    /// The component that is threatened.
    component: Id<component::Entity>,
    component_name: String,
}

/// The data flow that is threatened.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FlowThreat")]
pub(crate) struct ThreatenedFlow {
    /// The data flow that is threatened.
    data_flow: Id<data_flow::Entity>,
    flow_label: String,
}

/// The threat to a component that is countered.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ComponentCountermeasure")]
pub(crate) struct CounteredComponentThreat {
    /// The threat that is countered.
    instance_threat: Id<component_threat::Entity>,
}

/// The threat to a data flow that is countered.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FlowCountermeasure")]
pub(crate) struct CounteredFlowThreat {
    /// The threat that is countered.
    flow_threat: Id<flow_threat::Entity>,
}

/// The countermeasure of a component that is mapped.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ComponentCountermeasureStandard")]
pub(crate) struct MappedComponentCountermeasure {
    /// The countermeasure that helps to meet the requirement.
    component_countermeasure: Id<component_countermeasure::Entity>,
}

/// The countermeasure of a data flow that is mapped.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FlowCountermeasureStandard")]
pub(crate) struct MappedFlowCountermeasure {
    /// The countermeasure that helps to meet the requirement.
    flow_countermeasure: Id<flow_countermeasure::Entity>,
}

impl ThreatKind for OfComponent {
    const THREATS: Names = Names {
        name: "ComponentThreat",
        path: "/api/component-threats/",
        tag: "Threats",
        unique: "component, threat_library",
    };
    const COUNTERMEASURES: Names = Names {
        name: "ComponentCountermeasure",
        path: "/api/component-countermeasures/",
        tag: "Countermeasures",
        unique: "instance_threat, countermeasure_library",
    };
    const STANDARDS: Names = Names {
        name: "ComponentCountermeasureStandard",
        path: "/api/instance-countermeasure-standards/",
        tag: "Compliance mappings",
        unique: "component_countermeasure, requirement",
    };
    const THREAT_FORM: Form<component_threat::Column> = forms::COMPONENT_THREAT;
    const COUNTERMEASURE_FORM: Form<component_countermeasure::Column> =
        forms::COMPONENT_COUNTERMEASURE;
    const STANDARD_FORM: Form<component_countermeasure_standard::Column> =
        forms::COMPONENT_STANDARD;
    const LABEL: component::Column = component::Column::Name;
    const TARGET: &'static str = "threat";

    type Threatened = ThreatenedComponent;
    type Countered = CounteredComponentThreat;
    type Mapped = MappedComponentCountermeasure;

    fn threatened(component: Id<component::Entity>, component_name: String) -> ThreatenedComponent {
        ThreatenedComponent { component, component_name }
    }

    fn countered(instance_threat: Id<component_threat::Entity>) -> CounteredComponentThreat {
        CounteredComponentThreat { instance_threat }
    }

    fn mapped(
        component_countermeasure: Id<component_countermeasure::Entity>,
    ) -> MappedComponentCountermeasure {
        MappedComponentCountermeasure { component_countermeasure }
    }
}

impl ThreatKind for OfFlow {
    const THREATS: Names = Names {
        name: "FlowThreat",
        path: "/api/flow-threats/",
        tag: "Threats",
        unique: "data_flow, threat_library",
    };
    const COUNTERMEASURES: Names = Names {
        name: "FlowCountermeasure",
        path: "/api/flow-countermeasures/",
        tag: "Countermeasures",
        unique: "flow_threat, countermeasure_library",
    };
    const STANDARDS: Names = Names {
        name: "FlowCountermeasureStandard",
        path: "/api/flow-instance-countermeasure-standards/",
        tag: "Compliance mappings",
        unique: "flow_countermeasure, requirement",
    };
    const THREAT_FORM: Form<flow_threat::Column> = forms::FLOW_THREAT;
    const COUNTERMEASURE_FORM: Form<flow_countermeasure::Column> = forms::FLOW_COUNTERMEASURE;
    const STANDARD_FORM: Form<flow_countermeasure_standard::Column> = forms::FLOW_STANDARD;
    const LABEL: data_flow::Column = data_flow::Column::Label;
    const TARGET: &'static str = "flow threat";

    type Threatened = ThreatenedFlow;
    type Countered = CounteredFlowThreat;
    type Mapped = MappedFlowCountermeasure;

    fn threatened(data_flow: Id<data_flow::Entity>, flow_label: String) -> ThreatenedFlow {
        ThreatenedFlow { data_flow, flow_label }
    }

    fn countered(flow_threat: Id<flow_threat::Entity>) -> CounteredFlowThreat {
        CounteredFlowThreat { flow_threat }
    }

    fn mapped(flow_countermeasure: Id<flow_countermeasure::Entity>) -> MappedFlowCountermeasure {
        MappedFlowCountermeasure { flow_countermeasure }
    }
}
