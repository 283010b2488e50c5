//! A benchmark of report files: `cargo run --release -p tests --bin exports`.
//!
//! Makes threat models of several sizes in a database of its own and writes each in every format, in
//! processes of their own. Prints how long that took and how much memory such a process held before
//! and at most. It tests nothing. Linux only, without `TEST_POSTGRES_URL`.

use std::{fs, process::Command, time::Instant};

use api::server;
use domain::{Transaction, report::export};
use entity::{
    Actor, Id,
    choice::{CountermeasureStatus, ExportState, ReportType, Severity, ThreatStatus},
    component, component_countermeasure, component_threat, organization, report_export,
    threat_model,
};
use platform::{Pools, Settings};
use sea_orm::ActiveValue::Set;
use serde_json::json;
use tests::{App, Client};
use worker::Queue;

/// Components, threats of each, countermeasures of each threat.
const SIZES: [(usize, usize, usize); 3] = [(20, 5, 3), (100, 10, 4), (500, 10, 4)];
const FORMATS: [&str; 6] = ["json", "csv", "markdown", "html", "xlsx", "pdf"];
const TEXT: &str = "Somebody who can reach the service sends what it does not expect, and gets at \
                    what is not theirs. The effort is small, and the traces are few.";
const STATES: [CountermeasureStatus; 5] = [
    CountermeasureStatus::Gap,
    CountermeasureStatus::Planned,
    CountermeasureStatus::Verified,
    CountermeasureStatus::Waived,
    CountermeasureStatus::Platform,
];
const SEVERITIES: [Severity; 4] =
    [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.is_empty() {
        return write(&arguments).await;
    }
    let app = App::start().await;
    let owner = app.owner().await;
    for size in SIZES {
        let (components, threats, measures) = size;
        let model = owner.model(&format!("Model of {components} components")).await;
        fill(&app, &owner, model, size).await;
        println!(
            "\n{components} components, {} threats, {} countermeasures",
            components * threats,
            components * threats * measures
        );
        println!(
            "{:<10} | {:>9} {:>9} {:>9} {:>9}",
            "format", "seconds", "file kB", "before MB", "peak MB"
        );
        let home = (owner.organization, model);
        for format in FORMATS {
            measure(&app, home, &[format]);
        }
        println!("one after the other in one process:");
        measure(&app, home, &FORMATS);
    }
}

/// Makes the rows of a model.
async fn fill(app: &App, owner: &Client, model: i64, size: (usize, usize, usize)) {
    app.jobs_ended().await;
    let organization = Id::trusted(owner.organization);
    let actor = Actor::for_job(organization, None);
    let transaction = app.state.store.write(&actor).await.expect("a transaction");
    let home = (organization, Id::trusted(model));
    let components = components(&transaction, home, size.0).await;
    let threats = threats(&transaction, home, &components, size.1).await;
    countermeasures(&transaction, home, &threats, size.2).await;
    transaction.commit().await.expect("the commit");
}

type Home = (Id<organization::Entity>, Id<threat_model::Entity>);

async fn components(
    transaction: &Transaction<'_>,
    (organization, model): Home,
    number: usize,
) -> Vec<Id<component::Entity>> {
    let row = |number: usize| component::ActiveModel {
        organization_id: Set(organization),
        threat_model_id: Set(Some(model)),
        name: Set(format!("Service {number:04}")),
        description: Set(TEXT.to_owned()),
        ..Default::default()
    };
    let rows = transaction.insert_many((0..number).map(row).collect()).await;
    rows.expect("components").into_iter().map(|row| row.id).collect()
}

