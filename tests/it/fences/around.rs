//! What clippy refuses outside of the store: whatever sea-orm offers to get at rows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{built, root};

/// Signatures in which one of these stands make a statement or take a connection.
const SIGNS: [&str; 9] = [
    "ConnectionTrait",
    "StreamTrait",
    "db: &",
    "-> Select<",
    "-> Insert",
    "-> Update",
    "-> Delete",
    "-> ValidatedDelete",
    "-> SelectorRaw<",
];

/// Traits all methods of which are for those who hold a connection.
const OF_CONNECTIONS: [&str; 3] = ["ConnectionTrait", "StreamTrait", "TransactionTrait"];

/// Methods of connections that ask nothing.
const ASK_NOTHING: [&str; 3] = ["get_database_backend", "support_returning", "is_mock_connection"];

/// Traits that help nobody to rows.
const HARMLESS: [&str; 4] = [
    // What rows do when they are written.
    "ActiveModelBehavior",
    // For entities of another kind than those here.
    "EntityLoaderTrait",
    "LoaderTraitEx",
    "NestedLoaderTrait",
];

fn sea_orm() -> PathBuf {
    let found = built().iter().find(|message| message["target"]["name"] == "sea_orm");
    let manifest = found.and_then(|message| message["manifest_path"].as_str());
    Path::new(manifest.expect("the place of sea-orm")).with_file_name("src")
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            sources(&entry.path(), found);
        } else if entry.path().extension().is_some_and(|end| end == "rs") {
            found.push(fs::read_to_string(entry.path()).expect("a source"));
        }
    }
}

/// The ways to rows in a source file, as trait and method.
fn ways(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut group, mut signature) = ("", String::new());
    for line in source.lines() {
        if let Some(rest) = line.strip_prefix("pub trait ") {
            group = rest.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        }
        if line == "}" {
            group = "";
        }
        let begins = line.starts_with("    fn ") || line.starts_with("    async fn ");
        let goes_on = !signature.is_empty();
        if group.is_empty() || (!begins && !goes_on) {
            continue;
        }
        signature.push_str(line);
        if line.ends_with(['{', ';']) {
            found.extend(way(group, &std::mem::take(&mut signature)));
        }
    }
    found
}

fn way(group: &str, signature: &str) -> Option<String> {
    let (_, rest) = signature.split_once("fn ")?;
    let name = rest.split(['(', '<']).next()?;
    let is_way = if OF_CONNECTIONS.contains(&group) {
        !ASK_NOTHING.contains(&name)
    } else {
        SIGNS.iter().any(|sign| signature.contains(sign)) && !HARMLESS.contains(&group)
    };
    is_way.then(|| format!("sea_orm::{group}::{name}"))
}

#[test]
fn every_way_of_sea_orm_to_rows_is_closed_outside_of_the_store() {
    let mut files = Vec::new();
    sources(&sea_orm(), &mut files);
    let ways: Vec<String> = files.iter().flat_map(|source| ways(source)).collect();
    for known in ["EntityTrait::find", "ActiveModelTrait::delete", "ConnectionTrait::query_all"] {
        assert!(ways.contains(&format!("sea_orm::{known}")), "{known} is not found in {ways:#?}");
    }
    let closed = fs::read_to_string(root().join("clippy.toml")).expect("the settings of clippy");
    let open: Vec<&String> =
        ways.iter().filter(|way| !closed.contains(&format!("\"{way}\""))).collect();
    assert!(open.is_empty(), "clippy.toml leaves {open:#?} open");
}

/// Lines of the API that take a key for an id without asking a scope, and may.
const TRUSTING: [&str; 3] = [
    // Of an entry of the log, to look up a name.
    "let person = row.user_id.and_then(|user| people.get(&Id::trusted(user)));",
    // Stands for the id that the database will give.
    "id: Id::trusted(0),",
    // A security team makes any account a member.
    "let user = body.reference::<user::Entity>(\"user\")?.map(|user| Id::trusted(user.key()));",
];

#[test]
fn the_api_makes_no_actors_and_trusts_no_ids() {
    let mut files = Vec::new();
    sources(&root().join("api/src"), &mut files);
    let words = ["Actor::for_job(", "Actor::for_readers(", "Actor::looked_up(", "::trusted("];
    let found: Vec<&str> = files
        .iter()
        .flat_map(|file| file.lines())
        .map(str::trim)
        .filter(|line| words.iter().any(|word| line.contains(word)) && !TRUSTING.contains(line))
        .collect();
    assert!(found.is_empty(), "ask a scope with `known`:\n{}", found.join("\n"));
}
