//! Links between components, threats, countermeasures and taxonomy entries.

use std::collections::HashMap;

use entity::{
    Id, choice::AppliesTo, component_library, component_library_threat, countermeasure_library,
    taxonomy, taxonomy_entry, threat_library, threat_library_countermeasure,
    threat_library_taxonomy_entry,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, QuerySelect};

use super::{Import, choice};
use crate::{
    Result,
    library::{
        rows::{Brought, Stock},
        validation::GLOBAL,
        value::{Entry, Text},
    },
};

/// Items of this and of other packs by qualified name.
pub(in crate::library) struct Names<E>(HashMap<String, Id<E>>);

impl<E> Names<E> {
    pub(in crate::library) fn get(&self, names: impl IntoIterator<Item = String>) -> Option<Id<E>> {
        names.into_iter().find_map(|name| self.0.get(&name).copied())
    }
}

impl Import<'_, '_, '_> {
    /// Finds what references name, on the stock or in the library.
    pub(in crate::library) async fn names<E: Brought>(
        &self,
        stock: &Stock<E>,
        references: impl Iterator<Item = String>,
    ) -> Result<Names<E>> {
        let mut names = HashMap::new();
        let mut others = Vec::new();
        for reference in references {
            match stock.id(&reference) {
                Some(id) => {
                    names.insert(reference, id);
                }
                None => others.push(reference),
            }
        }
        names.extend(self.library.named::<E>(others).await?);
        Ok(Names(names))
    }

    fn own(&self, reference: &Text) -> [String; 1] {
        [self.pack.qualified(reference.trimmed())]
    }

    /// Where a threat may be found, in this order.
    fn places(&self, threat: &Text) -> Vec<String> {
        let reference = threat.trimmed();
        let mut places = vec![self.pack.qualified(reference)];
        if !reference.contains('/') {
            places.push(format!("{GLOBAL}/{reference}"));
        }
        places
    }

    pub(super) async fn component_threats(
        &self,
        components: &Stock<component_library::Entity>,
        threats: &Stock<threat_library::Entity>,
    ) -> Result<()> {
        let mappings = &self.pack.component_threats.mappings;
        let named = mappings.iter().flat_map(|mapping| self.own(&mapping.component));
        let components = self.names(components, named).await?;
        let applied = mappings.iter().flat_map(|mapping| &mapping.threats);
        let named = applied.flat_map(|entry| match &entry.value {
            Entry::Object(applied) => self.places(&applied.threat),
            Entry::Plain(_) => Vec::new(),
        });
        let threats = self.names(threats, named).await?;
        let mut rows = Vec::new();
        for mapping in mappings {
            let Some(component) = components.get(self.own(&mapping.component)) else { continue };
            for entry in &mapping.threats {
                let Entry::Object(applied) = &entry.value else { continue };
                let Some(threat) = threats.get(self.places(&applied.threat)) else { continue };
                rows.push(component_library_threat::ActiveModel {
                    organization_id: Set(self.library.organization),
                    source_pack_id: Set(Some(self.row)),
                    component_library_id: Set(component),
                    threat_library_id: Set(threat),
                    default_severity: Set(mapping.severity.or("medium").to_owned()),
                    applies_to: Set(choice(&applied.applies_to, AppliesTo::default())),
                    ..Default::default()
                });
            }
        }
        self.library.link::<component_library_threat::Entity>(self.row, rows).await
    }

    pub(super) async fn threat_countermeasures(
        &self,
        threats: &Stock<threat_library::Entity>,
        countermeasures: &Stock<countermeasure_library::Entity>,
    ) -> Result<()> {
        let mappings = &self.pack.threat_countermeasures.mappings;
        let named = mappings.iter().flat_map(|mapping| self.places(&mapping.threat));
        let threats = self.names(threats, named).await?;
        let answers = mappings.iter().flat_map(|mapping| &mapping.countermeasures);
        let named = answers.flat_map(|answer| self.own(answer));
        let countermeasures = self.names(countermeasures, named).await?;
        let mut rows = Vec::new();
        for mapping in mappings {
            let Some(threat) = threats.get(self.places(&mapping.threat)) else { continue };
            for answer in &mapping.countermeasures {
                let Some(countermeasure) = countermeasures.get(self.own(answer)) else { continue };
                rows.push(threat_library_countermeasure::ActiveModel {
                    organization_id: Set(self.library.organization),
                    source_pack_id: Set(Some(self.row)),
                    threat_library_id: Set(threat),
                    countermeasure_library_id: Set(countermeasure),
                    ..Default::default()
                });
            }
        }
        self.library.link::<threat_library_countermeasure::Entity>(self.row, rows).await
    }

    /// Entries that the taxonomy does not have are skipped.
    pub(super) async fn threat_entries(
        &self,
        threats: &Stock<threat_library::Entity>,
        taxonomies: Stock<taxonomy::Entity>,
    ) -> Result<()> {
        let joins = &self.pack.taxonomy_joins;
        let mappings = joins.iter().flat_map(|join| &join.document.mappings);
        let named = mappings.flat_map(|mapping| self.places(&mapping.threat));
        let threats = self.names(threats, named).await?;
        let named = joins.iter().map(|join| join.document.taxonomy.trimmed().to_owned());
        let taxonomies = self.names(&taxonomies, named).await?;
        let entries = self.entry_ids(&taxonomies).await?;
        let mut rows = Vec::new();
        for join in joins {
            let named = [join.document.taxonomy.trimmed().to_owned()];
            let Some(taxonomy) = taxonomies.get(named) else { continue };
            for mapping in &join.document.mappings {
                let Some(threat) = threats.get(self.places(&mapping.threat)) else { continue };
                let codes = mapping.entries.iter().map(|code| code.trimmed().to_owned());
                let found = codes.filter_map(|code| entries.get(&(taxonomy, code)));
                rows.extend(found.map(|entry| self.threat_entry(threat, *entry)));
            }
        }
        self.library.link::<threat_library_taxonomy_entry::Entity>(self.row, rows).await
    }

    fn threat_entry(
        &self,
        threat: Id<threat_library::Entity>,
        entry: Id<taxonomy_entry::Entity>,
    ) -> threat_library_taxonomy_entry::ActiveModel {
        threat_library_taxonomy_entry::ActiveModel {
            organization_id: Set(self.library.organization),
            source_pack_id: Set(Some(self.row)),
            threat_library_id: Set(threat),
            taxonomy_entry_id: Set(entry),
            ..Default::default()
        }
    }

    async fn entry_ids(
        &self,
        taxonomies: &Names<taxonomy::Entity>,
    ) -> Result<HashMap<(Id<taxonomy::Entity>, String), Id<taxonomy_entry::Entity>>> {
        if taxonomies.0.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(Id<taxonomy::Entity>, String, Id<taxonomy_entry::Entity>)> = self
            .library
            .find::<taxonomy_entry::Entity>()
            .filter(taxonomy_entry::Column::TaxonomyId.is_in(taxonomies.0.values().copied()))
            .shape(|select| {
                select.select_only().columns([
                    taxonomy_entry::Column::TaxonomyId,
                    taxonomy_entry::Column::ExternalId,
                    taxonomy_entry::Column::Id,
                ])
            })
            .tuples()
            .await?;
        Ok(rows.into_iter().map(|(taxonomy, code, entry)| ((taxonomy, code), entry)).collect())
    }
}
