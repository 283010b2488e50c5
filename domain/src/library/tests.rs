//! Packs written to a folder, read, checked and shown.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use tempfile::TempDir;

use super::{
    Catalogue, KnownLibrary, Pack, Preview, SourcePack, Validation, overlays,
    preview::{Imported, title_of},
    reading, validate,
};

const SOUND: &[(&str, &str)] = &[
    (
        "pack.yaml",
        "pack:\n  slug: sound\n  name: Sound\n  version: 1.0.0\n  pack_type: full\n  \
         depends_on: [other, {pack: third, version: ^1.0, optional: true}]\nframeworks:\n  \
         - slug: rules\n    name: Rules\n    requirements:\n      - {section_code: R.1, \
         description: Do}\n",
    ),
    (
        "taxonomy.yaml",
        "taxonomies:\n  - slug: kinds\n    name: Kinds\n    entries:\n      - {external_id: \
         bad-kind, title: Bad}\n",
    ),
    (
        "components.yaml",
        "components:\n  - {id: web, name: Web, category: process, type: Service}\n",
    ),
    ("threats.yaml", "threats:\n  - {id: theft, name: Theft}\n"),
    ("countermeasures.yaml", "countermeasures:\n  - {id: lock, name: Lock}\n"),
    (
        "joins/components-threats.yaml",
        "mappings:\n  - component: web\n    threats:\n      - threat: theft\n",
    ),
    (
        "joins/threats-countermeasures.yaml",
        "mappings:\n  - threat: theft\n    countermeasures: [lock]\n",
    ),
    (
        "joins/threats-kinds.yaml",
        "taxonomy: kinds\nmappings:\n  - threat: theft\n    entries: [bad-kind]\n",
    ),
    (
        "joins/countermeasures-rules.yaml",
        "framework: rules\nmappings:\n  - countermeasure: lock\n    requirements: [R.1]\n",
    ),
    (
        "joins/requirements-others.yaml",
        "source_framework: rules\nframework: others\nmappings:\n  - {requirement: R.1, entries: \
         [O.1]}\n",
    ),
    (
        "dfd-templates/shop.yaml",
        "template: {name: Shop}\ncanvas_data:\n  nodes:\n    - id: a\n      data:\n        \
         component_ref: web\n",
    ),
];

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
    fs::write(path, text).expect("the file is written");
}

/// A catalogue with the sound pack in `category/sound`.
fn catalogue() -> (TempDir, Catalogue) {
    let folder = TempDir::new().expect("a folder");
    for (file, text) in SOUND {
        write(&folder.path().join("category/sound"), file, text);
    }
    let catalogue = Catalogue::new(folder.path());
    (folder, catalogue)
}

/// The findings about the sound pack after one of its files was replaced.
fn checked_with(file: &str, text: &str) -> Validation {
    let (folder, catalogue) = catalogue();
    write(&folder.path().join("category/sound"), file, text);
    check(&catalogue, "category/sound")
}

fn check(catalogue: &Catalogue, path: &str) -> Validation {
    let packs = catalogue.packs_blocking();
    validate(packs.at(path).expect("the pack"), &packs, &KnownLibrary::default())
}

#[test]
fn a_sound_pack_has_no_findings() {
    let (_folder, catalogue) = catalogue();
    let found = check(&catalogue, "category/sound");
    assert_eq!((found.errors, found.warnings), (Vec::new(), Vec::new()));
}

#[test]
fn every_file_that_is_not_yaml_is_named_with_line_and_column() {
    for (file, text) in SOUND {
        let broken = format!("{text}broken: [1, 2\nnext: }}\n");
        let found = checked_with(file, &broken);
        let fault = &found.errors[0];
        assert_eq!((fault.file.as_str(), fault.ref_type.as_str()), (*file, "file"));
        let position = fault.position.expect("a position");
        let lines = text.lines().count() as u64;
        assert!(position.line > lines && position.column >= 1, "{file}: {position:?}");
        assert_eq!(fault.line, Some(position.line));
        assert!(fault.message.contains("Correct"), "{}", fault.message);
    }
}

#[test]
fn a_value_of_the_wrong_form_is_named_with_line_and_column() {
    let found = checked_with("threats.yaml", "threats:\n  - id: a\n    name: [1, 2]\n");
    let position = found.errors[0].position.expect("a position");
    assert_eq!((position.line, position.column), (3, 11));
}

