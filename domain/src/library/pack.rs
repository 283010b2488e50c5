//! A parsed pack: all its files as typed documents, and the files that could not be read.

use std::{collections::HashSet, path::Path};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    document::{
        Component, ComponentFile, ComponentThreats, Countermeasure, CountermeasureFile, Dependency,
        Framework, Header, OverlayFile, PackFile, RequirementOverlayFile, Taxonomy, TaxonomyFile,
        TaxonomyJoin, Template, TemplateFile, TemplateReferences, Threat, ThreatCountermeasures,
        ThreatFile,
    },
    finding::{Fault, Position},
    reading,
    value::{Entry, List, Placed, Text},
};

/// The description of a pack.
pub const PACK_FILE: &str = "pack.yaml";
/// The file with taxonomies.
pub const TAXONOMY_FILE: &str = "taxonomy.yaml";
/// The file with components.
pub const COMPONENT_FILE: &str = "components.yaml";
/// The file with threats.
pub const THREAT_FILE: &str = "threats.yaml";
/// The file with countermeasures.
pub const COUNTERMEASURE_FILE: &str = "countermeasures.yaml";
/// The folder with joins.
pub const JOIN_FOLDER: &str = "joins";
/// The folder with templates.
pub const TEMPLATE_FOLDER: &str = "dfd-templates";
/// The join of components and threats.
pub const COMPONENT_THREATS: &str = "joins/components-threats.yaml";
/// The join of threats and countermeasures.
pub const THREAT_COUNTERMEASURES: &str = "joins/threats-countermeasures.yaml";

/// A document and the file it was read from.
#[derive(Clone, Debug)]
pub struct Sourced<T> {
    /// The file, relative to the folder of the pack.
    pub file: String,
    /// The document.
    pub document: T,
}

/// A diagram that a pack offers as a start.
#[derive(Clone, Debug)]
pub struct PackTemplate {
    /// The name of the file without its extension.
    pub stem: String,
    /// What the template is called.
    pub template: Template,
    /// The canvas, with keys as the API writes them.
    pub canvas: Value,
    /// The components its nodes refer to.
    pub references: Vec<Text>,
}

impl PackTemplate {
    /// What identifies the template in its pack.
    pub fn slug(&self) -> &str {
        self.template.slug.or(self.template.id.or(&self.stem))
    }
}

/// Another pack that a pack needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requires {
    /// The slug of the other pack.
    pub slug: String,
    /// The versions that will do, as written; empty for any.
    pub version: String,
    /// Whether the pack works without it.
    pub optional: bool,
    /// Where the pack says that the other one lies, below the catalogue.
    pub path: String,
    /// Where it was written.
    pub position: Option<Position>,
}

/// A pack as its files say, valid or not.
#[derive(Clone, Debug, Default)]
pub struct Pack {
    /// The folder below the catalogue, with `/`.
    pub relative_path: String,
    /// What identifies the pack: `slug`, or the name of the folder.
    pub slug: String,
    /// Who the pack is.
    pub header: Header,
    /// Where `pack` begins in `pack.yaml`.
    pub header_position: Option<Position>,
    /// Compliance frameworks.
    pub frameworks: List<Placed<Framework>>,
    /// Taxonomies.
    pub taxonomies: List<Placed<Taxonomy>>,
    /// Library components.
    pub components: List<Placed<Component>>,
    /// Library threats.
    pub threats: List<Placed<Threat>>,
    /// Library countermeasures.
    pub countermeasures: List<Placed<Countermeasure>>,
    /// Threats of components.
    pub component_threats: ComponentThreats,
    /// Countermeasures of threats.
    pub threat_countermeasures: ThreatCountermeasures,
    /// Taxonomy entries of threats, by file name.
    pub taxonomy_joins: Vec<Sourced<TaxonomyJoin>>,
    /// Requirements that countermeasures meet, by file name.
    pub overlays: Vec<Sourced<OverlayFile>>,
    /// Requirements that requirements meet, by file name.
    pub requirement_overlays: Vec<Sourced<RequirementOverlayFile>>,
    /// Templates, by file name.
    pub templates: Vec<Sourced<PackTemplate>>,
    /// Files that cannot be read.
    pub unread: Vec<Fault>,
    /// SHA-256 of names and contents of all files, in hexadecimal.
    pub content_hash: String,
}

