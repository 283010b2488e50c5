//! A picture in words, for those who do not see it.

use super::scene::{Edge, EdgeKind, NodeKind, Scene};

/// Most elements of a kind that are listed by name.
const MOST_LISTED: usize = 150;
/// A description may get longer than this by one element.
const LONG: usize = 16_000;

/// The heading of a list, and what belongs into it.
type Group<K> = (&'static str, fn(K) -> bool);

/// Lists what a drawing shows.
pub(super) fn of(scene: &Scene) -> String {
    let groups: [Group<NodeKind>; 8] = [
        ("Systems", |kind| kind == NodeKind::System),
        ("Trust zones", |kind| matches!(kind, NodeKind::Zone(_))),
        ("People", |kind| kind == NodeKind::HumanActor),
        ("External systems", |kind| kind == NodeKind::SystemActor),
        ("Processes", |kind| kind == NodeKind::Process),
        ("Data stores", |kind| kind == NodeKind::Datastore),
        ("Notes", |kind| kind == NodeKind::Note),
        ("Other elements", |kind| kind == NodeKind::Other),
    ];
    let mut text = String::new();
    for (group, is_in) in groups {
        let nodes = scene.nodes.iter().filter(|node| is_in(node.kind));
        list(&mut text, group, nodes.map(|node| in_words(&node.name, zone_detail(node))));
    }
    let edges: [Group<EdgeKind>; 3] = [
        ("Data flows", |kind| kind == EdgeKind::Flow),
        ("Trust boundaries", |kind| matches!(kind, EdgeKind::Boundary(_))),
        ("Connections", |kind| kind == EdgeKind::Other),
    ];
    for (group, is_in) in edges {
        let edges = scene.edges.iter().filter(|edge| is_in(edge.kind));
        list(&mut text, group, edges.map(|edge| edge_in_words(scene, edge)));
    }
    if scene.loose > 0 {
        list(&mut text, "Edges without an end, not drawn", [scene.loose.to_string()]);
    }
    if text.is_empty() { "The diagram is empty.".to_owned() } else { text }
}

fn zone_detail(node: &super::scene::Node) -> &str {
    if matches!(node.kind, NodeKind::Zone(_)) { &node.detail } else { "" }
}

fn in_words(name: &str, detail: &str) -> String {
    if detail.is_empty() { name.to_owned() } else { format!("{name} ({detail})") }
}

/// From where to where an edge leads, and what it says.
pub(super) fn edge_in_words(scene: &Scene, edge: &Edge) -> String {
    let name = |place: usize| scene.nodes.get(place).map_or("", |node| node.name.as_str());
    let between = match edge.kind {
        EdgeKind::Boundary(_) => "and",
        _ => "to",
    };
    let ends = format!("{} {between} {}", name(edge.source), name(edge.target));
    let said = in_words(&edge.name, &edge.detail);
    if said.is_empty() { ends } else { format!("{ends}: {said}") }
}

fn list(text: &mut String, group: &str, items: impl IntoIterator<Item = String>) {
    let mut count = 0;
    for item in items {
        count += 1;
        if count > MOST_LISTED || text.len() > LONG {
            continue;
        }
        if count == 1 {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(group);
            text.push_str(": ");
        } else {
            text.push_str("; ");
        }
        text.push_str(&item);
    }
    if count > MOST_LISTED {
        text.push_str("; and more");
    }
    if count > 0 {
        text.push('.');
    }
}
