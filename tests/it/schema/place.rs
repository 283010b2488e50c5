//! Empty databases that are thrown away.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// An empty database.
pub(crate) struct Place {
    pub(crate) database: DatabaseConnection,
    behind: Behind,
}

enum Behind {
    Folder(TempDir),
    Server { administration: DatabaseConnection, name: String },
}

/// One empty database of each kind: a SQLite file, and PostgreSQL when `TEST_POSTGRES_URL` is set.
pub(crate) async fn everywhere() -> Vec<Place> {
    let mut places = vec![Place::sqlite().await];
    if let Ok(server) = std::env::var("TEST_POSTGRES_URL") {
        places.push(Place::postgres(&server).await);
    }
    places
}

impl Place {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("schema.db").display());
        let mut options = ConnectOptions::new(url);
        options.max_connections(4).map_sqlx_sqlite_opts(|sqlite| {
            sqlite.foreign_keys(true).busy_timeout(std::time::Duration::from_secs(10))
        });
        let database = Database::connect(options).await.unwrap();
        Self { database, behind: Behind::Folder(folder) }
    }

    async fn postgres(server: &str) -> Self {
        let administration = Database::connect(server).await.unwrap();
        let name = format!("schema_{}", Uuid::new_v4().simple());
        administration.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        let database = Database::connect(tests::address_of(server, &name)).await.unwrap();
        Self { database, behind: Behind::Server { administration, name } }
    }

    pub(crate) async fn remove(self) {
        self.database.close().await.unwrap();
        match self.behind {
            Behind::Folder(folder) => folder.close().unwrap(),
            Behind::Server { administration, name } => {
                administration.execute_unprepared(&format!("DROP DATABASE {name}")).await.unwrap();
            }
        }
    }
}