#[test]
fn references_to_nothing_are_named_with_line_and_column() {
    let cases = [
        (
            "joins/components-threats.yaml",
            "mappings:\n  - component: web\n    threats:\n      - threat: gone\n",
            ("threat", "gone", 4, 17),
        ),
        (
            "joins/components-threats.yaml",
            "mappings:\n  - component: gone\n    threats: []\n",
            ("component", "gone", 2, 16),
        ),
        (
            "joins/components-threats.yaml",
            "mappings:\n  - component: web\n    threats:\n      - theft\n",
            ("threat", "theft", 4, 9),
        ),
        (
            "joins/threats-countermeasures.yaml",
            "mappings:\n  - threat: theft\n    countermeasures: [lock, gone]\n",
            ("countermeasure", "gone", 3, 29),
        ),
        ("joins/threats-kinds.yaml", "taxonomy: gone\nmappings: []\n", ("taxonomy", "gone", 1, 11)),
        (
            "dfd-templates/shop.yaml",
            "template: {name: Shop}\ncanvas_data:\n  nodes:\n    - data: {component_ref: gone}\n",
            ("template_component", "gone", 4, 29),
        ),
    ];
    for (file, text, (ref_type, reference, line, column)) in cases {
        let found = checked_with(file, text);
        let fault = found.errors.first().unwrap_or_else(|| panic!("{file} has a fault"));
        assert_eq!(
            (fault.file.as_str(), fault.ref_type.as_str(), fault.reference.as_str(), fault.line),
            (file, ref_type, reference, None)
        );
        let position = fault.position.expect("a position");
        assert_eq!((position.line, position.column), (line, column), "{file}");
    }
}

#[test]
fn references_may_name_the_library_or_another_pack() {
    let join = "mappings:\n  - component: elsewhere/thing\n    threats:\n      - threat: \
                everywhere\n      - threat: other/threat\n";
    let (folder, catalogue) = catalogue();
    write(&folder.path().join("category/sound"), "joins/components-threats.yaml", join);
    let packs = catalogue.packs_blocking();
    let mut known = KnownLibrary::default();
    known.threats.insert("global/everywhere".to_owned());
    let found = validate(packs.by_slug("sound").expect("the pack"), &packs, &known);
    assert_eq!(found.errors, Vec::new());
}

#[test]
fn a_taxonomy_may_come_from_a_dependency() {
    let (folder, catalogue) = catalogue();
    let sound = folder.path().join("category/sound");
    write(&sound, "joins/threats-colours.yaml", "taxonomy: colours\nmappings: []\n");
    write(&folder.path().join("other"), "pack.yaml", "pack: {slug: other}\n");
    write(&folder.path().join("other"), "taxonomy.yaml", "taxonomies: [{slug: colours}]\n");
    assert_eq!(check(&catalogue, "category/sound").errors, Vec::new());
}

#[test]
fn identifiers_must_exist_and_be_used_once() {
    let found =
        checked_with("threats.yaml", "threats:\n  - {id: theft}\n  - {id: theft}\n  - {}\n");
    let references: Vec<&str> = found.errors.iter().map(|fault| fault.reference.as_str()).collect();
    assert_eq!(references, ["theft", "threats[2]"]);
    assert_eq!(found.errors[0].position.map(|position| position.line), Some(3));
}

#[test]
fn what_is_missing_in_the_description_is_an_error() {
    let found = checked_with("pack.yaml", "pack:\n  slug: sound\n");
    let fields: Vec<&str> = found.errors.iter().map(|fault| fault.reference.as_str()).collect();
    assert_eq!(fields, ["name", "version", "pack_type"]);
}

#[test]
fn unknown_choices_are_warnings() {
    let found = checked_with(
        "components.yaml",
        "components:\n  - {id: web, category: gizmo}\n  - {id: app}\n",
    );
    assert_eq!(found.warning_count, 1);
    assert_eq!(found.warnings[0].field, "category");
    assert!(found.success && found.warnings[0].suggestion.contains("datastore"));
}

#[test]
fn a_version_constraint_that_is_none_is_a_warning() {
    let found = checked_with(
        "pack.yaml",
        "pack:\n  slug: sound\n  name: S\n  version: '1'\n  pack_type: full\n  depends_on:\n    \
         - pack: other\n      version: latest\n",
    );
    assert_eq!(found.warnings[0].field, "depends_on[].version");
    assert_eq!(found.warnings[0].position.map(|position| position.line), Some(7));
}

