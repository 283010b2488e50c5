//! Brings a pack into an organization's library: one transaction, whole sets, rows in place.
//!
//! An import changes rows that the pack brought before, so that their ids and everything that
//! refers to them stay. What a user changed is left alone, what the pack no longer brings is
//! retired.

mod description;
mod frameworks;
mod items;
mod links;
mod parents;
mod taxonomies;

use std::sync::Arc;

use entity::{Actor, Id, organization, pack, threat_model, threat_model_pack};
use schemars::JsonSchema;
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait};
use serde::{Deserialize, Serialize};

use super::{
    catalogue::Packs,
    finding::{Fault, Validation},
    pack::Pack,
    query,
    rows::Library,
    validation::validate,
    value::Text,
};
use crate::{Error, Result, Store, Transaction};

/// Whether a pack that is imported already is imported again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// Only if it is not imported, or brings nothing but frameworks.
    #[default]
    Missing,
    /// In any case.
    Force,
}

/// Whether warnings keep a pack from being imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warnings {
    /// They do.
    #[default]
    Block,
    /// They do not; unknown choices become the default ones.
    Accept,
}

/// What is wanted of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Whether a pack that is imported already is imported again.
    pub renewal: Renewal,
    /// Whether warnings keep it from being imported.
    pub warnings: Warnings,
    /// Slugs of the frameworks to which mappings are wanted; absent for all.
    pub overlays: Option<Vec<String>>,
}

impl Wish {
    /// Whether mappings to a framework are wanted.
    pub(super) fn includes(&self, framework: &str) -> bool {
        let chosen = self.overlays.as_ref();
        chosen.is_none_or(|chosen| chosen.iter().any(|slug| slug == framework))
    }
}

/// What an import did. Counts include rows that existed; frameworks are not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportResult {
    pub success: bool,
    pub pack_slug: String,
    pub pack_name: String,
    pub version: String,
    pub message: String,
    pub components_created: usize,
    pub threats_created: usize,
    pub countermeasures_created: usize,
    pub templates_created: usize,
    pub taxonomies_created: usize,
    pub errors: Vec<Fault>,
    /// Slugs of packs that this one needs and that are not imported.
    #[serde(default)]
    pub missing_dependencies: Vec<String>,
}

/// How an import ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "answer")]
pub enum ImportAnswer {
    /// The pack is imported, now or before.
    Imported(ImportResult),
    /// Another version is imported and a renewal was not wanted.
    Outdated(ImportResult),
    /// There are errors.
    Invalid(Validation),
    /// There are warnings and they were not accepted.
    Doubtful(Validation),
    /// There is no such pack.
    Unknown,
}

/// Checks a pack and imports it into an organization.
pub async fn import(
    store: &Store,
    actor: &Actor,
    organization: Id<organization::Entity>,
    packs: &Packs,
    slug: &str,
    wish: &Wish,
) -> Result<ImportAnswer> {
    let Some(pack) = packs.by_slug(slug) else { return Ok(ImportAnswer::Unknown) };
    let known = query::known_library(store.read(actor), organization).await?;
    let validation = validate(pack, packs, &known);
    if let Some(refusal) = refusal(validation, wish) {
        return Ok(refusal);
    }
    let transaction = store.write(actor).await?;
    let answer = within(&transaction, organization, pack, wish).await?;
    transaction.commit().await?;
    Ok(answer)
}

/// Why a pack is not imported, if it is not.
pub(super) fn refusal(validation: Validation, wish: &Wish) -> Option<ImportAnswer> {
    if !validation.success {
        return Some(ImportAnswer::Invalid(validation));
    }
    let blocked = wish.warnings == Warnings::Block && validation.warning_count > 0;
    blocked.then_some(ImportAnswer::Doubtful(validation))
}

