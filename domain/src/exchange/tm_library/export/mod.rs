//! From a threat model to a document.

mod head;
mod names;
mod parts;
mod records;
mod threats;

use entity::{Names, threat_model};
use serde_json::Value;

use super::source::Object;
use crate::{Result, Scope, report::analysis};
use records::Records;

/// A model as a document, in a fixed number of statements, with its name.
pub async fn export(
    scope: Scope<'_>,
    model: impl Names<threat_model::Entity>,
) -> Result<(String, Value)> {
    let model = scope.get::<threat_model::Entity>(model.id()).await?;
    let (analysis, records) =
        tokio::try_join!(analysis::analysis(scope, model.id), Records::of(model.id, scope))?;
    let mut document = head::head(&model);
    let structure = parts::Structure::of(&model, &records);
    structure.write(&records, &mut document);
    threats::write(&analysis, &records, &structure, &model, &mut document);
    head::complete(&model, &mut document);
    Ok((model.name, Value::Object(document)))
}

/// The name of the file for a model: small letters, blanks become hyphens.
pub fn file_name(model: &str) -> String {
    let name: String = model
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_whitespace() { '-' } else { letter })
        .filter(|letter| letter.is_ascii_alphanumeric() || "-_.()+".contains(*letter))
        .collect();
    format!("{name}-threat-model.json")
}

/// Adds members that are not there.
fn add_missing(object: &mut Object, more: Option<&Object>) {
    for (name, value) in more.into_iter().flatten() {
        if !object.contains_key(name) {
            object.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn file_names_need_no_quoting() {
        assert_eq!(file_name("Small Shop"), "small-shop-threat-model.json");
        assert_eq!(file_name("a\"b\\c/d\n"), "abcd--threat-model.json");
    }
}
