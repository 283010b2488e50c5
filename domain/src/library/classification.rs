//! How library threats are classified by taxonomies.

use std::collections::HashMap;

use entity::{Id, taxonomy, taxonomy_entry, threat_library, threat_library_taxonomy_entry};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, Order, QuerySelect, RelationTrait};
use serde::Serialize;

use crate::{Result, Scope, store::KEYS_PER_STATEMENT};

/// One entry of a taxonomy, as a threat carries it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Classification {
    /// The entry.
    pub id: Id<taxonomy_entry::Entity>,
    /// Short name of the taxonomy: `stride`, `cwe`.
    pub taxonomy_slug: String,
    /// Name of the taxonomy.
    pub taxonomy_name: String,
    /// The code within the taxonomy: `tampering`, `CWE-89`.
    pub external_id: String,
    /// What the code stands for.
    pub title: String,
    /// Where the entry is explained; may be empty.
    pub reference_url: String,
}

#[derive(FromQueryResult)]
struct Row {
    threat: Id<threat_library::Entity>,
    id: Id<taxonomy_entry::Entity>,
    taxonomy_slug: String,
    taxonomy_name: String,
    external_id: String,
    title: String,
    reference_url: String,
}

/// The entries of each of these library threats, in the order in which they were linked.
pub async fn classifications(
    scope: Scope<'_>,
    threats: impl IntoIterator<Item = Id<threat_library::Entity>>,
) -> Result<HashMap<Id<threat_library::Entity>, Vec<Classification>>> {
    use threat_library_taxonomy_entry as link;
    let mut threats: Vec<_> = threats.into_iter().collect();
    threats.sort_unstable();
    threats.dedup();
    let mut found: HashMap<_, Vec<Classification>> = HashMap::new();
    for chunk in threats.chunks(KEYS_PER_STATEMENT) {
        let rows: Vec<Row> = scope
            .find::<link::Entity>()
            .filter(link::Column::ThreatLibraryId.is_in(chunk.iter().copied()))
            .shape(|select| {
                select
                    .join(JoinType::InnerJoin, link::Relation::TaxonomyEntry.def())
                    .join(JoinType::InnerJoin, taxonomy_entry::Relation::Taxonomy.def())
                    .select_only()
                    .column_as(link::Column::ThreatLibraryId, "threat")
                    .column_as(taxonomy_entry::Column::Id, "id")
                    .column_as(taxonomy::Column::Slug, "taxonomy_slug")
                    .column_as(taxonomy::Column::Name, "taxonomy_name")
                    .column_as(taxonomy_entry::Column::ExternalId, "external_id")
                    .column_as(taxonomy_entry::Column::Title, "title")
                    .column_as(taxonomy_entry::Column::ReferenceUrl, "reference_url")
            })
            .order_by(sea_orm::sea_query::Expr::col((link::Entity, link::Column::Id)), Order::Asc)
            .rows()
            .await?;
        for row in rows {
            found.entry(row.threat).or_default().push(Classification {
                id: row.id,
                taxonomy_slug: row.taxonomy_slug,
                taxonomy_name: row.taxonomy_name,
                external_id: row.external_id,
                title: row.title,
                reference_url: row.reference_url,
            });
        }
    }
    Ok(found)
}