impl Pack {
    /// A pack made of the texts of its files, which are named relative to its folder and come in
    /// order. Never fails: what cannot be read is named in [`Pack::unread`]. The pack is named after
    /// `folder` if it does not say a slug itself.
    pub fn of_texts<'f>(
        folder: &str,
        relative_path: String,
        texts: impl IntoIterator<Item = (&'f str, Result<String, Box<Fault>>)>,
    ) -> Self {
        let mut loader = Loader::default();
        for (file, text) in texts {
            loader.add(file, text);
        }
        let Loader { pack, hash } = loader;
        Self {
            slug: pack.header.slug.or(folder).to_owned(),
            relative_path,
            content_hash: crate::text::hexadecimal(&hash.finalize()),
            ..pack
        }
    }

    /// The name to show.
    pub fn name(&self) -> &str {
        self.header.name.or(&self.slug)
    }

    /// The version, `0.0.0` without one.
    pub fn version(&self) -> &str {
        self.header.version.or("0.0.0")
    }

    /// The type as written, `technology` without one.
    pub fn pack_type(&self) -> &str {
        self.header.pack_type.or("technology")
    }

    /// The tier as written, `free` without one.
    pub fn tier(&self) -> &str {
        self.header.tier.or("free")
    }

    /// The source as written, `official` without one.
    pub fn source(&self) -> &str {
        self.header.source.or("official")
    }

    /// Other packs that this one needs, each once.
    pub fn requires(&self) -> Vec<Requires> {
        let mut known = HashSet::new();
        let found = self.header.depends_on.iter().map(dependency);
        found
            .filter(|needed| !needed.slug.is_empty() && known.insert(needed.slug.clone()))
            .collect()
    }

    /// The name by which other packs refer to an item of this one. References with `/` are
    /// already of this form.
    pub fn qualified(&self, reference: &str) -> String {
        if reference.contains('/') {
            return reference.to_owned();
        }
        format!("{}/{reference}", self.slug)
    }

    /// Whether the pack brings items besides frameworks.
    pub fn has_items(&self) -> bool {
        !(self.components.is_empty()
            && self.threats.is_empty()
            && self.countermeasures.is_empty()
            && self.taxonomies.is_empty()
            && self.templates.is_empty())
    }
}

fn dependency(entry: &Placed<Entry<Dependency>>) -> Requires {
    let position = entry.position;
    match &entry.value {
        Entry::Plain(slug) => Requires {
            slug: slug.trim().to_owned(),
            version: String::new(),
            optional: false,
            path: String::new(),
            position,
        },
        Entry::Object(dependency) => Requires {
            slug: dependency.pack.or(dependency.slug.trimmed()).to_owned(),
            version: dependency.version.trimmed().to_owned(),
            optional: dependency.optional.unwrap_or_default(),
            path: dependency.path.trimmed().to_owned(),
            position: dependency.pack.or_text(&dependency.slug).position().or(position),
        },
    }
}

