//! The packs on disk: found, parsed once, and parsed again when a file changes.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use super::{
    finding::Fault,
    pack::{
        COMPONENT_FILE, COUNTERMEASURE_FILE, JOIN_FOLDER, PACK_FILE, Pack, TAXONOMY_FILE,
        TEMPLATE_FOLDER, THREAT_FILE, load,
    },
    reading::unread,
};

/// How long a look at the disk is good for.
const RECHECK: Duration = Duration::from_secs(1);
/// How deep categories may be nested.
const DEPTH_LIMIT: usize = 8;
/// How many packs a catalogue may hold; others are left out.
const PACK_LIMIT: usize = 2_000;
/// How many files of one pack are read; a pack with more is not imported.
const FILE_LIMIT: usize = 500;
/// How many bytes of one pack are read; a pack with more is not imported.
const SIZE_LIMIT: u64 = 50 * 1024 * 1024;

/// The folder with packs. Cheap to clone; clones share what was read.
#[derive(Clone, Debug)]
pub struct Catalogue(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    root: PathBuf,
    snapshot: RwLock<Option<Snapshot>>,
    looking: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Snapshot {
    packs: Arc<Packs>,
    looked: Instant,
}

/// All packs of a catalogue at one moment, by path.
#[derive(Debug, Default)]
pub struct Packs {
    shelved: Vec<Shelved>,
    by_slug: HashMap<String, usize>,
    by_path: HashMap<String, usize>,
}

#[derive(Debug)]
struct Shelved {
    pack: Arc<Pack>,
    stamp: Vec<Stamp>,
}

/// Tells whether a file changed without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    name: String,
    size: u64,
    modified: Option<SystemTime>,
    /// Whether the file lies outside the catalogue, where nothing is read.
    outside: bool,
}

impl Packs {
    /// All packs, by path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Pack>> {
        self.shelved.iter().map(|shelved| &shelved.pack)
    }

    /// The pack with a slug; the first by path if several claim it.
    pub fn by_slug(&self, slug: &str) -> Option<&Arc<Pack>> {
        self.by_slug.get(slug).map(|index| &self.shelved[*index].pack)
    }

    /// The pack in a folder below the catalogue. Only folders that were found there are known, so
    /// no path leads out of it.
    pub fn at(&self, path: &str) -> Option<&Arc<Pack>> {
        self.by_path.get(path.trim_end_matches('/')).map(|index| &self.shelved[*index].pack)
    }

    fn new(shelved: Vec<Shelved>) -> Self {
        let mut packs = Self { shelved, ..Self::default() };
        for (index, found) in packs.shelved.iter().enumerate() {
            packs.by_slug.entry(found.pack.slug.clone()).or_insert(index);
            packs.by_path.insert(found.pack.relative_path.clone(), index);
        }
        packs
    }

    fn unchanged(&self, path: &str, stamp: &[Stamp]) -> Option<Arc<Pack>> {
        let known = &self.shelved[*self.by_path.get(path)?];
        (known.stamp == stamp).then(|| known.pack.clone())
    }
}

impl Catalogue {
    /// The catalogue in a folder. Nothing is read yet; a folder that is missing is empty.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let (snapshot, looking) = (RwLock::new(None), Mutex::new(()));
        Self(Arc::new(Shelf { root: root.into(), snapshot, looking }))
    }

    /// The packs as they are on disk, at most one second ago.
    pub async fn packs(&self) -> Arc<Packs> {
        if let Some(fresh) = self.0.fresh() {
            return fresh;
        }
        let reader = self.0.clone();
        let looked = tokio::task::spawn_blocking(move || reader.look()).await;
        looked.unwrap_or_else(|error| {
            tracing::error!(%error, "the pack catalogue could not be read");
            self.0.last().unwrap_or_default()
        })
    }

    /// As [`Catalogue::packs`], reading in the calling thread.
    pub fn packs_blocking(&self) -> Arc<Packs> {
        self.0.fresh().unwrap_or_else(|| self.0.look())
    }
}

impl Shelf {
    fn snapshot(&self) -> Option<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn last(&self) -> Option<Arc<Packs>> {
        self.snapshot().map(|snapshot| snapshot.packs)
    }

    fn fresh(&self) -> Option<Arc<Packs>> {
        self.snapshot()
            .filter(|snapshot| snapshot.looked.elapsed() < RECHECK)
            .map(|snapshot| snapshot.packs)
    }

    fn look(&self) -> Arc<Packs> {
        let _one_at_a_time = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fresh) = self.fresh() {
            return fresh;
        }
        let looked = Instant::now();
        let packs = Arc::new(scan(&self.root, self.last().as_deref()));
        let snapshot = Snapshot { packs: packs.clone(), looked };
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
        packs
    }
}

