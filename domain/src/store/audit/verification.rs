//! Whether a log is as it was written.

use std::fmt;

use entity::{Id, audit_chain, audit_entry, organization};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{Log, chain, retention};
use crate::{Result, account::Signature};

/// Entries that are read at a time.
const BATCH: u64 = 1000;

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Entries are missing before the one at this place.
    Missing(i64),
    /// The entry at this place, or the one before it, was changed.
    Changed(i64),
    /// The entry at this place was not signed by this installation.
    Forged(i64),
    /// The last entries are missing, after this place.
    Shortened(i64),
    /// Entries up to this place were removed, and nothing in the log tells of it.
    UntoldRemoval(i64),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(place) => write!(formatter, "entries before {place} are missing"),
            Self::Changed(place) => write!(formatter, "entry {place} was changed"),
            Self::Forged(place) => {
                write!(formatter, "entry {place} was not signed by this installation")
            }
            Self::Shortened(place) => write!(formatter, "entries after {place} are missing"),
            Self::UntoldRemoval(place) => {
                write!(formatter, "entries up to {place} were removed without a note")
            }
        }
    }
}

/// What a check of one log found.
#[derive(Clone, Debug)]
pub struct LogReport {
    /// Whose log; 0 for changes that concern no organization.
    pub organization: Id<organization::Entity>,
    /// How many entries were checked.
    pub entries: u64,
    /// The place of the last entry.
    pub position: i64,
    /// The hash of the last entry. Kept elsewhere, it proves later that nothing before it changed.
    pub hash: String,
    /// How many entries were signed with a secret that is not configured any more.
    pub unknown_keys: u64,
    /// What is wrong, at most the first 20.
    pub faults: Vec<Fault>,
}

const MOST_FAULTS: usize = 20;

/// Where a check stands.
struct Walk {
    report: LogReport,
    place: i64,
    before: String,
    told_removal: i64,
}

impl Log<'_> {
    /// Checks the logs of all organizations, or of one.
    pub async fn verify(
        self,
        organization: Option<Id<organization::Entity>>,
    ) -> Result<Vec<LogReport>> {
        let mut heads = audit_chain::Entity::find().order_by_asc(audit_chain::Column::Id);
        if let Some(organization) = organization {
            heads = heads.filter(audit_chain::Column::OrganizationId.eq(organization));
        }
        let mut reports = Vec::new();
        for head in heads.all(&self.store.crossing).await? {
            reports.push(self.verify_one(head).await?);
        }
        Ok(reports)
    }

    async fn verify_one(self, head: audit_chain::Model) -> Result<LogReport> {
        let mut walk = Walk::from(&head);
        loop {
            let batch = self.batch(head.organization_id, walk.place).await?;
            if batch.is_empty() {
                return Ok(walk.ended(&head));
            }
            for entry in batch.iter().filter(|entry| entry.position <= head.position) {
                walk.step(
                    entry,
                    self.store.vault.signature(entry.hash.as_bytes(), &entry.signature),
                );
            }
            let last = batch.last().map_or(head.position, |entry| entry.position);
            // Written since the head was read.
            if last > head.position {
                return Ok(walk.ended(&head));
            }
        }
    }

    async fn batch(
        self,
        organization: Id<organization::Entity>,
        after: i64,
    ) -> Result<Vec<audit_entry::Model>> {
        use audit_entry::Column;
        let next = audit_entry::Entity::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::Position.gt(after))
            .order_by_asc(Column::Position)
            .limit(BATCH);
        Ok(next.all(&self.store.crossing).await?)
    }
}

impl Walk {
    fn from(head: &audit_chain::Model) -> Self {
        Self {
            report: LogReport {
                organization: head.organization_id,
                entries: 0,
                position: head.position,
                hash: head.hash.clone(),
                unknown_keys: 0,
                faults: Vec::new(),
            },
            place: head.anchor_position,
            before: head.anchor_hash.clone(),
            told_removal: 0,
        }
    }

    fn step(&mut self, entry: &audit_entry::Model, signature: Signature) {
        self.report.entries += 1;
        if entry.position != self.place + 1 {
            self.fault(Fault::Missing(entry.position));
        } else if entry.hash != chain::hash(entry, &self.before) {
            self.fault(Fault::Changed(entry.position));
        }
        match signature {
            Signature::Own => {}
            Signature::UnknownKey => self.report.unknown_keys += 1,
            Signature::Forged => self.fault(Fault::Forged(entry.position)),
        }
        self.told_removal = self.told_removal.max(retention::told_removal(entry));
        self.place = entry.position;
        self.before.clone_from(&entry.hash);
    }

    fn ended(mut self, head: &audit_chain::Model) -> LogReport {
        if self.place < head.position {
            self.fault(Fault::Shortened(self.place));
        } else if self.before != head.hash {
            self.fault(Fault::Changed(self.place));
        }
        if self.told_removal < head.anchor_position {
            self.fault(Fault::UntoldRemoval(head.anchor_position));
        }
        self.report
    }

    fn fault(&mut self, fault: Fault) {
        if self.report.faults.len() < MOST_FAULTS {
            self.report.faults.push(fault);
        }
    }
}
