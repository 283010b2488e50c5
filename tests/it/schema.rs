//! The schema on both databases, and that entities and tables agree.

#![expect(clippy::disallowed_methods, reason = "these tests look below the store")]

pub(crate) mod place;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use chrono::{DateTime, Utc};
use entity::{Actor, Id, Tenanted, actor::Membership, choice};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, IntoActiveModel, Iterable,
    ModelTrait, PaginatorTrait, QueryFilter, QuerySelect, SqlErr, Statement,
    sea_query::Iden,
};
use serde_json::json;
use uuid::Uuid;

use self::place::{Place, everywhere};

const TABLES_ON_SQLITE: &str = "SELECT name FROM sqlite_master WHERE type = 'table' \
     AND name NOT LIKE 'sqlite_%' AND name <> 'seaql_migrations'";
const TABLES_ON_POSTGRES: &str = "SELECT table_name AS name FROM information_schema.tables \
     WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'";

/// The column that says whose a row is.
const TENANT: &str = "organization_id";

/// Tables about organizations that only the store reads, whoever asks.
const OF_THE_STORE: [&str; 1] = ["audit_chain"];

#[tokio::test]
async fn every_step_can_be_taken_back_and_taken_again() {
    for place in everywhere().await {
        let steps = migration::pending(&place.database).await.unwrap();
        assert!(steps > 10, "{steps}");
        migration::migrate(&place.database).await.unwrap();
        let tables = tables(&place.database).await;
        assert!(tables.contains("threat_model"));
        migration::revert(&place.database, u32::try_from(steps).unwrap()).await.unwrap();
        assert_eq!(self::tables(&place.database).await, BTreeSet::new());
        migration::migrate(&place.database).await.unwrap();
        migration::migrate(&place.database).await.unwrap();
        assert_eq!(self::tables(&place.database).await, tables);
        assert_eq!(migration::pending(&place.database).await.unwrap(), 0);
        place.remove().await;
    }
}

#[tokio::test]
async fn several_processes_may_migrate_at_once() {
    for place in everywhere().await {
        let database = &place.database;
        let four = tokio::join!(
            migration::migrate(database),
            migration::migrate(database),
            migration::migrate(database),
            migration::migrate(database),
        );
        assert!(matches!(four, (Ok(()), Ok(()), Ok(()), Ok(()))), "{four:?}");
        place.remove().await;
    }
}

#[tokio::test]
async fn entities_and_tables_have_the_same_columns() {
    for place in migrated().await {
        let database = &place.database;
        let actor = stranger();
        let mut found = BTreeMap::new();
        macro_rules! read {
            ($check:ident: $($table:ident),*) => {
                $(let (name, columns) = $check::<entity::$table::Entity>(database, &actor).await;
                found.insert(name, columns);)*
            };
        }
        read!(read_shared: user, session, api_token, one_time_token, second_factor, recovery_code, idempotency_key, mail, mail_quota, audit_chain);
        read!(read_as_tenant: organization, organization_member, business_unit, team, team_member, team_invitation, pack, pack_dependency, pending_overlay, component_library, threat_library, countermeasure_library, component_library_threat, threat_library_countermeasure, taxonomy, taxonomy_entry, threat_library_taxonomy_entry, framework, requirement, countermeasure_standard, requirement_mapping, dfd_template, threat_model, threat_model_pack, threat_model_framework, threat_model_relation, orgsystem, threat_model_system, integration_source, reference_image, out_of_scope_item, diagram, trust_zone, trust_boundary, component, data_asset, data_flow, component_data_asset, data_flow_asset, component_threat, flow_threat, component_countermeasure, flow_countermeasure, component_countermeasure_standard, flow_countermeasure_standard, verification_test, verification_test_countermeasure, pentest_finding, risk, risk_component_threat, risk_flow_threat, magic_link, shared_model, report_export, threat_model_snapshot, job, audit_entry);
        let names: BTreeSet<String> = found.keys().cloned().collect();
        assert_eq!(names, tables(database).await);
        assert_eq!(names, tables_of_entities());
        for (table, columns) in found {
            assert_eq!(columns, columns_of(database, &table).await, "{table}");
        }
        place.remove().await;
    }
}

#[tokio::test]
async fn every_row_of_an_organization_names_it() {
    for place in migrated().await {
        let query = match place.database.get_database_backend() {
            DbBackend::Postgres => format!(
                "SELECT table_name AS name FROM information_schema.columns \
                 WHERE column_name = '{TENANT}' AND is_nullable = 'YES'"
            ),
            _ => format!(
                "SELECT found.name AS name FROM sqlite_master AS found, \
                 pragma_table_info(found.name) AS info \
                 WHERE info.name = '{TENANT}' AND info.\"notnull\" = 0"
            ),
        };
        // Jobs of the system are nobody's.
        assert_eq!(names(&place.database, &query).await, BTreeSet::from(["job".to_owned()]));
        place.remove().await;
    }
}

