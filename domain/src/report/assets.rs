//! Data assets of a model, where they rest and how they travel.

use std::collections::HashMap;

use entity::{
    Id, component, component_data_asset, data_asset, data_flow, data_flow_asset, threat_model,
};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait};
use serde::Serialize;

use crate::{Result, Scope};

/// A data asset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportDataAsset")]
pub struct Asset {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// How it is classified.
    pub classification: String,
    /// `low`, `medium` or `high`.
    pub confidentiality: String,
    /// `low`, `medium` or `high`.
    pub integrity: String,
    /// `low`, `medium` or `high`.
    pub availability: String,
    /// Components that hold or process it.
    pub placements: Vec<Placement>,
    /// Flows that carry it.
    pub in_transit: Vec<Transit>,
}

/// A component that holds or processes an asset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportPlacement")]
pub struct Placement {
    pub(super) component_name: String,
    pub(super) data_state: String,
    pub(super) volume: String,
    pub(super) encrypted: bool,
}

/// A flow that carries an asset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportTransit")]
pub struct Transit {
    pub(super) data_flow_label: String,
    pub(super) protection_method: String,
    pub(super) encryption_type: String,
}

#[derive(FromQueryResult)]
struct AssetRow {
    id: i64,
    name: String,
    description: String,
    classification: String,
    confidentiality: String,
    integrity: String,
    availability: String,
}

/// The assets of the model, by name, in three statements.
pub(super) async fn assets(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<Vec<Asset>> {
    let (rows, mut placements, mut transits) =
        tokio::try_join!(rows(scope, model), placements(scope, model), transits(scope, model))?;
    let asset = |row: AssetRow| Asset {
        placements: placements.remove(&row.id).unwrap_or_default(),
        in_transit: transits.remove(&row.id).unwrap_or_default(),
        id: row.id,
        name: row.name,
        description: row.description,
        classification: row.classification,
        confidentiality: row.confidentiality,
        integrity: row.integrity,
        availability: row.availability,
    };
    Ok(rows.into_iter().map(asset).collect())
}

async fn rows(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Result<Vec<AssetRow>> {
    use data_asset::Column as Data;
    scope
        .find::<data_asset::Entity>()
        .filter(Data::ThreatModelId.eq(model))
        .shape(|select| {
            select.select_only().columns([
                Data::Id,
                Data::Name,
                Data::Description,
                Data::Classification,
                Data::Confidentiality,
                Data::Integrity,
                Data::Availability,
            ])
        })
        .ascending([Data::Name, Data::Id])
        .rows()
        .await
}

async fn placements(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<HashMap<i64, Vec<Placement>>> {
    use component_data_asset::Column as Held;
    let rows: Vec<(i64, String, String, String, bool)> = scope
        .find::<component_data_asset::Entity>()
        .filter(Held::ThreatModelId.eq(model))
        .shape(|select| {
            select
                .join(JoinType::InnerJoin, component_data_asset::Relation::Component.def())
                .select_only()
                .column(Held::DataAssetId)
                .column(component::Column::Name)
                .columns([Held::DataState, Held::Volume, Held::Encrypted])
        })
        .ascending([Held::Id])
        .tuples()
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (asset, component_name, data_state, volume, encrypted) in rows {
        let placement = Placement { component_name, data_state, volume, encrypted };
        found.entry(asset).or_default().push(placement);
    }
    Ok(found)
}

async fn transits(
    scope: Scope<'_>,
    model: Id<threat_model::Entity>,
) -> Result<HashMap<i64, Vec<Transit>>> {
    use data_flow_asset::Column as Carried;
    let rows: Vec<(i64, String, String, String)> = scope
        .find::<data_flow_asset::Entity>()
        .filter(Carried::ThreatModelId.eq(model))
        .shape(|select| {
            select
                .join(JoinType::InnerJoin, data_flow_asset::Relation::DataFlow.def())
                .select_only()
                .column(Carried::DataAssetId)
                .column(data_flow::Column::Label)
                .columns([Carried::ProtectionMethod, Carried::EncryptionType])
        })
        .ascending([Carried::Id])
        .tuples()
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (asset, data_flow_label, protection_method, encryption_type) in rows {
        let transit = Transit { data_flow_label, protection_method, encryption_type };
        found.entry(asset).or_default().push(transit);
    }
    Ok(found)
}
