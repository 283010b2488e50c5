//! The second wall: PostgreSQL itself keeps organizations apart. SQLite has the first one only.

#![expect(clippy::disallowed_methods, reason = "these tests look below the store")]

mod raw;

use std::collections::BTreeSet;

use api::command::doctor::{self, Verdict};
use migration::wall::{self, Ownership};
use platform::{Pools, Settings};
use serde_json::json;
use tests::{App, Client};

use self::raw::{Login, Server};
use crate::schema::{columns_of, place::everywhere, tables};

/// Fills an organization: a library, a model with a drawing, threats, a risk, a link, an
/// invitation, a job and entries of the audit log.
async fn filled(app: &App) -> Client {
    let owner = app.owner().await;
    owner.import(&["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"]).await;
    let model = owner.model("Shop").await;
    owner.draw_three_tiers(model).await;
    let path = format!("/api/threat-models/{model}/");
    owner.post(&format!("{path}magic-links/"), json!({"label": "Board"})).await;
    let body = json!({"email": App::address("guest"), "role": "viewer"});
    owner.post(&format!("/api/teams/{}/invite-member/", owner.team), body).await.expect(201);
    app.jobs_ended().await;
    owner
}

#[tokio::test]
async fn every_table_is_declared_and_tables_of_organizations_have_policies() {
    for place in everywhere().await {
        migration::migrate(&place.database).await.unwrap();
        for table in tables(&place.database).await {
            let columns = columns_of(&place.database, &table).await;
            let owned = columns.contains("organization_id") || table == "organization";
            let expected = if owned { Ownership::Tenant } else { Ownership::Shared };
            assert_eq!(wall::declaration(&table), Some(expected), "{table}");
        }
        place.remove().await;
    }
}

#[tokio::test]
async fn a_statement_that_forgets_the_organization_reaches_the_named_one_only() {
    let Some(server) = Server::of_tests() else { return };
    let app = App::start().await;
    let (own, foreign) = (filled(&app).await, filled(&app).await);
    let database = server.look_into(&app).await;
    let mut held = BTreeSet::new();
    for table in database.tables_of_tenants().await {
        assert_eq!(database.unnamed(&table).await, 0, "{table}: nothing was named");
        let all = database.rows_of(&table, &own).await;
        let others = database.rows_of(&table, &foreign).await;
        let reached = database.as_tenant(&own).count(&table).await;
        assert_eq!(reached, all, "{table}: all rows of the named organization and no other");
        let changed = database.as_tenant(&own).change_all(&table).await;
        assert_eq!(changed, all, "{table}: changes");
        assert_eq!(database.rows_of(&table, &foreign).await, others, "{table}");
        if all > 0 && others > 0 {
            held.insert(table.clone());
            let moved = database.as_tenant(&own).move_to(&table, &foreign).await;
            assert!(
                moved.contains("row-level security") || moved.contains("audit log"),
                "{table}: {moved}"
            );
        }
    }
    for table in ["threat_model", "component", "component_threat", "pack", "job", "audit_entry"] {
        assert!(held.contains(table), "{table} has rows of both: {held:?}");
    }
}

#[tokio::test]
async fn what_crosses_organizations_does_not_reach_their_content() {
    let Some(server) = Server::of_tests() else { return };
    let app = App::start().await;
    let database = server.look_into(&app).await;
    for table in ["component", "diagram", "component_threat", "risk", "pack", "integration_source"]
    {
        let refused = database.as_crossing(&format!("SELECT COUNT(*) FROM {table}")).await;
        assert!(refused.is_err_and(|error| error.contains("permission denied")), "{table}");
    }
    let hashes = "SELECT password_hash FROM \"user\"";
    let refused = database.unnamed_statement(hashes).await;
    assert!(refused.is_err_and(|error| error.contains("permission denied")));
    let refused = database.unnamed_statement("SELECT COUNT(*) FROM session").await;
    assert!(refused.is_err_and(|error| error.contains("permission denied")));
}

#[tokio::test]
async fn neither_the_api_nor_its_jobs_see_a_table_without_a_policy() {
    let Some(server) = Server::of_tests() else { return };
    let app = App::start().await;
    let owner = filled(&app).await;
    assert_eq!(owner.get("/api/threat-models/").await.expect(200)["count"], 1);
    let packs = async || owner.get("/api/packs/").await.expect(200).as_array().map(Vec::len);
    assert_eq!(packs().await, Some(5));
    let database = server.look_into(&app).await;
    database.drop_policies("threat_model").await;
    database.drop_policies("pack").await;
    assert_eq!(owner.get("/api/threat-models/").await.expect(200)["count"], 0);
    assert_eq!(packs().await, Some(0));
    let again =
        owner.post("/api/packs/import_single/", json!({"slug": "cwe", "force": true})).await;
    assert!(again.status >= 400, "the worker may not add a pack: {}", again.json);
}

