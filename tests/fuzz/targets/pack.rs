//! The YAML files of a pack, in one text: a line `%% name` begins a file.

#![no_main]

use std::{collections::BTreeMap, sync::Arc};

use domain::library::{
    KnownLibrary, Pack, Packs, Preview, SourcePack, import, overlays, reading, validate,
};
use fuzz::{Place, accept};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    // The place takes longer to make than any input may take.
    init: Place::with(|_| ()),
    |content: &[u8]| try_out(content)
);

fn try_out(content: &[u8]) {
    let pack = Arc::new(read(content));
    let packs = Packs::default();
    let checked = validate(&pack, &packs, &KnownLibrary::default());
    assert_eq!(checked.success, checked.errors.is_empty());
    let _ = Preview::new(&pack);
    let _ = SourcePack::new(&pack, &packs, &BTreeMap::new());
    let _ = overlays(&pack, &BTreeMap::new());
    if checked.success {
        bring_in(&pack);
    }
}

fn read(content: &[u8]) -> Pack {
    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        match (name(line), files.last_mut()) {
            (Some(name), _) => files.push((name, Vec::new())),
            (None, Some((_, text))) => text.extend(line),
            (None, None) => {}
        }
    }
    let texts = files.into_iter().map(|(name, text)| (name, reading::decoded(text, name)));
    Pack::of_texts("fuzzed", "category/fuzzed".to_owned(), texts)
}

fn name(line: &[u8]) -> Option<&str> {
    std::str::from_utf8(line.strip_prefix(b"%% ")?).ok().map(str::trim)
}

/// What was checked without an error can be imported, twice.
fn bring_in(pack: &Arc<Pack>) {
    let wish = import::Wish {
        renewal: import::Renewal::Force,
        warnings: import::Warnings::Accept,
        overlays: None,
    };
    Place::with(|place| {
        place.try_out(async |transaction| {
            for _ in 0..2 {
                let done = import::within(transaction, place.organization.id, pack, &wish).await;
                if let Err(error) = done {
                    accept(&error);
                }
            }
        });
    });
}
