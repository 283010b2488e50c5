//! Starting and ending the API.

use std::{net::SocketAddr, sync::Arc};

use domain::{
    Clock, Store,
    account::{Accounts, Secrets, Signup, Vault},
    library::Catalogue,
};
use platform::{Settings, Shutdown, Storage, database, telemetry, tls};
use sea_orm::DatabaseConnection;
use tokio::net::TcpListener;
use worker::{Queue, Runtime};

use crate::{demo, limits::Limits, router::router, state::AppState};

/// Why a command ended early. The text is for the operator.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Serves until the process is asked to end.
pub async fn serve(settings: Settings) -> Result<(), Failure> {
    tls::install();
    let _telemetry = telemetry::install(&settings, "forewarn")?;
    let connection = connected(&settings).await?;
    let shutdown = Shutdown::on_signals();
    let queue = Queue::open(&settings).await?;
    let state = assemble(settings, connection, queue).await?;
    state.store.synchronise_clock().await?;
    let runtime = Runtime::open(&state.settings, state.store.clone())?;
    let engine = worker::host(runtime, state.queue.clone(), &shutdown);
    let listener = listen(state.settings.bind).await?;
    let login = if state.settings.demo { demo::make_demo(&state).await? } else { None };
    announce(&state.settings, login.as_ref());
    let stop = shutdown.clone();
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move { stop.begun().await })
        .await?;
    engine.stopped().await;
    Ok(())
}

/// Tells whoever started the API where it is, and how to sign in to a new demo organization.
fn announce(settings: &Settings, login: Option<&demo::Login>) {
    println!("Forewarn serves {0}/ and describes its API at {0}/api/docs/", settings.public_url);
    if let Some(login) = login {
        println!("A demo organization is ready. Sign in with");
        println!("  e-mail    {}", login.email);
        println!("  password  {}", login.password);
        println!("The password is shown only now.");
    }
}

/// A connection to a database that has the current schema.
pub async fn connected(settings: &Settings) -> Result<DatabaseConnection, Failure> {
    let connection =
        database::connect(&settings.database_url, settings.database_connections).await?;
    migration::migrate(&connection).await?;
    Ok(connection)
}

/// The parts of an API over a connection.
pub async fn assemble(
    settings: Settings,
    connection: DatabaseConnection,
    queue: Queue,
) -> Result<AppState, Failure> {
    let secrets = Secrets::new(settings.secret_keys()?.verifying())?;
    let vault = Arc::new(Vault::new(&secrets));
    let store = Store::new(connection, Clock::system(), vault);
    let limits = Limits::open(&settings).await?;
    let accounts = Arc::new(Accounts::new(store.clone(), &secrets, signup(&settings)));
    Ok(AppState {
        store,
        accounts,
        catalogue: Catalogue::new(&settings.packs_dir),
        storage: Storage::open(&settings)?,
        settings: Arc::new(settings),
        queue,
        limits: Arc::new(limits),
    })
}

const fn signup(settings: &Settings) -> Signup {
    match settings.signup {
        platform::Signup::Workspace => Signup::Workspace,
        platform::Signup::Primary => Signup::Primary,
        platform::Signup::Invited => Signup::Invited,
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("BIND: cannot listen on {address}: {error}").into())
}
