//! Takes a pack out of an organization's library. Threat models keep what they made with it.

use entity::{
    Id, Ref, component_countermeasure, component_countermeasure_standard, component_threat,
    countermeasure_library, flow_countermeasure, flow_countermeasure_standard, flow_threat,
    framework, pack, pack_dependency, requirement, threat_library,
};
use schemars::JsonSchema;
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait, SelectStatement},
};
use serde::{Deserialize, Serialize};

use super::rows::{Brought, Library, Written};
use crate::{Result, Store, Transaction};

/// A pack that is named in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackName {
    pub id: i64,
    pub slug: String,
    pub name: String,
    pub version: String,
}

impl From<&pack::Model> for PackName {
    fn from(pack: &pack::Model) -> Self {
        Self {
            id: pack.id.key(),
            slug: pack.slug.clone(),
            name: pack.name.clone(),
            version: pack.version.clone(),
        }
    }
}

/// How many items go with a pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PackRemoval")]
pub struct Removal {
    pub components: u64,
    pub threats: u64,
    pub countermeasures: u64,
    pub templates: u64,
    pub taxonomies: u64,
    pub frameworks: u64,
}

/// What an unimport did or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unimport {
    /// Other packs need this one; their slugs.
    Needed(Vec<String>),
    /// Nothing was done; this would go.
    Counted(PackName, Removal),
    /// This is gone.
    Done(PackName, Removal),
}

/// Counts what goes with a pack.
pub async fn dry_run(
    store: &Store,
    actor: &entity::Actor,
    pack: Ref<pack::Entity>,
) -> Result<Unimport> {
    let transaction = store.write(actor).await?;
    match prepare(&transaction, pack).await? {
        Err(dependents) => Ok(Unimport::Needed(dependents)),
        Ok((pack, removal)) => Ok(Unimport::Counted(PackName::from(&pack), removal)),
    }
}

/// Removes a pack and what it brought, unless another pack needs it.
pub async fn unimport(
    store: &Store,
    actor: &entity::Actor,
    pack: Ref<pack::Entity>,
) -> Result<Unimport> {
    let transaction = store.write(actor).await?;
    let (pack, removal) = match prepare(&transaction, pack).await? {
        Err(dependents) => return Ok(Unimport::Needed(dependents)),
        Ok(found) => found,
    };
    let name = PackName::from(&pack);
    let library = Library { transaction: &transaction, organization: pack.organization_id };
    library.lock().await?;
    library.keep_words(pack.id).await?;
    transaction.delete::<pack::Entity>(pack.id).await?;
    transaction.commit().await?;
    Ok(Unimport::Done(name, removal))
}

async fn prepare(
    transaction: &Transaction<'_>,
    pack: Ref<pack::Entity>,
) -> Result<Result<(pack::Model, Removal), Vec<String>>> {
    let pack = transaction.scope().get_writable::<pack::Entity>(pack).await?;
    let library = Library { transaction, organization: pack.organization_id };
    let dependents = library.dependents(pack.id).await?;
    if !dependents.is_empty() {
        return Ok(Err(dependents));
    }
    let removal = library.removal(pack.id).await?;
    Ok(Ok((pack, removal)))
}

impl Library<'_, '_> {
    /// Slugs of packs that need this one.
    async fn dependents(&self, pack: Id<pack::Entity>) -> Result<Vec<String>> {
        let needing = self
            .find::<pack_dependency::Entity>()
            .filter(pack_dependency::Column::DependsOnPackId.eq(pack))
            .filter(pack_dependency::Column::IsOptional.eq(false))
            .subquery(pack_dependency::Column::PackId);
        let packs = self.find::<pack::Entity>().filter(pack::Column::Id.in_subquery(needing));
        packs.ascending([pack::Column::Slug]).values(pack::Column::Slug).await
    }

    async fn removal(&self, pack: Id<pack::Entity>) -> Result<Removal> {
        Ok(Removal {
            components: self.number::<entity::component_library::Entity>(pack).await?,
            threats: self.number::<threat_library::Entity>(pack).await?,
            countermeasures: self.number::<countermeasure_library::Entity>(pack).await?,
            templates: self.number::<entity::dfd_template::Entity>(pack).await?,
            taxonomies: self.number::<entity::taxonomy::Entity>(pack).await?,
            frameworks: self.number::<framework::Entity>(pack).await?,
        })
    }

