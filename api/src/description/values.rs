//! The values that examples show, by the names of fields.

use serde_json::{Map, Value, json};

/// Fields that examples show as null.
pub(super) const NULLS: [&str; 6] =
    ["next", "previous", "error", "scopeLockedAt", "lastRunAt", "lastSyncAt"];

const MOMENT: &str = "2026-11-23T17:05:00.000000Z";
const KEY: &str = "0198f1c2-6f0b-7cc3-9a53-5d3f0d3b8e11";
const ACCESS_TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.c2lnbmF0dXJl";
const REFRESH_TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl";

/// What things are called, by a word in the name of the field or of what it belongs to. The first
/// word that occurs counts.
const NAMES: [(&str, &str); 42] = [
    ("flowcountermeasure", "TLS 1.3"),
    ("countermeasurestandard", "ASVS V5.3.4"),
    ("countermeasure", "Parameterized queries"),
    ("control", "Parameterized queries"),
    ("threatactor", "Customer"),
    ("threatmodel", "Web shop"),
    ("threat model", "Web shop"),
    ("sharedmodel", "Web shop"),
    ("shared with me", "Web shop"),
    ("referencedmodel", "Payment platform"),
    ("risk", "Customer data is stolen"),
    ("threat", "SQL injection"),
    ("finding", "SQL injection in the search form"),
    ("verification", "Penetration test of the order form"),
    ("orgsystem", "Order management"),
    ("system", "Order management"),
    ("businessunit", "Online retail"),
    ("business unit", "Online retail"),
    ("organization", "Acme"),
    ("membership", "Ada Lovelace"),
    ("team", "Platform"),
    ("magic", "Review by the auditors"),
    ("dataflow", "Place an order"),
    ("data flow", "Place an order"),
    ("flow", "Place an order"),
    ("dataasset", "Customer records"),
    ("data asset", "Customer records"),
    ("asset", "Customer records"),
    ("boundar", "DMZ to internal network"),
    ("zone", "Internal network"),
    ("integration", "Source code scanner"),
    ("requirement", "Output encoding and injection prevention"),
    ("framework", "OWASP ASVS"),
    ("taxonomyentr", "Tampering"),
    ("taxonomy", "STRIDE"),
    ("template", "Three-tier web application"),
    ("dfd", "Overview"),
    ("diagram", "Overview"),
    ("pack", "Web application"),
    ("image", "Network plan"),
    ("component", "Order service"),
    ("scope", "Physical access to the data centre"),
];

/// Texts of fields with these names, whatever they belong to.
const TEXTS: [(&str, &str); 76] = [
    ("access", ACCESS_TOKEN),
    ("accessToken", ACCESS_TOKEN),
    ("actorType", "human"),
    ("author", "Forewarn"),
    ("category", "process"),
    ("classification", "confidential"),
    ("code", "V5.3.4"),
    ("componentRef", "owasp/order-service"),
    ("componentType", "process"),
    ("controlType", "preventive"),
    ("controlTypeDisplay", "Preventive"),
    ("database", "ok"),
    ("detail", "Done."),
    ("dfdId", "1"),
    ("dismissalReason", "The form is not reachable from outside."),
    ("documentationUrl", "https://example.com/docs/"),
    ("domain", "application"),
    ("edgeId", "edge-1"),
    ("email", "ada@example.com"),
    ("encryptionType", "TLS 1.3"),
    ("evidence", "Report of 23 November 2026, section 4"),
    ("evidenceUrl", "https://example.com/reports/42"),
    ("externalId", "CWE-89"),
    ("field", "threats[0].name"),
    ("file", "threats.yaml"),
    ("filename", "network-plan.png"),
    ("firstName", "Ada"),
    ("format", "png"),
    ("frameworkId", "1"),
    ("iconUrl", "https://example.com/icon.svg"),
    ("id", "1"),
    ("imageUrl", "/media/network-plan.png?expires=1795456800&signature=c2lnbmF0dXJl"),
    ("image", "/media/network-plan.png?expires=1795456800&signature=c2lnbmF0dXJl"),
    ("industry", "retail"),
    ("inviteUrl", "https://forewarn.example.com/invite/7Jq2bq0X"),
    ("issuer", "Forewarn"),
    ("key", "7Jq2bq0X"),
    ("kind", "import_pack"),
    ("lastName", "Lovelace"),
    ("message", "Done."),
    ("new_password1", "correct-horse-1843"),
    ("new_password2", "correct-horse-1843"),
    ("nodeId", "node-1"),
    ("old_password", "battery-staple-1815"),
    ("ordering", "name"),
    ("page", "1"),
    ("password", "correct-horse-1843"),
    ("password1", "correct-horse-1843"),
    ("password2", "correct-horse-1843"),
    ("path", "web-application"),
    ("priority", "high"),
    ("protocol", "HTTPS"),
    ("provider", "github"),
    ("queue", "ok"),
    ("reason", "Accepted until the next release."),
    ("refType", "threat"),
    ("refresh", REFRESH_TOKEN),
    ("refreshToken", REFRESH_TOKEN),
    ("relationType", "depends_on"),
    ("repositoryUrl", "https://example.com/packs.git"),
    ("role", "member"),
    ("search", "order"),
    ("sectionCode", "V5.3.4"),
    ("sensitivityOverride", "confidential"),
    ("severity", "high"),
    ("shareUrl", "https://forewarn.example.com/share/7Jq2bq0X"),
    ("signature", "c2lnbmF0dXJl"),
    ("status", "success"),
    ("strideCategory", "Tampering"),
    ("suggestion", "Import the pack stride-taxonomy first."),
    ("tag", "payment"),
    ("threatModelId", "1"),
    ("token", "7Jq2bq0X"),
    ("uid", "MQ"),
    ("version", "1.0.0"),
    ("versionConstraint", ">=1.0.0"),
];

