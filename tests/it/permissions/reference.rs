//! What the ids in requests name.
//!
//! A kind is what the address of its collection is called: `threat-models`. An id that is not
//! known here fails the tests, so that none is left out.

use serde_json::Value;

use super::operation::Operation;

/// Numbers that name nothing.
const NUMBERS: [&str; 10] = [
    "auditRetentionDays",
    "displayOrder",
    "expires",
    "expiresInDays",
    "page",
    "port",
    "seed",
    "trials",
    "trustLevel",
    "width",
];

/// Of which kind the record is that a field or a parameter names; none for plain numbers.
pub(super) fn kind<'o>(operation: &'o Operation, name: &str) -> Option<&'o str> {
    let name = camel_case(name);
    if operation.path.ends_with("-member/") || operation.path.ends_with("-member-role/") {
        return Some("movers");
    }
    let known = match name.as_str() {
        "assignedOwner" | "assignedTo" | "owner" | "user" | "userId" | "verifiedBy" => "users",
        "businessUnit" => "business-units",
        "component" | "destComponent" | "parentComponent" | "sourceComponent" | "threatActor" => {
            "components"
        }
        "componentCountermeasure" | "countermeasureId" | "matchedComponentCountermeasure" => {
            "component-countermeasures"
        }
        "componentLibrary" => "component-library",
        "componentThreatId" | "componentThreatIds" | "instanceThreat" => "component-threats",
        "countermeasureLibrary" | "countermeasureLibraryId" => "countermeasure-library",
        "dataAsset" => "data-assets",
        "dataFlow" => "data-flows",
        "flowCountermeasure" | "matchedFlowCountermeasure" => "flow-countermeasures",
        "flowThreat" | "flowThreatId" | "flowThreatIds" => "flow-threats",
        "framework" | "frameworkId" | "frameworkIds" => "frameworks",
        "matchedThreatLibrary" | "threatLibrary" => "threat-library",
        "organization" => "organizations",
        "orgsystem" | "orgsystemId" | "systemId" | "systemIds" => "systems",
        "owningTeam" | "team" => "teams",
        "packId" | "sourcePack" => "packs",
        "referencedModelIds" | "targetModelId" => "referenced-models",
        "threatModel" | "threatModelId" => "threat-models",
        "requirement" => "requirements",
        "sourceIntegration" => "integrations",
        "templateLibrary" => "dfd-templates",
        "trustZone" | "zoneA" | "zoneB" => "trust-zones",
        "orderedIds" | "parent" => operation.kind().expect("a kind of its own"),
        number if NUMBERS.contains(&number) => return None,
        unknown => panic!("{}: what does {unknown} name?", operation.name()),
    };
    Some(known)
}

/// Whether a new record does without this reference, since it would be one to its own kind.
pub(super) fn is_optional(name: &str) -> bool {
    ["parent", "parentComponent"].contains(&name)
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut whole, word| {
        let mut letters = word.chars();
        whole.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        whole.push_str(letters.as_str());
        whole
    })
}

/// A name as query parameters have it.
pub(super) fn snake_case(name: &str) -> String {
    let mut whole = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            whole.push('_');
        }
        whole.push(letter.to_ascii_lowercase());
    }
    whole
}

/// Where the ids are in a body of this schema: as JSON pointers, with the names of their fields.
pub(super) fn positions(document: &Value, schema: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(document, schema, &mut Place::default(), &mut found);
    found.sort();
    found.dedup();
    found
}

#[derive(Clone, Default)]
struct Place {
    pointer: String,
    name: String,
    depth: usize,
}

impl Place {
    fn below(&self, step: &str, name: &str) -> Self {
        let pointer = format!("{}/{step}", self.pointer);
        Self { pointer, name: name.to_owned(), depth: self.depth + 1 }
    }
}

fn collect(document: &Value, schema: &Value, place: &mut Place, found: &mut Vec<(String, String)>) {
    let deepest = 6;
    if place.depth > deepest {
        return;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).expect("a schema");
        place.depth += 1;
        collect(document, target, place, found);
        return;
    }
    let types =
        schema["type"].as_array().map_or(std::slice::from_ref(&schema["type"]), Vec::as_slice);
    if types.iter().any(|name| name == "integer") && !place.name.is_empty() {
        found.push((place.pointer.clone(), place.name.clone()));
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        for part in schema[word].as_array().into_iter().flatten() {
            collect(document, part, &mut place.clone(), found);
        }
    }
    if schema["items"].is_object() {
        let name = place.name.clone();
        collect(document, &schema["items"], &mut place.below("0", &name), found);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        collect(document, member, &mut place.below(name, name), found);
    }
}