/// Reads all files of a pack. Never fails: what cannot be read is named in [`Pack::unread`].
///
/// `files` are names relative to `folder`, in order.
pub(super) fn load(folder: &Path, relative_path: String, files: &[String]) -> Pack {
    let texts = files.iter().map(|file| {
        let text = reading::text(&folder.join(file), file);
        (file.as_str(), text)
    });
    Pack::of_texts(&folder_name(folder), relative_path, texts)
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Puts a pack together from the texts of its files.
#[derive(Default)]
struct Loader {
    pack: Pack,
    hash: Sha256,
}

impl Loader {
    fn add(&mut self, file: &str, text: Result<String, Box<Fault>>) {
        let Some(text) = self.keep(text) else { return };
        self.hash.update(format!("{file}\0{}\0", text.len()));
        self.hash.update(&text);
        match file {
            PACK_FILE => {
                let read: PackFile = self.read(file, &text);
                let header = read.pack.unwrap_or_default();
                self.pack.header = header.value;
                self.pack.header_position = header.position;
                self.pack.frameworks = read.frameworks;
            }
            TAXONOMY_FILE => {
                self.pack.taxonomies = self.read::<TaxonomyFile>(file, &text).taxonomies;
            }
            COMPONENT_FILE => {
                self.pack.components = self.read::<ComponentFile>(file, &text).components;
            }
            THREAT_FILE => self.pack.threats = self.read::<ThreatFile>(file, &text).threats,
            COUNTERMEASURE_FILE => {
                let read: CountermeasureFile = self.read(file, &text);
                self.pack.countermeasures = read.countermeasures;
            }
            COMPONENT_THREATS => self.pack.component_threats = self.read(file, &text),
            THREAT_COUNTERMEASURES => self.pack.threat_countermeasures = self.read(file, &text),
            _ => self.add_numbered(file, &text),
        }
    }

    /// Files of which a pack may have several.
    fn add_numbered(&mut self, file: &str, text: &str) {
        let Some((folder, name)) = file.split_once('/') else { return };
        if folder == TEMPLATE_FOLDER {
            let template = self.template(file, name, text);
            self.pack.templates.extend(template);
        } else if name.starts_with("threats-") {
            let join = self.sourced(file, text);
            self.pack.taxonomy_joins.extend(join);
        } else if name.starts_with("countermeasures-") {
            let overlay = self.sourced(file, text);
            self.pack.overlays.extend(overlay);
        } else if name.starts_with("requirements-") {
            let overlay = self.sourced(file, text);
            self.pack.requirement_overlays.extend(overlay);
        }
    }

    fn read<T: DeserializeOwned + Default>(&mut self, file: &str, text: &str) -> T {
        self.keep(reading::parse(text, file)).unwrap_or_default()
    }

    fn sourced<T: DeserializeOwned + Default>(
        &mut self,
        file: &str,
        text: &str,
    ) -> Option<Sourced<T>> {
        let document = self.keep(reading::parse(text, file))?;
        Some(Sourced { file: file.to_owned(), document })
    }

    fn template(&mut self, file: &str, name: &str, text: &str) -> Option<Sourced<PackTemplate>> {
        let read = self.keep(reading::parse::<TemplateFile>(text, file))?;
        let nodes = self.keep(reading::parse::<TemplateReferences>(text, file))?;
        let nodes = nodes.canvas_data.unwrap_or_default().nodes;
        let references = nodes
            .iter()
            .filter_map(|node| node.data.as_ref())
            .map(|data| data.component_ref.clone())
            .filter(|reference| !reference.is_blank())
            .collect();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
        let canvas = in_camel_case(read.canvas_data);
        let document = PackTemplate { stem, template: read.template, canvas, references };
        Some(Sourced { file: file.to_owned(), document })
    }

    fn keep<T>(&mut self, read: Result<T, Box<Fault>>) -> Option<T> {
        read.map_err(|fault| self.pack.unread.push(*fault)).ok()
    }
}

/// Template files are written with keys in `snake_case`; the API shows canvases in camelCase.
fn in_camel_case(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| (camel_case(&key), in_camel_case(value)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(in_camel_case).collect()),
        other => other,
    }
}

fn camel_case(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    let mut raise = false;
    for letter in key.chars() {
        if letter == '_' && !name.is_empty() {
            raise = true;
        } else if raise {
            name.extend(letter.to_uppercase());
            raise = false;
        } else {
            name.push(letter);
        }
    }
    name
}
