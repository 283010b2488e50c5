//! A report for programs.

use domain::report::edition::{Cell, Edition, Table};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap as _, SerializeSeq as _},
};
use serde_json::{Value, json};

use super::Progress;

/// Writes all tables, each row as an object.
pub(super) fn write(edition: &Edition, progress: Progress<'_>) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut content);
    document(edition, &mut serializer, progress).map_err(|error| error.to_string())?;
    content.push(b'\n');
    Ok(content)
}

fn document<S: Serializer>(
    edition: &Edition,
    serializer: S,
    progress: Progress<'_>,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("report", &head(edition))?;
    map.serialize_entry("summaryMetrics", &edition.metrics())?;
    for (done, key) in (1..).zip(edition.sections()) {
        for table in edition.tables(*key) {
            map.serialize_entry(&camel_case(table.name), &Rows(&table))?;
        }
        progress(done);
    }
    map.end()
}

fn head(edition: &Edition) -> Value {
    let cover = edition.cover();
    let properties: serde_json::Map<String, Value> = cover
        .properties
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    json!({
        "title": cover.title,
        "kind": cover.kind,
        "type": cover.report_type,
        "subject": cover.subject,
        "organization": cover.organization,
        "generatedAt": cover.made_at,
        "sections": edition.sections(),
        "properties": properties,
    })
}

/// The name of a table in camel case.
fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(1);
        name + &head.to_uppercase() + tail
    })
}

struct Rows<'t>(&'t Table);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for row in &self.0.rows {
            list.serialize_element(&Row(self.0, row))?;
        }
        list.end()
    }
}

struct Row<'t>(&'t Table, &'t [Cell]);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.1.len()))?;
        for (column, cell) in self.0.columns.iter().zip(self.1) {
            map.serialize_entry(column.key, &Bare(cell))?;
        }
        map.end()
    }
}

/// A value without what people need besides.
struct Bare<'c>(&'c Cell);

impl Serialize for Bare<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Cell::Nothing => serializer.serialize_none(),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Number(number) => serializer.serialize_i64(*number),
            Cell::Share(share) => serializer.serialize_f64(*share),
            Cell::Flag(flag) => serializer.serialize_bool(*flag),
            Cell::Word(word) => serializer.serialize_str(&word.text),
            Cell::Lines(_) => serializer.serialize_str(&self.0.plain()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_are_like_other_names() {
        assert_eq!(camel_case("data-flows"), "dataFlows");
        assert_eq!(camel_case("risks"), "risks");
    }
}