/// The tables that the source files of `entity` name.
fn tables_of_entities() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../entity/src");
    let files = fs::read_dir(folder).expect("the entities").flatten();
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    let table = |text: String| {
        let (_, rest) = text.split_once("table_name = \"")?;
        Some(rest.split('"').next()?.to_owned())
    };
    texts.filter_map(table).collect()
}

#[tokio::test]
async fn every_reference_leads_an_index() {
    let place = Place::sqlite().await;
    let database = &place.database;
    migration::migrate(database).await.unwrap();
    let mut missing = Vec::new();
    for table in tables(database).await {
        let led = names(
            database,
            &format!(
                "SELECT info.name AS name FROM pragma_index_list('{table}') AS list, \
                 pragma_index_info(list.name) AS info WHERE info.seqno = 0 AND list.partial = 0"
            ),
        )
        .await;
        let references = names(
            database,
            &format!("SELECT \"from\" AS name FROM pragma_foreign_key_list('{table}')"),
        )
        .await;
        missing.extend(references.difference(&led).map(|column| format!("{table}.{column}")));
    }
    assert_eq!(missing, Vec::<String>::new());
    place.remove().await;
}

#[tokio::test]
async fn names_of_choices_are_the_same_on_the_wire_and_in_the_database() {
    fn same<C: sea_orm::ActiveEnum<Value = String> + Iterable + serde::Serialize>() {
        for value in C::iter() {
            assert_eq!(json!(value), json!(value.to_value()));
        }
    }
    same::<choice::DiagramType>();
    same::<choice::ScoringMethod>();
    same::<choice::DataState>();
    same::<choice::OrganizationRole>();
    same::<choice::VerificationMethod>();
    same::<choice::ReconciliationStatus>();
    same::<choice::ComponentCategory>();
    same::<choice::ProtectionMethod>();
    same::<choice::SourceType>();
    same::<choice::TokenPurpose>();
    same::<choice::TokenScope>();
    same::<choice::Section>();
    same::<choice::MailState>();
    same::<choice::ReportFormat>();
    same::<choice::ReportType>();
    same::<choice::ReportSection>();
    same::<choice::ExportState>();
    same::<choice::AuditOutcome>();
}

#[tokio::test]
async fn values_come_back_as_they_were_stored() {
    for place in migrated().await {
        let database = &place.database;
        let tenant = Tenant::new(database).await;
        let document = json!({"zebra": 1, "ant": {"URL": [null, "\u{0}", 1.5], "my_key": 1.0}});
        let mut model = tenant.model.clone().into_active_model();
        model.workspace_data = Set(document.clone().into());
        model.update(database).await.unwrap();
        let model = entity::threat_model::Entity::find_by_id(tenant.model.id)
            .one(database)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(model.workspace_data.to_string(), document.to_string());
        assert_eq!(model.created_at, moment());
        assert_eq!(model.criticality, choice::Criticality::Medium);
        assert_eq!(model.assumptions, json!([]));

        let job = entity::job::ActiveModel {
            id: Set(Uuid::from_u128(7)),
            organization_id: Set(Some(tenant.organization.id)),
            kind: Set("report".to_owned()),
            max_attempts: Set(3),
            dedupe_key: Set(Some("one".to_owned())),
            run_at: Set(moment()),
            created_at: Set(moment()),
            ..Default::default()
        };
        let stored = job.clone().insert(database).await.unwrap();
        assert_eq!(stored.state, choice::JobState::Pending);
        assert_eq!(stored.result, None);
        let again = entity::job::ActiveModel { id: Set(Uuid::from_u128(8)), ..job };
        assert!(is_duplicate(&again.clone().insert(database).await.unwrap_err()));
        let mut finished = stored.into_active_model();
        finished.state = Set(choice::JobState::Done);
        finished.update(database).await.unwrap();
        again.insert(database).await.unwrap();
        place.remove().await;
    }
}

#[tokio::test]
async fn what_is_out_of_range_is_refused() {
    for place in migrated().await {
        let database = &place.database;
        let tenant = Tenant::new(database).await;
        let risk = entity::risk::ActiveModel {
            organization_id: Set(tenant.organization.id),
            threat_model_id: Set(tenant.model.id),
            name: Set("Leak".to_owned()),
            inherent_score: Set(101),
            inherent_level: Set(choice::RiskLevel::Critical),
            residual_level: Set(choice::RiskLevel::Critical),
            created_at: Set(moment()),
            updated_at: Set(moment()),
            ..Default::default()
        };
        assert!(risk.clone().insert(database).await.is_err());
        let fitting = entity::risk::ActiveModel { inherent_score: Set(100), ..risk };
        fitting.clone().insert(database).await.unwrap();
        assert!(is_duplicate(&fitting.insert(database).await.unwrap_err()));
        let unknown = "UPDATE threat_model SET criticality = 'fatal'";
        assert!(database.execute_unprepared(unknown).await.is_err());
        place.remove().await;
    }
}