/// Whether a path means something outside the catalogue, whatever lies there.
pub fn leads_out(path: &str) -> bool {
    path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..")
}

fn scan(root: &Path, previous: Option<&Packs>) -> Packs {
    let root = match root.canonicalize() {
        Ok(root) => root,
        Err(error) => {
            tracing::warn!(folder = %root.display(), %error, "there is no pack catalogue");
            return Packs::default();
        }
    };
    let mut folders = Vec::new();
    discover(&root, 0, &mut folders);
    folders.sort();
    Packs::new(folders.iter().map(|folder| shelve(&root, folder, previous)).collect())
}

/// Collects folders below the catalogue with a `pack.yaml`. Links to folders are not followed.
fn discover(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if found.len() >= PACK_LIMIT {
        return;
    }
    if depth > 0 && folder.join(PACK_FILE).is_file() {
        found.push(folder.to_owned());
        return;
    }
    if depth >= DEPTH_LIMIT {
        return;
    }
    for entry in entries(folder) {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !entry.file_name().to_string_lossy().starts_with('.') {
            discover(&entry.path(), depth + 1, found);
        }
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok)
}

fn shelve(root: &Path, folder: &Path, previous: Option<&Packs>) -> Shelved {
    let relative_path = relative(root, folder);
    let stamp = stamps(root, folder);
    let known = previous.and_then(|packs| packs.unchanged(&relative_path, &stamp));
    let pack = known.unwrap_or_else(|| Arc::new(read(folder, relative_path, &stamp)));
    Shelved { pack, stamp }
}

fn relative(root: &Path, folder: &Path) -> String {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

fn read(folder: &Path, relative_path: String, stamps: &[Stamp]) -> Pack {
    let excess = excess(stamps);
    let readable = stamps.iter().filter(|stamp| !stamp.outside && excess.is_none());
    let files: Vec<String> = readable.map(|stamp| stamp.name.clone()).collect();
    let mut pack = load(folder, relative_path, &files);
    pack.unread.extend(excess);
    pack.unread.extend(stamps.iter().filter(|stamp| stamp.outside).map(|stamp| {
        let message = "The file is a link that leads out of the catalogue. Copy the file instead.";
        unread(&stamp.name, None, message.to_owned())
    }));
    pack
}

fn excess(stamps: &[Stamp]) -> Option<Fault> {
    if stamps.len() > FILE_LIMIT {
        let message = format!("The pack has more than {FILE_LIMIT} files. Split it.");
        return Some(unread(PACK_FILE, None, message));
    }
    let size: u64 = stamps.iter().map(|stamp| stamp.size).sum();
    (size > SIZE_LIMIT).then(|| {
        let megabytes = SIZE_LIMIT / 1024 / 1024;
        unread(PACK_FILE, None, format!("The pack is larger than {megabytes} MB. Split it."))
    })
}

/// The files of a pack, joins and templates by name.
fn stamps(root: &Path, folder: &Path) -> Vec<Stamp> {
    let fixed = [PACK_FILE, TAXONOMY_FILE, COMPONENT_FILE, THREAT_FILE, COUNTERMEASURE_FILE];
    let mut names: Vec<String> = fixed.iter().map(ToString::to_string).collect();
    names.extend(files_below(folder, JOIN_FOLDER, &["yaml"]));
    names.extend(files_below(folder, TEMPLATE_FOLDER, &["yaml", "yml"]));
    names.into_iter().filter_map(|name| stamp(root, folder, name)).collect()
}

fn files_below(folder: &Path, below: &str, extensions: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = entries(&folder.join(below))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| {
            let extension = name.rsplit_once('.').map(|(_, extension)| extension);
            extension.is_some_and(|extension| extensions.contains(&extension))
        })
        .map(|name| format!("{below}/{name}"))
        .collect();
    names.sort();
    names
}

fn stamp(root: &Path, folder: &Path, name: String) -> Option<Stamp> {
    let path = folder.join(&name);
    let link = fs::symlink_metadata(&path).ok()?;
    let in_linked_folder =
        name.split_once('/').is_some_and(|(below, _)| folder.join(below).is_symlink());
    let outside = (link.is_symlink() || in_linked_folder)
        && !path.canonicalize().is_ok_and(|target| target.starts_with(root));
    if outside {
        return Some(Stamp { name, size: 0, modified: None, outside });
    }
    let metadata = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
    Some(Stamp { name, size: metadata.len(), modified: metadata.modified().ok(), outside })
}
