use entity::{Id, component, orgsystem, trust_zone};

use super::Drawing;
use crate::model::canvas::{ComponentKind, Shape};

/// Where a component lies, by the nodes around its node.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Location {
    pub(super) zone: Option<Id<trust_zone::Entity>>,
    pub(super) system: Option<Id<orgsystem::Entity>>,
}

impl Drawing<'_, '_> {
    /// The innermost zone and the innermost system around a node.
    pub(super) fn location(&self, place: usize) -> Location {
        let mut location = Location::default();
        for outer in self.canvas.around(place) {
            location.zone = location.zone.or_else(|| self.zones.get(&outer).copied());
            location.system = location.system.or_else(|| self.systems.get(&outer).copied());
            if location.zone.is_some() && location.system.is_some() {
                break;
            }
        }
        location
    }

    /// For a process: the component of the innermost process around it.
    pub(super) fn parent_component(
        &self,
        place: usize,
        id_at: impl Fn(usize) -> Option<Id<component::Entity>>,
    ) -> Option<Id<component::Entity>> {
        if !self.is_process(place) || self.canvas.is_in_itself(place) {
            return None;
        }
        let parent = self.canvas.around(place).find(|outer| self.is_process(*outer))?;
        id_at(parent)
    }

    fn is_process(&self, place: usize) -> bool {
        matches!(
            self.canvas.nodes().get(place).map(|node| &node.shape),
            Some(Shape::Component(component)) if component.kind == ComponentKind::Process
        )
    }
}
