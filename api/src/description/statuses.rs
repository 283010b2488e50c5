//! Which errors an operation can answer follows from what it takes: a token, a record in the
//! address, a body, parameters. What a handler refuses for reasons of its own, it documents itself.

use serde_json::{Map, Value, json};

use crate::extract::TOKEN_SCOPE;

/// An answer that operations have in common.
struct Standard {
    code: &'static str,
    name: &'static str,
    text: &'static str,
    schemas: &'static [&'static str],
    example: fn() -> Value,
}

const STANDARDS: [Standard; 10] = [
    Standard {
        code: "400",
        name: "Invalid",
        text: "The request cannot be taken as it is: messages by field, or a text for the whole.",
        schemas: &["FieldErrors", "Error", "Refusal"],
        example: || json!({"name": ["This field is required."]}),
    },
    Standard {
        code: "401",
        name: "NotSignedIn",
        text: "Not signed in.",
        schemas: &["Error"],
        example: || {
            let text = "Authentication credentials were not provided.";
            json!({"detail": text, "code": "not_authenticated"})
        },
    },
    Standard {
        code: "403",
        name: "NotAllowed",
        text: "Signed in, but not allowed to do this, or not with this token.",
        schemas: &["Error", "Refusal"],
        example: || {
            let text = "You do not have permission to perform this action.";
            json!({"detail": text, "code": "permission_denied"})
        },
    },
    Standard {
        code: "404",
        name: "NotFound",
        text: "There is no such record, or it is not yours.",
        schemas: &["Error", "Refusal"],
        example: || json!({"detail": "Not found.", "code": "not_found"}),
    },
    Standard {
        code: "409",
        name: "Conflict",
        text: "The state of the record, or a request under way with the same key, forbids this.",
        schemas: &["Refusal", "Error"],
        example: || json!({"error": "The team owns threat models."}),
    },
    Standard {
        code: "410",
        name: "Gone",
        text: "The invitation or link has expired or was revoked.",
        schemas: &["Refusal"],
        example: || json!({"error": "This invitation is no longer valid."}),
    },
    Standard {
        code: "413",
        name: "TooLarge",
        text: "The body is larger than this operation accepts.",
        schemas: &["Error", "Refusal"],
        example: || {
            let text = "The request body is larger than this endpoint accepts.";
            json!({"detail": text, "code": "too_large"})
        },
    },
    Standard {
        code: "415",
        name: "UnsupportedMediaType",
        text: "The body is neither JSON nor a form.",
        schemas: &["Error"],
        example: || {
            let text = "Unsupported media type \"text/plain\" in request.";
            json!({"detail": text, "code": "unsupported_media_type"})
        },
    },
    Standard {
        code: "422",
        name: "KeySpent",
        text: "The `Idempotency-Key` belongs to another request.",
        schemas: &["Error"],
        example: || {
            let text = "This Idempotency-Key was sent with another request.";
            json!({"detail": text, "code": "idempotency_key_reused"})
        },
    },
    Standard {
        code: "5XX",
        name: "Failed",
        text: "Something went wrong on the server. 503 and 504 may be tried again in a moment.",
        schemas: &["Error", "Refusal"],
        example: || {
            let text = "Something went wrong on the server.";
            json!({"detail": text, "code": "error"})
        },
    },
];

/// The shared answers, for `components/responses`.
pub(super) fn components() -> Value {
    STANDARDS.iter().map(|standard| (standard.name.to_owned(), standard.response())).collect()
}

/// A body in which nothing is required may be left out.
pub(super) fn relax_body(operation: &mut Value, schemas: &Value) {
    let Some(body) = operation.get_mut("requestBody") else { return };
    let content = body["content"].as_object().into_iter().flatten();
    let required = content.map(|(_, media)| &media["schema"]).any(|schema| {
        let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
        let schema = name.map_or(schema, |name| &schemas[name]);
        schema["required"].as_array().is_some_and(|names| !names.is_empty())
    });
    body["required"] = required.into();
}

