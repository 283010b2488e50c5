//! Mappings of countermeasures and requirements to the requirements of frameworks, which may be
//! imported later than the pack that maps to them.

use std::collections::{HashMap, HashSet};

use entity::{
    Document, Id,
    choice::{OverlayKind, Sufficiency},
    countermeasure_library, countermeasure_standard, framework, pack, pending_overlay, requirement,
    requirement_mapping,
};
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, Condition, QuerySelect, sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};

use super::{
    import::Import,
    rows::{Library, Stock},
    value::Text,
};
use crate::{Error, Result};

/// What one countermeasure or requirement does for requirements of a framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    /// The qualified name of the countermeasure, or the code of the requirement.
    from: String,
    /// Codes of requirements.
    to: Vec<String>,
    /// How much of each is met.
    sufficiency: Sufficiency,
}

/// Claims that concern one framework, or a pair of them.
struct Overlay {
    pack: Id<pack::Entity>,
    kind: OverlayKind,
    /// Empty unless requirements are mapped.
    source: String,
    framework: String,
    claims: Vec<Claim>,
}

/// Requirements of frameworks by slug and code.
struct Requirements {
    frameworks: HashMap<String, Id<framework::Entity>>,
    by_code: HashMap<(Id<framework::Entity>, String), Id<requirement::Entity>>,
}

impl Requirements {
    fn know(&self, overlay: &Overlay) -> bool {
        let known = |slug: &String| self.frameworks.contains_key(slug);
        known(&overlay.framework)
            && (overlay.kind == OverlayKind::Framework || known(&overlay.source))
    }

    fn get(&self, framework: &str, code: &str) -> Option<Id<requirement::Entity>> {
        let framework = self.frameworks.get(framework)?;
        self.by_code.get(&(*framework, code.to_owned())).copied()
    }
}

impl Import<'_, '_, '_> {
    /// Maps countermeasures to the frameworks wanted; what concerns others waits.
    pub(super) async fn overlays(
        &self,
        stock: &Stock<countermeasure_library::Entity>,
    ) -> Result<()> {
        let (known, pending, requirements) = self.sorted(self.framework_overlays()).await?;
        let claims = known.iter().flat_map(|overlay| &overlay.claims);
        let named = claims.map(|claim| claim.from.clone());
        let countermeasures = self.names(stock, named).await?;
        let find = |name: &str| countermeasures.get([name.to_owned()]);
        let rows = self.library.standards(&known, &requirements, find);
        self.library.link::<countermeasure_standard::Entity>(self.row, rows).await?;
        self.library.postpone(self.row, OverlayKind::Framework, pending).await
    }

    /// Maps requirements to requirements where both frameworks are known; others wait.
    pub(super) async fn requirement_overlays(&self) -> Result<()> {
        let (known, pending, requirements) = self.sorted(self.requirement_claims()).await?;
        let rows = self.library.requirement_mappings(&known, &requirements);
        self.library.link::<requirement_mapping::Entity>(self.row, rows).await?;
        self.library.postpone(self.row, OverlayKind::Requirement, pending).await
    }

    /// Overlays whose frameworks are known, those whose are not, and the requirements known.
    async fn sorted(
        &self,
        overlays: Vec<Overlay>,
    ) -> Result<(Vec<Overlay>, Vec<Overlay>, Requirements)> {
        let requirements = self.library.requirements_for(&overlays).await?;
        let (known, pending) = overlays.into_iter().partition(|overlay| requirements.know(overlay));
        Ok((known, pending, requirements))
    }

    fn framework_overlays(&self) -> Vec<Overlay> {
        let files = self.pack.overlays.iter().map(|overlay| &overlay.document);
        let wanted = files.filter(|file| self.wish.includes(file.framework.trimmed()));
        let overlays = wanted.map(|file| Overlay {
            pack: self.row,
            kind: OverlayKind::Framework,
            source: String::new(),
            framework: file.framework.trimmed().to_owned(),
            claims: file
                .mappings
                .iter()
                .map(|mapping| Claim {
                    from: self.pack.qualified(mapping.countermeasure.trimmed()),
                    to: codes(&mapping.requirements),
                    sufficiency: sufficiency(&mapping.sufficiency, Sufficiency::Full),
                })
                .collect(),
        });
        merged(overlays)
    }

    fn requirement_claims(&self) -> Vec<Overlay> {
        let files = self.pack.requirement_overlays.iter().map(|overlay| &overlay.document);
        let overlays = files.map(|file| Overlay {
            pack: self.row,
            kind: OverlayKind::Requirement,
            source: file.source_framework.trimmed().to_owned(),
            framework: file.framework.trimmed().to_owned(),
            claims: file
                .mappings
                .iter()
                .map(|mapping| Claim {
                    from: mapping.requirement.trimmed().to_owned(),
                    to: codes(&mapping.entries),
                    sufficiency: sufficiency(&mapping.sufficiency, Sufficiency::Partial),
                })
                .collect(),
        });
        merged(overlays)
    }
}

