//! Templates of diagrams, and the library components that their nodes name.

use std::collections::HashMap;

use entity::{Id, component_library, dfd_template, pack};
use sea_orm::{ColumnTrait, QuerySelect};
use serde_json::{Map, Value, json};

use crate::{Result, Scope, store::KEYS_PER_STATEMENT};

/// A template whose nodes carry the library components that they name.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The drawing, with ids and names of the components that were found.
    pub canvas: Value,
    /// What became of each node that names a component, in order.
    pub resolutions: Vec<Resolution>,
    /// The name of the pack that brought the template.
    pub pack_name: Option<String>,
}

/// What became of a node that names a library component.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The id of the node.
    pub node: Option<String>,
    /// How the node names the component.
    pub reference: String,
    /// The component, if it was found.
    pub component: Option<Found>,
}

/// A library component that a node names.
#[derive(Clone, Debug)]
pub struct Found {
    /// The component.
    pub id: Id<component_library::Entity>,
    /// Its name.
    pub name: String,
}

/// Finds the library components that the nodes of a template name: first in the pack of the
/// template, then by qualified slug.
pub async fn resolve(scope: Scope<'_>, template: &dfd_template::Model) -> Result<Resolved> {
    let pack = pack_of(scope, template).await?;
    let prefix = pack.as_ref().map_or("custom", |(_, slug)| slug);
    let mut canvas = template.canvas_data.0.clone();
    let components = components(scope, template, prefix, &canvas).await?;
    let mut resolutions = Vec::new();
    for node in nodes(&mut canvas) {
        let id = node.get("id").and_then(Value::as_str).map(str::to_owned);
        let Some(Value::Object(data)) = node.get_mut("data") else { continue };
        let Some(reference) = reference(data).map(str::to_owned) else { continue };
        let component = slugs(prefix, &reference).find_map(|slug| components.get(&slug)).cloned();
        if let Some(found) = &component {
            data.insert("componentLibraryId".to_owned(), found.id.key().into());
            data.insert("componentLibraryName".to_owned(), found.name.clone().into());
        }
        resolutions.push(Resolution { node: id, reference, component });
    }
    complete(&mut canvas);
    Ok(Resolved { canvas, resolutions, pack_name: pack.map(|(name, _)| name) })
}

async fn pack_of(
    scope: Scope<'_>,
    template: &dfd_template::Model,
) -> Result<Option<(String, String)>> {
    let Some(pack) = template.source_pack_id else { return Ok(None) };
    let found = scope
        .find::<pack::Entity>()
        .filter(pack::Column::Id.eq(pack))
        .shape(|select| select.select_only().columns([pack::Column::Name, pack::Column::Slug]));
    Ok(found.tuples().await?.pop())
}

async fn components(
    scope: Scope<'_>,
    template: &dfd_template::Model,
    prefix: &str,
    canvas: &Value,
) -> Result<HashMap<String, Found>> {
    use component_library::{Column, Entity};
    let list = canvas.get("nodes").and_then(Value::as_array).into_iter().flatten();
    let references = list.filter_map(|node| reference(node.get("data")?.as_object()?));
    let wanted: Vec<String> = references
        .flat_map(|reference| slugs(prefix, reference))
        .take(KEYS_PER_STATEMENT)
        .collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, Id<Entity>, String)> = scope
        .find::<Entity>()
        .filter(Column::OrganizationId.eq(template.organization_id))
        .filter(Column::RetiredAt.is_null())
        .filter(Column::QualifiedSlug.is_in(wanted))
        .shape(|select| {
            select.select_only().columns([Column::QualifiedSlug, Column::Id, Column::Name])
        })
        .tuples()
        .await?;
    Ok(rows.into_iter().map(|(slug, id, name)| (slug, Found { id, name })).collect())
}

/// Qualified slugs that a reference may mean, the likeliest first.
fn slugs(prefix: &str, reference: &str) -> impl Iterator<Item = String> {
    let qualified = reference.contains('/').then(|| reference.to_owned());
    std::iter::once(format!("{prefix}/{reference}")).chain(qualified)
}

fn reference(data: &Map<String, Value>) -> Option<&str> {
    let value = data.get("componentRef").or_else(|| data.get("component_ref"))?;
    value.as_str().filter(|reference| !reference.is_empty())
}

fn nodes(canvas: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let list = canvas.get_mut("nodes").and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// A drawing always has nodes and edges.
fn complete(canvas: &mut Value) {
    if !canvas.is_object() {
        *canvas = json!({});
    }
    if let Value::Object(object) = canvas {
        for list in ["nodes", "edges"] {
            object.entry(list).or_insert_with(|| json!([]));
        }
    }
}
