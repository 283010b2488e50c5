//! Which requirements the countermeasures of a threat model help to meet.

use std::{collections::HashMap, marker::PhantomData};

use domain::{
    Error, Result, Scope, Transaction,
    permission::{ReadModels, WriteModels},
    threat::{
        Home,
        kind::{Column, Draft, Row, drafted, value},
    },
};
use entity::{Id, choice::Sufficiency, framework, requirement};
use schemars::JsonSchema;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait,
};
use serde::Serialize;

use crate::{
    input::{Body, Field, Filter},
    resource::{Resource, Sorting},
    resources::threat::ThreatKind,
    wire::Timestamp,
};

/// Compliance mappings of the countermeasures of one kind.
pub(crate) struct Standards<K>(PhantomData<fn() -> K>);

/// A requirement that a countermeasure helps to meet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}")]
pub(crate) struct View<T> {
    id: i64,
    #[serde(flatten)]
    mapped: T,
    /// Null when the requirement is gone; its words remain.
    requirement: Option<Id<requirement::Entity>>,
    framework_name: String,
    /// Empty when the requirement is gone.
    framework_slug: String,
    section_code: String,
    requirement_description: String,
    /// How much of the requirement is met.
    sufficiency: Sufficiency,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The words of a requirement.
#[derive(Clone, FromQueryResult)]
struct Words {
    id: Id<requirement::Entity>,
    section_code: String,
    description: String,
    framework_name: String,
    framework_slug: String,
}

impl<K: ThreatKind> Resource for Standards<K> {
    const NAME: &'static str = K::STANDARDS.name;
    const PATH: &'static str = K::STANDARDS.path;
    const TAG: &'static str = K::STANDARDS.tag;
    const UNIQUE: &'static str = K::STANDARDS.unique;
    const FIELDS: &'static [Field<Column<K::Standard>>] = K::STANDARD_FORM.fields;
    const FILTERS: &'static [Filter<Column<K::Standard>>] = K::STANDARD_FORM.filters;
    const DEFAULT_ORDER: &'static [Sorting<Self>] = K::STANDARD_FORM.default_order;

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = K::Standard;
    type View = View<K::Mapped>;
    type Item = View<K::Mapped>;

    async fn prepare(
        draft: &mut Draft<K::Standard>,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let home = settle::<K>(draft, body, transaction.scope()).await?;
        draft.set(K::STANDARD.organization, home.organization.into());
        draft.set(K::STANDARD.threat_model, home.threat_model.into());
        copy_words::<K>(draft, transaction.scope()).await
    }

    async fn changing(
        before: &Row<K::Standard>,
        draft: &mut Draft<K::Standard>,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let columns = K::STANDARD;
        let home = settle::<K>(draft, body, transaction.scope()).await?;
        if Some(home.threat_model) != drafted::<K::Standard, _>(draft, columns.threat_model) {
            let text = "A mapping cannot move to another threat model.";
            return Err(Error::invalid(K::STANDARD_FORM.parent, text));
        }
        let former: Option<Id<requirement::Entity>> =
            value::<K::Standard, _>(before, columns.requirement);
        if Some(former) == drafted::<K::Standard, _>(draft, columns.requirement) {
            return Ok(());
        }
        copy_words::<K>(draft, transaction.scope()).await
    }

    async fn views(rows: Vec<Row<K::Standard>>, scope: Scope<'_>) -> Result<Vec<Self::View>> {
        views::<K>(&rows, scope).await
    }