impl Library<'_, '_> {
    /// Applies what waited for frameworks that were not known before.
    pub(super) async fn activate(&self, frameworks: &[String]) -> Result<()> {
        if frameworks.is_empty() {
            return Ok(());
        }
        let concerned = Condition::any()
            .add(pending_overlay::Column::FrameworkSlug.is_in(frameworks))
            .add(pending_overlay::Column::SourceFrameworkSlug.is_in(frameworks));
        let rows = self.find::<pending_overlay::Entity>().filter(concerned).all().await?;
        let mut waiting = Vec::with_capacity(rows.len());
        for row in rows {
            waiting.push((row.id, overlay(row)?));
        }
        let requirements =
            self.requirements_for(waiting.iter().map(|(_, overlay)| overlay)).await?;
        let ready = waiting.into_iter().filter(|(_, overlay)| requirements.know(overlay));
        let (ids, ready): (Vec<_>, Vec<_>) = ready.unzip();
        self.apply(ready, &requirements).await?;
        self.delete::<pending_overlay::Entity>(&ids).await
    }

    async fn apply(&self, ready: Vec<Overlay>, requirements: &Requirements) -> Result<()> {
        let (standards, mappings): (Vec<_>, Vec<_>) =
            ready.into_iter().partition(|overlay| overlay.kind == OverlayKind::Framework);
        let claims = standards.iter().flat_map(|overlay| &overlay.claims);
        let named = claims.map(|claim| claim.from.clone());
        let known = self.named::<countermeasure_library::Entity>(named).await?;
        let rows = self.standards(&standards, requirements, |name| known.get(name).copied());
        self.transaction.insert_missing(rows).await?;
        let rows = self.requirement_mappings(&mappings, requirements);
        self.transaction.insert_missing(rows).await?;
        Ok(())
    }

    fn standards(
        &self,
        overlays: &[Overlay],
        requirements: &Requirements,
        find: impl Fn(&str) -> Option<Id<countermeasure_library::Entity>>,
    ) -> Vec<countermeasure_standard::ActiveModel> {
        let mut rows = Vec::new();
        for overlay in overlays {
            for claim in &overlay.claims {
                let Some(countermeasure) = find(&claim.from) else { continue };
                let met =
                    claim.to.iter().filter_map(|code| requirements.get(&overlay.framework, code));
                rows.extend(met.map(|requirement| countermeasure_standard::ActiveModel {
                    organization_id: Set(self.organization),
                    source_pack_id: Set(Some(overlay.pack)),
                    countermeasure_library_id: Set(countermeasure),
                    requirement_id: Set(requirement),
                    sufficiency: Set(claim.sufficiency),
                    ..Default::default()
                }));
            }
        }
        rows
    }

    fn requirement_mappings(
        &self,
        overlays: &[Overlay],
        requirements: &Requirements,
    ) -> Vec<requirement_mapping::ActiveModel> {
        let mut rows = Vec::new();
        for overlay in overlays {
            for claim in &overlay.claims {
                let source = requirements.get(&overlay.source, &claim.from);
                let Some(source) = source else { continue };
                let met =
                    claim.to.iter().filter_map(|code| requirements.get(&overlay.framework, code));
                rows.extend(met.map(|target| requirement_mapping::ActiveModel {
                    organization_id: Set(self.organization),
                    source_pack_id: Set(Some(overlay.pack)),
                    source_requirement_id: Set(source),
                    target_requirement_id: Set(target),
                    sufficiency: Set(claim.sufficiency),
                    ..Default::default()
                }));
            }
        }
        rows
    }

