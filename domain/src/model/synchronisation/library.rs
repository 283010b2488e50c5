use std::collections::{HashMap, HashSet};

use entity::{Id, Names, choice::ComponentCategory, component_library, organization};
use sea_orm::{ColumnTrait, Condition, QuerySelect};

use crate::{Result, Scope, model::canvas::ComponentNode};

/// Finds the library components that nodes name by id, by slug or by technology.
#[derive(Default)]
pub(super) struct Library {
    ids: HashSet<Id<component_library::Entity>>,
    slugs: HashMap<String, Id<component_library::Entity>>,
    technologies: HashMap<(ComponentCategory, String), Id<component_library::Entity>>,
}

/// A library component as far as it is needed to find it by its technology.
struct Entry {
    id: Id<component_library::Entity>,
    slug: String,
    name: String,
    category: ComponentCategory,
}

impl Library {
    /// Looks up everything that the nodes name, in at most two statements.
    pub(super) async fn named_by(
        scope: Scope<'_>,
        organization: Id<organization::Entity>,
        nodes: &[&ComponentNode],
    ) -> Result<Self> {
        let mut library = Self::default();
        library.look_up(scope, organization, nodes).await?;
        let open: Vec<_> = nodes
            .iter()
            .filter(|node| !node.technology.is_empty() && library.certain(node).is_none())
            .collect();
        if open.is_empty() {
            return Ok(library);
        }
        let categories = open.iter().map(|node| node.kind.library_category()).collect();
        let entries = entries(scope, organization, categories).await?;
        for node in open {
            let key = (node.kind.library_category(), node.technology.clone());
            if library.technologies.contains_key(&key) {
                continue;
            }
            if let Some(id) = by_technology(&entries, key.0, &key.1) {
                library.technologies.insert(key, id);
            }
        }
        Ok(library)
    }

    /// The library component of a node: by id, else by slug, else by technology.
    pub(super) fn find(&self, node: &ComponentNode) -> Option<Id<component_library::Entity>> {
        self.certain(node).or_else(|| {
            let key = (node.kind.library_category(), node.technology.clone());
            self.technologies.get(&key).copied()
        })
    }

    fn certain(&self, node: &ComponentNode) -> Option<Id<component_library::Entity>> {
        let by_id = node.library.map(Names::id).filter(|id| self.ids.contains(id));
        by_id.or_else(|| self.slugs.get(&node.reference).copied())
    }

    async fn look_up(
        &mut self,
        scope: Scope<'_>,
        organization: Id<organization::Entity>,
        nodes: &[&ComponentNode],
    ) -> Result<()> {
        use component_library::{Column, Entity};
        let ids: HashSet<_> = nodes.iter().filter_map(|node| node.library).map(Names::id).collect();
        let slugs: HashSet<&str> = nodes
            .iter()
            .map(|node| node.reference.as_str())
            .filter(|slug| !slug.is_empty())
            .collect();
        if ids.is_empty() && slugs.is_empty() {
            return Ok(());
        }
        let current = Condition::any()
            .add(Column::Slug.is_in(slugs.iter().copied()))
            .add(Column::QualifiedSlug.is_in(slugs.iter().copied()));
        let current = Condition::all().add(Column::RetiredAt.is_null()).add(current);
        let rows: Vec<(Id<_>, String, Option<String>)> = scope
            .find::<Entity>()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Condition::any().add(Column::Id.is_in(ids.iter().copied())).add(current))
            .ascending([Column::Id])
            .shape(|select| {
                let columns = [Column::Id, Column::Slug, Column::QualifiedSlug];
                select.select_only().columns(columns)
            })
            .tuples()
            .await?;
        for (id, slug, qualified) in rows {
            self.ids.insert(id);
            for slug in std::iter::once(slug).chain(qualified) {
                if slugs.contains(slug.as_str()) {
                    self.slugs.entry(slug).or_insert(id);
                }
            }
        }
        Ok(())
    }
}

async fn entries(
    scope: Scope<'_>,
    organization: Id<organization::Entity>,
    categories: HashSet<ComponentCategory>,
) -> Result<Vec<Entry>> {
    use component_library::{Column, Entity};
    let rows: Vec<(Id<_>, String, String, ComponentCategory)> = scope
        .find::<Entity>()
        .filter(Column::OrganizationId.eq(organization))
        .filter(Column::RetiredAt.is_null())
        .filter(Column::Category.is_in(categories))
        .ascending([Column::Id])
        .shape(|select| {
            let columns = [Column::Id, Column::Slug, Column::Name, Column::Category];
            select.select_only().columns(columns)
        })
        .tuples()
        .await?;
    let entry = |(id, slug, name, category): (Id<_>, String, String, ComponentCategory)| Entry {
        id,
        slug,
        name: name.to_lowercase(),
        category,
    };
    Ok(rows.into_iter().map(entry).collect())
}

fn by_technology(
    entries: &[Entry],
    category: ComponentCategory,
    technology: &str,
) -> Option<Id<component_library::Entity>> {
    let lowered = technology.to_lowercase();
    let first = |fits: &dyn Fn(&Entry) -> bool| {
        entries.iter().find(|entry| entry.category == category && fits(entry)).map(|it| it.id)
    };
    first(&|entry| entry.slug == technology)
        .or_else(|| first(&|entry| entry.name == lowered))
        .or_else(|| first(&|entry| entry.name.contains(&lowered)))
}
