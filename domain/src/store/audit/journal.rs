//! What a transaction has changed so far: counts for every table, and some rows with the values
//! before and after.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use entity::{Id, Reach, Tenanted, organization};
use indexmap::IndexMap;
use sea_orm::{
    EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, Value,
    sea_query::sea_value_to_json_value,
};
use serde_json::{Map, Value as Json, json};

/// Rows of one table that an entry shows; of more, only the number is noted.
pub(in crate::store) const LARGEST_SMALL_CHANGE: usize = 20;

/// Letters of a value that an entry shows.
const LONGEST_VALUE: usize = 300;

/// Stands for values that must not be read by others.
const HIDDEN: &str = "(hidden)";

/// Parts of the names of columns whose values are hidden.
const SECRETS: [&str; 6] = ["password", "token", "secret", "hash", "encrypted", "fingerprint"];

/// Columns that say nothing that the entry does not say anyway.
const SELF_EVIDENT: [&str; 3] = ["created_at", "updated_at", "organization_id"];

/// The log of changes that concern no organization.
const NOBODY: i64 = 0;

/// What has been changed so far.
#[derive(Debug, Default)]
pub(in crate::store) struct Journal {
    changes: BTreeMap<i64, IndexMap<&'static str, Changes>>,
    targets: BTreeMap<i64, Target>,
}

#[derive(Debug, Default)]
struct Changes {
    added: u64,
    changed: u64,
    removed: u64,
    rows: Vec<Json>,
}

/// The first row that was changed.
#[derive(Clone, Debug)]
struct Target {
    table: &'static str,
    key: Option<String>,
    threat_model: Option<i64>,
}

/// What an entry says about one organization.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) organization: Id<organization::Entity>,
    pub(super) target_type: Option<String>,
    pub(super) target_id: Option<String>,
    pub(super) threat_model: Option<i64>,
    pub(super) changes: Json,
}

impl Noted {
    pub(super) fn nothing(organization: Id<organization::Entity>) -> Self {
        Self {
            organization,
            target_type: None,
            target_id: None,
            threat_model: None,
            changes: Json::Object(Map::new()),
        }
    }
}

impl Journal {
    /// Rows of a tenant that were added.
    pub(in crate::store) fn added<E: Tenanted>(&mut self, rows: &[E::Model]) {
        for row in rows {
            let place = place_of::<E>(row);
            self.note::<E>(place, |changes| {
                changes.added += 1;
                changes.show(|| json!({"id": key::<E>(row), "after": image::<E>(row)}));
            });
        }
    }

    /// Rows of a tenant that were removed.
    pub(in crate::store) fn removed<E: Tenanted>(&mut self, rows: &[E::Model]) {
        for row in rows {
            let place = place_of::<E>(row);
            self.note::<E>(place, |changes| {
                changes.removed += 1;
                changes.show(|| json!({"id": key::<E>(row), "before": image::<E>(row)}));
            });
        }
    }

    /// Rows of a tenant as they were and as they are, in any order.
    pub(in crate::store) fn changed<E: Tenanted>(
        &mut self,
        before: &[E::Model],
        after: &[E::Model],
    ) {
        let mut old: BTreeMap<String, &E::Model> =
            before.iter().map(|row| (key::<E>(row), row)).collect();
        for row in after {
            let before = old.remove(&key::<E>(row));
            let place = place_of::<E>(row);
            self.note::<E>(place, |changes| {
                changes.changed += 1;
                changes.show(|| difference::<E>(before, row));
            });
        }
    }

    /// Many rows of a tenant that were changed; the values of one of them tell whose they are.
    pub(in crate::store) fn changed_many<E: Tenanted>(
        &mut self,
        sample: impl Fn(E::Column) -> Option<Value>,
        number: u64,
        columns: &[&str],
    ) {
        let place = place::<E>(sample);
        self.note::<E>(place, |changes| {
            changes.changed += number;
            changes.rows.push(json!({"number": number, "columns": columns}));
        });
    }

    /// A row that belongs to no organization, or to one that is known otherwise.
    pub(in crate::store) fn row_added<E: EntityTrait>(
        &mut self,
        organization: Option<Id<organization::Entity>>,
        row: &E::Model,
    ) {
        self.note::<E>(whose(organization, key::<E>(row)), |changes| {
            changes.added += 1;
            changes.show(|| json!({"id": key::<E>(row), "after": image::<E>(row)}));
        });
    }

