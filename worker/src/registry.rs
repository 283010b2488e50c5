//! Which handler performs which kind of job.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use domain::job::{
    ImportPack, Job, Pauses, Purge, ReportExport, SimulateRisk, SyncPack, SyncPacks, TakeSnapshots,
    mail::{
        RemindInvited, SendDigest, SendDigests, SendInvitation, SendInvitationReminder,
        SendMagicLink, SendPasswordChanged, SendPasswordReset, SendReportReady,
        SendSecondFactorChanged, SendVerification, SendWelcome,
    },
};
use futures::{FutureExt as _, future::BoxFuture};
use serde_json::Value;

use crate::runtime::Context;

/// Why an attempt failed. The text is kept with the job and shown: it must hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Another attempt may succeed.
    #[error("{0}")]
    Passing(String),
    /// Another attempt would fail as well.
    #[error("{0}")]
    Final(String),
    /// None: other jobs do the work, and this one goes on when they have ended.
    #[error("the work was left to other jobs")]
    Delegated,
}

impl From<domain::Error> for Failure {
    fn from(error: domain::Error) -> Self {
        use domain::Error;
        match &error {
            Error::NotFound
            | Error::Forbidden(_)
            | Error::Invalid(_)
            | Error::Refused(..)
            | Error::Exhausted(_) => Self::Final(error.to_string()),
            Error::Duplicate(_)
            | Error::Unavailable(_)
            | Error::Database(_)
            | Error::Internal(_) => {
                // The cause is for the log: it may quote statements and values.
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "an attempt at a job failed");
                Self::Passing(error.to_string())
            }
        }
    }
}

/// How a kind of job is done. May be called more than once for one job, so it must bear that.
pub trait Perform: Job {
    /// Does the work.
    fn perform(
        self,
        context: &Context,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
}

type Performing = BoxFuture<'static, Result<Value, Failure>>;

/// How a kind of job is done, without its type.
#[derive(Clone)]
pub(crate) struct Handler {
    /// After how long one attempt is given up.
    pub(crate) time_limit: Duration,
    /// The pauses between attempts.
    pub(crate) pauses: Pauses,
    /// Most jobs of the kind that run at one time in all processes.
    pub(crate) concurrency: Option<u32>,
    run: fn(Value, Context) -> Performing,
}

impl Handler {
    /// Does the work that a payload describes.
    pub(crate) fn run(&self, payload: Value, context: Context) -> Performing {
        (self.run)(payload, context)
    }
}

/// The handlers of a process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry(Arc<HashMap<&'static str, Handler>>);

impl Registry {
    /// The handlers of all kinds of jobs of the product.
    pub fn standard() -> Self {
        Self::default()
            .with::<RemindInvited>()
            .with::<SendDigest>()
            .with::<SendDigests>()
            .with::<SendInvitation>()
            .with::<SendInvitationReminder>()
            .with::<SendMagicLink>()
            .with::<SendPasswordChanged>()
            .with::<SendSecondFactorChanged>()
            .with::<SendWelcome>()
            .with::<SendPasswordReset>()
            .with::<SendReportReady>()
            .with::<SendVerification>()
            .with::<ReportExport>()
            .with::<TakeSnapshots>()
            .with::<Purge>()
            .with::<ImportPack>()
            .with::<SyncPacks>()
            .with::<SyncPack>()
            .with::<SimulateRisk>()
    }

    /// Adds a kind of job.
    #[must_use]
    pub fn with<J: Perform>(mut self) -> Self {
        let handler = Handler {
            time_limit: J::TIME_LIMIT,
            pauses: J::PAUSES,
            concurrency: J::CONCURRENCY,
            run: run::<J>,
        };
        Arc::make_mut(&mut self.0).insert(J::KIND, handler);
        self
    }

    /// The kinds that are known here.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    /// Of which kinds how many may run at one time in all processes.
    pub(crate) fn limits(&self) -> Vec<(&'static str, u32)> {
        let limited =
            self.0.iter().filter_map(|(kind, handler)| Some((*kind, handler.concurrency?)));
        limited.collect()
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&Handler> {
        self.0.get(kind)
    }
}

fn run<J: Perform>(payload: Value, context: Context) -> Performing {
    async move {
        let job: J = serde_json::from_value(payload)
            .map_err(|error| Failure::Final(format!("the job cannot be read: {error}")))?;
        let output = job.perform(&context).await?;
        serde_json::to_value(output)
            .map_err(|error| Failure::Final(format!("the result cannot be kept: {error}")))
    }
    .boxed()
}