    async fn number<E: Brought>(&self, pack: Id<pack::Entity>) -> Result<u64> {
        self.find::<E>().filter(E::PACK.eq(pack)).count().await
    }

    /// Copies the present words of the pack's items to what threat models made of them.
    async fn keep_words(&self, pack: Id<pack::Entity>) -> Result<()> {
        self.keep_threats(pack).await?;
        self.keep_countermeasures(pack).await?;
        self.keep_requirements(pack).await
    }

    async fn keep_threats(&self, pack: Id<pack::Entity>) -> Result<()> {
        use threat_library::Column;
        macro_rules! keep {
            ($table:ident) => {
                self.copy::<$table::Entity, threat_library::Entity>(
                    $table::Column::ThreatLibraryId,
                    self.brought::<threat_library::Entity>(pack),
                    &[
                        ($table::Column::ThreatName, Column::Name),
                        ($table::Column::ThreatDescription, Column::Description),
                    ],
                )
                .await?;
            };
        }
        keep!(component_threat);
        keep!(flow_threat);
        Ok(())
    }

    async fn keep_countermeasures(&self, pack: Id<pack::Entity>) -> Result<()> {
        use countermeasure_library::Column;
        macro_rules! keep {
            ($table:ident) => {
                self.copy::<$table::Entity, countermeasure_library::Entity>(
                    $table::Column::CountermeasureLibraryId,
                    self.brought::<countermeasure_library::Entity>(pack),
                    &[
                        ($table::Column::CountermeasureName, Column::Name),
                        ($table::Column::CountermeasureDescription, Column::Description),
                        ($table::Column::ControlType, Column::ControlType),
                    ],
                )
                .await?;
            };
        }
        keep!(component_countermeasure);
        keep!(flow_countermeasure);
        Ok(())
    }

    async fn keep_requirements(&self, pack: Id<pack::Entity>) -> Result<()> {
        use requirement::Column;
        let of_pack = || {
            let frameworks = self.brought::<framework::Entity>(pack);
            let requirements = self.find::<requirement::Entity>();
            requirements.filter(Column::FrameworkId.in_subquery(frameworks)).subquery(Column::Id)
        };
        macro_rules! keep {
            ($table:ident) => {
                self.copy::<$table::Entity, requirement::Entity>(
                    $table::Column::RequirementId,
                    of_pack(),
                    &[
                        ($table::Column::SectionCode, Column::SectionCode),
                        ($table::Column::RequirementDescription, Column::Description),
                    ],
                )
                .await?;
            };
        }
        keep!(component_countermeasure_standard);
        keep!(flow_countermeasure_standard);
        Ok(())
    }

    /// Sets columns of all rows that refer to one of `which` to what that row says.
    async fn copy<E: Written, F: Written>(
        &self,
        reference: E::Column,
        which: SelectStatement,
        columns: &[(E::Column, F::Column)],
    ) -> Result<()> {
        let mut change = self.transaction.change::<E>();
        for (to, from) in columns {
            change = change.set(*to, self.word::<E, F>(reference, *from));
        }
        let concerned = Condition::all()
            .add(E::ORGANIZATION.eq(self.organization))
            .add(reference.in_subquery(which));
        change.filter(concerned).exec().await?;
        Ok(())
    }

    /// The keys of what a pack brought.
    fn brought<E: Brought>(&self, pack: Id<pack::Entity>) -> SelectStatement {
        self.find::<E>().filter(E::PACK.eq(pack)).subquery(E::key_column())
    }

    /// A column of the row that `reference` names.
    fn word<E: Written, F: Written>(&self, reference: E::Column, from: F::Column) -> Expr {
        let named = ExprTrait::eq(
            Expr::col((F::default(), F::key_column())),
            Expr::col((E::default(), reference)),
        );
        let row = self.find::<F>().filter(named).subquery(from);
        Expr::SubQuery(None, Box::new(row.into()))
    }
}
