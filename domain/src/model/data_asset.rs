//! Data assets: where they belong.

use entity::{
    data_asset::{ActiveModel, Model},
    threat_model,
};
use sea_orm::ActiveValue::Set;

use super::belonging::{chosen, organization_of, own_organization, require_within};
use crate::{Result, Transaction};

/// Completes a new asset: one without a model belongs to the organization of its maker.
pub async fn complete(draft: &mut ActiveModel, transaction: &Transaction<'_>) -> Result<()> {
    let scope = transaction.scope();
    let organization = match chosen(&draft.threat_model_id) {
        Some(model) => organization_of(scope, model).await?,
        None => own_organization(scope.actor())?,
    };
    draft.organization_id = Set(organization);
    Ok(())
}

/// Checks the model of a changed asset.
pub async fn check_change(
    before: &Model,
    draft: &ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    require_within::<threat_model::Entity>(
        transaction.scope(),
        before.organization_id,
        "threat_model",
        chosen(&draft.threat_model_id),
    )
    .await
}
