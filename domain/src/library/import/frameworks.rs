//! Frameworks of a pack and their requirements.

use std::collections::HashMap;

use entity::{Id, framework, requirement};
use sea_orm::{ActiveValue::Set, ColumnTrait, Value};

use super::Import;
use crate::{
    Result,
    library::{
        document::{Framework, Requirement},
        rows::Stock,
    },
};

type Requirements = HashMap<(Id<framework::Entity>, String), requirement::Model>;

impl Import<'_, '_, '_> {
    /// Returns the slugs of frameworks that were not known before.
    pub(super) async fn frameworks(&self) -> Result<Vec<String>> {
        let frameworks = &self.pack.frameworks;
        let rows = frameworks.iter().map(|framework| self.framework(framework));
        let stock = self.library.bring::<framework::Entity>(self.row, rows.collect()).await?;
        if !frameworks.is_empty() {
            self.requirements(&stock).await?;
        }
        Ok(stock.added.into_iter().collect())
    }

    fn framework(&self, brought: &Framework) -> framework::ActiveModel {
        let slug = slug(brought);
        framework::ActiveModel {
            organization_id: Set(self.library.organization),
            source_pack_id: Set(Some(self.row)),
            slug: Set(slug.to_owned()),
            name: Set(brought.name.or(slug).to_owned()),
            version: Set(brought.version.trimmed().to_owned()),
            issuer: Set(brought.issuer.trimmed().to_owned()),
            description: Set(brought.description.as_str().to_owned()),
            ..Default::default()
        }
    }

    /// Requirements that the pack no longer brings are deleted; mappings keep copies of theirs.
    async fn requirements(&self, stock: &Stock<framework::Entity>) -> Result<()> {
        let mut known = self.known_requirements(stock).await?;
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for framework in &self.pack.frameworks {
            let Some(id) = stock.id(slug(framework)) else { continue };
            for brought in &framework.requirements {
                let text = brought.description.as_str();
                match known.remove(&(id, brought.section_code.trimmed().to_owned())) {
                    None => added.push(self.requirement(id, brought)),
                    Some(old) if old.customised_at.is_none() && old.description != text => {
                        changed.push((old.id, Value::from(text)));
                    }
                    Some(_) => {}
                }
            }
        }
        self.library.transaction.insert_many(added).await?;
        self.library.set_each(requirement::Column::Description, changed).await?;
        let dropped = known.values().filter(|requirement| requirement.customised_at.is_none());
        let dropped: Vec<_> = dropped.map(|requirement| requirement.id).collect();
        self.library.delete::<requirement::Entity>(&dropped).await
    }

    async fn known_requirements(&self, stock: &Stock<framework::Entity>) -> Result<Requirements> {
        let frameworks: Vec<_> =
            self.pack.frameworks.iter().filter_map(|framework| stock.id(slug(framework))).collect();
        let rows = self
            .library
            .find::<requirement::Entity>()
            .filter(requirement::Column::FrameworkId.is_in(frameworks))
            .all()
            .await?;
        let requirements = rows.into_iter();
        Ok(requirements.map(|row| ((row.framework_id, row.section_code.clone()), row)).collect())
    }

    fn requirement(
        &self,
        framework: Id<framework::Entity>,
        brought: &Requirement,
    ) -> requirement::ActiveModel {
        requirement::ActiveModel {
            organization_id: Set(self.library.organization),
            framework_id: Set(framework),
            section_code: Set(brought.section_code.trimmed().to_owned()),
            description: Set(brought.description.as_str().to_owned()),
            ..Default::default()
        }
    }
}

fn slug(framework: &Framework) -> &str {
    framework.slug.or(framework.id.trimmed())
}