#[tokio::test]
async fn the_doctor_finds_nothing_wrong_with_a_new_installation() {
    let app = App::start().await;
    let findings = doctor::findings(&app.state.settings).await;
    let faults: Vec<_> =
        findings.iter().filter(|finding| finding.verdict == Verdict::Fault).collect();
    assert!(faults.is_empty(), "{faults:?}");
    let told = |text: &str| findings.iter().any(|finding| finding.text.contains(text));
    match Server::of_tests() {
        Some(_) => {
            assert!(told("every table of organizations has its policies"));
            assert!(told("nothing is shown to a connection that names no organization"));
            assert!(told("is a superuser"), "the login of the tests is one: {findings:?}");
        }
        None => assert!(told("SQLite has no second wall")),
    }
}

#[tokio::test]
async fn the_doctor_tells_that_the_wall_is_off_or_has_gaps() {
    let Some(server) = Server::of_tests() else { return };
    let off = App::start_with(&[("ROW_LEVEL_SECURITY", "off")]).await;
    let findings = doctor::findings(&off.state.settings).await;
    let told = findings.iter().find(|finding| finding.text.contains("ROW_LEVEL_SECURITY is off"));
    assert_eq!(told.map(|finding| finding.verdict), Some(Verdict::Caution));

    let app = App::start().await;
    filled(&app).await;
    let database = server.look_into(&app).await;
    let faults = async || {
        let findings = doctor::findings(&app.state.settings).await;
        let faults = findings.into_iter().filter(|finding| finding.verdict == Verdict::Fault);
        faults.map(|fault| fault.text).collect::<Vec<_>>().join("\n")
    };
    database.run("ALTER TABLE component DISABLE ROW LEVEL SECURITY").await;
    let told = faults().await;
    assert!(told.contains("row-level security of the table component is off"), "{told}");
    assert!(told.contains("rows are shown to everybody: component"), "{told}");
    database.run("CREATE POLICY more ON risk USING (true)").await;
    assert!(faults().await.contains("the table risk has other policies"));
    database.run("DROP POLICY more ON risk; ALTER POLICY crossing_2 ON job TO PUBLIC").await;
    let told = faults().await;
    assert!(told.contains("the table job has other policies") && !told.contains("risk"), "{told}");
    database.run(&format!("GRANT SELECT ON session TO {}", database.tenant)).await;
    assert!(faults().await.contains("the table session has other rights"));
    database.run(&format!("ALTER ROLE {} BYPASSRLS", database.tenant)).await;
    assert!(faults().await.contains("is a superuser or bypasses policies"));

    // The next start mends what it may.
    database.run(&format!("ALTER ROLE {} NOBYPASSRLS", database.tenant)).await;
    api::server::connected(&app.state.settings).await.expect("a start");
    assert_eq!(faults().await, "");
}

#[tokio::test]
async fn a_login_that_owns_nothing_works_and_the_doctor_is_content() {
    let Some(server) = Server::of_tests() else { return };
    let installation = server.installation(Login::MayMakeRoles).await;
    let app = App::start_with(&installation.settings()).await;
    filled(&app).await;
    let findings = doctor::findings(&app.state.settings).await;
    let tenants = findings.iter().filter(|finding| finding.subject == "tenants");
    assert!(tenants.clone().all(|finding| finding.verdict == Verdict::Fine), "{findings:?}");
    assert_eq!(tenants.count(), 3);
    drop(app);
    installation.remove().await;
}

#[tokio::test]
async fn an_owner_who_may_not_make_roles_is_told_what_to_run() {
    let Some(server) = Server::of_tests() else { return };
    let installation = server.installation(Login::MayNot).await;
    let settings = installation.settings();
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let settings = Settings::read(settings, None).expect("settings");
    let refused = api::server::connected(&settings).await.expect_err("no roles").to_string();
    let name = &installation.database;
    assert!(refused.contains(&format!("CREATE ROLE \"{name}_tenant\" NOLOGIN")), "{refused}");
    assert!(refused.contains("ROW_LEVEL_SECURITY=off"), "{refused}");
    installation.make_roles().await;
    let pools = api::server::connected(&settings).await.expect("a start");
    assert!(matches!(pools, Pools::Apart { .. }));
    installation.remove().await;
}
