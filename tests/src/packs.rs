use std::{fs, path::Path};

use serde_json::{Value, json};

/// Writes the files of a pack below a catalogue folder.
pub fn write_pack(catalogue: &Path, name: &str, files: &[(&str, &str)]) {
    for (file, content) in files {
        let path = catalogue.join(name).join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the pack");
        fs::write(path, content).expect("a file of the pack");
    }
}

/// A node of a canvas, with a label and more data.
pub fn node(id: &str, kind: &str, label: &str, more: Value) -> Value {
    let mut data = json!({"label": label});
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
    json!({"id": id, "type": kind, "position": {"x": 10, "y": 20}, "data": data})
}

/// A data flow on a canvas.
pub fn edge(id: &str, source: &str, target: &str, data: Value) -> Value {
    json!({"id": id, "type": "dataFlow", "source": source, "target": target, "data": data})
}

/// A canvas of nodes and edges.
pub fn canvas(nodes: Vec<Value>, edges: Vec<Value>) -> Value {
    json!({"nodes": nodes, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 1}})
}
