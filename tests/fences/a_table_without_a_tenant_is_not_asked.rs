use domain::{Error, store::Scope};
use entity::{session, user};

pub async fn everybody(scope: Scope<'_>) -> Result<Vec<user::Model>, Error> {
    scope.find::<user::Entity>().all().await
}

pub async fn sessions(scope: Scope<'_>) -> Result<Vec<session::Model>, Error> {
    scope.find_writable::<session::Entity>().all().await
}