#[test]
fn two_packs_cannot_share_a_slug() {
    let (folder, catalogue) = catalogue();
    for (file, text) in SOUND {
        write(&folder.path().join("second"), file, text);
    }
    assert!(check(&catalogue, "category/sound").success);
    assert!(check(&catalogue, "second").errors[0].message.contains("category/sound"));
}

#[test]
fn bombs_are_refused() {
    let mut aliases = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ["b", "c", "d", "e", "f", "g", "h", "i"].iter().zip("abcdefgh".chars()) {
        let items = vec![format!("*{before}"); 9].join(", ");
        aliases.extend([format!("{name}: &{name} [{items}]\n")]);
    }
    let bombs = [
        format!("{aliases}threats: *i\n"),
        format!("threats: {}{}\n", "[".repeat(20_000), "]".repeat(20_000)),
        format!("threats:\n{}", "  - {id: x}\n".repeat(100_000)),
        "threats: []\n---\nthreats: []\n".to_owned(),
        "threats: !python/object:os.system [x]\n".to_owned(),
    ];
    for bomb in bombs {
        let found = checked_with("threats.yaml", &bomb);
        assert_eq!(found.errors[0].ref_type, "file", "{}", found.errors[0].message);
    }
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let size = usize::try_from(reading::FILE_LIMIT).expect("a size") + 1;
    let found = checked_with("threats.yaml", &"#".repeat(size));
    assert!(found.errors[0].message.contains("5 MB"), "{}", found.errors[0].message);
}

#[test]
fn a_file_that_is_not_utf_8_is_refused() {
    let (folder, catalogue) = catalogue();
    fs::write(folder.path().join("category/sound/threats.yaml"), b"threats: []\n# \xff\n")
        .expect("written");
    let position = check(&catalogue, "category/sound").errors[0].position.expect("a position");
    assert_eq!((position.line, position.column), (2, 3));
}

#[test]
fn null_characters_are_refused() {
    let found = checked_with("threats.yaml", "threats:\n  - {id: a, name: \"A\\0\"}\n");
    assert!(found.errors[0].message.contains("null"), "{}", found.errors[0].message);
    assert_eq!(found.errors[0].position.map(|position| position.line), Some(2));
}

#[test]
fn empty_files_are_empty_lists() {
    for text in ["", "# nothing\n", "components:\n", "---\n"] {
        let (folder, catalogue) = catalogue();
        write(&folder.path().join("category/sound"), "components.yaml", text);
        let packs = catalogue.packs_blocking();
        let pack = packs.by_slug("sound").expect("the pack");
        assert!(pack.unread.is_empty() && pack.components.is_empty(), "{text:?}");
    }
}

#[test]
fn no_path_leads_out_of_the_catalogue() {
    let (folder, _) = catalogue();
    let inside = folder.path().join("category");
    let catalogue = Catalogue::new(&inside);
    write(folder.path(), "outside/pack.yaml", "pack: {slug: outside}\n");
    write(&inside, "linked/pack.yaml", "pack: {slug: linked}\n");
    std::os::unix::fs::symlink(
        folder.path().join("outside/pack.yaml"),
        inside.join("linked/threats.yaml"),
    )
    .expect("a link");
    std::os::unix::fs::symlink(folder.path().join("outside"), inside.join("escape"))
        .expect("a link");
    let packs = catalogue.packs_blocking();
    let absolute = folder.path().join("outside").to_string_lossy().into_owned();
    for path in ["../outside", "sound/../../outside", "escape", ".", "", absolute.as_str()] {
        assert!(packs.at(path).is_none(), "{path}");
    }
    assert!(packs.at("sound").is_some());
    let linked = packs.at("linked").expect("the pack");
    assert!(linked.unread[0].message.contains("leads out"));
}

#[test]
fn folders_below_a_pack_are_not_searched() {
    let (folder, catalogue) = catalogue();
    write(&folder.path().join("category/sound/nested"), "pack.yaml", "pack: {slug: nested}\n");
    assert!(catalogue.packs_blocking().by_slug("nested").is_none());
}

#[test]
fn a_missing_catalogue_is_empty() {
    assert_eq!(Catalogue::new("/nowhere/at/all").packs_blocking().iter().len(), 0);
}