    async fn items(rows: Vec<Row<K::Standard>>, scope: Scope<'_>) -> Result<Vec<Self::View>> {
        views::<K>(&rows, scope).await
    }
}

/// Checks that the requirement belongs to the countermeasure's organization, and says where that is.
async fn settle<K: ThreatKind>(
    draft: &Draft<K::Standard>,
    body: &Body,
    scope: Scope<'_>,
) -> Result<Home> {
    let countermeasure: Id<K::Countermeasure> =
        drafted::<K::Standard, _>(draft, K::STANDARD.parent).ok_or(Error::NotFound)?;
    let home = Home::of::<K::Countermeasure>(scope, countermeasure).await?;
    if body.get("requirement").is_some() {
        let requirement: Option<Id<requirement::Entity>> =
            drafted::<K::Standard, _>(draft, K::STANDARD.requirement).flatten();
        home.admit(scope, "requirement", requirement).await?;
    }
    Ok(home)
}

/// Copies the words of the requirement, so that they outlive it.
async fn copy_words<K: ThreatKind>(draft: &mut Draft<K::Standard>, scope: Scope<'_>) -> Result<()> {
    let columns = K::STANDARD;
    let requirement: Option<Id<requirement::Entity>> =
        drafted::<K::Standard, _>(draft, columns.requirement).flatten();
    let Some(requirement) = requirement else { return Ok(()) };
    let mut words = words_of(scope, vec![requirement]).await?;
    let words = words.remove(&requirement).ok_or(Error::NotFound)?;
    draft.set(columns.section_code, words.section_code.into());
    draft.set(columns.framework_name, words.framework_name.into());
    draft.set(columns.requirement_description, words.description.into());
    Ok(())
}

async fn views<K: ThreatKind>(
    rows: &[Row<K::Standard>],
    scope: Scope<'_>,
) -> Result<Vec<View<K::Mapped>>> {
    let columns = K::STANDARD;
    let requirement = |row: &Row<K::Standard>| -> Option<Id<requirement::Entity>> {
        value::<K::Standard, _>(row, columns.requirement)
    };
    let words = words_of(scope, rows.iter().filter_map(requirement).collect()).await?;
    let view = |row: &Row<K::Standard>| {
        let id: Id<K::Standard> = value::<K::Standard, _>(row, columns.id);
        let words = requirement(row).and_then(|requirement| words.get(&requirement).cloned());
        let words = words.unwrap_or_else(|| copied::<K>(row));
        View {
            id: id.key(),
            mapped: K::mapped(value::<K::Standard, _>(row, columns.parent)),
            requirement: requirement(row),
            framework_name: words.framework_name,
            framework_slug: words.framework_slug,
            section_code: words.section_code,
            requirement_description: words.description,
            sufficiency: value::<K::Standard, _>(row, columns.sufficiency),
            created_at: Timestamp(value::<K::Standard, _>(row, columns.created_at)),
            updated_at: Timestamp(value::<K::Standard, _>(row, columns.updated_at)),
        }
    };
    Ok(rows.iter().map(view).collect())
}

/// The words that a mapping keeps of a requirement that is gone.
fn copied<K: ThreatKind>(row: &Row<K::Standard>) -> Words {
    let columns = K::STANDARD;
    Words {
        id: Id::trusted(0),
        section_code: value::<K::Standard, _>(row, columns.section_code),
        description: value::<K::Standard, _>(row, columns.requirement_description),
        framework_name: value::<K::Standard, _>(row, columns.framework_name),
        framework_slug: String::new(),
    }
}

/// The words of requirements, in one statement.
async fn words_of(
    scope: Scope<'_>,
    mut requirements: Vec<Id<requirement::Entity>>,
) -> Result<HashMap<Id<requirement::Entity>, Words>> {
    use requirement::Column;
    requirements.sort_unstable();
    requirements.dedup();
    if requirements.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Words> = scope
        .find::<requirement::Entity>()
        .filter(Column::Id.is_in(requirements))
        .shape(|select| {
            select
                .join(JoinType::InnerJoin, requirement::Relation::Framework.def())
                .select_only()
                .columns([Column::Id, Column::SectionCode, Column::Description])
                .column_as(framework::Column::Name, "framework_name")
                .column_as(framework::Column::Slug, "framework_slug")
        })
        .rows()
        .await?;
    Ok(rows.into_iter().map(|words| (words.id, words)).collect())
}
