//! What a pack in the catalogue brings, before and after it is imported.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    catalogue::Packs,
    document::{Item, TaxonomyEntry},
    pack::Pack,
    value::Text,
};

/// A pack of the catalogue in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourcePack {
    pub slug: String,
    pub name: String,
    pub description: String,
    pub version: String,
    pub pack_type: String,
    pub tier: String,
    pub source: String,
    pub author: String,
    pub industries: Vec<String>,
    pub tags: Vec<String>,
    /// The folder below the catalogue.
    pub relative_path: String,
    /// Whether the pack is imported.
    pub is_in_database: bool,
    /// The imported version.
    pub database_version: Option<String>,
    /// Whether what is imported differs: another version, or other files of the same version.
    pub needs_update: bool,
    pub component_count: usize,
    pub threat_count: usize,
    pub countermeasure_count: usize,
    pub taxonomy_count: usize,
    pub depends_on: Vec<SourceDependency>,
}

/// A pack that a pack of the catalogue needs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceDependency {
    pub slug: String,
    /// The folder below the catalogue, empty if there is none.
    pub path: String,
    pub name: String,
    /// Whether it is imported.
    pub is_imported: bool,
}

/// The content of a pack.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    pub pack: PreviewPack,
    pub components: Vec<PreviewComponent>,
    pub threats: Vec<PreviewThreat>,
    pub countermeasures: Vec<PreviewCountermeasure>,
    pub requirements: Vec<PreviewRequirement>,
    pub taxonomies: Vec<PreviewTaxonomy>,
}

/// Who the pack is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewPack {
    pub slug: String,
    pub name: String,
    pub description: String,
    pub version: String,
    pub pack_type: String,
    pub tier: String,
    pub author: String,
    pub tags: Vec<String>,
    pub industries: Vec<String>,
}

/// A component the pack brings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewComponent {
    pub slug: String,
    pub name: String,
    pub category: String,
    pub component_type: String,
    pub description: String,
}

/// A threat the pack brings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewThreat {
    pub slug: String,
    pub name: String,
    pub taxonomy_entries: Vec<PreviewTaxonomyReference>,
    pub severity: String,
    pub description: String,
}

/// A taxonomy entry a threat is linked to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewTaxonomyReference {
    pub taxonomy_slug: String,
    pub external_id: String,
    /// Made from the code: hyphens become blanks, words get capitals.
    pub title: String,
}

/// A countermeasure the pack brings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewCountermeasure {
    pub slug: String,
    pub name: String,
    pub control_type: String,
    pub cost: String,
    pub default_status: String,
    pub description: String,
}

/// A requirement the pack brings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewRequirement {
    pub section_code: String,
    pub description: String,
    pub framework_name: String,
}

/// A taxonomy the pack brings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewTaxonomy {
    pub slug: String,
    pub name: String,
    pub description: String,
    pub entry_count: usize,
    pub entries: Vec<PreviewTaxonomyEntry>,
}

/// An entry of a taxonomy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewTaxonomyEntry {
    pub external_id: String,
    pub title: String,
    pub description: String,
}

/// Mappings of a pack to one framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Overlay {
    /// The slug of the framework.
    pub framework_id: String,
    /// The name of the framework, its slug when it is not imported.
    pub framework_name: String,
    /// The number of countermeasures mapped.
    pub mapping_count: usize,
    /// Whether the framework is imported.
    pub framework_exists: bool,
}

/// What was imported of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The version then.
    pub version: String,
    /// The hash of the files then.
    pub content_hash: String,
}

impl Imported {
    fn differs_from(&self, pack: &Pack) -> bool {
        self.version != pack.version() || self.content_hash != pack.content_hash
    }
}

impl SourcePack {
    /// A pack and what of it is imported, by slug.
    pub fn new(pack: &Pack, packs: &Packs, imported: &BTreeMap<String, Imported>) -> Self {
        let known = imported.get(&pack.slug);
        let header = &pack.header;
        Self {
            slug: pack.slug.clone(),
            name: pack.name().to_owned(),
            description: header.description.as_str().to_owned(),
            pack_type: pack.pack_type().to_owned(),
            tier: pack.tier().to_owned(),
            source: pack.source().to_owned(),
            author: header.author.as_str().to_owned(),
            industries: words(&header.industries),
            tags: words(&header.tags),
            relative_path: pack.relative_path.clone(),
            is_in_database: known.is_some(),
            needs_update: known.is_some_and(|known| known.differs_from(pack)),
            database_version: known.map(|known| known.version.clone()),
            version: pack.version().to_owned(),
            component_count: pack.components.len(),
            threat_count: pack.threats.len(),
            countermeasure_count: pack.countermeasures.len(),
            taxonomy_count: pack.taxonomies.len(),
            depends_on: dependencies(pack, packs, imported),
        }
    }
}

fn dependencies(
    pack: &Pack,
    packs: &Packs,
    imported: &BTreeMap<String, Imported>,
) -> Vec<SourceDependency> {
    let needed = pack.requires().into_iter();
    needed
        .map(|needed| {
            let found = packs.by_slug(&needed.slug);
            SourceDependency {
                path: found.map_or(needed.path, |pack| pack.relative_path.clone()),
                name: found.map_or_else(|| needed.slug.clone(), |pack| pack.name().to_owned()),
                is_imported: imported.contains_key(&needed.slug),
                slug: needed.slug,
            }
        })
        .collect()
}

