//! Everything that a threat model is shown with, in four statements whatever its size.

use entity::{Id, diagram, threat_model, user};
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait};

use super::{
    Connections, Drawing, Framework,
    checklist::{self, checklist},
    images::{self, Image},
    listing::{self, Names},
};
use crate::{Error, Result, Scope};

/// A diagram and who changed it last.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Diagram {
    /// The row.
    #[sea_orm(nested)]
    pub row: diagram::Model,
    /// E-mail address of whoever changed it last, absent when the account is gone.
    pub updated_by_email: Option<String>,
}

/// What a threat model is shown with.
#[derive(Debug)]
pub struct Detail {
    /// What it belongs to.
    pub names: Names,
    /// Its diagrams, oldest first.
    pub diagrams: Vec<Diagram>,
    /// Its reference images.
    pub images: Vec<Image>,
    /// Systems, models and packs that it is connected with.
    pub connections: Connections,
    /// Frameworks that its countermeasures are mapped to.
    pub frameworks: Vec<Framework>,
    /// How far it has come.
    pub checklist: [checklist::Item; 8],
}

impl Detail {
    /// Reads what belongs to a model.
    pub async fn of(model: Id<threat_model::Entity>, scope: Scope<'_>) -> Result<Self> {
        let mut names = listing::names([model], scope).await?;
        let diagrams = diagrams(model, scope).await?;
        let connections = Connections::of(model, scope).await?;
        let drawing = Drawing::of(diagrams.iter().map(|diagram| &*diagram.row.canvas_data));
        Ok(Self {
            names: names.remove(&model).ok_or(Error::NotFound)?,
            images: images::of_model(model, scope).await?,
            frameworks: connections.frameworks(&drawing),
            checklist: checklist(&drawing, connections.facts(&drawing)),
            diagrams,
            connections,
        })
    }
}

/// Diagrams of a model with all they hold, oldest first.
pub async fn diagrams(model: Id<threat_model::Entity>, scope: Scope<'_>) -> Result<Vec<Diagram>> {
    scope
        .find::<diagram::Entity>()
        .filter(diagram::Column::ThreatModelId.eq(model))
        .ascending([diagram::Column::CreatedAt, diagram::Column::Id])
        .shape(|select| {
            select
                .join(JoinType::LeftJoin, diagram::Relation::UpdatedBy.def())
                .column_as(user::Column::Email, "updated_by_email")
        })
        .rows()
        .await
}