/// Whole numbers of fields with these names.
const INTEGERS: [(&str, i64); 7] = [
    ("port", 443),
    ("expires", 1_795_456_800),
    ("trustLevel", 50),
    ("displayOrder", 0),
    ("attempts", 1),
    ("inherentScore", 75),
    ("residualScore", 40),
];

/// What a text field shows; none for files.
pub(super) fn text(schema: &Map<String, Value>, name: &str, subject: &str) -> Option<Value> {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => MOMENT.to_owned(),
        Some("uuid") => KEY.to_owned(),
        Some("email") => "ada@example.com".to_owned(),
        Some("binary") => return None,
        _ => plain(name, subject),
    };
    let longest = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let text: String = text.chars().take(usize::try_from(longest).unwrap_or(usize::MAX)).collect();
    Some(text.into())
}

fn plain(name: &str, subject: &str) -> String {
    if name == "slug" || name.ends_with("Slug") {
        return slug(&called(name.strip_suffix("Slug").unwrap_or_default(), subject));
    }
    if let Some((_, text)) = TEXTS.iter().find(|(known, _)| *known == name) {
        return (*text).to_owned();
    }
    if name.ends_with("Email") || name == "recipient" {
        return "ada@example.com".to_owned();
    }
    if name.ends_with("At") {
        return MOMENT.to_owned();
    }
    if name.ends_with("Url") || name == "url" {
        return "https://example.com/".to_owned();
    }
    if name.to_lowercase().ends_with("description") || name.ends_with("Text") {
        return "What the next reader should know.".to_owned();
    }
    if name.to_lowercase().ends_with("severity") || name.ends_with("Level") {
        return "high".to_owned();
    }
    called(name, subject)
}

/// What the thing that a field names is called.
fn called(name: &str, subject: &str) -> String {
    let find = |word: &str| {
        let word = word.to_lowercase();
        NAMES.iter().find(|(known, _)| word.contains(known)).map(|(_, text)| (*text).to_owned())
    };
    find(name).or_else(|| find(subject)).unwrap_or_else(|| "Example".to_owned())
}

fn slug(text: &str) -> String {
    text.to_lowercase().chars().map(|one| if one.is_alphanumeric() { one } else { '-' }).collect()
}

/// What an integer field shows, within its limits.
pub(super) fn integer(schema: &Map<String, Value>, name: &str) -> i64 {
    let named = INTEGERS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    let low = schema.get("minimum").and_then(Value::as_i64).unwrap_or(i64::MIN);
    let high = schema.get("maximum").and_then(Value::as_i64).unwrap_or(i64::MAX);
    named.unwrap_or(1).clamp(low, high)
}

/// What a number field shows, within its limits.
pub(super) fn number(schema: &Map<String, Value>, name: &str) -> f64 {
    let named: f64 = if name.ends_with("Percentage") { 87.5 } else { 0.5 };
    let low = schema.get("minimum").and_then(Value::as_f64).unwrap_or(f64::MIN);
    let high = schema.get("maximum").and_then(Value::as_f64).unwrap_or(f64::MAX);
    named.clamp(low, high)
}

/// What a flag shows.
pub(super) fn flag(name: &str) -> bool {
    matches!(
        name,
        "authenticated" | "available" | "encrypted" | "isPublished" | "success" | "dryRun"
    )
}

/// What an object shows as the name of its only entry.
pub(super) fn key(subject: &str) -> String {
    match subject {
        "Counter" => "high".to_owned(),
        "FieldErrors" => "name".to_owned(),
        _ => "node-1".to_owned(),
    }
}

/// What a field of any form shows.
pub(super) fn opaque(name: &str) -> Value {
    match name {
        "canvasData" => json!({
            "nodes": [{
                "id": "node-1",
                "type": "process",
                "position": {"x": 120, "y": 80},
                "data": {"label": "Order service", "componentType": "process"},
            }],
            "edges": [],
            "viewport": {"x": 0, "y": 0, "zoom": 1},
        }),
        "assumptions" => json!([
            {"description": "Backups are encrypted.", "validity": "confirmed", "topics": []},
        ]),
        "scoringMetadata" => json!({"likelihood": 3, "impact": 4}),
        "dataClassification" | "dataSensitivity" | "industrie" | "industries" => json!(["retail"]),
        "tags" | "complianceTags" | "complianceTag" => json!(["payment"]),
        _ => json!({}),
    }
}
