//! Filters, search, ordering and pages of lists, against what the whole list says.

use std::cmp::Ordering;

use proptest::{
    prelude::*,
    sample::{select, subsequence},
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};
use tests::{App, Client};

/// How many combinations of parameters are tried for each resource.
const CASES: u32 = 64;
/// Words of all levels, least first.
const LEVELS: [&str; 4] = ["low", "medium", "high", "critical"];
/// Parts of the names of what the tests make.
const NAMES: [&str; 5] = ["Order service", "order QUEUE", "Müller's store", "100% cache", "a_b"];
/// Words that are looked for.
const WORDS: [&str; 7] = ["order", "QUEUE", "100%", "_", "Müller", "1", "nothing"];

/// What is known about a list.
struct Collection {
    path: &'static str,
    /// Parameters, the fields that they compare, and values to ask for.
    filters: Vec<(&'static str, &'static str, Vec<String>)>,
    /// Names to sort by, the fields that hold the values, and how these compare.
    orderings: &'static [(&'static str, &'static str, Comparison)],
    /// Fields in which words are looked for.
    searched: &'static [&'static str],
}

type Comparison = fn(&Value, &Value) -> Ordering;

/// What a request asks for.
#[derive(Clone, Debug)]
struct Question {
    filters: Vec<(usize, usize)>,
    ordering: Vec<(usize, bool)>,
    search: Vec<&'static str>,
}

impl Collection {
    fn questions(&self) -> impl Strategy<Value = Question> + use<> {
        (some_filters(&self.filters), some_order(self.orderings.len()), some_words(self.searched))
            .prop_map(|(filters, ordering, search)| Question { filters, ordering, search })
    }

    fn address(&self, question: &Question) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        for (filter, value) in &question.filters {
            let (parameter, _, values) = &self.filters[*filter];
            pairs.push((parameter, values[*value].clone()));
        }
        let names = question.ordering.iter().map(|(name, descending)| {
            format!("{}{}", if *descending { "-" } else { "" }, self.orderings[*name].0)
        });
        pairs.push(("ordering", names.collect::<Vec<_>>().join(",")));
        pairs.push(("search", question.search.join(" ")));
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
        format!("{}?{}", self.path, pairs.collect::<Vec<_>>().join("&"))
    }

    /// The ids of the answer, from the whole list. Without a wish for an order they are sorted.
    fn expected(&self, all: &[Value], question: &Question) -> Vec<i64> {
        let mut rows: Vec<&Value> = all.iter().filter(|row| self.fits(row, question)).collect();
        rows.sort_by(|one, other| self.compared(one, other, question));
        rows.into_iter().map(id).collect()
    }

    fn fits(&self, row: &Value, question: &Question) -> bool {
        let filtered = question.filters.iter().all(|(filter, value)| {
            let (_, field, values) = &self.filters[*filter];
            text(&row[*field]) == values[*value]
        });
        let found = question.search.iter().all(|word| {
            let mut fields = self.searched.iter();
            fields.any(|field| text(&row[*field]).to_lowercase().contains(&word.to_lowercase()))
        });
        filtered && found
    }

    fn compared(&self, one: &Value, other: &Value, question: &Question) -> Ordering {
        let by_fields = question.ordering.iter().map(|(name, descending)| {
            let (_, field, comparison) = self.orderings[*name];
            let ordering = comparison(&one[field], &other[field]);
            if *descending { ordering.reverse() } else { ordering }
        });
        by_fields.fold(Ordering::Equal, Ordering::then).then_with(|| id(one).cmp(&id(other)))
    }
}

type Choices = [(&'static str, &'static str, Vec<String>)];

/// Some filters by position, each with the position of a value.
fn some_filters(filters: &Choices) -> impl Strategy<Value = Vec<(usize, usize)>> + use<> {
    let filters: Vec<(usize, usize)> =
        filters.iter().map(|(_, _, values)| values.len()).enumerate().collect();
    let most = filters.len();
    subsequence(filters, 0..=most).prop_flat_map(|chosen| {
        let valued = |(filter, values)| (0..values).prop_map(move |value| (filter, value));
        chosen.into_iter().map(valued).collect::<Vec<_>>()
    })
}

