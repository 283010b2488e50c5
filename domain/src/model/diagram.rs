//! Diagrams of threat models. One of them is the primary one, whose drawing makes the records.

use std::collections::HashSet;

use entity::{Document, Id, Names, Ref, component, component_library, diagram, threat_model};
use sea_orm::{ActiveValue, ActiveValue::Set, ColumnTrait, QuerySelect};

use super::{Canvas, Shown, synchronisation::synchronise};
use crate::{Error, Result, Scope, Transaction, store::KEYS_PER_STATEMENT};

/// Completes a new diagram of a model. The first one of a model is primary. The drawing is checked
/// and stored; it makes no records.
pub async fn prepare(
    transaction: &Transaction<'_>,
    draft: &mut diagram::ActiveModel,
    model: Ref<threat_model::Entity>,
) -> Result<()> {
    let scope = transaction.scope();
    let model = scope.get_writable(model).await.map_err(|error| match error {
        Error::NotFound => Error::missing("Threat model not found"),
        other => other,
    })?;
    let primary = scope
        .find::<diagram::Entity>()
        .filter(diagram::Column::ThreatModelId.eq(model.id))
        .filter(diagram::Column::IsPrimary.eq(true));
    if let Set(document) = &draft.canvas_data {
        Canvas::read(document.0.clone())?;
    }
    draft.organization_id = Set(model.organization_id);
    draft.threat_model_id = Set(model.id);
    draft.is_primary = Set(!primary.exists().await?);
    draft.updated_by_id = Set(transaction.actor().user());
    Ok(())
}

/// Completes a change of a diagram. If it is primary, or becomes so, its drawing is brought into
/// the records of the model, and gets their ids.
pub async fn save(
    transaction: &Transaction<'_>,
    diagram: Id<diagram::Entity>,
    draft: &mut diagram::ActiveModel,
) -> Result<()> {
    let before = lock(transaction, diagram).await?;
    let primary = be_primary(transaction, &before, draft).await?;
    let sent = match &draft.canvas_data {
        Set(document) => Some(document.0.clone()),
        _ => None,
    };
    draft.updated_by_id = Set(transaction.actor().user());
    if !primary {
        if let Some(document) = sent {
            draft.canvas_data = Set(Canvas::read(document)?.into_document().into());
        }
        return Ok(());
    }
    let canvas = Canvas::read(sent.unwrap_or_else(|| before.canvas_data.0.clone()))?;
    let model = transaction.scope().get_writable(before.threat_model_id).await?;
    let document = synchronise(transaction, &model, &before.canvas_data, canvas).await?;
    draft.canvas_data = Set(document.into());
    Ok(())
}

/// The row as it is now. Others who save the diagram wait until this transaction ends.
async fn lock(
    transaction: &Transaction<'_>,
    diagram: Id<diagram::Entity>,
) -> Result<diagram::Model> {
    transaction
        .scope()
        .find_writable::<diagram::Entity>()
        .filter(diagram::Column::Id.eq(diagram))
        .shape(QuerySelect::lock_exclusive)
        .one()
        .await?
        .ok_or(Error::NotFound)
}

/// Whether the diagram is primary after the change. A model always has a primary one.
async fn be_primary(
    transaction: &Transaction<'_>,
    before: &diagram::Model,
    draft: &diagram::ActiveModel,
) -> Result<bool> {
    let ActiveValue::Set(wanted) = draft.is_primary else { return Ok(before.is_primary) };
    if before.is_primary && !wanted {
        let text = "A threat model needs a primary diagram. Make another one primary instead.";
        return Err(Error::invalid("is_primary", text));
    }
    if wanted && !before.is_primary {
        transaction
            .change::<diagram::Entity>()
            .set(diagram::Column::IsPrimary, false)
            .filter(diagram::Column::ThreatModelId.eq(before.threat_model_id))
            .filter(diagram::Column::IsPrimary.eq(true))
            .exec()
            .await?;
    }
    Ok(wanted)
}

/// What happens to components that no other diagram of the model shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Orphans {
    /// They stay.
    Keep,
    /// They are deleted with their threats and flows.
    Delete,
}

/// Deletes a diagram. If it was primary, the oldest other one becomes so. Returns how many
/// components were deleted.
pub async fn delete(
    transaction: &Transaction<'_>,
    diagram: diagram::Model,
    orphans: Orphans,
) -> Result<u64> {
    let deleted = match orphans {
        Orphans::Keep => 0,
        Orphans::Delete => delete_orphans(transaction, &diagram).await?,
    };
    transaction.delete(diagram.id).await?;
    if diagram.is_primary {
        promote_oldest(transaction, diagram.threat_model_id).await?;
    }
    Ok(deleted)
}

