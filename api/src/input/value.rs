//! One value at a time. Each function answers the value or what is wrong with it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound, Utc};
use serde_json::Value;

type Read<T> = Result<T, String>;

/// A text, trimmed. Numbers are taken as text.
pub fn read_text(value: &Value) -> Read<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err("Not a valid string.".to_owned()),
    };
    if text.contains('\0') {
        return Err("Null characters are not allowed.".to_owned());
    }
    Ok(text)
}

/// A whole number, also as a text of digits.
pub fn read_integer(value: &Value) -> Read<i64> {
    let found = match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    found.ok_or_else(|| "A valid integer is required.".to_owned())
}

#[expect(clippy::cast_possible_truncation, reason = "whole and in range, as checked")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// A number, also as a text.
pub fn read_number(value: &Value) -> Read<f64> {
    let found = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    found
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| "A valid number is required.".to_owned())
}

/// A flag: true, false, 0, 1 or one of the usual words.
pub fn read_flag(value: &Value) -> Read<bool> {
    let wrong = || "Must be a valid boolean.".to_owned();
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Ok(false),
            Some(1.0) => Ok(true),
            _ => Err(wrong()),
        },
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// A moment in ISO 8601. Without an offset it is taken as UTC.
pub fn read_date_time(value: &Value) -> Read<DateTime<Utc>> {
    let wrong = || {
        "Datetime has wrong format. Use one of these formats instead: \
         YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
            .to_owned()
    };
    let Value::String(text) = value else { return Err(wrong()) };
    let text = text.trim();
    let moment = DateTime::parse_from_rfc3339(text)
        .map(|moment| moment.to_utc())
        .ok()
        .or_else(|| {
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
                .map(|moment| moment.and_utc())
        })
        .or_else(|| {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Some(day.and_hms_opt(0, 0, 0)?.and_utc())
        });
    moment.map(|moment| moment.trunc_subsecs(6)).ok_or_else(wrong)
}

/// The key of a record, also as a text of digits.
pub fn read_key(value: &Value) -> Read<i64> {
    let found = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    found.ok_or_else(|| format!("Incorrect type. Expected pk value, received {}.", kind(value)))
}

/// A list of keys.
pub fn read_keys(value: &Value) -> Read<Vec<i64>> {
    match value {
        Value::Array(list) => list.iter().map(read_key).collect(),
        other => Err(format!("Expected a list of items but got type \"{}\".", kind(other))),
    }
}

/// The type of a value, for messages.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
