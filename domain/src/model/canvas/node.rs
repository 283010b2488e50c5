use entity::{Ref, choice::ComponentCategory, component, component_library, orgsystem, trust_zone};
use serde_json::Value;

use super::reading::{Part, Read};

/// Trust level of a zone that states none.
pub(crate) const USUAL_TRUST: i32 = 75;

/// One node of a drawing.
#[derive(Clone, Debug)]
pub struct Node {
    /// The id within the drawing; empty if the editor gave none.
    pub id: String,
    /// The id of the node that it lies in.
    pub parent: Option<String>,
    /// What it stands for.
    pub shape: Shape,
}

/// What a node stands for.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A component.
    Component(Box<ComponentNode>),
    /// A trust zone.
    Zone(ZoneNode),
    /// A system.
    Scope(ScopeNode),
    /// Nothing that the rules know.
    Other,
}

/// The kinds of components that are drawn.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ComponentKind {
    /// Something that runs.
    Process,
    /// Something that keeps data.
    Datastore,
    /// A person.
    HumanActor,
    /// A system outside.
    SystemActor,
}

impl ComponentKind {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "process" => Self::Process,
            "datastore" => Self::Datastore,
            "humanActor" => Self::HumanActor,
            "systemActor" => Self::SystemActor,
            _ => return None,
        })
    }

    /// The type of the node.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Datastore => "datastore",
            Self::HumanActor => "humanActor",
            Self::SystemActor => "systemActor",
        }
    }

    /// The category of the component.
    pub const fn category(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Datastore => "datastore",
            Self::HumanActor => "human_actor",
            Self::SystemActor => "system_actor",
        }
    }

    /// The category of library components that it may be.
    pub const fn library_category(self) -> ComponentCategory {
        match self {
            Self::Process => ComponentCategory::Process,
            Self::Datastore => ComponentCategory::Datastore,
            Self::HumanActor => ComponentCategory::HumanActor,
            Self::SystemActor => ComponentCategory::SystemActor,
        }
    }
}

/// A node that stands for a component.
#[derive(Clone, Debug)]
pub struct ComponentNode {
    /// What kind it is.
    pub kind: ComponentKind,
    /// The label, or a name for one without.
    pub name: String,
    /// The description, maybe empty.
    pub description: String,
    /// The record, if the editor knows it.
    pub record: Option<Ref<component::Entity>>,
    /// The library component, if the editor knows it.
    pub library: Option<Ref<component_library::Entity>>,
    /// The slug of a library component; empty if none is given.
    pub reference: String,
    /// Slug, name or part of the name of a library component; empty if none is given.
    pub technology: String,
    /// What sort of actor it is; of actors only.
    pub actor_type: String,
    /// What sort of store it is; of data stores only.
    pub data_store_type: String,
    /// How sensitive the data is; of processes and data stores only.
    pub data_sensitivity: String,
}

/// A node that stands for a trust zone.
#[derive(Clone, Debug)]
pub struct ZoneNode {
    /// The label, or a name for one without.
    pub name: String,
    /// 0 (untrusted) to 100.
    pub trust_level: i32,
    /// The description, maybe empty.
    pub description: String,
    /// The record, if the editor knows it.
    pub record: Option<Ref<trust_zone::Entity>>,
}

/// A node that stands for a system.
#[derive(Clone, Debug)]
pub struct ScopeNode {
    /// The label, or a name for one without.
    pub name: String,
    /// Who owns the system, maybe empty.
    pub owner: String,
    /// The description, maybe empty.
    pub description: String,
    /// The record, if the editor knows it.
    pub record: Option<Ref<orgsystem::Entity>>,
}

impl Node {
    pub(super) fn read(place: usize, value: &Value) -> Read<Self> {
        let part = Part::of("Node", place, value)?;
        let id = part.outer_text("id")?.unwrap_or_default();
        let parent = part.outer_text("parentId")?;
        let shape = match part.outer_text("type")?.as_deref() {
            Some("trustZone") => Shape::Zone(zone(&part)?),
            Some("systemScope") => Shape::Scope(scope(&part)?),
            Some(word) => match ComponentKind::of(word) {
                Some(kind) => Shape::Component(Box::new(component(kind, &part)?)),
                None => Shape::Other,
            },
            None => Shape::Other,
        };
        Ok(Self { id, parent, shape })
    }
}

fn zone(part: &Part<'_>) -> Read<ZoneNode> {
    Ok(ZoneNode {
        name: name(part, "Unnamed Zone")?,
        trust_level: part.integer("trustLevel", 0, 100)?.unwrap_or(USUAL_TRUST),
        description: part.long_text("description")?,
        record: part.reference("trustZoneId")?,
    })
}

fn scope(part: &Part<'_>) -> Read<ScopeNode> {
    Ok(ScopeNode {
        name: name(part, "Unnamed System")?,
        owner: part.text("owner", 255)?,
        description: part.long_text("description")?,
        record: part.reference("orgsystemId")?,
    })
}

fn component(kind: ComponentKind, part: &Part<'_>) -> Read<ComponentNode> {
    let own = |wanted: &[ComponentKind], key: &str| {
        if wanted.contains(&kind) { part.text(key, 20) } else { Ok(String::new()) }
    };
    let actor_type = match kind {
        ComponentKind::SystemActor => part.text("systemType", 20)?,
        _ => own(&[ComponentKind::HumanActor], "actorType")?,
    };
    let reference = match part.long_text("componentRef")? {
        text if text.is_empty() => part.long_text("component_ref")?,
        text => text,
    };
    Ok(ComponentNode {
        kind,
        name: name(part, &format!("Unnamed {}", kind.word()))?,
        description: part.long_text("description")?,
        record: part.reference("componentId")?,
        library: part.reference("componentLibraryId")?,
        reference,
        technology: part.long_text("technology")?,
        actor_type,
        data_store_type: own(&[ComponentKind::Datastore], "dataStoreType")?,
        data_sensitivity: own(
            &[ComponentKind::Process, ComponentKind::Datastore],
            "dataSensitivity",
        )?,
    })
}

fn name(part: &Part<'_>, without: &str) -> Read<String> {
    let label = part.text("label", 255)?;
    Ok(if label.is_empty() { without.to_owned() } else { label })
}