/// Imports a pack that was checked, as a part of other changes.
pub async fn within(
    transaction: &Transaction<'_>,
    organization: Id<organization::Entity>,
    pack: &Arc<Pack>,
    wish: &Wish,
) -> Result<ImportAnswer> {
    if !transaction.actor().secures(organization) {
        return Err(Error::forbidden());
    }
    let library = Library { transaction, organization };
    library.lock().await?;
    if wish.renewal == Renewal::Missing
        && pack.has_items()
        && let Some(known) = library.imported_pack(&pack.slug).await?
    {
        return Ok(unchanged(pack, &known));
    }
    let row = library.describe(pack).await?;
    let missing_dependencies = library.depend(pack, row).await?;
    let import = Import { library, pack, row, wish };
    import.everything().await?;
    library.connect(&[row]).await?;
    Ok(ImportAnswer::Imported(ImportResult {
        message: format!("Imported {} {}", pack.name(), pack.version()),
        components_created: pack.components.len(),
        threats_created: pack.threats.len(),
        countermeasures_created: pack.countermeasures.len(),
        templates_created: pack.templates.len(),
        taxonomies_created: pack.taxonomies.len(),
        missing_dependencies,
        ..result(pack)
    }))
}

/// The answer of an import that did nothing yet.
pub(super) fn result(pack: &Pack) -> ImportResult {
    ImportResult {
        success: true,
        pack_slug: pack.slug.clone(),
        pack_name: pack.name().to_owned(),
        version: pack.version().to_owned(),
        ..ImportResult::default()
    }
}

fn unchanged(pack: &Pack, known: &pack::Model) -> ImportAnswer {
    if known.version == pack.version() {
        let message = format!("{} {} is imported already", pack.name(), pack.version());
        return ImportAnswer::Imported(ImportResult { message, ..result(pack) });
    }
    let message = format!(
        "Version {} of {} is imported already. Import with \"force\" to change it to {}.",
        known.version,
        pack.name(),
        pack.version()
    );
    ImportAnswer::Outdated(ImportResult { success: false, message, ..result(pack) })
}

/// One pack on its way into a library.
pub(super) struct Import<'i, 't, 's> {
    pub library: Library<'t, 's>,
    pub pack: &'i Pack,
    pub row: Id<pack::Entity>,
    pub wish: &'i Wish,
}

impl Import<'_, '_, '_> {
    async fn everything(&self) -> Result<()> {
        let entries = self.taxonomies().await?;
        let components = self.components().await?;
        let threats = self.threats().await?;
        let countermeasures = self.countermeasures().await?;
        self.component_threats(&components, &threats).await?;
        self.threat_countermeasures(&threats, &countermeasures).await?;
        self.threat_entries(&threats, entries).await?;
        self.templates().await?;
        let news = self.frameworks().await?;
        self.overlays(&countermeasures).await?;
        self.requirement_overlays().await?;
        self.library.activate(&news).await
    }
}

impl Library<'_, '_> {
    /// Connects packs to all threat models of the organization.
    pub(super) async fn connect(&self, packs: &[Id<pack::Entity>]) -> Result<()> {
        let models = self.find::<threat_model::Entity>();
        let models: Vec<Id<threat_model::Entity>> = models.values(threat_model::Column::Id).await?;
        let known: std::collections::HashSet<(_, _)> = self
            .find::<threat_model_pack::Entity>()
            .filter(threat_model_pack::Column::PackId.is_in(packs.iter().copied()))
            .all()
            .await?
            .into_iter()
            .map(|row| (row.threat_model_id, row.pack_id))
            .collect();
        let pairs = models.iter().flat_map(|model| packs.iter().map(move |pack| (*model, *pack)));
        let missing = pairs.filter(|pair| !known.contains(pair));
        let rows = missing.map(|(model, pack)| threat_model_pack::ActiveModel {
            organization_id: Set(self.organization),
            threat_model_id: Set(model),
            pack_id: Set(pack),
            ..Default::default()
        });
        self.transaction.insert_missing(rows.collect()).await?;
        Ok(())
    }
}

/// A choice as written; another one when it is none.
fn choice<T: ActiveEnum<Value = String>>(text: &Text, default: T) -> T {
    T::try_from_value(&text.trimmed().to_owned()).unwrap_or(default)
}
