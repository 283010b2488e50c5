//! Changing a threat model.

use entity::threat_model;
use sea_orm::ActiveValue;

use super::{assumptions, creation::check_team};
use crate::{Error, Result, Scope};

/// Checks and completes a change of a model.
///
/// # Errors
/// [`Error::Invalid`] on `organization` when the model would leave its own, on `owning_team` when
/// the team is another organization's, and on `assumptions`.
pub async fn check(
    before: &threat_model::Model,
    draft: &mut threat_model::ActiveModel,
    scope: Scope<'_>,
) -> Result<()> {
    if *draft.organization_id.as_ref() != before.organization_id {
        let message = "A threat model cannot be moved to another organization.";
        return Err(Error::invalid("organization", message));
    }
    if let ActiveValue::Set(Some(team)) = draft.owning_team_id {
        check_team(team, before.organization_id, scope).await?;
    }
    if let ActiveValue::Set(assumptions) = &mut draft.assumptions {
        assumptions.0 = assumptions::checked(assumptions.0.take())?;
    }
    Ok(())
}
