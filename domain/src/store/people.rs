//! Users as others see them. Accounts belong to no organization, so they have their own ways.

use std::collections::{HashMap, HashSet};

use entity::{Id, Ref, user};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use super::{KEYS_PER_STATEMENT, Scope};
use crate::Result;

/// What is shown of a user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// The address.
    pub email: String,
    /// First and last name, or the address.
    pub name: String,
}

impl Scope<'_> {
    /// The users whom rows in hand name, in one statement per 500.
    pub async fn people(
        self,
        users: impl IntoIterator<Item = Id<user::Entity>>,
    ) -> Result<HashMap<Id<user::Entity>, Person>> {
        use user::Column;
        let users: HashSet<_> = users.into_iter().collect();
        let users: Vec<_> = users.into_iter().collect();
        let mut people = HashMap::with_capacity(users.len());
        for chunk in users.chunks(KEYS_PER_STATEMENT) {
            let rows: Vec<(Id<user::Entity>, String, String, String)> = user::Entity::find()
                .filter(Column::Id.is_in(chunk.iter().copied()))
                .select_only()
                .columns([Column::Id, Column::Email, Column::FirstName, Column::LastName])
                .into_tuple()
                .all(&self.executor())
                .await?;
            people.extend(rows.into_iter().map(|(id, email, first, last)| {
                let name = format!("{first} {last}").trim().to_owned();
                let name = if name.is_empty() { email.clone() } else { name };
                (id, Person { email, name })
            }));
        }
        Ok(people)
    }

    /// Vouches for a user in one of the actor's organizations, or the actor.
    pub async fn colleague(self, wire: Ref<user::Entity>) -> Result<Option<Id<user::Entity>>> {
        self.one_account(wire, self.gate().add(user::Entity::visible_to(self.actor()))).await
    }

    /// Vouches for any active account, whoever it belongs to. Only for making it a member.
    pub async fn account(self, wire: Ref<user::Entity>) -> Result<Option<Id<user::Entity>>> {
        self.one_account(wire, Condition::all().add(user::Column::IsActive.eq(true))).await
    }

    async fn one_account(
        self,
        wire: Ref<user::Entity>,
        which: Condition,
    ) -> Result<Option<Id<user::Entity>>> {
        let found = user::Entity::find()
            .filter(user::Column::Id.eq(wire.key()))
            .filter(which)
            .select_only()
            .column(user::Column::Id);
        Ok(found.into_tuple().one(&self.executor()).await?)
    }
}
