//! Work that is asked for, and what must have become of it.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    time::{Duration, Instant},
};

use reqwest::Method;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};
use tests::Client;
use tokio::time::sleep;
use uuid::Uuid;

const PASSWORD: &str = "Corr3ct-Horse-9-Battery";
const PACKS: [&str; 5] = ["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"];

/// Rows of packs. Whoever has imported all packs has the same number.
const LIBRARY: [&str; 8] = [
    "pack",
    "component_library",
    "threat_library",
    "countermeasure_library",
    "component_library_threat",
    "threat_library_countermeasure",
    "taxonomy_entry",
    "requirement",
];

/// How long work may take once everything runs again.
const PATIENCE: Duration = Duration::from_mins(2);

/// What was promised.
#[derive(Default)]
pub(crate) struct Accepted {
    /// Jobs that were answered with 202.
    jobs: Vec<String>,
    /// Addresses that were invited.
    invited: Vec<String>,
}

impl Accepted {
    pub(crate) fn extend(&mut self, other: Self) {
        self.jobs.extend(other.jobs);
        self.invited.extend(other.invited);
    }
}

pub(crate) async fn register(base: &str) -> Client {
    let email = format!("owner.{}@example.test", Uuid::new_v4().simple());
    let mut client = Client::to(base);
    let body = json!({"email": email, "password1": PASSWORD, "password2": PASSWORD});
    let answer = client.post("/api/auth/registration/", body).await.expect(201);
    client.signed_in(&email, &answer);
    let organizations = client.get("/api/organizations/").await.expect(200);
    client.organization = organizations["results"][0]["id"].as_i64().expect("an organization");
    let path = format!("/api/teams/?organization={}", client.organization);
    client.team = client.get(&path).await.expect(200)["results"][0]["id"].as_i64().expect("a team");
    client
}

/// Asks for imports, a sync and mails: about fifteen jobs. What is not answered was not accepted.
pub(crate) async fn ask(owner: &Client) -> Accepted {
    let mut accepted = Accepted::default();
    for slug in PACKS {
        let body = json!({"slug": slug});
        accepted.jobs.extend(begin(owner, "/api/packs/import_single/", body).await);
    }
    accepted.jobs.extend(begin(owner, "/api/packs/sync_from_source/", json!({})).await);
    accepted.extend(invite(owner, 4).await);
    accepted
}

/// Invites so many people, one after the other.
pub(crate) async fn invite(owner: &Client, number: usize) -> Accepted {
    let mut accepted = Accepted::default();
    for _ in 0..number {
        let email = format!("guest.{}@example.test", Uuid::new_v4().simple());
        let body = json!({"email": email, "role": "member"});
        let path = format!("/api/teams/{}/invite-member/", owner.team);
        let sent = owner.request(Method::POST, &path).json(&body).send().await;
        if sent.is_ok_and(|response| response.status() == 201) {
            accepted.invited.push(email);
        }
    }
    accepted
}

async fn begin(owner: &Client, path: &str, body: Value) -> Option<String> {
    let request = owner.request(Method::POST, path).header("Prefer", "respond-async").json(&body);
    let answer: Value = request.send().await.ok()?.json().await.ok()?;
    answer["job"].as_str().map(str::to_owned)
}

async fn count(database: &DatabaseConnection, condition: &str) -> Option<i64> {
    let question = format!("SELECT COUNT(*) AS jobs FROM job WHERE {condition}");
    let statement = Statement::from_string(database.get_database_backend(), question);
    let row = database.query_one_raw(statement).await.ok()??;
    row.try_get("", "jobs").ok()
}

/// How many jobs match an SQL condition, as soon as the database says so.
pub(crate) async fn jobs(database: &DatabaseConnection, condition: &str) -> i64 {
    loop {
        match count(database, condition).await {
            Some(jobs) => return jobs,
            None => sleep(Duration::from_millis(200)).await,
        }
    }
}

/// Waits until no job matches. Answers how long that took, `None` when it took too long.
pub(crate) async fn until_none(database: &DatabaseConnection, condition: &str) -> Option<Duration> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if jobs(database, condition).await == 0 {
            return Some(begun.elapsed());
        }
        sleep(Duration::from_millis(100)).await;
    }
    None
}

/// Everything that is wrong after all work has ended.
pub(crate) async fn faults(
    database: &DatabaseConnection,
    mails: &Path,
    accepted: &Accepted,
    busy: &[i64],
) -> Vec<String> {
    let mut faults = Vec::new();
    let failed = jobs(database, "state NOT IN ('done', 'cancelled')").await;
    if failed > 0 {
        faults.push(format!("{failed} jobs are not done"));
    }
    let states = states(database).await;
    let lost =
        accepted.jobs.iter().filter(|id| states.get(*id).map(String::as_str) != Some("done"));
    faults.extend(lost.map(|id| format!("the accepted job {id} is {:?}", states.get(id))));
    faults.extend(half_imports(database, busy).await);
    faults.extend(wrong_mails(mails, &accepted.invited));
    faults
}

async fn states(database: &DatabaseConnection) -> HashMap<String, String> {
    let question = "SELECT CAST(id AS text) AS id, state FROM job".to_owned();
    let statement = Statement::from_string(database.get_database_backend(), question);
    let rows = database.query_all_raw(statement).await.expect("the jobs");
    let pair = |row: &sea_orm::QueryResult| {
        Some((row.try_get("", "id").ok()?, row.try_get("", "state").ok()?))
    };
    rows.iter().filter_map(pair).collect()
}

/// Organizations with another number of rows than the others: half an import, or one and a half.
async fn half_imports(database: &DatabaseConnection, organizations: &[i64]) -> Vec<String> {
    let mut faults = Vec::new();
    for table in LIBRARY {
        let question = format!(
            "SELECT organization_id, COUNT(*) AS jobs FROM {table} GROUP BY organization_id"
        );
        let statement = Statement::from_string(database.get_database_backend(), question);
        let rows = database.query_all_raw(statement).await.expect("the library");
        let counts: BTreeMap<i64, i64> = rows
            .iter()
            .filter_map(|row| {
                Some((row.try_get("", "organization_id").ok()?, row.try_get("", "jobs").ok()?))
            })
            .collect();
        let most = counts.values().copied().max().unwrap_or_default();
        for organization in organizations {
            let rows = counts.get(organization).copied().unwrap_or_default();
            if rows != most {
                faults.push(format!("{table} of organization {organization}: {rows} of {most}"));
            }
        }
    }
    faults
}

/// Mails that came twice, or not at all.
fn wrong_mails(folder: &Path, invited: &[String]) -> Vec<String> {
    let mut received: HashMap<String, usize> = HashMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap_or_default();
        let header = |name: &str| text.lines().find(|line| line.starts_with(name));
        let key = [header("To:"), header("Subject:")].map(Option::unwrap_or_default).join(" ");
        *received.entry(key).or_default() += 1;
    }
    let twice = received.iter().filter(|(_, times)| **times > 1);
    let mut faults: Vec<String> =
        twice.map(|(mail, times)| format!("{times} times: {mail}")).collect();
    let missing =
        invited.iter().filter(|address| !received.keys().any(|key| key.contains(*address)));
    faults.extend(missing.map(|address| format!("no mail to {address}")));
    faults
}
