//! Brings an organization's library up to date with the whole catalogue.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use entity::{Actor, Id, organization, pack};
use schemars::JsonSchema;
use sea_orm::ColumnTrait;
use serde::{Deserialize, Serialize};

use super::{
    catalogue::Packs,
    document::Item,
    finding::Validation,
    import::{Import, ImportAnswer, ImportResult, Renewal, Wish, refusal, result, within},
    pack::Pack,
    preview::Imported,
    query,
    rows::Library,
    validation::{KnownLibrary, validate},
};
use crate::{Error, Result, Store};

/// What became of one pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Synced {
    /// It was checked and found wanting.
    Checked(Refused),
    /// It was imported or is up to date.
    Imported(ImportResult),
}

/// A validation that is a failure, also because of warnings alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Refused(Validation);

/// How many packs there are and how they fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    pub total: usize,
    pub successful: usize,
    pub failed: usize,
}

/// What a sync did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncResult {
    pub results: Vec<Synced>,
    pub summary: Tally,
    pub message: String,
}

impl Synced {
    const fn success(&self) -> bool {
        match self {
            Self::Checked(Refused(validation)) => validation.success,
            Self::Imported(result) => result.success,
        }
    }

    fn slug(&self) -> &str {
        match self {
            Self::Checked(Refused(validation)) => &validation.pack_slug,
            Self::Imported(result) => &result.pack_slug,
        }
    }

    fn of(answer: ImportAnswer, pack: &Pack) -> Self {
        match answer {
            ImportAnswer::Imported(result) | ImportAnswer::Outdated(result) => {
                Self::Imported(result)
            }
            ImportAnswer::Invalid(validation) | ImportAnswer::Doubtful(validation) => {
                Self::Checked(Refused(Validation { success: false, ..validation }))
            }
            ImportAnswer::Unknown => Self::failed(pack, "The pack is gone."),
        }
    }

    fn failed(pack: &Pack, message: &str) -> Self {
        Self::Imported(ImportResult { success: false, message: message.to_owned(), ..result(pack) })
    }
}

/// Who wants to know how far a sync is.
pub trait Progress: Send + Sync {
    /// Called before each pack: how many are done, of how many, and which is next.
    fn at(&self, done: usize, total: usize, pack: &str) -> impl Future<Output = Result<()>> + Send;
}

/// Nobody.
impl Progress for () {
    async fn at(&self, _done: usize, _total: usize, _pack: &str) -> Result<()> {
        Ok(())
    }
}

/// Imports all packs of a catalogue, each in its own transaction, those that others need first. A
/// pack that cannot be imported does not keep others from being so.
pub async fn sync(
    store: &Store,
    actor: &Actor,
    organization: Id<organization::Entity>,
    packs: &Packs,
    renewal: Renewal,
    progress: &impl Progress,
) -> Result<SyncResult> {
    if !actor.secures(organization) {
        return Err(Error::forbidden());
    }
    let round =
        Round { store, actor, organization, packs, wish: Wish { renewal, ..Wish::default() } };
    let imported = query::imported(store.read(actor), organization).await?;
    let mut known = query::known_library(store.read(actor), organization).await?;
    let order = in_order(packs);
    let mut results = Vec::with_capacity(order.len());
    for (done, pack) in order.iter().enumerate() {
        progress.at(done, order.len(), pack.name()).await?;
        let synced = round.one(pack, &imported, &known).await?;
        if synced.success() {
            learn(&mut known, pack);
        }
        results.push(synced);
    }
    round.finish(&results).await?;
    results.sort_by(|one, other| one.slug().cmp(other.slug()));
    Ok(summary(results))
}

struct Round<'s> {
    store: &'s Store,
    actor: &'s Actor,
    organization: Id<organization::Entity>,
    packs: &'s Packs,
    wish: Wish,
}

