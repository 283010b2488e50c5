//! An installation with a settable clock, and people who use it.

#![expect(clippy::disallowed_methods, reason = "the database is looked at below the store")]

use std::sync::{Arc, Mutex};

use domain::{
    Clock, Result, Store,
    account::{
        Accounts, Address, Claims, CodeError, Registration, Secrets, SignedIn, Signup, Vault,
        login::Credentials, profile::NewPassword,
    },
    organization::team,
    sharing::Allowance,
};
use entity::{Actor, Ref, choice::TeamRole};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TryGetable};

use crate::schema::place::{Place, everywhere};

pub(super) const PASSWORD: &str = "Corr3ct-Horse-9-Battery";

/// One installation.
pub(super) struct Desk {
    pub(super) accounts: Accounts,
    pub(super) clock: Clock,
    place: Place,
    statements: Arc<Mutex<Vec<Statement>>>,
}

/// One installation for each kind of database.
pub(super) async fn desks(signup: Signup) -> Vec<Desk> {
    let mut desks = Vec::new();
    for place in everywhere().await {
        desks.push(Desk::new(place, signup).await);
    }
    desks
}

pub(super) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(super) fn new_password() -> NewPassword {
    let password = "An0ther-Horse-8-Battery".to_owned();
    NewPassword { repeated: password.clone(), password }
}

impl Desk {
    /// One with SQLite.
    pub(super) async fn embedded(signup: Signup) -> Self {
        Self::new(Place::sqlite().await, signup).await
    }

    async fn new(mut place: Place, signup: Signup) -> Self {
        migration::migrate(&place.database).await.unwrap();
        let statements = Arc::<Mutex<Vec<Statement>>>::default();
        let kept = Arc::clone(&statements);
        place
            .database
            .set_metric_callback(move |info| kept.lock().unwrap().push(info.statement.clone()));
        let secrets = Secrets::new(["a secret for tests"]).unwrap();
        let clock = Clock::system();
        let vault = Arc::new(Vault::new(&secrets));
        let store = Store::new(place.database.clone(), clock.clone(), vault);
        Self { accounts: Accounts::new(store, &secrets, signup), clock, place, statements }
    }

    pub(super) fn store(&self) -> &Store {
        self.accounts.store()
    }

    pub(super) async fn try_register(
        &self,
        email: &str,
        username: Option<String>,
    ) -> Result<SignedIn> {
        let registration = Registration {
            username,
            email: address(email),
            password: PASSWORD.to_owned(),
            repeated: PASSWORD.to_owned(),
        };
        self.accounts.register(registration, "tests").await
    }

    pub(super) async fn register(&self, email: &str) -> SignedIn {
        self.try_register(email, None).await.unwrap()
    }

    pub(super) async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn> {
        let (email, password) = (address(email), password.to_owned());
        let proved = self.accounts.prove(Credentials { email, password, code: None }).await;
        let signed_in = match proved {
            Ok(proved) => self.accounts.log_in(proved, "tests").await,
            Err(refused) => Err(refused),
        };
        signed_in.map_err(|refused| match refused {
            CodeError::Domain(error) => error,
            other => panic!("no account here has a second factor: {other}"),
        })
    }

    pub(super) fn claims(&self, signed_in: &SignedIn) -> Claims {
        self.accounts.tokens().read(&signed_in.tokens.access.text).unwrap()
    }

    /// Who the store says it is, if it may do anything.
    pub(super) async fn actor(&self, signed_in: &SignedIn) -> Option<Actor> {
        self.store().identity().actor(&self.claims(signed_in)).await.unwrap()
    }

    /// The owner of a workspace, and somebody invited into its team.
    pub(super) async fn owner_and_guest(&self, role: TeamRole) -> (SignedIn, SignedIn) {
        let owner = self.register("owner@example.test").await;
        let boss = self.actor(&owner).await.unwrap();
        let place = Ref::new(boss.teams()[0].team.key());
        let managed = team::managed(self.store().read(&boss), place).await.unwrap();
        let invite = (address("guest@example.test"), role);
        team::invite(self.store(), &boss, &managed, invite, Allowance::Unlimited).await.unwrap();
        (owner, self.register("guest@example.test").await)
    }

    pub(super) async fn run(&self, statement: &str) {
        self.place.database.execute_unprepared(statement).await.unwrap();
    }

    /// The number that a query answers.
    pub(super) async fn scalar(&self, query: &str) -> i64 {
        let statement = Statement::from_string(self.place.database.get_database_backend(), query);
        let row = self.place.database.query_one_raw(statement).await.unwrap().unwrap();
        i64::try_get_by_index(&row, 0).unwrap()
    }

    /// The statements that some work sends.
    pub(super) async fn statements_of<T>(&self, work: impl Future<Output = T>) -> Vec<Statement> {
        self.statements.lock().unwrap().clear();
        work.await;
        self.statements.lock().unwrap().drain(..).collect()
    }

    /// How SQLite finds the rows of a statement.
    pub(super) async fn plan_of(&self, statement: &Statement) -> Vec<String> {
        let mut explained = statement.clone();
        explained.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        assert_eq!(self.place.database.get_database_backend(), DbBackend::Sqlite);
        let rows = self.place.database.query_all_raw(explained).await.unwrap();
        rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect()
    }

    pub(super) async fn close(self) {
        let Self { accounts, place, .. } = self;
        drop(accounts);
        place.remove().await;
    }
}
