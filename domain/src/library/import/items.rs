//! Components, threats, countermeasures and templates of a pack.

use entity::{
    Document,
    choice::{ComponentCategory, ControlCost, DefaultStatus, DiagramType},
    component_library, countermeasure_library, dfd_template, threat_library,
};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use super::{Import, choice};
use crate::{
    Result,
    library::{
        document::{Component, Countermeasure, Item, Threat},
        pack::PackTemplate,
        rows::Stock,
    },
};

impl Import<'_, '_, '_> {
    pub(super) async fn components(&self) -> Result<Stock<component_library::Entity>> {
        let rows = self.pack.components.iter().map(|component| self.component(component));
        let stock =
            self.library.bring::<component_library::Entity>(self.row, rows.collect()).await?;
        self.parents(&stock).await?;
        Ok(stock)
    }

    fn component(&self, component: &Component) -> component_library::ActiveModel {
        let description = component.description.as_str();
        let metadata =
            if description.is_empty() { json!({}) } else { json!({ "description": description }) };
        component_library::ActiveModel {
            organization_id: Set(self.library.organization),
            source_pack_id: Set(Some(self.row)),
            slug: Set(component.slug().to_owned()),
            qualified_slug: Set(Some(self.pack.qualified(component.slug()))),
            name: Set(component.title().to_owned()),
            category: Set(choice(&component.category, ComponentCategory::Process)),
            component_type: Set(component.component_type().trimmed().to_owned()),
            provider: Set(component.provider.trimmed().to_owned()),
            metadata: Set(Document(metadata)),
            ..Default::default()
        }
    }

    pub(super) async fn threats(&self) -> Result<Stock<threat_library::Entity>> {
        let rows = self.pack.threats.iter().map(|threat| self.threat(threat));
        self.library.bring(self.row, rows.collect()).await
    }

    fn threat(&self, threat: &Threat) -> threat_library::ActiveModel {
        threat_library::ActiveModel {
            organization_id: Set(self.library.organization),
            source_pack_id: Set(Some(self.row)),
            slug: Set(threat.slug().to_owned()),
            qualified_slug: Set(Some(self.pack.qualified(threat.slug()))),
            name: Set(threat.title().to_owned()),
            description: Set(threat.description.as_str().to_owned()),
            metadata: Set(Document(json!({}))),
            ..Default::default()
        }
    }

    pub(super) async fn countermeasures(&self) -> Result<Stock<countermeasure_library::Entity>> {
        let countermeasures = self.pack.countermeasures.iter();
        let rows = countermeasures.map(|countermeasure| self.countermeasure(countermeasure));
        self.library.bring(self.row, rows.collect()).await
    }

    fn countermeasure(&self, brought: &Countermeasure) -> countermeasure_library::ActiveModel {
        countermeasure_library::ActiveModel {
            organization_id: Set(self.library.organization),
            source_pack_id: Set(Some(self.row)),
            slug: Set(brought.slug().to_owned()),
            qualified_slug: Set(Some(self.pack.qualified(brought.slug()))),
            name: Set(brought.title().to_owned()),
            description: Set(brought.description.as_str().to_owned()),
            control_type: Set(brought.control_type.or("preventive").to_owned()),
            cost: Set(choice(&brought.cost, ControlCost::default())),
            default_status: Set(choice(&brought.default_status, DefaultStatus::default())),
            metadata: Set(Document(json!({}))),
            ..Default::default()
        }
    }

    pub(super) async fn templates(&self) -> Result<()> {
        let rows = self.pack.templates.iter().map(|template| self.template(&template.document));
        self.library.bring::<dfd_template::Entity>(self.row, rows.collect()).await?;
        Ok(())
    }

    fn template(&self, template: &PackTemplate) -> dfd_template::ActiveModel {
        let canvas = match &template.canvas {
            Value::Null => json!({}),
            canvas => canvas.clone(),
        };
        let about = &template.template;
        dfd_template::ActiveModel {
            organization_id: Set(self.library.organization),
            source_pack_id: Set(Some(self.row)),
            slug: Set(template.slug().to_owned()),
            qualified_slug: Set(Some(self.pack.qualified(template.slug()))),
            name: Set(about.name.or(template.slug()).to_owned()),
            description: Set(about.description.as_str().to_owned()),
            category: Set(about.category.or("webapp").to_owned()),
            diagram_type: Set(choice(&about.diagram_type, DiagramType::Level1)),
            canvas_data: Set(Document(canvas)),
            ..Default::default()
        }
    }
}
