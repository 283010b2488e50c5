//! Changes of many rows at once, on the database of the tests.

use domain::{Error, Transaction};
use entity::{Actor, Id, organization, trust_zone};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, IntoActiveModel,
};
use serde_json::json;
use tests::App;

/// So many that their changes do not fit into one statement.
const MANY: usize = 9003;

fn zone(organization: Id<organization::Entity>, number: usize) -> trust_zone::ActiveModel {
    trust_zone::ActiveModel {
        id: NotSet,
        organization_id: Set(organization),
        threat_model_id: Set(None),
        name: Set(format!("zone {number:05}")),
        trust_level: Set(50),
        description: Set(String::new()),
        format_metadata: Set(json!({}).into()),
        parent_id: Set(None),
        created_at: NotSet,
        updated_at: NotSet,
    }
}

async fn zones(transaction: &Transaction<'_>) -> Vec<trust_zone::Model> {
    let find = transaction.scope().find::<trust_zone::Entity>();
    find.ascending([trust_zone::Column::Id]).all().await.expect("the zones")
}

#[tokio::test]
async fn many_rows_are_written_each_with_its_own_values() {
    let app = App::start().await;
    let owner = app.owner().await;
    let organization = Id::trusted(owner.organization);
    let actor = Actor::for_job(organization, None);
    // SQLite has one writer: no job could end beside the transaction.
    app.jobs_ended().await;
    let transaction = app.state.store.write(&actor).await.expect("a transaction");
    let drafts = (0..MANY).map(|number| zone(organization, number)).collect();
    let added = transaction.insert_many(drafts).await.expect("the zones");
    let parent = added[0].id;

    let change = |(number, row): (usize, trust_zone::Model)| {
        let mut draft = row.into_active_model();
        if number % 3 == 1 {
            draft.name.set_ne(format!("O'Neil \u{1F9F1} {number}"));
            draft.parent_id.set_ne(Some(parent));
        }
        if number % 3 == 2 {
            draft.trust_level.set_ne(7);
            draft.format_metadata.set_ne(json!({"z": [number], "a": null}).into());
        }
        draft
    };
    let drafts: Vec<_> = added.into_iter().enumerate().map(change).collect();
    let (statements, written) = app.statements_of(transaction.save_many(drafts.clone())).await;
    assert_eq!(written.expect("the changes"), 6002);
    // Two for each 5000 rows, and those of the worker meanwhile.
    assert!(statements <= 10, "{statements} statements");

    for (number, row) in zones(&transaction).await.into_iter().enumerate() {
        let (named, levelled) = (number % 3 == 1, number % 3 == 2);
        let name =
            if named { format!("O'Neil \u{1F9F1} {number}") } else { format!("zone {number:05}") };
        assert_eq!(row.name, name);
        assert_eq!(row.parent_id, named.then_some(parent));
        assert_eq!(row.trust_level, if levelled { 7 } else { 50 });
        let metadata = if levelled { json!({"z": [number], "a": null}) } else { json!({}) };
        assert_eq!(row.format_metadata.0.to_string(), metadata.to_string());
        assert_eq!(row.updated_at > row.created_at, named || levelled);
    }
    let unchanged = zones(&transaction).await.into_iter().map(IntoActiveModel::into_active_model);
    assert_eq!(transaction.save_many(unchanged.collect()).await.expect("no change"), 0);
}

#[tokio::test]
async fn rows_of_another_organization_are_not_written() {
    let app = App::start().await;
    let (owner, stranger) = (app.owner().await, app.owner().await);
    let organization = Id::trusted(owner.organization);
    let actor = Actor::for_job(organization, None);
    let transaction = app.state.store.write(&actor).await.expect("a transaction");
    let drafts = vec![zone(organization, 1), zone(organization, 2)];
    let added = transaction.insert_many(drafts).await.expect("the zones");
    transaction.commit().await.expect("the commit");

    let other = Actor::for_job(Id::trusted(stranger.organization), None);
    let transaction = app.state.store.write(&other).await.expect("a transaction");
    let rename = |row: trust_zone::Model| {
        let mut draft = row.into_active_model();
        draft.name.set_ne("taken".to_owned());
        draft
    };
    let drafts = added.iter().cloned().map(rename).collect();
    let refused = transaction.save_many::<trust_zone::ActiveModel>(drafts).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    drop(transaction);

    // Nor can a row be moved out of the own reach.
    let transaction = app.state.store.write(&actor).await.expect("a transaction");
    let mut draft = added[0].clone().into_active_model();
    draft.organization_id.set_ne(Id::trusted(stranger.organization));
    let refused = transaction.save_many(vec![draft]).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    drop(transaction);

    let scope = app.state.store.read(&actor);
    let names = scope
        .find::<trust_zone::Entity>()
        .filter(trust_zone::Column::Name.ne("taken"))
        .count()
        .await
        .expect("a number");
    assert_eq!(names, 2);
}