#[tokio::test]
async fn an_organization_goes_with_everything_in_it() {
    for place in migrated().await {
        let database = &place.database;
        let tenant = Tenant::new(database).await;
        let refused = tenant.team.clone().delete(database).await.unwrap_err();
        assert!(matches!(refused.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))));
        tenant.organization.clone().delete(database).await.unwrap();
        assert_eq!(entity::team::Entity::find().count(database).await.unwrap(), 0);
        assert_eq!(entity::threat_model::Entity::find().count(database).await.unwrap(), 0);
        assert_eq!(entity::user::Entity::find().count(database).await.unwrap(), 1);
        let next = organization().insert(database).await.unwrap();
        assert!(next.id > tenant.organization.id, "numbers are not used again");
        place.remove().await;
    }
}

#[tokio::test]
async fn a_model_is_reached_by_its_team_and_the_security_team() {
    for place in migrated().await {
        let database = &place.database;
        let tenant = Tenant::new(database).await;
        let free = entity::threat_model::ActiveModel {
            id: NotSet,
            owning_team_id: Set(None),
            ..tenant.model.clone().into_active_model().reset_all()
        };
        free.insert(database).await.unwrap();
        for (actor, visible, writable) in [
            (tenant.actor(choice::OrganizationRole::SecurityTeam, None), 2, 2),
            (tenant.actor(choice::OrganizationRole::Member, None), 1, 0),
            (tenant.actor(choice::OrganizationRole::Member, Some(choice::TeamRole::Viewer)), 2, 0),
            (tenant.actor(choice::OrganizationRole::Member, Some(choice::TeamRole::Lead)), 2, 1),
            (tenant.removed(), 0, 0),
            (stranger(), 0, 0),
        ] {
            assert_eq!(
                reached::<entity::threat_model::Entity>(database, &actor).await,
                (visible, writable)
            );
        }
        place.remove().await;
    }
}

#[tokio::test]
async fn a_zone_follows_the_models_whose_components_it_holds() {
    for place in migrated().await {
        let database = &place.database;
        let tenant = Tenant::new(database).await;
        let zone = entity::trust_zone::ActiveModel {
            organization_id: Set(tenant.organization.id),
            name: Set("Vault".to_owned()),
            created_at: Set(moment()),
            updated_at: Set(moment()),
            ..Default::default()
        };
        let zone = zone.insert(database).await.unwrap();
        let member = choice::OrganizationRole::Member;
        let lead = tenant.actor(member, Some(choice::TeamRole::Lead));
        let viewer = tenant.actor(member, Some(choice::TeamRole::Viewer));
        let reached = reached::<entity::trust_zone::Entity>;
        assert_eq!(reached(database, &lead).await, (1, 1));
        assert_eq!(reached(database, &viewer).await, (1, 0));
        let held = entity::component::ActiveModel {
            organization_id: Set(tenant.organization.id),
            threat_model_id: Set(Some(tenant.model.id)),
            trust_zone_id: Set(Some(zone.id)),
            name: Set("Safe".to_owned()),
            created_at: Set(moment()),
            updated_at: Set(moment()),
            ..Default::default()
        };
        held.insert(database).await.unwrap();
        assert_eq!(reached(database, &lead).await, (1, 1));
        let mut free = tenant.model.clone().into_active_model();
        free.owning_team_id = Set(None);
        free.update(database).await.unwrap();
        assert_eq!(reached(database, &lead).await, (1, 0));
        place.remove().await;
    }
}

/// An organization with one user, one team and a model of the team.
struct Tenant {
    user: entity::user::Model,
    organization: entity::organization::Model,
    team: entity::team::Model,
    model: entity::threat_model::Model,
}

