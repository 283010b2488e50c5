//! Packs: import in place, overlays, dependencies, removal, and the number of statements.

use std::path::Path;

use domain::library::{self, Catalogue, ImportAnswer, Renewal, Wish};
use entity::{Actor, Id};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{App, Client, write_pack};

const RULES: &str = "pack: {slug: rules, name: Rules, version: 1.0.0, pack_type: compliance}\n\
    frameworks:\n  - slug: house\n    name: House\n    version: '1'\n    issuer: We\n    \
    requirements:\n      - {section_code: R.1, description: One}\n      - {section_code: R.2, \
    description: Two}\n";
const KINDS: &str = "taxonomies:\n  - slug: kinds\n    name: Kinds\n    entries:\n      \
    - {external_id: a, title: A}\n      - {external_id: b, title: B}\n";
const DESCRIPTION: &str = "pack:\n  slug: shop\n  name: Shop\n  version: 1.0.0\n  \
    pack_type: full\n  depends_on: [kinds]\n";
const COMPONENTS: &str = "components:\n  - {id: web, name: Web, category: process, type: \
    Service}\n  - {id: api, name: Api, category: process, type: Service, parent: web}\n";
const THREATS: &str = "threats:\n  - {id: theft, name: Theft, description: Old}\n  - {id: fire, \
    name: Fire, description: Hot}\n";
const COUNTERMEASURES: &str = "countermeasures:\n  - {id: lock, name: Lock, description: L}\n";

/// A catalogue with a taxonomy, a framework and a pack that maps to both.
fn catalogue() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let kinds = "pack: {slug: kinds, name: Kinds, version: 1.0.0, pack_type: taxonomy}\n";
    write_pack(folder.path(), "kinds", &[("pack.yaml", kinds), ("taxonomy.yaml", KINDS)]);
    write_pack(folder.path(), "rules", &[("pack.yaml", RULES)]);
    write_pack(
        folder.path(),
        "shop",
        &[
            ("pack.yaml", DESCRIPTION),
            ("components.yaml", COMPONENTS),
            ("threats.yaml", THREATS),
            ("countermeasures.yaml", COUNTERMEASURES),
            (
                "joins/components-threats.yaml",
                "mappings:\n  - component: web\n    severity: high\n    threats:\n      - threat: \
                 theft\n      - {threat: fire, applies_to: both}\n",
            ),
            (
                "joins/threats-countermeasures.yaml",
                "mappings:\n  - {threat: theft, countermeasures: [lock]}\n",
            ),
            (
                "joins/threats-kinds.yaml",
                "taxonomy: kinds\nmappings:\n  - {threat: theft, entries: [a, none]}\n",
            ),
            (
                "joins/countermeasures-house.yaml",
                "framework: house\nmappings:\n  - {countermeasure: lock, requirements: [R.1, \
                 R.9]}\n",
            ),
            (
                "dfd-templates/plan.yaml",
                "template: {name: Plan}\ncanvas_data:\n  nodes:\n    - id: n\n      data: \
                 {component_ref: web}\n  edges: []\n",
            ),
        ],
    );
    folder
}

fn actor(owner: &Client) -> (Actor, Id<entity::organization::Entity>) {
    let organization = Id::trusted(owner.organization);
    (Actor::for_job(organization, None), organization)
}

/// Imports what is on disk now, without the pause between two looks at it.
async fn import(app: &App, owner: &Client, folder: &Path, slug: &str, wish: &Wish) -> ImportAnswer {
    let (actor, organization) = actor(owner);
    let packs = Catalogue::new(folder).packs().await;
    let answer = library::import(&app.state.store, &actor, organization, &packs, slug, wish).await;
    answer.expect("an import")
}

async fn imported(app: &App, owner: &Client, folder: &Path, slug: &str) {
    let answer = import(app, owner, folder, slug, &forced()).await;
    assert!(matches!(answer, ImportAnswer::Imported(_)), "{answer:?}");
}

fn forced() -> Wish {
    Wish { renewal: Renewal::Force, ..Wish::default() }
}

async fn all(owner: &Client, path: &str) -> Vec<Value> {
    let answer = owner.get(path).await.expect(200);
    let list = answer.get("results").cloned().unwrap_or(answer);
    list.as_array().expect("a list").clone()
}

async fn one(owner: &Client, path: &str, name: &str) -> Value {
    let list = all(owner, path).await;
    let found = list.iter().find(|item| item["name"] == name || item["sectionCode"] == name);
    found.unwrap_or_else(|| panic!("{name} in {list:?}")).clone()
}

