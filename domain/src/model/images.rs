//! Reference images: their rows. The files are in the storage, under the key in the row.

use entity::{Id, reference_image, threat_model, user};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, FromQueryResult, JoinType, Order, QuerySelect, RelationTrait,
};

use super::{connections::column, picture::Picture};
use crate::{Result, Scope, Transaction};

/// An image and who brought it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Image {
    /// The row.
    #[sea_orm(nested)]
    pub row: reference_image::Model,
    /// E-mail address of the uploader, absent when the account is gone.
    pub uploaded_by_email: Option<String>,
}

/// Images of a model by position, then latest first.
pub async fn of_model(model: Id<threat_model::Entity>, scope: Scope<'_>) -> Result<Vec<Image>> {
    use reference_image::Column;
    scope
        .find::<reference_image::Entity>()
        .filter(Column::ThreatModelId.eq(model))
        .order_by(column(Column::DisplayOrder), Order::Asc)
        .order_by(column(Column::CreatedAt), Order::Desc)
        .shape(|select| {
            select
                .join(JoinType::LeftJoin, reference_image::Relation::UploadedBy.def())
                .column_as(user::Column::Email, "uploaded_by_email")
        })
        .rows()
        .await
}

/// Adds to rows who brought them, in one statement.
pub async fn with_uploaders(
    rows: Vec<reference_image::Model>,
    scope: Scope<'_>,
) -> Result<Vec<Image>> {
    let people = scope.people(rows.iter().filter_map(|row| row.uploaded_by_id)).await?;
    let image = |row: reference_image::Model| Image {
        uploaded_by_email: row
            .uploaded_by_id
            .and_then(|user| people.get(&user))
            .map(|person| person.email.clone()),
        row,
    };
    Ok(rows.into_iter().map(image).collect())
}

/// What an uploader says about an image.
#[derive(Clone, Debug)]
pub struct Caption {
    /// The name of the file.
    pub filename: String,
    /// What is to be seen.
    pub description: String,
}

/// Adds an image whose file is in the storage under `key`.
pub async fn add(
    model: &threat_model::Model,
    caption: Caption,
    picture: &Picture,
    key: &str,
    transaction: &Transaction<'_>,
) -> Result<reference_image::Model> {
    let mut row = reference_image::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(model.id),
        filename: Set(caption.filename),
        description: Set(caption.description),
        display_order: Set(0),
        uploaded_by_id: Set(transaction.actor().user()),
        ..Default::default()
    };
    show(&mut row, picture, key);
    transaction.insert(row).await
}

/// Lets a row name another file.
pub fn show(row: &mut reference_image::ActiveModel, picture: &Picture, key: &str) {
    row.storage_key = Set(key.to_owned());
    row.content_type = Set(picture.format.content_type().to_owned());
    row.byte_size = Set(i64::try_from(picture.content.len()).unwrap_or(i64::MAX));
    row.width = Set(i32::try_from(picture.width).unwrap_or(i32::MAX));
    row.height = Set(i32::try_from(picture.height).unwrap_or(i32::MAX));
}