#[tokio::test]
async fn a_changed_file_is_read_again_and_others_are_not() {
    let (folder, catalogue) = catalogue();
    write(&folder.path().join("other"), "pack.yaml", "pack: {slug: other}\n");
    let before = catalogue.packs().await;
    write(&folder.path().join("category/sound"), "threats.yaml", "threats: []\n");
    let soon = catalogue.packs().await;
    assert!(std::sync::Arc::ptr_eq(&before, &soon), "the disk is looked at once a second");
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    let after = catalogue.packs().await;
    assert_eq!(after.by_slug("sound").expect("the pack").threats.len(), 0);
    let kept = |packs: &super::Packs| packs.by_slug("other").expect("the pack").clone();
    assert!(std::sync::Arc::ptr_eq(&kept(&before), &kept(&after)));
}

#[test]
fn dependencies_are_shown_with_what_is_known_about_them() {
    let (folder, catalogue) = catalogue();
    write(&folder.path().join("far/third"), "pack.yaml", "pack: {slug: third, name: Third}\n");
    let packs = catalogue.packs_blocking();
    let imported = BTreeMap::from([
        ("third".to_owned(), Imported::default()),
        ("sound".to_owned(), Imported { version: "0.9.0".to_owned(), ..Imported::default() }),
    ]);
    let shown = SourcePack::new(packs.by_slug("sound").expect("the pack"), &packs, &imported);
    assert!(shown.is_in_database && shown.needs_update);
    let needed: Vec<_> = shown
        .depends_on
        .iter()
        .map(|needed| (needed.slug.as_str(), needed.path.as_str(), needed.is_imported))
        .collect();
    assert_eq!(needed, [("other", "", false), ("third", "far/third", true)]);
}

#[test]
fn a_preview_shows_what_threats_are_linked_to() {
    let (_folder, catalogue) = catalogue();
    let packs = catalogue.packs_blocking();
    let preview = Preview::new(packs.by_slug("sound").expect("the pack"));
    assert_eq!(preview.threats[0].taxonomy_entries[0].title, "Bad Kind");
    assert_eq!(preview.requirements[0].framework_name, "Rules");
    assert_eq!(preview.taxonomies[0].entry_count, 1);
    assert_eq!(title_of("CWE-200"), "Cwe 200");
    assert_eq!(title_of("T1552.001"), "T1552.001");
}

#[test]
fn overlays_tell_whether_the_framework_is_imported() {
    let (_folder, catalogue) = catalogue();
    let packs = catalogue.packs_blocking();
    let pack: &Pack = packs.by_slug("sound").expect("the pack");
    let missing = &overlays(pack, &BTreeMap::new())[0];
    assert_eq!((missing.framework_name.as_str(), missing.framework_exists), ("rules", false));
    let names = BTreeMap::from([("rules".to_owned(), "Rules".to_owned())]);
    let known = &overlays(pack, &names)[0];
    assert_eq!((known.framework_name.as_str(), known.mapping_count), ("Rules", 1));
}

#[test]
fn keys_of_a_canvas_are_shown_as_the_api_writes_them() {
    let (_folder, catalogue) = catalogue();
    let packs = catalogue.packs_blocking();
    let template = &packs.by_slug("sound").expect("the pack").templates[0].document;
    assert_eq!(template.slug(), "shop");
    assert_eq!(template.canvas["nodes"][0]["data"]["componentRef"], "web");
}

/// Packs of the project and beside it: all of them parse, and only those meant to have findings do.
#[test]
fn packs_of_the_project_and_beside_it_are_sound() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for root in ["../packs", "../../shared/packs"].map(|path| here.join(path)) {
        if !root.is_dir() {
            println!("left out: there are no packs in {}", root.display());
            continue;
        }
        let packs = Catalogue::new(&root).packs_blocking();
        println!("{}: {} packs", root.display(), packs.iter().len());
        for pack in packs.iter() {
            let found = validate(pack, &packs, &KnownLibrary::default());
            let flawed = ["conformance/broken", "conformance/with-warnings"];
            if flawed.contains(&pack.relative_path.as_str()) {
                assert!(found.error_count + found.warning_count > 0);
                continue;
            }
            assert_eq!((found.errors, found.warnings), (Vec::new(), Vec::new()), "{}", pack.slug);
        }
    }
}