async fn threats(
    transaction: &Transaction<'_>,
    (organization, model): Home,
    components: &[Id<component::Entity>],
    each: usize,
) -> Vec<Id<component_threat::Entity>> {
    let row = |(number, component): (usize, Id<component::Entity>)| component_threat::ActiveModel {
        organization_id: Set(organization),
        threat_model_id: Set(Some(model)),
        component_id: Set(component),
        threat_name: Set(format!("Abuse of function {number}")),
        threat_description: Set(TEXT.to_owned()),
        inherent_severity: Set(SEVERITIES[number % SEVERITIES.len()]),
        status: Set(ThreatStatus::Exposed),
        ..Default::default()
    };
    let all = components.iter().flat_map(|component| (0..each).map(|number| (number, *component)));
    let rows = transaction.insert_many(all.map(row).collect()).await.expect("threats");
    rows.into_iter().map(|row| row.id).collect()
}

async fn countermeasures(
    transaction: &Transaction<'_>,
    (organization, model): Home,
    threats: &[Id<component_threat::Entity>],
    each: usize,
) {
    let row = |(number, threat): (usize, Id<component_threat::Entity>)| {
        component_countermeasure::ActiveModel {
            organization_id: Set(organization),
            threat_model_id: Set(Some(model)),
            instance_threat_id: Set(threat),
            countermeasure_name: Set(format!("Check of input {number}")),
            countermeasure_description: Set(TEXT.to_owned()),
            status: Set(STATES[number % STATES.len()]),
            ..Default::default()
        }
    };
    let all = threats.iter().flat_map(|threat| (0..each).map(|number| (number, *threat)));
    transaction.insert_many(all.map(row).collect()).await.expect("countermeasures");
}

/// Writes files in a process of its own, which prints one line for each.
fn measure(app: &App, home: (i64, i64), formats: &[&str]) {
    let program = std::env::current_exe().expect("this program");
    let status = Command::new(program)
        .arg(app.data.path())
        .args([home.0.to_string(), home.1.to_string()])
        .args(formats)
        .status();
    assert!(status.expect("a process").success(), "{formats:?}");
}

/// What the other process does: as a worker, but with nothing beside it.
async fn write(arguments: &[String]) {
    let [folder, organization, model, formats @ ..] = arguments else {
        panic!("expected a folder, an organization, a model and formats");
    };
    let settings = [("DATA_DIR", folder.as_str()), ("DEMO", "false")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::read(settings, None).expect("settings");
    let pools = Pools::open(&settings).await.expect("the database");
    let queue = Queue::open(&settings).await.expect("a queue");
    let state = server::assemble(settings, pools, queue).await.expect("an API");
    let key = |text: &str| text.parse::<i64>().expect("a key");
    for format in formats {
        let row = row((key(organization), key(model)), format, state.store.clock().now());
        let before = megabytes("VmRSS:");
        // Lets the kernel measure the peak from here on.
        fs::write("/proc/self/clear_refs", "5").expect("a new measurement");
        let begun = Instant::now();
        let content = worker::report::make(&state.store, &row, None, |_| {}).await.expect("a file");
        let seconds = begun.elapsed().as_secs_f64();
        let (peak, size) = (megabytes("VmHWM:"), content.len() / 1024);
        println!("{format:<10} | {seconds:>9.2} {size:>9} {before:>9} {peak:>9}");
    }
}

/// What is asked for.
fn row(
    (organization, model): (i64, i64),
    format: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> report_export::Model {
    let report_type = ReportType::Full;
    report_export::Model {
        id: uuid::Uuid::nil(),
        organization_id: Id::trusted(organization),
        threat_model_id: Some(Id::trusted(model)),
        requested_by_id: None,
        job_id: None,
        format: serde_json::from_value(json!(format)).expect("a format"),
        report_type,
        sections: json!(export::of_model(report_type)).into(),
        title: String::new(),
        colour: String::new(),
        logo_key: None,
        notify: false,
        state: ExportState::Pending,
        error: String::new(),
        storage_key: None,
        filename: String::new(),
        byte_size: 0,
        expires_at: now,
        created_at: now,
        updated_at: now,
    }
}

/// A line of what the kernel says of this process.
fn megabytes(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the state of the process");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    let number = line.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
    number.unwrap_or_default() / 1024
}