/// The shapes of errors that no type of the API has, for `components/schemas`.
pub(super) fn schemas() -> [(&'static str, Value); 2] {
    let fields = json!({
        "description": "What is wrong, by field. `nonFieldErrors` is about the whole. Fields that \
                        hold lists or objects have an object by position or key.",
        "type": "object",
        "additionalProperties": {"anyOf": [
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object"}]}},
            {"type": "object"},
            {"type": "string"},
        ]},
        "examples": [{"name": ["This field is required."]}],
    });
    let refusal = json!({
        "description": "Why an action was refused.",
        "type": "object",
        "properties": {"error": {"description": "For people.", "type": "string"}},
        "required": ["error"],
        "examples": [{"error": "Pack not associated with this threat model"}],
    });
    [("FieldErrors", fields), ("Refusal", refusal)]
}

/// Adds the answers that follow from what an operation takes.
pub(super) fn complete(path: &str, operation: &mut Value) {
    let expected = expected(path, operation);
    let summary = operation["summary"].clone();
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    responses.remove("default");
    for code in &expected {
        responses.entry(*code).or_insert_with(|| json!({"description": ""}));
    }
    for (code, response) in responses.iter_mut() {
        standardize(code, response, &expected);
        if response.get("description").is_some_and(|text| text == "") {
            response["description"].clone_from(&summary);
        }
    }
    sort(responses);
}

impl Standard {
    fn response(&self) -> Value {
        json!({
            "description": self.text,
            "content": {"application/json": {"schema": self.schema(), "example": (self.example)()}},
        })
    }

    fn schema(&self) -> Value {
        let refs: Vec<Value> = self
            .schemas
            .iter()
            .map(|name| json!({"$ref": format!("#/components/schemas/{name}")}))
            .collect();
        match refs.as_slice() {
            [one] => one.clone(),
            _ => json!({"anyOf": refs}),
        }
    }
}

fn expected(path: &str, operation: &Value) -> Vec<&'static str> {
    let mut codes = vec!["5XX"];
    if operation.get("security").is_some() {
        codes.extend(["401", "403"]);
    }
    if operation[TOKEN_SCOPE] == "write" {
        codes.push("403");
    }
    if operation.get("requestBody").is_some() {
        codes.extend(["400", "413", "415"]);
    }
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key") {
        codes.extend(["400", "409", "422"]);
    }
    let in_query = || parameters.iter().filter(|parameter| parameter["in"] == "query");
    if path.contains('{') || in_query().any(|parameter| parameter["name"] == "page") {
        codes.push("404");
    }
    if in_query().any(|parameter| can_be_refused(&parameter["schema"])) {
        codes.push("400");
    }
    codes
}

/// Whether a parameter has values that no filter knows. Flags that are none are ignored.
fn can_be_refused(schema: &Value) -> bool {
    schema.get("enum").is_some() || schema["type"] == "integer"
}

/// Errors with nothing of their own to say refer to the shared answer; others take its schema, or
/// add theirs where the operation can answer both.
fn standardize(code: &str, response: &mut Value, expected: &[&str]) {
    let Some(standard) = STANDARDS.iter().find(|standard| standard.code == code) else { return };
    let text = response["description"].as_str().unwrap_or_default();
    if text.is_empty() || text == standard.text {
        *response = json!({"$ref": format!("#/components/responses/{}", standard.name)});
        return;
    }
    let schema = &mut response["content"]["application/json"]["schema"];
    if schema.is_null() || schema["$ref"] == "#/components/schemas/Error" {
        response["content"] = standard.response()["content"].take();
        return;
    }
    if expected.contains(&code) {
        *schema = json!({"anyOf": [schema.take(), standard.schema()]});
    }
}

fn sort(responses: &mut Map<String, Value>) {
    let mut sorted: Vec<_> = std::mem::take(responses).into_iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    responses.extend(sorted);
}