    /// Keeps overlays of a pack until their frameworks are known, and forgets its others.
    async fn postpone(
        &self,
        pack: Id<pack::Entity>,
        kind: OverlayKind,
        overlays: Vec<Overlay>,
    ) -> Result<()> {
        let known = self
            .find::<pending_overlay::Entity>()
            .filter(pending_overlay::Column::PackId.eq(pack))
            .filter(pending_overlay::Column::Kind.eq(kind))
            .all()
            .await?;
        let wanted: HashSet<(&str, &str)> = overlays
            .iter()
            .map(|overlay| (overlay.source.as_str(), overlay.framework.as_str()))
            .collect();
        let obsolete = known.iter().filter(|row| {
            !wanted.contains(&(row.source_framework_slug.as_str(), row.framework_slug.as_str()))
        });
        let obsolete: Vec<_> = obsolete.map(|row| row.id).collect();
        self.delete::<pending_overlay::Entity>(&obsolete).await?;
        let rows = overlays.iter().map(|overlay| self.pending(overlay));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        self.transaction.upsert_many(rows, renewing()).await?;
        Ok(())
    }

    fn pending(&self, overlay: &Overlay) -> Result<pending_overlay::ActiveModel> {
        let claims = serde_json::to_value(&overlay.claims);
        let claims = claims.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(pending_overlay::ActiveModel {
            organization_id: Set(self.organization),
            pack_id: Set(overlay.pack),
            kind: Set(overlay.kind),
            source_framework_slug: Set(overlay.source.clone()),
            framework_slug: Set(overlay.framework.clone()),
            mappings: Set(Document(claims)),
            ..Default::default()
        })
    }

    async fn requirements_for<'o>(
        &self,
        overlays: impl IntoIterator<Item = &'o Overlay>,
    ) -> Result<Requirements> {
        let overlays = overlays.into_iter();
        let slugs: HashSet<&str> = overlays
            .flat_map(|overlay| [overlay.source.as_str(), overlay.framework.as_str()])
            .filter(|slug| !slug.is_empty())
            .collect();
        if slugs.is_empty() {
            return Ok(Requirements { frameworks: HashMap::new(), by_code: HashMap::new() });
        }
        let slugs = slugs.into_iter().map(str::to_owned);
        let frameworks = self.named::<framework::Entity>(slugs).await?;
        let rows: Vec<(Id<framework::Entity>, String, Id<requirement::Entity>)> = self
            .find::<requirement::Entity>()
            .filter(requirement::Column::FrameworkId.is_in(frameworks.values().copied()))
            .shape(|select| {
                select.select_only().columns([
                    requirement::Column::FrameworkId,
                    requirement::Column::SectionCode,
                    requirement::Column::Id,
                ])
            })
            .tuples()
            .await?;
        let by_code = rows.into_iter().map(|(framework, code, id)| ((framework, code), id));
        Ok(Requirements { frameworks, by_code: by_code.collect() })
    }
}

fn overlay(row: pending_overlay::Model) -> Result<Overlay> {
    let claims = serde_json::from_value(row.mappings.into_inner());
    Ok(Overlay {
        pack: row.pack_id,
        kind: row.kind,
        source: row.source_framework_slug,
        framework: row.framework_slug,
        claims: claims.map_err(|error| Error::Internal(error.to_string()))?,
    })
}

/// Overlays for the same frameworks as one.
fn merged(overlays: impl Iterator<Item = Overlay>) -> Vec<Overlay> {
    let mut found: Vec<Overlay> = Vec::new();
    for overlay in overlays.filter(|overlay| !overlay.framework.is_empty()) {
        let same = found
            .iter_mut()
            .find(|known| known.source == overlay.source && known.framework == overlay.framework);
        match same {
            Some(known) => known.claims.extend(overlay.claims),
            None => found.push(overlay),
        }
    }
    found
}

fn codes(list: &[Text]) -> Vec<String> {
    list.iter().map(|code| code.trimmed().to_owned()).collect()
}

fn sufficiency(text: &Text, default: Sufficiency) -> Sufficiency {
    Sufficiency::try_from_value(&text.trimmed().to_owned()).unwrap_or(default)
}

fn renewing() -> OnConflict {
    use pending_overlay::Column;
    let mut conflict = OnConflict::columns([
        Column::PackId,
        Column::Kind,
        Column::SourceFrameworkSlug,
        Column::FrameworkSlug,
    ]);
    conflict.update_columns([Column::Mappings, Column::UpdatedAt]);
    conflict
}
