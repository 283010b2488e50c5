//! What a report says about the model itself and its surroundings.

use entity::{
    Id, framework, out_of_scope_item, reference_image, threat_model, threat_model_framework,
    threat_model_relation,
};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait};
use serde::Serialize;

use crate::{Result, Scope};

/// A framework that is attached to a model.
#[derive(Clone, Debug, FromQueryResult, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportFramework")]
pub struct AttachedFramework {
    /// The name.
    pub name: String,
    /// The short name.
    pub slug: String,
    /// The version.
    pub version: String,
}

/// Something that the model leaves out on purpose.
#[derive(Clone, Debug, FromQueryResult, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportOutOfScopeItem")]
pub struct OutOfScope {
    /// The key.
    pub id: i64,
    /// What is left out.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A picture that belongs to the model.
#[derive(Clone, Debug, FromQueryResult, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportImage")]
pub struct Image {
    /// The key.
    pub id: i64,
    /// Name of the file.
    pub filename: String,
    /// What it shows.
    pub description: String,
}

/// Another model that this one refers to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportReferencedModel")]
pub struct Referenced {
    /// The key, as text.
    pub id: String,
    /// The name.
    pub name: String,
    /// How the models are related.
    pub relation_type: String,
}

/// Frameworks attached to the model, by name.
pub(super) async fn frameworks(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<AttachedFramework>> {
    use framework::Column as Framework;
    scope
        .find::<threat_model_framework::Entity>()
        .filter(threat_model_framework::Column::ThreatModelId.eq(model))
        .shape(|select| {
            select
                .join(JoinType::InnerJoin, threat_model_framework::Relation::Framework.def())
                .select_only()
                .columns([Framework::Name, Framework::Slug, Framework::Version])
        })
        .ascending_by(sea_orm::sea_query::Expr::col((framework::Entity, Framework::Name)))
        .rows()
        .await
}

/// What the model leaves out, by name.
pub(super) async fn out_of_scope(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<OutOfScope>> {
    use out_of_scope_item::Column as Item;
    scope
        .find::<out_of_scope_item::Entity>()
        .filter(Item::ThreatModelId.eq(model))
        .shape(|select| select.select_only().columns([Item::Id, Item::Name, Item::Reason]))
        .ascending([Item::Name, Item::Id])
        .rows()
        .await
}

/// Pictures of the model in their order.
pub(super) async fn images(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<Image>> {
    use reference_image::Column as Picture;
    scope
        .find::<reference_image::Entity>()
        .filter(Picture::ThreatModelId.eq(model))
        .shape(|select| {
            select.select_only().columns([Picture::Id, Picture::Filename, Picture::Description])
        })
        .ascending([Picture::DisplayOrder, Picture::Id])
        .rows()
        .await
}

/// Models that the model refers to and that the actor may see, by name.
pub(super) async fn referenced(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<Referenced>> {
    use threat_model::Column as Model;
    use threat_model_relation::Column as Relation;
    let seen = scope.find::<threat_model::Entity>().subquery(Model::Id);
    let rows: Vec<(i64, String, String)> = scope
        .find::<threat_model_relation::Entity>()
        .filter(Relation::ThreatModelId.eq(model))
        .filter(Relation::TargetModelId.in_subquery(seen))
        .shape(|select| {
            select
                .join(JoinType::InnerJoin, threat_model_relation::Relation::TargetModel.def())
                .select_only()
                .column(Model::Id)
                .column(Model::Name)
                .column(Relation::RelationType)
        })
        .ascending_by(sea_orm::sea_query::Expr::col((threat_model::Entity, Model::Name)))
        .tuples()
        .await?;
    let referenced = |(id, name, relation_type): (i64, _, _)| Referenced {
        id: id.to_string(),
        name,
        relation_type,
    };
    Ok(rows.into_iter().map(referenced).collect())
}
