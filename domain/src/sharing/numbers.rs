//! What a link tells of a threat model in numbers. Dismissed threats do not count.

use crate::report::{Analysis, Countermeasure, Diagram, Threat};

/// Numbers of a threat model.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Numbers {
    /// Nodes on all canvases.
    pub nodes: NodeNumbers,
    /// Threats.
    pub threats: ThreatNumbers,
    /// Countermeasures.
    pub countermeasures: CountermeasureNumbers,
}

/// Nodes on all canvases, by kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct NodeNumbers {
    /// Processes.
    pub processes: usize,
    /// Stores of data.
    pub datastores: usize,
    /// People.
    pub human_actors: usize,
    /// Other systems.
    pub system_actors: usize,
    /// Trust zones.
    pub trust_zones: usize,
}

impl NodeNumbers {
    /// All nodes but trust zones.
    pub const fn total(self) -> usize {
        self.processes + self.datastores + self.human_actors + self.system_actors
    }

    fn of(diagrams: &[Diagram]) -> Self {
        let nodes = || {
            let lists =
                diagrams.iter().filter_map(|diagram| diagram.canvas.get("nodes")?.as_array());
            lists.flatten().filter_map(|node| node.get("type")?.as_str())
        };
        let count = |kind: &str| nodes().filter(|node| *node == kind).count();
        Self {
            processes: count("process"),
            datastores: count("datastore"),
            human_actors: count("humanActor"),
            system_actors: count("systemActor"),
            trust_zones: count("trustZone"),
        }
    }
}

/// Threats, by what is done about them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ThreatNumbers {
    /// All.
    pub total: usize,
    /// Without countermeasures, or with a gap.
    pub exposed: usize,
    /// With countermeasures that are all in place.
    pub mitigated: usize,
}

/// Countermeasures, by how far they are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CountermeasureNumbers {
    /// All.
    pub total: usize,
    /// In place.
    pub verified: usize,
    /// Missing.
    pub gaps: usize,
}

impl Numbers {
    /// Counts.
    pub fn of(analysis: &Analysis) -> Self {
        let active = || analysis.threats.iter().filter(|threat| !threat.is_dismissed);
        let measures = || active().flat_map(|threat| &threat.countermeasures);
        Self {
            nodes: NodeNumbers::of(&analysis.diagrams),
            threats: ThreatNumbers {
                total: active().count(),
                exposed: active().filter(|threat| is_exposed(threat)).count(),
                mitigated: active().filter(|threat| is_mitigated(threat)).count(),
            },
            countermeasures: CountermeasureNumbers {
                total: measures().count(),
                verified: measures().filter(|measure| measure.is_effective()).count(),
                gaps: measures().filter(|measure| is_gap(measure)).count(),
            },
        }
    }
}

fn is_gap(measure: &Countermeasure) -> bool {
    measure.status == "gap"
}

fn is_exposed(threat: &Threat) -> bool {
    threat.countermeasures.is_empty() || threat.countermeasures.iter().any(is_gap)
}

fn is_mitigated(threat: &Threat) -> bool {
    !threat.countermeasures.is_empty()
        && threat.countermeasures.iter().all(Countermeasure::is_effective)
}
