//! What the fuzz targets share: an organization with one threat model in a database in memory.

use std::cell::RefCell;

use domain::{
    Clock, Error, Store, Transaction,
    account::{Secrets, Vault},
};
use entity::{Actor, diagram, organization, threat_model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectOptions, Database, IntoActiveModel};
use tokio::runtime::Runtime;

/// An organization, somebody who may do everything in it, and a model with a diagram.
pub struct Place {
    pub organization: organization::Model,
    pub model: threat_model::Model,
    pub diagram: diagram::Model,
    runtime: Runtime,
    store: Store,
    actor: Actor,
}

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

impl Place {
    /// Does something to the place, which is made when it is first needed.
    pub fn with<T>(work: impl FnOnce(&Self) -> T) -> T {
        PLACE.with_borrow_mut(|place| work(place.get_or_insert_with(Self::new)))
    }

    /// Makes changes and takes them back, so that every input finds the same place.
    pub fn try_out<T>(&self, work: impl AsyncFnOnce(&Transaction<'_>) -> T) -> T {
        self.runtime.block_on(async {
            let transaction = self.store.write(&self.actor).await.expect("a transaction");
            work(&transaction).await
        })
    }

    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (store, organization, model, diagram) = runtime.block_on(made());
        let actor = Actor::for_job(organization.id, None);
        Self { organization, model, diagram, runtime, store, actor }
    }
}

async fn made() -> (Store, organization::Model, threat_model::Model, diagram::Model) {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).min_connections(1).sqlx_logging(false);
    let database = Database::connect(options).await.expect("a database");
    migration::migrate(&database).await.expect("the schema");
    let now = Clock::system().now();
    let organization = organization::ActiveModel {
        name: Set("Acme".to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let organization = organization.insert(&database).await.expect("an organization");
    let model = threat_model::ActiveModel {
        organization_id: Set(organization.id),
        name: Set("Shop".to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let model = model.insert(&database).await.expect("a model");
    let diagram = diagram::ActiveModel {
        organization_id: Set(organization.id),
        threat_model_id: Set(model.id),
        name: Set("Overview".to_owned()),
        is_primary: Set(true),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let diagram = diagram.insert(&database).await.expect("a diagram");
    let secrets = Secrets::new(["a secret for fuzzing only"]).expect("a secret");
    let vault = Vault::new(&secrets).into();
    (Store::new(database, Clock::system(), vault), organization, model, diagram)
}

/// Saves a drawing as the diagram of the place. Answers it as it was stored.
pub async fn save(
    transaction: &Transaction<'_>,
    diagram: diagram::Model,
    drawing: serde_json::Value,
) -> domain::Result<serde_json::Value> {
    let id = diagram.id;
    let mut draft = diagram.clone().into_active_model();
    draft.canvas_data = Set(drawing.into());
    domain::model::diagram::save(transaction, id, &mut draft).await?;
    Ok(transaction.save(&diagram, draft).await?.canvas_data.into_inner())
}

/// Fails if an error is none of those that tell a client what is wrong with his input.
pub fn accept(error: &Error) {
    match error {
        Error::Invalid(_) | Error::Refused(..) => {}
        other => panic!("not an answer to input: {other:?}"),
    }
}
