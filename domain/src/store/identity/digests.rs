//! Who gets the weekly mail about which organization.

use entity::{Id, organization, organization_member, user};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
    sea_query::Expr,
};

use super::IdentityChanges;
use crate::{Result, organization::digest::READERS};

impl IdentityChanges<'_> {
    /// The security teams of all organizations that want the weekly mail, but for members who do
    /// not want it.
    pub async fn digest_readers(
        &self,
    ) -> Result<Vec<(Id<organization::Entity>, Id<user::Entity>)>> {
        use organization_member::{Column, Entity, Relation};
        let readers = Entity::find()
            .join(JoinType::InnerJoin, Relation::Organization.def())
            .join(JoinType::InnerJoin, Relation::User.def())
            .filter(organization::Column::WeeklyDigest.eq(true))
            .filter(user::Column::IsActive.eq(true))
            .filter(Column::Role.eq(READERS))
            .filter(Column::DigestMuted.eq(false))
            .select_only()
            .columns([Column::OrganizationId, Column::UserId])
            .order_by_asc(Column::Id);
        Ok(readers.into_tuple().all(&self.connection).await?)
    }

    /// Notes whether a member wants no weekly mail. Answers the name of the organization, none for
    /// somebody who is no member.
    pub async fn mute_digest(
        &self,
        organization: Id<organization::Entity>,
        user: Id<user::Entity>,
        is_muted: bool,
    ) -> Result<Option<String>> {
        use organization_member::{Column, Entity};
        let changed = Entity::update_many()
            .col_expr(Column::DigestMuted, Expr::value(is_muted))
            .col_expr(Column::UpdatedAt, Expr::value(self.now()))
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::UserId.eq(user))
            .exec(&self.connection)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(None);
        }
        self.concerns(user);
        self.journal().number_changed::<Entity>(Some(organization), None, changed.rows_affected);
        let found = organization::Entity::find()
            .filter(organization::Column::Id.eq(organization))
            .one(&self.connection)
            .await?;
        Ok(found.map(|organization| organization.name))
    }
}