impl Tenant {
    async fn new(database: &DatabaseConnection) -> Self {
        let user = entity::user::ActiveModel {
            username: Set("ada".to_owned()),
            email: Set("Ada@example.com".to_owned()),
            email_key: Set("ada@example.com".to_owned()),
            password_hash: Set(String::new()),
            joined_at: Set(moment()),
            updated_at: Set(moment()),
            ..Default::default()
        };
        let user = user.insert(database).await.unwrap();
        let organization = organization().insert(database).await.unwrap();
        let team = entity::team::ActiveModel {
            organization_id: Set(organization.id),
            name: Set("Payments".to_owned()),
            created_at: Set(moment()),
            updated_at: Set(moment()),
            ..Default::default()
        };
        let team = team.insert(database).await.unwrap();
        let model = entity::threat_model::ActiveModel {
            organization_id: Set(organization.id),
            owning_team_id: Set(Some(team.id)),
            name: Set("Shop".to_owned()),
            created_at: Set(moment()),
            updated_at: Set(moment()),
            ..Default::default()
        };
        let model = model.insert(database).await.unwrap();
        Self { user, organization, team, model }
    }

    fn actor(&self, role: choice::OrganizationRole, in_team: Option<choice::TeamRole>) -> Actor {
        let teams = in_team.map(|role| self.membership(role)).into_iter().collect();
        Actor::looked_up(self.user.id, vec![(self.organization.id, role)], teams)
    }

    /// Still in the team, but not in the organization any more.
    fn removed(&self) -> Actor {
        let teams = vec![self.membership(choice::TeamRole::Lead)];
        Actor::looked_up(self.user.id, Vec::new(), teams)
    }

    fn membership(&self, role: choice::TeamRole) -> Membership {
        Membership { organization: self.organization.id, team: self.team.id, role }
    }
}

fn organization() -> entity::organization::ActiveModel {
    entity::organization::ActiveModel {
        name: Set("Acme".to_owned()),
        created_at: Set(moment()),
        updated_at: Set(moment()),
        ..Default::default()
    }
}

/// Somebody whose organizations do not exist, with every kind of role.
fn stranger() -> Actor {
    let member = Membership {
        organization: Id::trusted(1_000_002),
        team: Id::trusted(1_000_001),
        role: choice::TeamRole::Lead,
    };
    let organizations = vec![
        (Id::trusted(1_000_001), choice::OrganizationRole::SecurityTeam),
        (Id::trusted(1_000_002), choice::OrganizationRole::Member),
    ];
    Actor::looked_up(Id::trusted(1_000_001), organizations, vec![member])
}

fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap()
}

fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

async fn migrated() -> Vec<Place> {
    let places = everywhere().await;
    for place in &places {
        migration::migrate(&place.database).await.unwrap();
    }
    places
}

/// How many rows an actor may see, and how many change.
async fn reached<E: Tenanted>(database: &DatabaseConnection, actor: &Actor) -> (usize, usize) {
    let visible = E::find().filter(E::visible_to(actor)).all(database).await.unwrap();
    let writable = E::find().filter(E::writable_by(actor)).all(database).await.unwrap();
    (visible.len(), writable.len())
}

async fn read_as_tenant<E: Tenanted>(
    database: &DatabaseConnection,
    actor: &Actor,
) -> (String, BTreeSet<String>) {
    assert_eq!(reached::<E>(database, actor).await, (0, 0));
    let (table, columns) = read_all::<E>(database).await;
    let has_tenant = columns.contains(TENANT) || table == "organization";
    assert!(has_tenant, "{table} is a tenant's and has no {TENANT}");
    (table, columns)
}

async fn read_shared<E: EntityTrait>(
    database: &DatabaseConnection,
    _: &Actor,
) -> (String, BTreeSet<String>) {
    let (table, columns) = read_all::<E>(database).await;
    let has_tenant = columns.contains(TENANT) && !OF_THE_STORE.contains(&table.as_str());
    assert!(!has_tenant, "{table} has {TENANT} and is no tenant's");
    (table, columns)
}

async fn read_all<E: EntityTrait>(database: &DatabaseConnection) -> (String, BTreeSet<String>) {
    let table = E::default().table_name().to_owned();
    E::find().limit(1).all(database).await.unwrap_or_else(|error| panic!("{table}: {error}"));
    (table, E::Column::iter().map(|column| column.unquoted().to_owned()).collect())
}

pub(crate) async fn tables(database: &DatabaseConnection) -> BTreeSet<String> {
    let query = match database.get_database_backend() {
        DbBackend::Postgres => TABLES_ON_POSTGRES,
        _ => TABLES_ON_SQLITE,
    };
    names(database, query).await
}

pub(crate) async fn columns_of(database: &DatabaseConnection, table: &str) -> BTreeSet<String> {
    let query = match database.get_database_backend() {
        DbBackend::Postgres => format!(
            "SELECT column_name AS name FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}'"
        ),
        _ => format!("SELECT name FROM pragma_table_info('{table}')"),
    };
    names(database, &query).await
}

async fn names(database: &DatabaseConnection, query: &str) -> BTreeSet<String> {
    let statement = Statement::from_string(database.get_database_backend(), query);
    let rows = database.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}