/// Up to two names by position, each with its direction.
fn some_order(names: usize) -> impl Strategy<Value = Vec<(usize, bool)>> {
    let most = names.min(2);
    subsequence((0..names).collect::<Vec<_>>(), 0..=most).prop_shuffle().prop_flat_map(|chosen| {
        let directed = |name| any::<bool>().prop_map(move |descending| (name, descending));
        chosen.into_iter().map(directed).collect::<Vec<_>>()
    })
}

fn some_words(searched: &[&str]) -> impl Strategy<Value = Vec<&'static str>> + use<> {
    let most = if searched.is_empty() { 0 } else { 2 };
    prop::collection::vec(select(&WORDS[..]), 0..=most)
}

fn escaped(value: &str) -> String {
    value.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn id(row: &Value) -> i64 {
    row["id"].as_i64().expect("an id")
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn by_text(one: &Value, other: &Value) -> Ordering {
    text(one).cmp(&text(other))
}

fn by_level(one: &Value, other: &Value) -> Ordering {
    let rank = |value: &Value| LEVELS.iter().position(|level| value == level);
    rank(one).cmp(&rank(other))
}

/// The ids on all pages of a list, one page after the other, as clients follow them.
async fn all_pages(client: &Client, path: &str) -> Result<Vec<i64>, String> {
    let mut ids = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let answer = client.get(&path).await;
        if answer.status != 200 {
            return Err(format!("{} to {path}: {}", answer.status, answer.json));
        }
        let Some(page) = answer.json["results"].as_array() else { return Err(path) };
        ids.extend(page.iter().map(id));
        let count = answer.json["count"].as_u64().unwrap_or_default();
        next = answer.json["next"].as_str().map(local);
        let is_last = ids.len() as u64 >= count;
        if is_last == next.is_some() || (!is_last && page.len() != 20) {
            return Err(format!("{path}: {} of {count} rows, next page {next:?}", ids.len()));
        }
    }
    Ok(ids)
}

/// The path and the query of an absolute address.
fn local(address: &str) -> String {
    let start = address.find("/api/").expect("an address of the API");
    address[start..].to_owned()
}

/// Asks random questions of a list.
async fn explore(client: &Client, collection: Collection) {
    let ids = all_pages(client, collection.path).await.expect("the whole list");
    assert!(ids.len() > 40, "{} has {} rows", collection.path, ids.len());
    let mut all = Vec::new();
    for id in ids {
        all.push(client.get(&format!("{}{id}/", collection.path)).await.expect(200));
    }
    let handle = tokio::runtime::Handle::current();
    let client = client.clone();
    let exploring = tokio::task::spawn_blocking(move || {
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        TestRunner::new(config).run(&collection.questions(), |question| {
            let address = collection.address(&question);
            let found = handle.block_on(all_pages(&client, &address));
            let mut found = found.map_err(TestCaseError::fail)?;
            if question.ordering.is_empty() {
                found.sort_unstable();
            }
            prop_assert_eq!(found, collection.expected(&all, &question), "{}", address);
            Ok(())
        })
    });
    exploring.await.expect("the exploration").expect("answers as expected");
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// One of some values, by the number of a row.
fn pick<'w>(from: &[&'w str], row: usize) -> &'w str {
    from[row % from.len()]
}