async fn names(owner: &Client, path: &str) -> Vec<String> {
    let list = all(owner, path).await;
    list.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn an_import_renews_rows_in_place_and_leaves_those_of_users_alone() {
    let folder = catalogue();
    let app = App::with_packs(folder.path()).await;
    let owner = app.owner().await;
    owner.import(&["kinds", "rules", "shop"]).await;
    let theft = one(&owner, "/api/threat-library/", "Theft").await;
    let fire = one(&owner, "/api/threat-library/", "Fire").await;
    let web = one(&owner, "/api/component-library/", "Web").await;
    let api = one(&owner, "/api/component-library/", "Api").await;
    assert_eq!(api["parent"], web["id"]);
    let own = json!({"name": "Own", "description": "Mine"});
    let own = owner.post("/api/threat-library/", own).await.expect(201);
    let link = json!({"componentLibrary": web["id"], "threatLibrary": own["id"]});
    owner.post("/api/component-library-threats/", link).await.expect(201);
    let path = format!("/api/component-library/{}/", api["id"]);
    owner.patch(&path, json!({"componentType": "Changed"})).await.expect(200);

    let threats = "threats:\n  - {id: theft, name: Theft, description: New}\n  - {id: flood, name: \
                   Flood, description: Wet}\n";
    let components =
        COMPONENTS.replace("type: Service", "type: Daemon").replace(", parent: web", "");
    let joins = "mappings:\n  - component: web\n    threats:\n      - threat: flood\n";
    write_pack(
        folder.path(),
        "shop",
        &[
            ("threats.yaml", threats),
            ("components.yaml", &components),
            ("joins/components-threats.yaml", joins),
        ],
    );
    imported(&app, &owner, folder.path(), "shop").await;

    let renewed = one(&owner, "/api/threat-library/", "Theft").await;
    assert_eq!((&renewed["id"], &renewed["description"]), (&theft["id"], &json!("New")));
    assert_eq!(names(&owner, "/api/threat-library/").await, ["Flood", "Own", "Theft"]);
    assert!(names(&owner, "/api/threat-library/?retired=true").await.contains(&"Fire".to_owned()));
    let api = one(&owner, "/api/component-library/", "Api").await;
    assert_eq!(api["componentType"], "Changed", "what a user changed stays");
    assert_eq!(one(&owner, "/api/component-library/", "Web").await["componentType"], "Daemon");
    let path = format!("/api/component-library-threats/?component_library={}", web["id"]);
    let mut linked: Vec<String> = all(&owner, &path)
        .await
        .iter()
        .map(|link| link["threatName"].as_str().unwrap_or_default().to_owned())
        .collect();
    linked.sort();
    assert_eq!(linked, ["Flood", "Own"], "links of users stay, those dropped go");

    write_pack(folder.path(), "shop", &[("threats.yaml", THREATS)]);
    write_pack(folder.path(), "shop", &[("joins/components-threats.yaml", "mappings: []\n")]);
    imported(&app, &owner, folder.path(), "shop").await;
    let back = one(&owner, "/api/threat-library/", "Fire").await;
    assert_eq!(back["id"], fire["id"], "what comes back is the same row");
}

#[tokio::test]
async fn mappings_wait_for_their_framework_and_follow_the_selection() {
    let folder = catalogue();
    let app = App::with_packs(folder.path()).await;
    let owner = app.owner().await;
    let mappings = "/api/countermeasure-standards/";
    owner.import(&["kinds", "shop"]).await;
    assert_eq!(all(&owner, mappings).await.len(), 0);
    owner.import(&["rules"]).await;
    let found = all(&owner, mappings).await;
    assert_eq!(found.len(), 1, "unknown requirements are skipped");
    assert_eq!(
        (&found[0]["requirementCode"], &found[0]["sufficiency"]),
        (&json!("R.1"), &json!("full"))
    );

    let second = one(&owner, "/api/requirements/", "R.2").await;
    let own = json!({"countermeasureLibrary": found[0]["countermeasureLibrary"],
                     "requirement": second["id"]});
    owner.post(mappings, own).await.expect(201);
    let none = Wish { overlays: Some(Vec::new()), ..forced() };
    import(&app, &owner, folder.path(), "shop", &none).await;
    let left = all(&owner, mappings).await;
    assert_eq!(left.len(), 1, "mappings of the pack follow the selection, those of users stay");
    assert_eq!(left[0]["requirementCode"], "R.2");
    imported(&app, &owner, folder.path(), "shop").await;
    assert_eq!(all(&owner, mappings).await.len(), 2);
}

#[tokio::test]
async fn requirements_are_mapped_once_both_frameworks_are_there() {
    let folder = catalogue();
    let other = "pack: {slug: law, name: Law, version: 1.0.0, pack_type: compliance}\nframeworks:\n  \
                 - slug: law\n    name: Law\n    requirements:\n      - {section_code: L.1, \
                 description: Must}\n";
    let join = "source_framework: law\nframework: house\nmappings:\n  - {requirement: L.1, entries: \
                [R.1, R.2]}\n";
    let files = [("pack.yaml", other), ("joins/requirements-house.yaml", join)];
    write_pack(folder.path(), "law", &files);
    let app = App::with_packs(folder.path()).await;
    let owner = app.owner().await;
    owner.import(&["law"]).await;
    assert_eq!(requirement_mappings(&app, &owner).await, 0);
    owner.import(&["rules"]).await;
    assert_eq!(requirement_mappings(&app, &owner).await, 2);
    imported(&app, &owner, folder.path(), "rules").await;
    assert_eq!(requirement_mappings(&app, &owner).await, 2, "a renewal loses none");
}

async fn requirement_mappings(app: &App, owner: &Client) -> u64 {
    let (actor, _) = actor(owner);
    let scope = app.state.store.read(&actor);
    scope.find::<entity::requirement_mapping::Entity>().count().await.expect("a number")
}

#[tokio::test]
async fn a_missing_dependency_is_reported_until_it_is_imported() {
    let folder = catalogue();
    let app = App::with_packs(folder.path()).await;
    let owner = app.owner().await;
    let body = json!({"slug": "shop"});
    let result = owner.post("/api/packs/import_single/", body).await.expect(201);
    assert_eq!(result["missingDependencies"], json!(["kinds"]));
    let shop = one(&owner, "/api/packs/", "Shop").await["id"].clone();
    let path = format!("/api/packs/{shop}/check_dependencies/");
    let check = owner.get(&path).await.expect(200);
    assert_eq!(
        (&check["allSatisfied"], &check["missingDependencies"]),
        (&json!(false), &json!(["kinds"]))
    );
    owner.import(&["kinds"]).await;
    let check = owner.get(&path).await.expect(200);
    assert_eq!((&check["allSatisfied"], &check["missingDependencies"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn a_pack_that_others_need_stays_and_one_organization_removes_only_its_own() {
    let folder = catalogue();
    let app = App::with_packs(folder.path()).await;
    let (owner, stranger) = (app.owner().await, app.owner().await);
    for client in [&owner, &stranger] {
        client.import(&["kinds", "rules", "shop"]).await;
    }
    let member = app.invited(&owner, "member").await;
    let shop = one(&owner, "/api/packs/", "Shop").await["id"].clone();
    let kinds = one(&owner, "/api/packs/", "Kinds").await["id"].clone();
    let refused = owner.delete(&format!("/api/packs/{kinds}/unimport/")).await.expect(400);
    assert_eq!(refused["dependentPacks"], json!(["shop"]));
    let path = format!("/api/packs/{shop}/unimport/");
    stranger.delete(&path).await.expect(404);
    member.delete(&path).await.expect(403);
    let counted = owner.delete(&format!("{path}?dry_run=true")).await.expect(200);
    assert_eq!(counted["toDelete"]["components"], 2);
    let removed = owner.delete(&path).await.expect(200);
    assert_eq!((&removed["deleted"], &removed["toDelete"]), (&json!(true), &counted["toDelete"]));
    assert_eq!(names(&owner, "/api/threat-library/").await, Vec::<String>::new());
    assert_eq!(names(&stranger, "/api/threat-library/").await, ["Fire", "Theft"]);
    owner.delete(&format!("/api/packs/{kinds}/unimport/")).await.expect(200);
}

#[tokio::test]
async fn a_sync_imports_what_is_sound_and_then_has_nothing_to_do() {
    let folder = catalogue();
    let broken = [("pack.yaml", "pack: {slug: broken}\n"), ("threats.yaml", "threats: [\n")];
    write_pack(folder.path(), "broken", &broken);
    let app = App::with_packs(folder.path()).await;
    let owner = app.owner().await;
    let path = "/api/packs/sync_from_source/";
    let first = owner.post(path, json!({})).await.expect(200);
    assert_eq!(first["summary"], json!({"total": 4, "successful": 3, "failed": 1}));
    assert_eq!(first["results"][0]["errors"][0]["file"], "threats.yaml");
    assert_eq!(first["results"][3]["componentsCreated"], 2);
    assert_eq!(all(&owner, "/api/countermeasure-standards/").await.len(), 1);
    let second = owner.post(path, json!({})).await.expect(200);
    assert_eq!(second["results"][3]["componentsCreated"], 0);
    let source = owner.get("/api/packs/available_from_source/").await.expect(200);
    assert_eq!((&source["inDatabase"], &source["needsUpdate"]), (&json!(3), &json!(0)));
}

#[tokio::test]
async fn warnings_block_an_import_unless_they_are_accepted() {
    let folder = catalogue();
    write_pack(
        folder.path(),
        "odd",
        &[
            ("pack.yaml", "pack: {slug: odd, name: Odd, version: 1.0.0, pack_type: gadget}\n"),
            ("components.yaml", "components:\n  - {id: thing, name: Thing, category: gizmo}\n"),
        ],
    );
    let app = App::with_packs(folder.path()).await;
    let owner = app.owner().await;
    let path = "/api/packs/import_single/";
    let found = owner.post(path, json!({"slug": "odd", "force": true})).await.expect(422);
    assert_eq!(
        (&found["warningCount"], &found["warnings"][1]["position"]["line"]),
        (&json!(2), &json!(2))
    );
    owner.post(path, json!({"slug": "odd", "acceptWarnings": true})).await.expect(201);
    assert_eq!(one(&owner, "/api/component-library/", "Thing").await["category"], "process");
}

#[tokio::test]
async fn a_client_may_watch_an_import_instead_of_waiting() {
    let folder = catalogue();
    let app = App::with_packs(folder.path()).await;
    let owner = app.owner().await;
    let request = owner.request(reqwest::Method::POST, "/api/packs/import_single/");
    let request = request.header("Prefer", "respond-async").json(&json!({"slug": "kinds"}));
    let answer = owner.send(request).await;
    assert_eq!(answer.status, 202);
    assert!(answer.headers.contains_key("location"));
    for _ in 0..200 {
        if names(&owner, "/api/packs/").await == ["Kinds"] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the pack was not imported");
}

/// A pack with so many of everything.
fn pack_of(folder: &Path, slug: &str, size: usize) {
    let mut files = [
        "components:\n".to_owned(),
        "threats:\n".to_owned(),
        "countermeasures:\n".to_owned(),
        "mappings:\n".to_owned(),
        "mappings:\n".to_owned(),
        "framework: house\nmappings:\n".to_owned(),
    ];
    for number in 0..size {
        let lines = [
            format!("  - {{id: c{number}, name: C, category: process, parent: c0}}\n"),
            format!("  - {{id: t{number}, name: T, description: D}}\n"),
            format!("  - {{id: m{number}, name: M, description: D}}\n"),
            format!("  - {{component: c{number}, threats: [{{threat: t{number}}}]}}\n"),
            format!("  - {{threat: t{number}, countermeasures: [m{number}]}}\n"),
            format!("  - {{countermeasure: m{number}, requirements: [R.1, R.2]}}\n"),
        ];
        for (file, line) in files.iter_mut().zip(lines) {
            file.push_str(&line);
        }
    }
    let about = format!("pack: {{slug: {slug}, name: P, version: 1.0.0, pack_type: full}}\n");
    let [components, threats, countermeasures, exposed, answered, mapped] = &files;
    write_pack(
        folder,
        slug,
        &[
            ("pack.yaml", &about),
            ("components.yaml", components),
            ("threats.yaml", threats),
            ("countermeasures.yaml", countermeasures),
            ("joins/components-threats.yaml", exposed),
            ("joins/threats-countermeasures.yaml", answered),
            ("joins/countermeasures-house.yaml", mapped),
        ],
    );
}

#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_size_of_a_pack() {
    let folder = catalogue();
    pack_of(folder.path(), "small", 4);
    pack_of(folder.path(), "large", 200);
    let app = App::with_packs(folder.path()).await;
    let owner = app.owner().await;
    owner.import(&["rules"]).await;
    let wish = forced();
    let mut counts = Vec::new();
    for slug in ["small", "large", "small", "large"] {
        let work = import(&app, &owner, folder.path(), slug, &wish);
        let begun = std::time::Instant::now();
        let (statements, answer) = app.statements_of(work).await;
        println!("{slug}: {statements} statements, {:?}", begun.elapsed());
        assert!(matches!(answer, ImportAnswer::Imported(_)), "{answer:?}");
        counts.push(statements);
    }
    // The relay may look for jobs in between.
    assert!(counts[1] <= counts[0] + 5, "{counts:?}");
    assert!(counts[3] <= counts[2] + 5, "{counts:?}");
}
