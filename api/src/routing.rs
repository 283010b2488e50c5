//! Routes of operations.
//!
//! Around a handler's own type axum makes a dozen types more, and at each use of each of them the
//! compiler proves anew that the handler's future may be sent between threads. So handlers become
//! one type first: with some 330 of them, collecting what to compile takes half the time.

use std::sync::Arc;

use aide::{
    OperationInput, OperationOutput,
    axum::routing::{self, ApiMethodRouter},
    operation::OperationHandler,
    transform::TransformOperation,
};
use axum::{extract::Request, handler::Handler, response::Response};
use futures::future::BoxFuture;

use crate::state::AppState;

type Answer = BoxFuture<'static, Response>;

/// Any handler.
#[derive(Clone)]
struct Boxed(Arc<dyn Fn(Request, AppState) -> Answer + Send + Sync>);

impl Boxed {
    fn new<H: Handler<T, AppState>, T: 'static>(handler: H) -> Self {
        Self(Arc::new(move |request, state| Box::pin(handler.clone().call(request, state))))
    }
}

impl Handler<(), AppState> for Boxed {
    type Future = Answer;

    fn call(self, request: Request, state: AppState) -> Answer {
        self.0(request, state)
    }
}

/// What a handler takes and answers is known when it is boxed, and only then.
impl<I: OperationInput, O: OperationOutput> OperationHandler<I, O> for Boxed {}

macro_rules! route {
    ($method:ident, $name:literal) => {
        #[doc = concat!("Answers ", $name, " with a handler, described by `describe`.")]
        pub(crate) fn $method<H, I, O, T, F>(handler: H, describe: F) -> ApiMethodRouter<AppState>
        where
            H: Handler<T, AppState> + OperationHandler<I, O>,
            I: OperationInput,
            O: OperationOutput,
            T: 'static,
            F: FnOnce(TransformOperation<'_>) -> TransformOperation<'_>,
        {
            routing::$method::<_, I, O, _, _, _>(Boxed::new(handler), describe)
        }
    };
}

route!(get_with, "GET");
route!(post_with, "POST");
route!(put_with, "PUT");
route!(patch_with, "PATCH");
route!(delete_with, "DELETE");