    /// A row that belongs to no organization, as it was and as it is.
    pub(in crate::store) fn row_changed<E: EntityTrait>(
        &mut self,
        before: &E::Model,
        after: &E::Model,
    ) {
        self.note::<E>(whose(None, key::<E>(after)), |changes| {
            changes.changed += 1;
            changes.show(|| difference::<E>(Some(before), after));
        });
    }

    /// A row that belongs to no organization, and is gone.
    pub(in crate::store) fn row_removed<E: EntityTrait>(&mut self, row: &E::Model) {
        self.note::<E>(whose(None, key::<E>(row)), |changes| {
            changes.removed += 1;
            changes.show(|| json!({"id": key::<E>(row), "before": image::<E>(row)}));
        });
    }

    /// So many rows that belong to no organization, or to one that is known otherwise, were
    /// changed.
    pub(in crate::store) fn number_changed<E: EntityTrait>(
        &mut self,
        organization: Option<Id<organization::Entity>>,
        key: Option<String>,
        number: u64,
    ) {
        self.counted::<E>(organization, key, number, |changes| &mut changes.changed);
    }

    /// So many rows, of which no more is known, were added.
    pub(in crate::store) fn number_added<E: EntityTrait>(
        &mut self,
        organization: Option<Id<organization::Entity>>,
        key: Option<String>,
        number: u64,
    ) {
        self.counted::<E>(organization, key, number, |changes| &mut changes.added);
    }

    /// So many rows that belong to no organization were removed.
    pub(in crate::store) fn number_removed<E: EntityTrait>(
        &mut self,
        key: Option<String>,
        number: u64,
    ) {
        self.counted::<E>(None, key, number, |changes| &mut changes.removed);
    }

    fn counted<E: EntityTrait>(
        &mut self,
        organization: Option<Id<organization::Entity>>,
        key: Option<String>,
        number: u64,
        counter: fn(&mut Changes) -> &mut u64,
    ) {
        if number == 0 {
            return;
        }
        let place = Place { organization, key, threat_model: None };
        self.note::<E>(place, |changes| *counter(changes) += number);
    }

    /// In whose logs there will be an entry.
    pub(in crate::store) fn organizations(&self) -> Vec<i64> {
        let alone = self.changes.len() == 1;
        self.changes.keys().copied().filter(|key| alone || *key != NOBODY).collect()
    }

    /// What every organization is told. What belongs to nobody is told to all who are concerned,
    /// and kept in a log of its own only if nobody is.
    pub(super) fn by_organization(mut self) -> Vec<Noted> {
        if self.changes.len() > 1
            && let Some(nobody) = self.changes.remove(&NOBODY)
        {
            let shown: Vec<(&str, Json)> =
                nobody.into_iter().map(|(table, changes)| (table, changes.into_json())).collect();
            return self.noted(&shown);
        }
        self.noted(&[])
    }

    fn noted(self, more: &[(&str, Json)]) -> Vec<Noted> {
        let Self { changes, targets } = self;
        let noted = changes.into_iter().map(|(organization, tables)| {
            let target = targets.get(&organization).cloned();
            let mut shown: Map<String, Json> = tables
                .into_iter()
                .map(|(table, changes)| (table.to_owned(), changes.into_json()))
                .collect();
            shown.extend(more.iter().map(|(table, json)| ((*table).to_owned(), json.clone())));
            Noted {
                organization: Id::trusted(organization),
                target_type: target.as_ref().map(|target| target.table.to_owned()),
                target_id: target.as_ref().and_then(|target| target.key.clone()),
                threat_model: target.and_then(|target| target.threat_model),
                changes: Json::Object(shown),
            }
        });
        noted.collect()
    }

    fn note<E: EntityTrait>(&mut self, place: Place, count: impl FnOnce(&mut Changes)) {
        let organization = place.organization.map_or(NOBODY, Id::key);
        let table = table::<E>();
        self.targets.entry(organization).or_insert(Target {
            table,
            key: place.key,
            threat_model: place.threat_model,
        });
        count(self.changes.entry(organization).or_default().entry(table).or_default());
    }
}

