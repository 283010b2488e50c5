//! Trust boundaries: to which model they belong.

use entity::{
    trust_boundary::{ActiveModel, Model},
    trust_zone,
};
use sea_orm::ActiveValue::Set;

use super::belonging::{require_within, required};
use crate::{Error, Result, Transaction};

/// Puts a new or changed boundary where its first zone belongs.
///
/// # Errors
/// [`Error::Forbidden`] for a zone that the actor may not change, [`Error::Invalid`] for zones of
/// two organizations.
pub async fn place(draft: &mut ActiveModel, transaction: &Transaction<'_>) -> Result<()> {
    let scope = transaction.scope();
    let first = required(&draft.zone_a_id, "zone_a")?;
    let second = required(&draft.zone_b_id, "zone_b")?;
    let first: trust_zone::Model = scope.get_writable(first).await?;
    let second: trust_zone::Model = scope.get_writable(second).await?;
    if first.organization_id != second.organization_id {
        let text = format!("Invalid pk \"{}\" - object does not exist.", second.id);
        return Err(Error::invalid("zone_b", text));
    }
    draft.organization_id = Set(first.organization_id);
    draft.threat_model_id = Set(first.threat_model_id);
    Ok(())
}

/// Puts a changed boundary where its first zone belongs, if its zones changed.
pub async fn check_change(
    before: &Model,
    draft: &mut ActiveModel,
    transaction: &Transaction<'_>,
) -> Result<()> {
    let first = required(&draft.zone_a_id, "zone_a")?;
    let second = required(&draft.zone_b_id, "zone_b")?;
    if (first, second) == (before.zone_a_id, before.zone_b_id) {
        return Ok(());
    }
    let (scope, home) = (transaction.scope(), before.organization_id);
    require_within(scope, home, "zone_a", Some(first)).await?;
    require_within(scope, home, "zone_b", Some(second)).await?;
    place(draft, transaction).await
}
