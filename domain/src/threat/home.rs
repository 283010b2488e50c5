//! Where a row lives: in which organization and threat model.

use entity::{
    Id, Keyed, Names, Reach, Tenanted, organization, organization_member, threat_model, user,
};
use sea_orm::{ColumnTrait, QuerySelect};

use crate::{Error, Result, Scope};

/// The organization and threat model of a row. What is made below the row takes them over, and what
/// it names must live there, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// The organization.
    pub organization: Id<organization::Entity>,
    /// The threat model, absent for what belongs to the organization as a whole.
    pub threat_model: Option<Id<threat_model::Entity>>,
}

impl Home {
    /// The home of a row that the actor may see.
    pub async fn of<E: Tenanted + Keyed>(scope: Scope<'_>, row: impl Names<E>) -> Result<Self> {
        let find = scope.find::<E>().filter(E::key_column().eq(row.id()));
        match E::REACH {
            Reach::ThreatModel(model) => {
                let found: Vec<(Id<organization::Entity>, Option<Id<threat_model::Entity>>)> = find
                    .shape(|select| select.select_only().column(E::ORGANIZATION).column(model))
                    .tuples()
                    .await?;
                let (organization, threat_model) =
                    found.into_iter().next().ok_or(Error::NotFound)?;
                Ok(Self { organization, threat_model })
            }
            Reach::Organization => {
                let found = find.values(E::ORGANIZATION).await?;
                let organization = found.into_iter().next().ok_or(Error::NotFound)?;
                Ok(Self { organization, threat_model: None })
            }
        }
    }

    /// Fails unless the row that a field names lives in the same organization, and in the same
    /// threat model or in none.
    pub async fn admit<E: Tenanted + Keyed>(
        self,
        scope: Scope<'_>,
        field: &str,
        named: Option<Id<E>>,
    ) -> Result<()> {
        let Some(named) = named else { return Ok(()) };
        let other = Self::of::<E>(scope, named).await?;
        let is_apart = self.threat_model.is_some()
            && other.threat_model.is_some()
            && self.threat_model != other.threat_model;
        if self.organization == other.organization && !is_apart {
            return Ok(());
        }
        Err(unknown(field, named))
    }

    /// Fails unless the user that a field names belongs to the organization.
    pub async fn admit_user(
        self,
        scope: Scope<'_>,
        field: &str,
        named: Option<Id<user::Entity>>,
    ) -> Result<()> {
        let Some(named) = named else { return Ok(()) };
        let is_member = scope
            .find::<organization_member::Entity>()
            .filter(organization_member::Column::OrganizationId.eq(self.organization))
            .filter(organization_member::Column::UserId.eq(named))
            .exists()
            .await?;
        if is_member { Ok(()) } else { Err(unknown(field, named)) }
    }
}

fn unknown<E>(field: &str, named: Id<E>) -> Error {
    Error::invalid(field, format!("Invalid pk \"{named}\" - object does not exist."))
}