struct Place {
    organization: Option<Id<organization::Entity>>,
    key: Option<String>,
    threat_model: Option<i64>,
}

fn place_of<E: Tenanted>(row: &E::Model) -> Place {
    place::<E>(|column| Some(row.get(column)))
}

/// Where a row belongs, by its values.
fn place<E: Tenanted>(value: impl Fn(E::Column) -> Option<Value>) -> Place {
    let number = |column: E::Column| match value(column) {
        Some(Value::BigInt(number)) => number,
        _ => None,
    };
    let key = value(E::key_column()).map(|key| text(&key));
    let threat_model = match E::REACH {
        _ if table::<E>() == "threat_model" => key.as_ref().and_then(|key| key.parse().ok()),
        Reach::ThreatModel(column) => number(column),
        Reach::Organization => column_named::<E>("threat_model_id").and_then(number),
    };
    Place { organization: number(E::ORGANIZATION).map(Id::trusted), key, threat_model }
}

fn whose(organization: Option<Id<organization::Entity>>, key: String) -> Place {
    Place { organization, key: Some(key), threat_model: None }
}

impl Changes {
    fn show(&mut self, row: impl FnOnce() -> Json) {
        if self.rows.len() < LARGEST_SMALL_CHANGE {
            self.rows.push(row());
        }
    }

    fn into_json(self) -> Json {
        let Self { added, changed, removed, rows } = self;
        let mut shown = Map::new();
        for (name, number) in [("added", added), ("changed", changed), ("removed", removed)] {
            if number > 0 {
                shown.insert(name.to_owned(), number.into());
            }
        }
        // Of many rows a few prove nothing; they would only make the log larger.
        if added + changed + removed <= LARGEST_SMALL_CHANGE as u64
            || rows.iter().any(|row| row.get("number").is_some())
        {
            shown.insert("rows".to_owned(), rows.into());
        }
        Json::Object(shown)
    }
}

fn table<E: EntityTrait>() -> &'static str {
    E::default().as_str()
}

fn key<E: EntityTrait>(row: &E::Model) -> String {
    let column = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
    column.map(|column| text(&row.get(column))).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match sea_value_to_json_value(value) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn column_named<E: EntityTrait>(name: &str) -> Option<E::Column> {
    E::Column::iter().find(|column| column.as_str() == name)
}

/// The values of a row but for those that are empty or self-evident.
fn image<E: EntityTrait>(row: &E::Model) -> Json {
    let values = E::Column::iter().filter_map(|column| {
        let name = column.as_str();
        let value = shown(name, &row.get(column));
        let told = !SELF_EVIDENT.contains(&name) && !value.is_null() && value != "";
        told.then(|| (name.to_owned(), value))
    });
    Json::Object(values.collect())
}

/// The values that differ.
fn difference<E: EntityTrait>(before: Option<&E::Model>, after: &E::Model) -> Json {
    let Some(before) = before else {
        return json!({"id": key::<E>(after), "after": image::<E>(after)});
    };
    let (mut old, mut new) = (Map::new(), Map::new());
    for column in E::Column::iter().filter(|column| !SELF_EVIDENT.contains(&column.as_str())) {
        let (was, is) = (before.get(column), after.get(column));
        if was != is {
            old.insert(column.as_str().to_owned(), shown(column.as_str(), &was));
            new.insert(column.as_str().to_owned(), shown(column.as_str(), &is));
        }
    }
    json!({"id": key::<E>(after), "before": old, "after": new})
}

fn shown(column: &str, value: &Value) -> Json {
    let value = match value {
        Value::ChronoDateTimeUtc(Some(moment)) => {
            moment.to_rfc3339_opts(SecondsFormat::Micros, true).into()
        }
        other => sea_value_to_json_value(other),
    };
    if SECRETS.iter().any(|part| column.contains(part)) && !value.is_null() && value != "" {
        return HIDDEN.into();
    }
    match value {
        Json::String(text) if text.len() > LONGEST_VALUE => {
            let start: String = text.chars().take(LONGEST_VALUE).collect();
            format!("{start}… ({} letters)", text.chars().count()).into()
        }
        other => other,
    }
}
