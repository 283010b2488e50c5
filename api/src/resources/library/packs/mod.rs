//! Packs: those an organization imported, and those it can import.

mod import;
mod removal;
mod source;

use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{
    Error, Find, Result, Scope, Transaction,
    library::{ContentSummary, query},
    permission,
};
use entity::{
    Actor, Id, Ref, choice, organization,
    pack::{self, ActiveModel, Column, Entity, Model},
    pack_dependency,
};
use schemars::JsonSchema;
use sea_orm::{
    ColumnTrait, Order,
    sea_query::{Expr, ExprTrait, Func},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    input::{Body, Field, Filter, Params, Sort},
    resource::{self, Paging, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// The group of these endpoints in the API document.
const TAG: &str = "Packs";

/// The packs that were imported.
pub struct Packs;

/// A pack in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PackItem")]
pub struct Item {
    id: Id<Entity>,
    slug: String,
    name: String,
    description: String,
    version: String,
    pack_type: choice::PackType,
    tier: choice::PackTier,
    source: choice::PackSource,
    author: String,
    install_count: i32,
    industries: Value,
    tags: Value,
    /// Whether anything of it is in the library.
    is_imported: bool,
}

/// A pack that was imported.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Pack")]
pub struct View {
    #[serde(flatten)]
    item: Item,
    repository_url: String,
    documentation_url: String,
    icon_url: String,
    is_published: bool,
    published_at: Option<Timestamp>,
    dependencies: Vec<Dependency>,
    content_summary: ContentSummary,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Another pack that a pack needs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PackDependency")]
pub struct Dependency {
    id: Id<pack_dependency::Entity>,
    /// Null while it is not imported.
    depends_on_pack: Option<Id<Entity>>,
    /// The slug while it is not imported.
    depends_on_pack_name: String,
    depends_on_pack_slug: String,
    version_constraint: String,
    is_optional: bool,
}

impl Resource for Packs {
    const NAME: &'static str = "Pack";
    const PATH: &'static str = "/api/packs/";
    const TAG: &'static str = TAG;
    const PAGING: Paging = Paging::Plain;
    const FIELDS: &'static [Field<Column>] = &[];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::choice::<choice::PackType>("pack_type", Column::PackType),
        Filter::choice::<choice::PackTier>("tier", Column::Tier),
        Filter::choice::<choice::PackSource>("source", Column::Source),
    ];
    const NARROWING: &'static [(&'static str, &'static str)] =
        &[("industry", "Only packs for this industry."), ("tag", "Only packs with this tag.")];
    const SEARCH: &'static [Column] =
        &[Column::Name, Column::Description, Column::Author, Column::Tags, Column::Industries];
    const ORDERING: &'static [Sort<Column>] = &[
        Sort::by("name", Column::Name),
        Sort::by("install_count", Column::InstallCount),
        Sort::by("created_at", Column::CreatedAt),
        Sort::by("published_at", Column::PublishedAt),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[
        (Sort::by("install_count", Column::InstallCount), Order::Desc),
        (Sort::by("name", Column::Name), Order::Asc),
    ];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = pack::Entity;
    type View = View;
    type Item = Item;

    async fn narrow<'c>(
        mut find: Find<'c, Entity>,
        params: &Params,
        _: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        for (name, column) in [("industry", Column::Industries), ("tag", Column::Tags)] {
            if let Some(word) = params.get(name) {
                find = find.filter(lists(column, word));
            }
        }
        Ok(find)
    }

    async fn prepare(_: &mut ActiveModel, _: &Body, _: &Transaction<'_>) -> Result<()> {
        Err(Error::forbidden())
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let contents = query::contents(scope, &ids).await?;
        let mut dependencies = dependencies(&ids, scope).await?;
        let view = |row: Model| {
            let content_summary = contents.get(&row.id).copied().unwrap_or_default();
            View {
                repository_url: row.repository_url.clone(),
                documentation_url: row.documentation_url.clone(),
                icon_url: row.icon_url.clone(),
                is_published: row.is_published,
                published_at: row.published_at.map(Timestamp::from),
                dependencies: dependencies.remove(&row.id).unwrap_or_default(),
                content_summary,
                created_at: row.created_at.into(),
                updated_at: row.updated_at.into(),
                item: item(row, content_summary.is_imported()),
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Item>> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let contents = query::contents(scope, &ids).await?;
        let imported = |row: &Model| contents.get(&row.id).is_some_and(ContentSummary::is_imported);
        let rows = rows.into_iter().map(|row| (imported(&row), row));
        Ok(rows.map(|(is_imported, row)| item(row, is_imported)).collect())
    }
}

/// Whether a list of texts, stored as JSON, holds a word: taking the word out changes it.
fn lists(column: Column, word: &str) -> Expr {
    let word = Value::from(word).to_string();
    let without = Func::cust("replace").args([Expr::col(column), Expr::val(word), Expr::val("")]);
    Expr::col(column).ne(without)
}

fn item(row: Model, is_imported: bool) -> Item {
    Item {
        id: row.id,
        slug: row.slug,
        name: row.name,
        description: row.description,
        version: row.version,
        pack_type: row.pack_type,
        tier: row.tier,
        source: row.source,
        author: row.author,
        install_count: row.install_count,
        industries: row.industries.into_inner(),
        tags: row.tags.into_inner(),
        is_imported,
    }
}

/// What the packs need, in two statements.
async fn dependencies(
    packs: &[Id<Entity>],
    scope: Scope<'_>,
) -> Result<HashMap<Id<Entity>, Vec<Dependency>>> {
    let rows = scope
        .find::<pack_dependency::Entity>()
        .filter(pack_dependency::Column::PackId.is_in(packs.iter().copied()))
        .ascending([pack_dependency::Column::DependsOnSlug])
        .all()
        .await?;
    let ids = rows.iter().filter_map(|row| row.depends_on_pack_id);
    let names: HashMap<_, String> = scope.lookup(ids, Column::Name).await?;
    let mut found: HashMap<_, Vec<Dependency>> = HashMap::new();
    for row in rows {
        let name = row.depends_on_pack_id.and_then(|id| names.get(&id)).cloned();
        found.entry(row.pack_id).or_default().push(Dependency {
            id: row.id,
            depends_on_pack: row.depends_on_pack_id,
            depends_on_pack_name: name.unwrap_or_else(|| row.depends_on_slug.clone()),
            depends_on_pack_slug: row.depends_on_slug,
            version_constraint: row.version_constraint,
            is_optional: row.is_optional,
        });
    }
    Ok(found)
}

/// The organization whose library is meant: the one named, or the caller's first, preferably one
/// whose security team he belongs to.
fn organization_of(
    actor: &Actor,
    named: Option<Ref<organization::Entity>>,
) -> Result<Id<organization::Entity>> {
    if let Some(named) = named {
        let mut own = actor.organizations();
        return own.find(|own| own.key() == named.key()).ok_or_else(|| unknown(named));
    }
    let first = actor.secured_organizations().next().or_else(|| actor.organizations().next());
    first.ok_or_else(Error::forbidden)
}

fn unknown(named: Ref<organization::Entity>) -> Error {
    let text = format!("Invalid pk \"{}\" - object does not exist.", named.key());
    Error::invalid("organization", text)
}

/// The answer for a slug that no pack of the catalogue has.
fn no_such_pack(slug: &str) -> Error {
    Error::missing(format!("Pack '{slug}' not found in libraries folder"))
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::read_only_routes::<Packs>()
        .merge(source::routes())
        .merge(import::routes())
        .merge(removal::routes())
}
