//! What saving the drawing of a primary diagram does to the records of its threat model.
//!
//! One file per kind of record, in the order in which they are brought up to date. Everything
//! happens in the caller's transaction and per set: the number of statements does not grow with
//! the drawing. Ids on a drawing count only for records of the same threat model.

mod boundaries;
mod clean_up;
mod components;
mod flows;
mod library;
mod places;
mod rows;
mod systems;
mod zones;

use std::collections::{BTreeMap, HashMap};

use entity::{Id, component, orgsystem, threat_model, trust_zone};
use serde_json::Value;

use super::{Canvas, Shown};
use crate::{Result, Transaction, threat::generation};

/// A drawing on its way into the records of a threat model.
struct Drawing<'t, 's> {
    transaction: &'t Transaction<'s>,
    model: &'t threat_model::Model,
    canvas: Canvas,
    zones: HashMap<usize, Id<trust_zone::Entity>>,
    systems: HashMap<usize, Id<orgsystem::Entity>>,
    components: BTreeMap<usize, component::Model>,
}

/// Brings the records of the model up to date with a drawing and returns the drawing with their
/// ids. Records that the drawing before named and this one does not are deleted.
pub async fn synchronise(
    transaction: &Transaction<'_>,
    model: &threat_model::Model,
    before: &Value,
    canvas: Canvas,
) -> Result<Value> {
    let mut drawing = Drawing {
        transaction,
        model,
        canvas,
        zones: HashMap::new(),
        systems: HashMap::new(),
        components: BTreeMap::new(),
    };
    if !drawing.canvas.nodes().is_empty() {
        drawing.bring_up_to_date().await?;
    }
    let after = Shown::on(drawing.canvas.document());
    drawing.clean_up(&Shown::on(before), &after).await?;
    Ok(drawing.canvas.into_document())
}

impl Drawing<'_, '_> {
    async fn bring_up_to_date(&mut self) -> Result<()> {
        self.save_zones().await?;
        self.save_systems().await?;
        self.save_components().await?;
        let components: Vec<_> = self.components.values().cloned().collect();
        generation::generate_for_components(self.transaction, &components).await?;
        let flows = self.save_flows().await?;
        generation::generate_for_flows(self.transaction, &flows).await?;
        self.save_boundaries().await
    }
}