impl Preview {
    /// The content of a pack, also of one that cannot be imported.
    pub fn new(pack: &Pack) -> Self {
        Self {
            pack: header(pack),
            components: pack
                .components
                .iter()
                .map(|component| PreviewComponent {
                    slug: component.slug().to_owned(),
                    name: component.title().to_owned(),
                    category: component.category.trimmed().to_owned(),
                    component_type: component.component_type().trimmed().to_owned(),
                    description: component.description.as_str().to_owned(),
                })
                .collect(),
            threats: threats(pack),
            countermeasures: pack
                .countermeasures
                .iter()
                .map(|countermeasure| PreviewCountermeasure {
                    slug: countermeasure.slug().to_owned(),
                    name: countermeasure.title().to_owned(),
                    control_type: countermeasure.control_type.trimmed().to_owned(),
                    cost: countermeasure.cost.trimmed().to_owned(),
                    default_status: countermeasure.default_status.or("gap").to_owned(),
                    description: countermeasure.description.as_str().to_owned(),
                })
                .collect(),
            requirements: requirements(pack),
            taxonomies: taxonomies(pack),
        }
    }
}

fn header(pack: &Pack) -> PreviewPack {
    PreviewPack {
        slug: pack.slug.clone(),
        name: pack.name().to_owned(),
        description: pack.header.description.as_str().to_owned(),
        version: pack.version().to_owned(),
        pack_type: pack.pack_type().to_owned(),
        tier: pack.tier().to_owned(),
        author: pack.header.author.as_str().to_owned(),
        tags: words(&pack.header.tags),
        industries: words(&pack.header.industries),
    }
}

fn threats(pack: &Pack) -> Vec<PreviewThreat> {
    let mut linked = linked_entries(pack);
    pack.threats
        .iter()
        .map(|threat| PreviewThreat {
            slug: threat.slug().to_owned(),
            name: threat.title().to_owned(),
            taxonomy_entries: linked.remove(&pack.qualified(threat.slug())).unwrap_or_default(),
            severity: threat.severity.trimmed().to_owned(),
            description: threat.description.as_str().to_owned(),
        })
        .collect()
}

/// Taxonomy entries by qualified name of the threat.
fn linked_entries(pack: &Pack) -> HashMap<String, Vec<PreviewTaxonomyReference>> {
    let mut linked: HashMap<String, Vec<PreviewTaxonomyReference>> = HashMap::new();
    for join in &pack.taxonomy_joins {
        let taxonomy = join.document.taxonomy.trimmed();
        for mapping in &join.document.mappings {
            let entries = mapping.entries.iter().map(|entry| PreviewTaxonomyReference {
                taxonomy_slug: taxonomy.to_owned(),
                external_id: entry.trimmed().to_owned(),
                title: title_of(entry.trimmed()),
            });
            linked.entry(pack.qualified(mapping.threat.trimmed())).or_default().extend(entries);
        }
    }
    linked
}

/// A code as a title: hyphens become blanks, the first letter of each word is a capital.
pub fn title_of(code: &str) -> String {
    let mut title = String::with_capacity(code.len());
    let mut within_word = false;
    for letter in code.chars().map(|letter| if letter == '-' { ' ' } else { letter }) {
        if within_word {
            title.extend(letter.to_lowercase());
        } else {
            title.extend(letter.to_uppercase());
        }
        within_word = letter.is_alphabetic();
    }
    title
}

fn requirements(pack: &Pack) -> Vec<PreviewRequirement> {
    let frameworks = pack.frameworks.iter();
    frameworks
        .flat_map(|framework| {
            framework.requirements.iter().map(|requirement| PreviewRequirement {
                section_code: requirement.section_code.trimmed().to_owned(),
                description: requirement.description.as_str().to_owned(),
                framework_name: framework.name.or(framework.slug.trimmed()).to_owned(),
            })
        })
        .collect()
}

fn taxonomies(pack: &Pack) -> Vec<PreviewTaxonomy> {
    let taxonomies = pack.taxonomies.iter();
    taxonomies
        .map(|taxonomy| PreviewTaxonomy {
            slug: taxonomy.slug.trimmed().to_owned(),
            name: taxonomy.name.trimmed().to_owned(),
            description: taxonomy.description.as_str().to_owned(),
            entry_count: taxonomy.entries.len(),
            entries: taxonomy.entries.iter().map(|entry| entry_of(entry)).collect(),
        })
        .collect()
}

fn entry_of(entry: &TaxonomyEntry) -> PreviewTaxonomyEntry {
    PreviewTaxonomyEntry {
        external_id: entry.external_id.trimmed().to_owned(),
        title: entry.title.as_str().to_owned(),
        description: entry.description.as_str().to_owned(),
    }
}

/// The overlays of a pack, by file name; `frameworks` has the imported names by slug.
pub fn overlays(pack: &Pack, frameworks: &BTreeMap<String, String>) -> Vec<Overlay> {
    let mut found: Vec<Overlay> = Vec::new();
    for overlay in &pack.overlays {
        let slug = overlay.document.framework.trimmed();
        let count = overlay.document.mappings.len();
        if let Some(known) = found.iter_mut().find(|known| known.framework_id == slug) {
            known.mapping_count += count;
            continue;
        }
        let name = frameworks.get(slug);
        found.push(Overlay {
            framework_id: slug.to_owned(),
            framework_name: name.map_or(slug, String::as_str).to_owned(),
            mapping_count: count,
            framework_exists: name.is_some(),
        });
    }
    found
}

/// Texts of a list, without empty ones.
pub(super) fn words(list: &[Text]) -> Vec<String> {
    let texts = list.iter().filter(|text| !text.is_blank());
    texts.map(|text| text.trimmed().to_owned()).collect()
}
