//! The server sends requests to nobody whose address a user wrote.
//!
//! It speaks to the database, Redis, the mail server, the file storage and the collector of traces,
//! all of which the operator names. So there is no request that could be led to a private address.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tests::{App, Client, canvas, edge, node};
use tokio::net::{TcpListener, TcpStream};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The crates of the product and of its dependencies, each with those that it names.
fn locked() -> BTreeMap<String, BTreeSet<String>> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = package.lines().find_map(|line| line.strip_prefix("name = \""));
        let name = name.expect("a name").trim_end_matches('"').to_owned();
        let (_, list) = package.split_once("dependencies = [").unwrap_or_default();
        let list = list.split(']').next().unwrap_or_default().split('"').skip(1).step_by(2);
        let list = list.filter_map(|entry| entry.split(' ').next()).map(str::to_owned);
        crates.entry(name).or_default().extend(list);
    }
    assert!(crates.len() > 300, "{} crates", crates.len());
    crates
}

#[test]
fn no_crate_sends_requests_but_those_that_speak_to_what_the_operator_names() {
    let crates = locked();
    let users = |name: &str| -> Vec<&str> {
        let users = crates.iter().filter(|(_, list)| list.contains(name));
        users.map(|(user, _)| user.as_str()).collect()
    };
    // Files in S3 and traces; and the tests, which are clients.
    let known = ["object_store", "opentelemetry-http", "opentelemetry-otlp", "tests"];
    assert_eq!(users("reqwest"), known);
    assert_eq!(users("hyper-util"), ["axum", "hyper-rustls", "reqwest"]);
    for (name, user) in [("object_store", "platform"), ("opentelemetry-otlp", "platform")] {
        assert_eq!(users(name), [user], "{name}");
    }
    assert_eq!(users("lettre"), ["worker"]);
    for client in ["ureq", "isahc", "curl", "attohttpc", "minreq", "surf", "awc", "git2", "gix"] {
        assert!(!crates.contains_key(client), "{client} sends requests: who checks where to?");
    }
}

/// Somebody who counts those who come.
struct Trap {
    url: String,
    visits: Arc<AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let visits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&visits);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { url, visits }
    }

    /// The address in every notation that some program could follow.
    fn everywhere(&self) -> String {
        let url = &self.url;
        format!(
            "{url}/a <img src=\"{url}/b\"> ![c]({url}/c) #image(\"{url}/d\") =WEBSERVICE(\"{url}/e\") \
             <!DOCTYPE x [<!ENTITY y SYSTEM \"{url}/f\">]> url({url}/g)"
        )
    }

    async fn visits(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.visits.load(Ordering::Relaxed)
    }
}

/// A pack that names the trap wherever packs have addresses.
fn pack(folder: &Path, trap: &Trap) {
    let (url, text) = (&trap.url, trap.everywhere().replace('"', "'"));
    let folder = folder.join("category/lured");
    fs::create_dir_all(&folder).expect("a folder");
    let header = format!(
        "pack:\n  slug: lured\n  name: Lured\n  version: 1.0.0\n  pack_type: full\n  \
         repository_url: {url}/pack.git\n  documentation_url: {url}/docs\n  description: \"{text}\"\n"
    );
    fs::write(folder.join("pack.yaml"), header).expect("a file");
    let taxonomies = format!(
        "taxonomies:\n  - slug: kinds\n    name: Kinds\n    source_url: {url}/t\n    entries:\n      \
         - {{external_id: k, title: K, reference_url: \"{url}/e\"}}\n"
    );
    fs::write(folder.join("taxonomy.yaml"), taxonomies).expect("a file");
    let components = format!(
        "components:\n  - {{id: web, name: Web, category: process, type: Service, description: \"{text}\"}}\n"
    );
    fs::write(folder.join("components.yaml"), components).expect("a file");
}

/// A model that is full of the trap's address.
async fn model(owner: &Client, trap: &Trap) -> i64 {
    let text = trap.everywhere();
    let document = json!({
        "scope": {"title": "Lured", "description": text},
        "description": text,
        "repo_link": trap.url, "release_docs_link": trap.url,
        "diagrams": [{"title": "Overview", "type": "image", "source": trap.url}],
        "components": [{"symbolic_name": "a", "title": "A", "description": text, "repo_link": trap.url}],
        "threats": [{"symbolic_name": "t", "title": text[..200], "description": text,
            "components_affected": ["a"]}],
        "controls": [{"symbolic_name": "k", "title": "K", "description": text, "threats": ["t"]}],
    });
    let imported = owner.post("/api/threat-models/import/tm-library/", document).await.expect(201);
    let id = imported["threatModel"]["id"].as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("no id in {imported}"))
}

async fn draw(owner: &Client, model: i64, trap: &Trap) -> String {
    let body = json!({"threatModelId": model, "name": "Overview"});
    let diagram = owner.post("/api/diagrams/", body).await.expect(201);
    let path = format!("/api/diagrams/{}/", diagram["id"]);
    let more = json!({"icon": trap.url, "image": trap.url, "iconUrl": trap.url, "href": trap.url});
    let label = trap.everywhere();
    let drawing = canvas(
        vec![node("a", "process", &label[..200], more.clone()), node("b", "datastore", "B", more)],
        vec![edge("e", "a", "b", json!({"label": trap.url, "protocol": "HTTP"}))],
    );
    owner.patch(&path, json!({"canvasData": drawing})).await.expect(200);
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_users_write_are_never_visited() {
    let trap = Trap::set().await;
    let packs = tempfile::tempdir().expect("a folder");
    pack(packs.path(), &trap);
    let app = App::with_packs(packs.path()).await;
    let owner = app.owner().await;
    owner.import(&["lured"]).await;
    let model = model(&owner, &trap).await;
    let diagram = draw(&owner, model, &trap).await;
    let system = owner.post("/api/systems/", json!({"name": "Shop"})).await.expect(201);
    let source = json!({
        "name": "Source", "sourceType": "github", "orgsystem": system["id"],
        "connectionDetails": {"url": trap.url, "webhook": trap.url},
    });
    let source = owner.post("/api/integrations/", source).await;
    assert!(source.status < 500, "{}", source.json);
    owner.post("/api/magic-links/", json!({"threatModel": model})).await.expect(201);

    for picture in ["svg/", "png/"] {
        let answer = owner.get(&format!("{diagram}{picture}")).await;
        assert_eq!(answer.status, 200);
    }
    let wish = |format: &str| json!({"format": format, "title": trap.url});
    for format in ["pdf", "json", "markdown", "csv", "html", "xlsx"] {
        let path = format!("/api/threat-models/{model}/report/exports/");
        let made = owner.post(&path, wish(format)).await.expect(201);
        owner.get(made["downloadUrl"].as_str().expect("an address")).await.expect(200);
    }
    owner.get(&format!("/api/threat-models/{model}/report/")).await.expect(200);
    app.jobs_ended().await;
    assert_eq!(trap.visits().await, 0, "somebody followed an address");

    let address = trap.url.trim_start_matches("http://");
    TcpStream::connect(address).await.expect("a connection");
    assert_eq!(trap.visits().await, 1, "the trap works");
}
