//! Starting and ending the API.

use std::{net::SocketAddr, sync::Arc};

use domain::{
    account::{Accounts, Signup},
    library::Catalogue,
};
use migration::wall;
use platform::{Pools, Settings, Shutdown, Storage, database, pools, telemetry, tls};
use tokio::net::TcpListener;
use worker::{Queue, Runtime};

use crate::{demo, limits::Limits, router::router, state::AppState};

/// Why a command ended early. The text is for the operator.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Serves until the process is asked to end.
pub async fn serve(settings: Settings) -> Result<(), Failure> {
    tls::install();
    let _telemetry = telemetry::install(&settings, "forewarn")?;
    let pools = connected(&settings).await?;
    let shutdown = Shutdown::on_signals();
    let queue = Queue::open(&settings).await?;
    let state = assemble(settings, pools, queue).await?;
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

/// Connections to a database that has the current schema and, on PostgreSQL, keeps organizations
/// apart.
pub async fn connected(settings: &Settings) -> Result<Pools, Failure> {
    let owner = database::connect(settings.owner_url(), settings.database_connections).await?;
    migration::migrate(&owner).await?;
    let Some(roles) = settings.database_roles() else {
        if settings.database_owner_url.is_none() {
            return Ok(Pools::Single(owner));
        }
        return Ok(Pools::open(settings).await?);
    };
    let login = pools::login(&settings.database_url);
    let (tenant, crossing) = (&roles.tenant, &roles.crossing);
    wall::raise(&owner, wall::Roles { tenant, crossing, login: login.as_deref() }).await?;
    owner.close().await?;
    Ok(Pools::open(settings).await?)
}

/// The parts of an API over a database.
pub async fn assemble(settings: Settings, pools: Pools, queue: Queue) -> Result<AppState, Failure> {
    let (store, secrets) = worker::open_store(&settings, pools)?;
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