async fn delete_orphans(transaction: &Transaction<'_>, diagram: &diagram::Model) -> Result<u64> {
    let scope = transaction.scope();
    let shown = components_on(scope, diagram).await?;
    let orphans: Vec<_> =
        orphaned(scope, diagram, shown).await?.into_iter().map(|row| row.id).collect();
    let mut deleted = 0;
    for chunk in orphans.chunks(KEYS_PER_STATEMENT) {
        let which = component::Column::Id.is_in(chunk.iter().copied());
        deleted += super::component::delete(transaction, which).await?;
    }
    Ok(deleted)
}

async fn promote_oldest(
    transaction: &Transaction<'_>,
    model: Id<threat_model::Entity>,
) -> Result<()> {
    use diagram::Column;
    let oldest = transaction
        .scope()
        .find::<diagram::Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .ascending([Column::CreatedAt, Column::Id])
        .slice(1, 0);
    let Some(oldest) = oldest.values::<Id<diagram::Entity>>(Column::Id).await?.pop() else {
        return Ok(());
    };
    transaction
        .change::<diagram::Entity>()
        .set(Column::IsPrimary, true)
        .filter(Column::Id.eq(oldest))
        .exec()
        .await?;
    Ok(())
}

/// What deleting a diagram would mean.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// The diagram's model.
    pub model: Id<threat_model::Entity>,
    /// The name of the model.
    pub model_name: String,
    /// Nodes of the drawing.
    pub node_count: usize,
    /// Components of the model that the drawing shows.
    pub component_count: usize,
    /// Components that no other diagram of the model shows.
    pub orphans: Vec<Orphan>,
}

/// A component that no other diagram shows.
#[derive(Clone, Debug)]
pub struct Orphan {
    /// The component.
    pub id: Id<component::Entity>,
    /// Its name.
    pub name: String,
    /// The name of its library component.
    pub library_name: Option<String>,
}

/// What deleting the diagram would mean.
pub async fn preview_deletion(scope: Scope<'_>, diagram: &diagram::Model) -> Result<Deletion> {
    let model = scope.get(diagram.threat_model_id).await?;
    let shown = components_on(scope, diagram).await?;
    let component_count = shown.len();
    let orphans = orphaned(scope, diagram, shown).await?;
    let libraries = orphans.iter().filter_map(|row| row.component_library_id);
    let names = scope
        .lookup::<component_library::Entity, String>(libraries, component_library::Column::Name)
        .await?;
    let orphans = orphans.into_iter().map(|row| Orphan {
        id: row.id,
        name: row.name,
        library_name: row.component_library_id.and_then(|id| names.get(&id).cloned()),
    });
    Ok(Deletion {
        model: model.id,
        model_name: model.name,
        node_count: Shown::on(&diagram.canvas_data).node_count(),
        component_count,
        orphans: orphans.collect(),
    })
}

/// Components of the model that the drawing shows, by name.
async fn components_on(
    scope: Scope<'_>,
    diagram: &diagram::Model,
) -> Result<Vec<component::Model>> {
    use component::Column;
    let ids: HashSet<Id<component::Entity>> =
        Shown::on(&diagram.canvas_data).components.iter().map(|(_, record)| record.id()).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let found = scope
            .find::<component::Entity>()
            .filter(Column::ThreatModelId.eq(diagram.threat_model_id))
            .filter(Column::Id.is_in(chunk.iter().copied()));
        rows.extend(found.all().await?);
    }
    rows.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(rows)
}

/// Those of the components that no other diagram of the model shows.
async fn orphaned(
    scope: Scope<'_>,
    diagram: &diagram::Model,
    components: Vec<component::Model>,
) -> Result<Vec<component::Model>> {
    use diagram::Column;
    let others: Vec<Document> = scope
        .find::<diagram::Entity>()
        .filter(Column::ThreatModelId.eq(diagram.threat_model_id))
        .filter(Column::Id.ne(diagram.id))
        .values(Column::CanvasData)
        .await?;
    let shown: HashSet<Id<component::Entity>> = others
        .iter()
        .flat_map(|document| Shown::on(document).components)
        .map(|(_, record)| record.id())
        .collect();
    Ok(components.into_iter().filter(|row| !shown.contains(&row.id)).collect())
}
