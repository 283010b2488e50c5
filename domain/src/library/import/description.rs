//! The row of a pack and what it depends on.

use std::collections::HashMap;

use entity::{
    Document, Id,
    choice::{PackSource, PackTier, PackType},
    organization, pack, pack_dependency,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;

use super::choice;
use crate::{
    Error, Result,
    library::{pack::Pack, preview::words, rows::Library},
};

impl Library<'_, '_> {
    /// Lets one import after another change the library; SQLite does so anyway.
    pub(in crate::library) async fn lock(&self) -> Result<()> {
        let scope = self.transaction.scope();
        let organization = organization::Column::Id.eq(self.organization);
        let row = scope.find::<organization::Entity>().filter(organization);
        row.shape(QuerySelect::lock_exclusive).one().await?;
        Ok(())
    }

    /// The row of a pack that is imported.
    pub(in crate::library) async fn imported_pack(
        &self,
        slug: &str,
    ) -> Result<Option<pack::Model>> {
        self.find::<pack::Entity>().filter(pack::Column::Slug.eq(slug)).one().await
    }

    /// Writes who the pack is.
    pub(in crate::library) async fn describe(&self, pack: &Pack) -> Result<Id<pack::Entity>> {
        use pack::Column;
        let row = self.description(pack);
        let mut conflict = OnConflict::columns([Column::OrganizationId, Column::Slug]);
        conflict.update_columns([
            Column::Name,
            Column::Description,
            Column::Version,
            Column::PackType,
            Column::Tier,
            Column::Source,
            Column::Author,
            Column::RepositoryUrl,
            Column::DocumentationUrl,
            Column::Industries,
            Column::Tags,
            Column::ContentHash,
            Column::RelativePath,
            Column::ImportedAt,
            Column::UpdatedAt,
        ]);
        let written = self.transaction.upsert_many(vec![row], conflict).await?;
        let row = written.into_iter().next();
        row.map(|row| row.id).ok_or_else(|| Error::Internal("the pack was not written".to_owned()))
    }

    fn description(&self, pack: &Pack) -> pack::ActiveModel {
        let header = &pack.header;
        let now = self.transaction.now();
        pack::ActiveModel {
            organization_id: Set(self.organization),
            slug: Set(pack.slug.clone()),
            name: Set(pack.name().to_owned()),
            description: Set(header.description.as_str().to_owned()),
            version: Set(pack.version().to_owned()),
            pack_type: Set(choice(&header.pack_type, PackType::Technology)),
            tier: Set(choice(&header.tier, PackTier::default())),
            source: Set(Self::source(pack)),
            author: Set(header.author.as_str().to_owned()),
            repository_url: Set(header.repository_url.trimmed().to_owned()),
            documentation_url: Set(header.documentation_url.trimmed().to_owned()),
            icon_url: Set(String::new()),
            industries: Set(Document(json!(words(&header.industries)))),
            tags: Set(Document(json!(words(&header.tags)))),
            install_count: Set(0),
            is_published: Set(true),
            published_at: Set(Some(now)),
            content_hash: Set(pack.content_hash.clone()),
            relative_path: Set(pack.relative_path.clone()),
            imported_at: Set(Some(now)),
            ..Default::default()
        }
    }

    /// Packs that say nothing count as official, those that say something unknown do not.
    fn source(pack: &Pack) -> PackSource {
        if pack.header.source.is_blank() {
            return PackSource::Official;
        }
        choice(&pack.header.source, PackSource::default())
    }

    /// Notes what a pack needs, tells the packs that waited for it, and returns what is missing.
    pub(in crate::library) async fn depend(
        &self,
        pack: &Pack,
        row: Id<pack::Entity>,
    ) -> Result<Vec<String>> {
        let needed = pack.requires();
        let slugs: Vec<&str> = needed.iter().map(|needed| needed.slug.as_str()).collect();
        let known = self.pack_ids(&slugs).await?;
        let rows = needed.iter().map(|needed| pack_dependency::ActiveModel {
            organization_id: Set(self.organization),
            pack_id: Set(row),
            depends_on_slug: Set(needed.slug.clone()),
            depends_on_pack_id: Set(known.get(&needed.slug).copied()),
            version_constraint: Set(needed.version.clone()),
            is_optional: Set(needed.optional),
            ..Default::default()
        });
        self.transaction.upsert_many(rows.collect(), renewing()).await?;
        let others = Condition::all()
            .add(pack_dependency::Column::PackId.eq(row))
            .add(pack_dependency::Column::DependsOnSlug.is_not_in(slugs));
        self.transaction.delete_where::<pack_dependency::Entity>(others).await?;
        self.found(&pack.slug, row).await?;
        let missing = needed
            .into_iter()
            .filter(|needed| !needed.optional && !known.contains_key(&needed.slug));
        Ok(missing.map(|needed| needed.slug).collect())
    }

    async fn pack_ids(&self, slugs: &[&str]) -> Result<HashMap<String, Id<pack::Entity>>> {
        let rows: Vec<(String, Id<pack::Entity>)> = self
            .find::<pack::Entity>()
            .filter(pack::Column::Slug.is_in(slugs.iter().copied()))
            .shape(|select| select.select_only().columns([pack::Column::Slug, pack::Column::Id]))
            .tuples()
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// Packs that missed this one have found it.
    async fn found(&self, slug: &str, row: Id<pack::Entity>) -> Result<()> {
        let waiting = Condition::all()
            .add(pack_dependency::Column::OrganizationId.eq(self.organization))
            .add(pack_dependency::Column::DependsOnSlug.eq(slug))
            .add(pack_dependency::Column::DependsOnPackId.is_null());
        self.transaction
            .change::<pack_dependency::Entity>()
            .set(pack_dependency::Column::DependsOnPackId, Expr::value(row))
            .filter(waiting)
            .exec()
            .await?;
        Ok(())
    }
}

fn renewing() -> OnConflict {
    use pack_dependency::Column;
    let mut conflict = OnConflict::columns([Column::PackId, Column::DependsOnSlug]);
    conflict.update_columns([
        Column::DependsOnPackId,
        Column::VersionConstraint,
        Column::IsOptional,
        Column::UpdatedAt,
    ]);
    conflict
}
