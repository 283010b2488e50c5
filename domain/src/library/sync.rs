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
    finding::Validation,
    import::{Import, ImportAnswer, ImportResult, Renewal, Wish, refusal, result, within},
    pack::Pack,
    query,
    rows::Library,
    validation::validate,
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

    fn gone(slug: &str) -> Self {
        Self::Imported(ImportResult {
            pack_slug: slug.to_owned(),
            pack_name: slug.to_owned(),
            message: "The pack is gone.".to_owned(),
            ..ImportResult::default()
        })
    }

    fn failed(pack: &Pack, message: &str) -> Self {
        Self::Imported(ImportResult { success: false, message: message.to_owned(), ..result(pack) })
    }
}

/// What became of the job that brought one pack up to date.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The slug of the pack.
    pub slug: String,
    /// What it said, absent if it failed or was cancelled.
    pub synced: Option<Synced>,
}

/// A sync of one organization's library with a catalogue.
#[derive(Clone, Copy)]
pub struct Sync<'s> {
    store: &'s Store,
    actor: &'s Actor,
    organization: Id<organization::Entity>,
    packs: &'s Packs,
    renewal: Renewal,
}

impl<'s> Sync<'s> {
    /// A sync that the actor may do: one of the organization's security team.
    pub fn new(
        store: &'s Store,
        actor: &'s Actor,
        organization: Id<organization::Entity>,
        packs: &'s Packs,
        renewal: Renewal,
    ) -> Result<Self> {
        if !actor.secures(organization) {
            return Err(Error::forbidden());
        }
        Ok(Self { store, actor, organization, packs, renewal })
    }

    /// Slugs of all packs, those first that others need.
    pub fn order(self) -> Vec<String> {
        in_order(self.packs).iter().map(|pack| pack.slug.clone()).collect()
    }

    /// Brings one pack up to date, in one transaction.
    pub async fn pack(self, slug: &str) -> Result<Synced> {
        let Some(pack) = self.packs.by_slug(slug) else { return Ok(Synced::gone(slug)) };
        let imported = query::imported(self.store.read(self.actor), self.organization).await?;
        let before = imported.get(slug);
        let current = before.is_some_and(|before| before.version == pack.version());
        if current && self.renewal == Renewal::Missing {
            let message = format!("{} {} is up to date", pack.name(), pack.version());
            return Ok(Synced::Imported(ImportResult { message, ..result(pack) }));
        }
        let known = query::known_library(self.store.read(self.actor), self.organization).await?;
        if let Some(refusal) = refusal(validate(pack, self.packs, &known), &self.wish()) {
            return Ok(Synced::of(refusal, pack));
        }
        let transaction = self.store.write(self.actor).await?;
        let answer = within(&transaction, self.organization, pack, &self.wish()).await?;
        transaction.commit().await?;
        Ok(Synced::of(answer, pack))
    }

    /// Ends a sync with what became of all packs.
    pub async fn conclude(self, outcomes: Vec<Outcome>) -> Result<SyncResult> {
        let results = outcomes.into_iter().map(|outcome| {
            let pack = self.packs.by_slug(&outcome.slug);
            outcome.synced.unwrap_or_else(|| match pack {
                Some(pack) => Synced::failed(pack, "The pack could not be imported."),
                None => Synced::gone(&outcome.slug),
            })
        });
        let mut results: Vec<Synced> = results.collect();
        self.finish(&results).await?;
        results.sort_by(|one, other| one.slug().cmp(other.slug()));
        Ok(summary(results))
    }

    fn wish(self) -> Wish {
        Wish { renewal: self.renewal, ..Wish::default() }
    }

    /// Connects what is imported to all threat models. After a renewal, requirements of all
    /// frameworks are known, so that mappings between them are made once more.
    async fn finish(self, results: &[Synced]) -> Result<()> {
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
        let wish = self.wish();
        if wish.renewal == Renewal::Force {
            for (slug, row) in &ids {
                let Some(pack) = self.packs.by_slug(slug) else { continue };
                if !pack.requirement_overlays.is_empty() {
                    let import = Import { library, pack, row: *row, wish: &wish };
                    import.requirement_overlays().await?;
                }
            }
        }
        let ids: Vec<_> = ids.into_iter().map(|(_, row)| row).collect();
        library.connect(&ids).await?;
        transaction.commit().await
    }
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
