//! Taxonomies of a pack and their entries.

use std::collections::HashMap;

use entity::{Id, taxonomy, taxonomy_entry};
use sea_orm::{ActiveValue::Set, ColumnTrait, sea_query::OnConflict};

use super::Import;
use crate::{
    Result,
    library::{
        document::{Taxonomy, TaxonomyEntry},
        rows::{Stock, differ},
    },
};

type Entries = HashMap<(Id<taxonomy::Entity>, String), taxonomy_entry::Model>;

const CONTENT: &[taxonomy_entry::Column] = &[
    taxonomy_entry::Column::Title,
    taxonomy_entry::Column::Description,
    taxonomy_entry::Column::ReferenceUrl,
];

impl Import<'_, '_, '_> {
    pub(super) async fn taxonomies(&self) -> Result<Stock<taxonomy::Entity>> {
        let taxonomies = &self.pack.taxonomies;
        let rows = taxonomies.iter().map(|taxonomy| self.taxonomy(taxonomy));
        let stock = self.library.bring::<taxonomy::Entity>(self.row, rows.collect()).await?;
        if !taxonomies.is_empty() {
            self.entries(&stock).await?;
        }
        Ok(stock)
    }

    fn taxonomy(&self, brought: &Taxonomy) -> taxonomy::ActiveModel {
        let slug = slug(brought);
        taxonomy::ActiveModel {
            organization_id: Set(self.library.organization),
            source_pack_id: Set(Some(self.row)),
            slug: Set(slug.to_owned()),
            name: Set(brought.name.or(slug).to_owned()),
            description: Set(brought.description.as_str().to_owned()),
            source_url: Set(brought.source_url.trimmed().to_owned()),
            version: Set(brought.version.trimmed().to_owned()),
            ..Default::default()
        }
    }

    /// Entries that the pack no longer brings are deleted; threats keep copies of theirs.
    async fn entries(&self, stock: &Stock<taxonomy::Entity>) -> Result<()> {
        let mut known = self.known_entries(stock).await?;
        let mut changed = Vec::new();
        for taxonomy in &self.pack.taxonomies {
            let Some(id) = stock.id(slug(taxonomy)) else { continue };
            for entry in &taxonomy.entries {
                let row = self.entry(id, entry);
                let old = known.remove(&(id, entry.external_id.trimmed().to_owned()));
                if old.is_none_or(|old| outdated(&old, &row)) {
                    changed.push(row);
                }
            }
        }
        self.library.transaction.upsert_many(changed, replacing()).await?;
        let dropped = known.values().filter(|entry| entry.customised_at.is_none());
        let dropped: Vec<_> = dropped.map(|entry| entry.id).collect();
        self.library.delete::<taxonomy_entry::Entity>(&dropped).await
    }

    async fn known_entries(&self, stock: &Stock<taxonomy::Entity>) -> Result<Entries> {
        let taxonomies: Vec<_> =
            self.pack.taxonomies.iter().filter_map(|taxonomy| stock.id(slug(taxonomy))).collect();
        let rows = self
            .library
            .find::<taxonomy_entry::Entity>()
            .filter(taxonomy_entry::Column::TaxonomyId.is_in(taxonomies))
            .all()
            .await?;
        let entries = rows.into_iter();
        Ok(entries.map(|row| ((row.taxonomy_id, row.external_id.clone()), row)).collect())
    }

    fn entry(
        &self,
        taxonomy: Id<taxonomy::Entity>,
        entry: &TaxonomyEntry,
    ) -> taxonomy_entry::ActiveModel {
        let code = entry.external_id.trimmed();
        taxonomy_entry::ActiveModel {
            organization_id: Set(self.library.organization),
            taxonomy_id: Set(taxonomy),
            external_id: Set(code.to_owned()),
            title: Set(entry.title.or(code).to_owned()),
            description: Set(entry.description.as_str().to_owned()),
            reference_url: Set(entry.reference_url.trimmed().to_owned()),
            ..Default::default()
        }
    }
}

fn slug(taxonomy: &Taxonomy) -> &str {
    taxonomy.slug.or(taxonomy.id.trimmed())
}

fn outdated(old: &taxonomy_entry::Model, new: &taxonomy_entry::ActiveModel) -> bool {
    old.customised_at.is_none() && differ::<taxonomy_entry::Entity>(old, new, CONTENT)
}

fn replacing() -> OnConflict {
    use taxonomy_entry::Column;
    let mut conflict = OnConflict::columns([Column::TaxonomyId, Column::ExternalId]);
    conflict.update_columns(CONTENT.iter().copied().chain([Column::UpdatedAt]));
    conflict.action_and_where(Column::CustomisedAt.is_null());
    conflict
}
