//! What the audit log says besides what was changed: who asked for it, and how it came in.
//!
//! The occasion of a change travels with the task that makes it, so that no rule has to pass it on.

use std::sync::{Arc, OnceLock};

use entity::{Actor, Id, audit_entry, choice::AuditOutcome, organization};
use sea_orm::{ColumnTrait as _, Condition, Order, sea_query::Expr};

use crate::store::{Find, Scope};

/// Longest description of a client that is kept.
const LONGEST_USER_AGENT: usize = 300;

tokio::task_local! {
    static OCCASION: Arc<Occasion>;
}

/// The request, job or command by which something is changed.
#[derive(Clone, Debug, Default)]
pub struct Occasion {
    /// Id of the operation in the API document, or what a job or command is called.
    pub operation: String,
    /// The record that the path of the request names.
    pub target: Option<String>,
    /// The address of the client.
    pub address: Option<String>,
    /// What the client says it is.
    pub user_agent: Option<String>,
    /// Id of the request, or of the job.
    pub request_id: Option<String>,
    /// Id of the trace to which the work belongs.
    pub trace_id: Option<String>,
    caller: OnceLock<Asking>,
    refused_in: OnceLock<Id<organization::Entity>>,
}

/// Who asks, as far as the log is concerned.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Key of the user.
    pub user: Option<i64>,
    /// Key of the personal token that was used, if one was.
    pub api_token: Option<i64>,
    /// The organization to which the user belongs longest.
    pub home: Option<Id<organization::Entity>>,
}

impl Occasion {
    /// Something that is not asked for over the network.
    pub fn of(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), ..Self::default() }
    }

    /// The occasion of what this task does, if it is known.
    pub fn current() -> Option<Arc<Self>> {
        OCCASION.try_with(Arc::clone).ok()
    }

    /// Does the work; what it changes is noted as changed on this occasion.
    pub async fn of_work<T>(self: Arc<Self>, work: impl Future<Output = T>) -> T {
        OCCASION.scope(self, work).await
    }

    /// Notes who asks. The first one counts.
    pub fn note_caller(&self, actor: &Actor, api_token: Option<i64>) {
        let asking = Asking {
            user: actor.user().map(Id::key),
            api_token,
            home: actor.organizations().next(),
        };
        // Somebody who asks twice within one request is the same.
        let _ = self.caller.set(asking);
    }

    /// Notes in which organization the row is that the actor may not change.
    pub(crate) fn note_refused(&self, organization: Id<organization::Entity>) {
        // A request is refused once.
        let _ = self.refused_in.set(organization);
    }

    /// Who asks.
    pub fn asking(&self) -> Asking {
        self.caller.get().cloned().unwrap_or_default()
    }

    /// The organization whose log notes the refusal: that of the row, or the one to which the
    /// user belongs longest. The target is told only to the organization of the row.
    pub(crate) fn refused_in(&self) -> Option<(Id<organization::Entity>, Option<String>)> {
        match (self.refused_in.get(), self.asking().home) {
            (Some(organization), _) => Some((*organization, self.target.clone())),
            (None, home) => Some((home?, None)),
        }
    }

    /// What the client says it is, cut to the length that is kept.
    pub(crate) fn short_user_agent(&self) -> Option<String> {
        self.user_agent.as_ref().map(|text| text.chars().take(LONGEST_USER_AGENT).collect())
    }
}

/// Which entries are wanted; what is absent matches all.
#[derive(Clone, Debug, Default)]
pub struct EntrySearch {
    /// By this user.
    pub user: Option<i64>,
    /// By this operation.
    pub operation: Option<String>,
    /// That ended so.
    pub outcome: Option<AuditOutcome>,
    /// About a row of this table.
    pub target_type: Option<String>,
    /// About the row with this key.
    pub target_id: Option<String>,
    /// About this threat model or something in it.
    pub threat_model: Option<i64>,
    /// Of this organization.
    pub organization: Option<i64>,
    /// Of this request.
    pub request_id: Option<String>,
    /// At this moment or later.
    pub since: Option<chrono::DateTime<chrono::Utc>>,
    /// Before this moment.
    pub until: Option<chrono::DateTime<chrono::Utc>>,
}

impl EntrySearch {
    fn condition(&self) -> Condition {
        use audit_entry::Column;
        Condition::all()
            .add_option(self.user.map(|user| Column::UserId.eq(user)))
            .add_option(self.operation.as_deref().map(|id| Column::Operation.eq(id)))
            .add_option(self.outcome.map(|outcome| Column::Outcome.eq(outcome)))
            .add_option(self.target_type.as_deref().map(|name| Column::TargetType.eq(name)))
            .add_option(self.target_id.as_deref().map(|key| Column::TargetId.eq(key)))
            .add_option(self.threat_model.map(|key| Column::ThreatModelId.eq(key)))
            .add_option(self.organization.map(|key| Column::OrganizationId.eq(key)))
            .add_option(self.request_id.as_deref().map(|id| Column::RequestId.eq(id)))
            .add_option(self.since.map(|moment| Column::HappenedAt.gte(moment)))
            .add_option(self.until.map(|moment| Column::HappenedAt.lt(moment)))
    }
}

/// Entries of the organizations in whose security teams the actor is, latest first.
pub fn entries<'c>(scope: Scope<'c>, search: &EntrySearch) -> Find<'c, audit_entry::Entity> {
    scope
        .find::<audit_entry::Entity>()
        .filter(search.condition())
        .order_by(Expr::col(audit_entry::Column::HappenedAt), Order::Desc)
        .order_by(Expr::col(audit_entry::Column::Id), Order::Desc)
}

/// The next entries after one, oldest first: for reading all of them in pieces.
pub async fn entries_after(
    scope: Scope<'_>,
    search: &EntrySearch,
    after: i64,
    most: u64,
) -> crate::Result<Vec<audit_entry::Model>> {
    use audit_entry::Column;
    let next = scope
        .find::<audit_entry::Entity>()
        .filter(search.condition())
        .filter(Column::Id.gt(after))
        .ascending([Column::Id]);
    next.slice(most, 0).all().await
}
