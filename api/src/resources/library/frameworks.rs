use aide::axum::ApiRouter;
use domain::{Find, Result, Scope, Transaction, account::secret, permission};
use entity::{
    Id,
    framework::{self, ActiveModel, Column, Entity, Model},
    pack,
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, ColumnTrait, Order};
use serde::Serialize;

use super::{TAG, organization_for};
use crate::{
    input::{Body, Field, Params, Sort},
    resource::{self, Paging, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// The standards and regulations whose requirements countermeasures fulfil.
pub struct Frameworks;

/// A standard or regulation.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Framework")]
pub struct View {
    id: Id<Entity>,
    name: String,
    version: String,
    /// Who publishes it.
    issuer: String,
    description: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A framework in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FrameworkItem")]
pub struct Item {
    id: Id<Entity>,
    name: String,
    version: String,
    issuer: String,
    description: String,
    /// The pack that brought it.
    source_pack: Option<Id<pack::Entity>>,
}

impl Resource for Frameworks {
    const NAME: &'static str = "Framework";
    const PATH: &'static str = "/api/frameworks/";
    const TAG: &'static str = TAG;
    const PAGING: Paging = Paging::Plain;
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::text("version", Column::Version, 50).required(),
        Field::text("issuer", Column::Issuer, 255).required(),
        Field::long_text("description", Column::Description),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Issuer, Column::Description];
    const ORDERING: &'static [Sort<Column>] =
        &[Sort::by("name", Column::Name), Sort::by("version", Column::Version)];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = framework::Entity;
    type View = View;
    type Item = Item;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        _: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        let all = params.is_true("retired");
        Ok(if all { find } else { find.filter(Column::RetiredAt.is_null()) })
    }

    async fn prepare(
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        draft.organization_id = Set(organization_for(body, transaction).await?);
        draft.slug = Set(own_slug(draft.name.clone().take().unwrap_or_default().as_str()));
        Ok(())
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        if before.source_pack_id.is_some() {
            draft.customised_at = Set(Some(transaction.now()));
        }
        Ok(())
    }

    async fn views(rows: Vec<Model>, _: Scope<'_>) -> Result<Vec<View>> {
        let view = |row: Model| View {
            id: row.id,
            name: row.name,
            version: row.version,
            issuer: row.issuer,
            description: row.description,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, _: Scope<'_>) -> Result<Vec<Item>> {
        let item = |row: Model| Item {
            id: row.id,
            name: row.name,
            version: row.version,
            issuer: row.issuer,
            description: row.description,
            source_pack: row.source_pack_id,
        };
        Ok(rows.into_iter().map(item).collect())
    }
}

/// A slug that no pack and no other framework has: words of the name and something random.
fn own_slug(name: &str) -> String {
    let words: String = name
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .take(60)
        .collect();
    let random: String =
        secret::random_token().chars().filter(char::is_ascii_alphanumeric).take(10).collect();
    format!("custom-{}-{}", words.trim_matches('-'), random.to_lowercase())
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<Frameworks>()
}
