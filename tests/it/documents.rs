//! What the documents say of the code is there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Requirements of levels 1 and 2 of OWASP ASVS 5.0: sections, and how many of each.
const REQUIREMENTS: [(&str, u32); 75] = [
    ("V1.1", 2),
    ("V1.2", 9),
    ("V1.3", 11),
    ("V1.4", 3),
    ("V1.5", 2),
    ("V2.1", 3),
    ("V2.2", 3),
    ("V2.3", 4),
    ("V2.4", 1),
    ("V3.2", 2),
    ("V3.3", 4),
    ("V3.4", 6),
    ("V3.5", 5),
    ("V3.7", 2),
    ("V4.1", 3),
    ("V4.2", 1),
    ("V4.3", 2),
    ("V4.4", 4),
    ("V5.1", 1),
    ("V5.2", 3),
    ("V5.3", 2),
    ("V5.4", 3),
    ("V6.1", 3),
    ("V6.2", 12),
    ("V6.3", 4),
    ("V6.4", 4),
    ("V6.5", 5),
    ("V6.6", 3),
    ("V6.8", 4),
    ("V7.1", 3),
    ("V7.2", 4),
    ("V7.3", 2),
    ("V7.4", 5),
    ("V7.5", 2),
    ("V7.6", 2),
    ("V8.1", 2),
    ("V8.2", 3),
    ("V8.3", 1),
    ("V8.4", 1),
    ("V9.1", 3),
    ("V9.2", 4),
    ("V10.1", 2),
    ("V10.2", 2),
    ("V10.3", 4),
    ("V10.4", 11),
    ("V10.5", 5),
    ("V10.6", 2),
    ("V10.7", 3),
    ("V11.1", 2),
    ("V11.2", 3),
    ("V11.3", 3),
    ("V11.4", 4),
    ("V11.5", 1),
    ("V11.6", 1),
    ("V12.1", 3),
    ("V12.2", 2),
    ("V12.3", 4),
    ("V13.1", 1),
    ("V13.2", 5),
    ("V13.3", 2),
    ("V13.4", 5),
    ("V14.1", 2),
    ("V14.2", 4),
    ("V14.3", 3),
    ("V15.1", 3),
    ("V15.2", 3),
    ("V15.3", 7),
    ("V16.1", 1),
    ("V16.2", 5),
    ("V16.3", 4),
    ("V16.4", 3),
    ("V16.5", 3),
    ("V17.1", 1),
    ("V17.2", 4),
    ("V17.3", 2),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files below a folder with an ending, but for what was built.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", "data"].contains(&name.as_str())
                && !name.starts_with('.')
            {
                files(&path, ending, found);
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

/// Every test of the project, with the file that holds it.
fn tests() -> BTreeSet<(String, String)> {
    let mut sources = Vec::new();
    files(&root(), ".rs", &mut sources);
    let mut found = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(&source).expect("a text");
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                marked = true;
            } else if let Some(name) = marked.then(|| function(line)).flatten() {
                found.insert((name.to_owned(), source.display().to_string()));
                marked = false;
            }
        }
    }
    assert!(found.len() > 300, "{} tests", found.len());
    found
}

fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split('(').next()
}

/// Names in a document that are those of tests: `module::a_sentence_with_many_words`.
fn named(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|quoted| quoted.rsplit_once("::"))
        .filter(|(_, name)| name.matches('_').count() >= 3 && !name.contains(char::is_uppercase))
        .collect()
}

#[test]
fn tests_that_documents_name_are_there() {
    let tests = tests();
    let mut documents = Vec::new();
    files(&root().join("docs"), ".md", &mut documents);
    let (mut count, mut missing) = (0, Vec::new());
    for document in documents {
        let text = fs::read_to_string(&document).expect("a text");
        for (module, name) in named(&text) {
            count += 1;
            let is_there = tests.iter().any(|(test, file)| {
                let places = || file.trim_end_matches(".rs").split('/');
                test == name && module.split("::").all(|part| places().any(|place| place == part))
            });
            if !is_there {
                missing.push(format!("{}: {module}::{name}", document.display()));
            }
        }
    }
    assert!(count > 50, "{count} tests are named");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The rows of all tables of a document, as cells.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(str::trim).collect()).collect()
}

/// The requirements of a cell: one, several, or the first and the last of a section.
fn requirements(cell: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in cell.split(", ") {
        let (first, last) = part.split_once(" to ").unwrap_or((part, part));
        let (section, first) = first.rsplit_once('.').expect("a number");
        let (_, last) = last.rsplit_once('.').expect("a number");
        let number = |text: &str| text.parse::<u32>().expect("a number");
        found.extend((number(first)..=number(last)).map(|number| format!("{section}.{number}")));
    }
    found
}

#[test]
fn every_requirement_of_the_verification_standard_is_answered_once() {
    let text = fs::read_to_string(root().join("docs/asvs.md")).expect("the document");
    let mut answered = Vec::new();
    for row in rows(&text) {
        let [numbers, short, state, how] = row[..] else { continue };
        if !numbers.starts_with('V') {
            continue;
        }
        assert!(["met", "partly", "not met", "n/a"].contains(&state), "{numbers}: {state}");
        assert!(short.len() > 2 && how.len() > 6, "{numbers}: says nothing");
        answered.extend(requirements(numbers));
    }
    let expected: Vec<String> = REQUIREMENTS
        .iter()
        .flat_map(|(section, count)| (1..=*count).map(move |number| format!("{section}.{number}")))
        .collect();
    assert_eq!(expected.len(), 253);
    assert_eq!(answered, expected);
}
