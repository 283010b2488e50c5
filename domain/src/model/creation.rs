//! Making a threat model.

use entity::{
    Id, Ref, choice::RelationType, framework, organization, orgsystem, pack, team, threat_model,
    threat_model_pack,
};
use sea_orm::{ActiveValue, ActiveValue::Set, ColumnTrait};

use super::relations;
use crate::{Error, Result, Scope, Transaction, store::ROWS_PER_STATEMENT};

/// What a new threat model is connected with from the start.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// Frameworks that it is held against.
    pub frameworks: Vec<Ref<framework::Entity>>,
    /// Systems that it is about.
    pub systems: Vec<Ref<orgsystem::Entity>>,
    /// Models that it refers to.
    pub references: Vec<Ref<threat_model::Entity>>,
}

/// Adds a threat model. Without an organization it goes to the first one in which the actor may
/// write, without a team to the actor's only team there. All packs of the organization are
/// connected.
///
/// # Errors
/// [`Error::Invalid`] on a list whose ids the actor may not see, [`Error::Forbidden`] when the
/// actor may not write in the organization or for the team.
pub async fn create(
    draft: threat_model::ActiveModel,
    links: &Links,
    transaction: &Transaction<'_>,
) -> Result<threat_model::Model> {
    let model = add(draft, transaction).await?;
    connect_packs(&model, transaction).await?;
    relations::link_frameworks(&model, &links.frameworks, transaction).await?;
    relations::link_systems(&model, &links.systems, transaction).await?;
    let related = RelationType::RelatedTo;
    relations::link_references(&model, &links.references, related, transaction).await?;
    Ok(model)
}

/// Adds a threat model that is connected with nothing. Organization and team as for [`create`].
pub async fn add(
    mut draft: threat_model::ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<threat_model::Model> {
    let organization = organization(&draft, transaction)?;
    draft.organization_id = Set(organization);
    draft.owning_team_id = Set(owning_team(&draft, organization, transaction).await?);
    draft.created_by_id = Set(transaction.actor().user());
    transaction.insert(draft).await
}

/// Checks that a team belongs to the organization.
///
/// # Errors
/// [`Error::Invalid`] on the field `owning_team`.
pub async fn check_team(
    team: Id<team::Entity>,
    organization: Id<organization::Entity>,
    scope: Scope<'_>,
) -> Result<()> {
    let found = scope
        .find::<team::Entity>()
        .filter(team::Column::Id.eq(team))
        .filter(team::Column::OrganizationId.eq(organization));
    if found.exists().await? {
        return Ok(());
    }
    let message = format!("Invalid pk \"{team}\" - object does not exist.");
    Err(Error::invalid("owning_team", message))
}

fn organization(
    draft: &threat_model::ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<Id<organization::Entity>> {
    if let ActiveValue::Set(organization) = draft.organization_id {
        return Ok(organization);
    }
    transaction.actor().writing_organizations().next().ok_or(Error::forbidden())
}

async fn owning_team(
    draft: &threat_model::ActiveModel,
    organization: Id<organization::Entity>,
    transaction: &Transaction<'_>,
) -> Result<Option<Id<team::Entity>>> {
    if let ActiveValue::Set(Some(team)) = draft.owning_team_id {
        check_team(team, organization, transaction.scope()).await?;
        return Ok(Some(team));
    }
    let actor = transaction.actor();
    let own = actor.teams().iter().filter(|membership| membership.organization == organization);
    let own: Vec<_> = own.collect();
    if let [only] = own.as_slice() {
        return Ok(Some(only.team));
    }
    let may_write =
        own.iter().any(|membership| actor.writing_teams().any(|team| team == membership.team));
    if may_write && !actor.secures(organization) {
        return Err(Error::invalid("owning_team", "Choose the team that owns the threat model."));
    }
    Ok(None)
}

async fn connect_packs(model: &threat_model::Model, transaction: &Transaction<'_>) -> Result<()> {
    let packs: Vec<Id<pack::Entity>> = transaction
        .scope()
        .find::<pack::Entity>()
        .filter(pack::Column::OrganizationId.eq(model.organization_id))
        .values(pack::Column::Id)
        .await?;
    for chunk in packs.chunks(ROWS_PER_STATEMENT) {
        let row = |pack: &Id<pack::Entity>| threat_model_pack::ActiveModel {
            organization_id: Set(model.organization_id),
            threat_model_id: Set(model.id),
            pack_id: Set(*pack),
            ..Default::default()
        };
        transaction.insert_many(chunk.iter().map(row).collect()).await?;
    }
    Ok(())
}
