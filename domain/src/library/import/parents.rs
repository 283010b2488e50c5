//! Which component of a pack is part of which.

use std::collections::HashMap;

use entity::{Id, choice::ComponentCategory, component_library};
use sea_orm::Value;

use super::Import;
use crate::{
    Result,
    library::{document::Item, rows::Stock},
};

/// Components may be nested so deep, counting the outermost.
const LEVELS: usize = 3;

impl Import<'_, '_, '_> {
    /// Both ends must be processes; what would be a cycle or nested too deep has no parent.
    pub(super) async fn parents(&self, stock: &Stock<component_library::Entity>) -> Result<()> {
        let parents = self.wanted_parents(stock);
        let mut changed: Vec<(Id<component_library::Entity>, Value)> = Vec::new();
        for component in &self.pack.components {
            let name = self.pack.qualified(component.slug());
            let Some(row) = stock.rows.get(&name) else { continue };
            let parent = parents.get(&name).filter(|_| levels(&name, &parents).is_some());
            let parent = parent.and_then(|parent| stock.id(parent));
            if row.customised_at.is_none() && row.parent_id != parent {
                changed.push((row.id, parent.into()));
            }
        }
        self.library.set_each(component_library::Column::ParentId, changed).await
    }

    fn wanted_parents(&self, stock: &Stock<component_library::Entity>) -> HashMap<String, String> {
        let process = |name: &str| {
            let row = stock.rows.get(name);
            row.is_some_and(|row| row.category == ComponentCategory::Process)
        };
        let components = self.pack.components.iter();
        let nested = components.filter(|component| !component.parent.is_blank());
        let pairs = nested.map(|component| {
            let child = self.pack.qualified(component.slug());
            (child, self.pack.qualified(component.parent.trimmed()))
        });
        pairs.filter(|(child, parent)| process(child) && process(parent)).collect()
    }
}

/// On which level a component is, the outermost being 1. Absent in a cycle and when too deep.
fn levels(name: &str, parents: &HashMap<String, String>) -> Option<usize> {
    let mut level = 1;
    let mut current = name;
    while let Some(parent) = parents.get(current) {
        level += 1;
        if parent == name || level > LEVELS {
            return None;
        }
        current = parent;
    }
    Some(level)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::levels;

    fn parents(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        let pairs = pairs.iter();
        pairs.map(|(child, parent)| ((*child).to_owned(), (*parent).to_owned())).collect()
    }

    #[test]
    fn three_levels_are_the_most() {
        let parents = parents(&[("b", "a"), ("c", "b"), ("d", "c")]);
        assert_eq!(levels("a", &parents), Some(1));
        assert_eq!(levels("c", &parents), Some(3));
        assert_eq!(levels("d", &parents), None);
    }

    #[test]
    fn a_cycle_has_no_levels() {
        let parents = parents(&[("a", "b"), ("b", "a"), ("c", "c")]);
        assert_eq!(levels("a", &parents), None);
        assert_eq!(levels("c", &parents), None);
    }
}