impl Round<'_> {
    async fn one(
        &self,
        pack: &Arc<Pack>,
        imported: &std::collections::BTreeMap<String, Imported>,
        known: &KnownLibrary,
    ) -> Result<Synced> {
        let before = imported.get(&pack.slug);
        let current = before.is_some_and(|before| before.version == pack.version());
        if current && self.wish.renewal == Renewal::Missing {
            let message = format!("{} {} is up to date", pack.name(), pack.version());
            return Ok(Synced::Imported(ImportResult { message, ..result(pack) }));
        }
        if let Some(refusal) = refusal(validate(pack, self.packs, known), &self.wish) {
            return Ok(Synced::of(refusal, pack));
        }
        match self.import(pack).await {
            Ok(answer) => Ok(Synced::of(answer, pack)),
            Err(error @ (Error::Unavailable(_) | Error::Forbidden(_))) => Err(error),
            Err(error) => {
                tracing::error!(pack = pack.slug, error = ?error, "a pack could not be imported");
                Ok(Synced::failed(pack, "The pack could not be imported."))
            }
        }
    }

    async fn import(&self, pack: &Arc<Pack>) -> Result<ImportAnswer> {
        let transaction = self.store.write(self.actor).await?;
        let answer = within(&transaction, self.organization, pack, &self.wish).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Connects what is imported to all threat models. After a renewal, requirements of all
    /// frameworks are known, so that mappings between them are made once more.
    async fn finish(&self, results: &[Synced]) -> Result<()> {
        let transaction = self.store.write(self.actor).await?;
        let library = Library { transaction: &transaction, organization: self.organization };
        let rows = library.find::<pack::Entity>().filter(pack::Column::ImportedAt.is_not_null());
        let rows = rows.all().await?;
        let ids: HashMap<&str, Id<pack::Entity>> =
            rows.iter().map(|row| (row.slug.as_str(), row.id)).collect();
        let successful = results.iter().filter(|result| result.success());
        let ids: Vec<(&str, Id<pack::Entity>)> = successful
            .filter_map(|result| ids.get_key_value(result.slug()))
            .map(|(slug, id)| (*slug, *id))
            .collect();
        if self.wish.renewal == Renewal::Force {
            for (slug, row) in &ids {
                let Some(pack) = self.packs.by_slug(slug) else { continue };
                if !pack.requirement_overlays.is_empty() {
                    let import = Import { library, pack, row: *row, wish: &self.wish };
                    import.requirement_overlays().await?;
                }
            }
        }
        let ids: Vec<_> = ids.into_iter().map(|(_, row)| row).collect();
        library.connect(&ids).await?;
        transaction.commit().await
    }
}

/// Adds what a pack brought to what is known.
fn learn(known: &mut KnownLibrary, pack: &Pack) {
    let components = pack.components.iter().map(|item| pack.qualified(item.slug()));
    known.components.extend(components);
    known.threats.extend(pack.threats.iter().map(|item| pack.qualified(item.slug())));
    let countermeasures = pack.countermeasures.iter();
    known.countermeasures.extend(countermeasures.map(|item| pack.qualified(item.slug())));
    let taxonomies = pack.taxonomies.iter();
    known.taxonomies.extend(taxonomies.map(|item| item.slug.or(item.id.trimmed()).to_owned()));
    let frameworks = pack.frameworks.iter();
    known.frameworks.extend(frameworks.map(|item| item.slug.or(item.id.trimmed()).to_owned()));
}

fn summary(results: Vec<Synced>) -> SyncResult {
    let total = results.len();
    let successful = results.iter().filter(|result| result.success()).count();
    let failed = total - successful;
    let message = format!("{successful} of {total} packs are imported");
    SyncResult { results, summary: Tally { total, successful, failed }, message }
}

/// Frameworks first, so that mappings to them find them; then what others need before those.
fn in_order(packs: &Packs) -> Vec<Arc<Pack>> {
    let mut waiting: Vec<Arc<Pack>> = packs.iter().cloned().collect();
    waiting.sort_by_key(|pack| pack.frameworks.is_empty());
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let slugs: HashSet<String> = waiting.iter().map(|pack| pack.slug.clone()).collect();
        let blocked = |pack: &Arc<Pack>| {
            let mut needed = pack.requires().into_iter();
            needed.any(|needed| needed.slug != pack.slug && slugs.contains(&needed.slug))
        };
        let (rest, mut ready): (Vec<_>, Vec<_>) = waiting.into_iter().partition(blocked);
        if ready.is_empty() {
            // Packs that need each other come as they are.
            order.extend(rest);
            break;
        }
        order.append(&mut ready);
        waiting = rest;
    }
    order
}
