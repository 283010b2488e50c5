//! What became of mails, whomever they are for.

use chrono::{DateTime, Utc};
use entity::{
    choice::MailState,
    mail::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::Store;
use crate::{Clock, Result};

/// States from which a mail may be handed over: nobody can have it yet.
const FREE: [MailState; 2] = [MailState::Waiting, MailState::Refused];

/// The book of mails.
#[derive(Clone, Copy)]
pub struct Mails<'s> {
    connection: &'s DatabaseConnection,
    clock: &'s Clock,
}

/// Whether a mail may be given to the mail server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Handover {
    /// Nobody has it yet. It is noted that it is being handed over.
    Go,
    /// The server has it.
    Sent,
    /// It was being handed over when somebody stopped; the server may have it.
    Unknown,
}

impl Store {
    /// The book of mails.
    pub const fn mails(&self) -> Mails<'_> {
        Mails { connection: &self.crossing, clock: &self.clock }
    }
}

impl Mails<'_> {
    /// What is known about the mail of a job, for those who are about to send it.
    pub async fn look(self, job: Uuid) -> Result<Handover> {
        let row = Entity::find_by_id(job).one(self.connection).await?;
        Ok(match row.map(|row| row.state) {
            None | Some(MailState::Waiting | MailState::Refused) => Handover::Go,
            Some(MailState::Sent) => Handover::Sent,
            Some(MailState::HandingOver | MailState::Unknown) => Handover::Unknown,
        })
    }

    /// Notes that the mail of a job is about to be given to the server. Committed when this
    /// returns. Of two who try at the same time one gets [`Handover::Go`].
    pub async fn hand_over(self, job: Uuid, kind: &str) -> Result<Handover> {
        let now = self.clock.now();
        let row = ActiveModel {
            id: Set(job),
            kind: Set(kind.to_owned()),
            state: Set(MailState::Waiting),
            reply: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        };
        Entity::insert(row)
            .on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned())
            .exec_without_returning(self.connection)
            .await?;
        let taken = Entity::update_many()
            .col_expr(Column::State, Expr::value(MailState::HandingOver))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.eq(job))
            .filter(Column::State.is_in(FREE))
            .exec(self.connection)
            .await?;
        if taken.rows_affected > 0 { Ok(Handover::Go) } else { self.look(job).await }
    }

    /// Notes what became of the mail of a job, and what the server said.
    pub async fn note(self, job: Uuid, state: MailState, reply: Option<&str>) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(state))
            .col_expr(Column::Reply, Expr::value(reply))
            .col_expr(Column::UpdatedAt, Expr::value(self.clock.now()))
            .filter(Column::Id.eq(job))
            .exec(self.connection)
            .await?;
        Ok(())
    }

    /// Forgets mails of which nothing was heard since this moment. Returns how many.
    pub async fn forget_before(self, moment: DateTime<Utc>) -> Result<u64> {
        let gone = Entity::delete_many().filter(Column::UpdatedAt.lt(moment));
        Ok(gone.exec(self.connection).await?.rows_affected)
    }
}