fn name(row: usize) -> String {
    format!("{} {}", pick(&NAMES, row), row / 7)
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_systems_answer_what_the_whole_list_says() {
    let app = App::start().await;
    let owner = app.owner().await;
    for row in 0..45 {
        let body = json!({
            "name": name(row),
            "owner": pick(&["Ada", "Order desk", ""], row),
            "criticality": pick(&LEVELS, row / 2),
            "lifecycleState": pick(&["development", "production"], row / 3),
        });
        owner.post("/api/systems/", body).await.expect(201);
    }
    let systems = Collection {
        path: "/api/systems/",
        filters: vec![
            ("criticality", "criticality", words(&LEVELS)),
            ("lifecycle_state", "lifecycleState", words(&["development", "production"])),
            ("organization", "organization", vec![owner.organization.to_string()]),
        ],
        orderings: &[
            ("name", "name", by_text),
            ("created_at", "createdAt", by_text),
            ("criticality", "criticality", by_level),
        ],
        searched: &["name", "owner"],
    };
    explore(&owner, systems).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_teams_answer_what_the_whole_list_says() {
    let app = App::start().await;
    let owner = app.owner().await;
    for row in 0..45 {
        let body = json!({
            "organization": owner.organization, "name": name(row), "code": format!("T{row}"),
        });
        owner.post("/api/teams/", body).await.expect(201);
    }
    let teams = Collection {
        path: "/api/teams/",
        filters: vec![("is_default", "isDefault", words(&["true", "false"]))],
        orderings: &[("name", "name", by_text), ("created_at", "createdAt", by_text)],
        searched: &["name", "code"],
    };
    explore(&owner, teams).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_data_assets_answer_what_the_whole_list_says() {
    let app = App::start().await;
    let owner = app.owner().await;
    let models = [owner.model("Shop").await, owner.model("Stock").await];
    for row in 0..45 {
        let body = json!({
            "name": name(row),
            "threatModel": models[row % 2],
            "classification": pick(&["public", "secret"], row / 2),
            "confidentiality": pick(&LEVELS[..3], row / 3),
        });
        owner.post("/api/data-assets/", body).await.expect(201);
    }
    let assets = Collection {
        path: "/api/data-assets/",
        filters: vec![
            ("classification", "classification", words(&["public", "secret", "other"])),
            ("confidentiality", "confidentiality", words(&LEVELS[..3])),
            ("threat_model", "threatModel", models.map(|id| id.to_string()).to_vec()),
        ],
        orderings: &[],
        searched: &["name"],
    };
    explore(&owner, assets).await;
}

/// Paths of lists with the parameters that they know.
const LISTS: [(&str, &[&str]); 5] = [
    ("/api/systems/", &["criticality", "lifecycle_state", "organization"]),
    ("/api/teams/", &["organization", "business_unit", "is_default", "my_teams"]),
    ("/api/data-assets/", &["classification", "confidentiality", "threat_model"]),
    ("/api/component-threats/", &["component", "status", "inherent_severity", "threat_actor"]),
    ("/api/packs/", &["pack_type", "tier", "industry", "tag"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_parameters_is_refused_and_never_fails() {
    let app = App::start().await;
    let owner = app.owner().await;
    let handle = tokio::runtime::Handle::current();
    let nonsense = prop_oneof![
        any::<String>(),
        any::<i64>().prop_map(|number| number.to_string()),
        select(
            &[
                "0",
                "-1",
                "last",
                "%",
                "'",
                "\"",
                "\\",
                "NaN",
                "null",
                "1e9",
                "99999999999999999999"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    let shared = ["page", "ordering", "search"];
    let requests = (select(&LISTS[..]), any::<prop::sample::Index>(), nonsense).prop_map(
        move |((path, own), which, value)| {
            let names: Vec<&str> = own.iter().chain(&shared).copied().collect();
            format!("{path}?{}={}", which.get(&names), escaped(&value))
        },
    );
    let exploring = tokio::task::spawn_blocking(move || {
        let config = Config { cases: 4 * CASES, failure_persistence: None, ..Config::default() };
        TestRunner::new(config).run(&requests, |path| {
            let answer = handle.block_on(owner.get(&path));
            prop_assert!(matches!(answer.status, 200 | 400 | 404), "{} to {}", answer.status, path);
            prop_assert!(answer.json.is_object() || answer.json.is_array(), "no JSON to {}", path);
            Ok(())
        })
    });
    exploring.await.expect("the exploration").expect("an answer to everything");
}
