//! The generic handlers in the API document.

use aide::{
    generate::in_context,
    openapi::{
        MediaType, Parameter, ParameterData, ParameterSchemaOrContent, QueryStyle, ReferenceOr,
        RequestBody, Response, SchemaObject, StatusCode,
    },
    transform::TransformOperation,
};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::{Page, Paging, Resource};
use crate::{error::Problem, input, input::Mode};

/// An operation that is being described.
pub type Doc<'t> = TransformOperation<'t>;

/// Describes how records are listed.
pub fn list<R: Resource>(operation: Doc<'_>) -> Doc<'_> {
    let mut operation = describe(operation, &format!("list{}", plural(R::NAME)), R::TAG)
        .summary(&format!("List: {}", R::TAG));
    for filter in R::FILTERS {
        operation = query_parameter(operation, filter.name, "Only these.", filter.schema());
    }
    for (name, meaning) in R::NARROWING {
        operation = query_parameter(operation, name, meaning, json!({"type": "string"}));
    }
    if !R::SEARCH.is_empty() {
        let text = "Words that must all occur, ignoring case. Quotes keep a phrase together.";
        operation = query_parameter(operation, "search", text, json!({"type": "string"}));
    }
    if !R::ORDERING.is_empty() {
        let names: Vec<_> = R::ORDERING.iter().map(|sort| sort.name).collect();
        let text = format!("One or more of {}; `-` in front reverses.", names.join(", "));
        let example = names.first().map(|name| format!("-{name}"));
        let schema = json!({"type": "string", "examples": [example]});
        operation = query_parameter(operation, "ordering", &text, schema);
    }
    if R::PAGING == Paging::Pages {
        return answer::<Page<R::Item>>(page_parameter(operation), 200, "One page.");
    }
    answer::<Vec<R::Item>>(operation, 200, "All records.")
}

/// A name as many of its kind are called.
fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{name}s"),
    }
}

/// Describes how a record is made.
pub fn create<R: Resource>(operation: Doc<'_>) -> Doc<'_> {
    let operation = describe(operation, &format!("create{}", R::NAME), R::TAG)
        .summary(&format!("Create: {}", R::TAG));
    let mut schema = input::schema(R::FIELDS, Mode::Create);
    if let Some(parent) = R::PARENT {
        demand(&mut schema, parent);
    }
    answer::<R::View>(body_schema(operation, schema), 201, "Created.")
}

/// Adds a required id to the schema of a body.
fn demand(schema: &mut Schema, name: &str) {
    let members = schema.ensure_object();
    members["properties"][name] = json!({"type": "integer", "format": "int64"});
    let required = members.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        required.push(json!(name));
    }
}

/// Describes how one record is read.
pub fn retrieve<R: Resource>(operation: Doc<'_>) -> Doc<'_> {
    describe(operation, &format!("get{}", R::NAME), R::TAG).summary(&format!("Read: {}", R::TAG))
}

/// Describes how a record is replaced.
pub fn replace<R: Resource>(operation: Doc<'_>) -> Doc<'_> {
    let operation = describe(operation, &format!("replace{}", R::NAME), R::TAG)
        .summary(&format!("Replace: {}", R::TAG));
    body_schema(operation, input::schema(R::FIELDS, Mode::Replace))
}

/// Describes how a record is changed.
pub fn change<R: Resource>(operation: Doc<'_>) -> Doc<'_> {
    let operation = describe(operation, &format!("change{}", R::NAME), R::TAG)
        .summary(&format!("Change: {}", R::TAG));
    body_schema(operation, input::schema(R::FIELDS, Mode::Change))
}

/// Describes how a record is deleted.
pub fn delete<R: Resource>(operation: Doc<'_>) -> Doc<'_> {
    describe(operation, &format!("delete{}", R::NAME), R::TAG)
        .summary(&format!("Delete: {}", R::TAG))
        .response_with::<204, (), _>(|response| response.description("Deleted."))
}

/// Names an operation and puts it into a group.
pub fn describe<'t>(operation: Doc<'t>, id: &str, tag: &str) -> Doc<'t> {
    operation.id(id).tag(tag)
}

/// Documents that the answer is a file of one of the media types.
pub fn answer_file<'t>(mut operation: Doc<'t>, kinds: &[&str], text: &str) -> Doc<'t> {
    let schema = Schema::try_from(json!({"type": "string", "format": "binary"}));
    let schema = schema.unwrap_or_default();
    let media = MediaType {
        schema: Some(SchemaObject { json_schema: schema, external_docs: None, example: None }),
        ..MediaType::default()
    };
    let response = Response {
        description: text.to_owned(),
        content: kinds.iter().map(|kind| ((*kind).to_owned(), media.clone())).collect(),
        ..Response::default()
    };
    let responses = operation.inner_mut().responses.get_or_insert_default();
    responses.responses.insert(StatusCode::Code(200), ReferenceOr::Item(response));
    operation
}

/// Documents a body of the shape `T`, accepted in camel or snake case.
pub fn json_body<T: JsonSchema>(operation: Doc<'_>) -> Doc<'_> {
    let schema = in_context(|context| context.schema.subschema_for::<T>());
    body_schema(operation, schema)
}

fn body_schema(mut operation: Doc<'_>, schema: Schema) -> Doc<'_> {
    let media = |schema: &Schema| MediaType {
        schema: Some(SchemaObject {
            json_schema: schema.clone(),
            external_docs: None,
            example: None,
        }),
        ..MediaType::default()
    };
    let content = ["application/json", "application/x-www-form-urlencoded"]
        .into_iter()
        .map(|kind| (kind.to_owned(), media(&schema)))
        .collect();
    let body = RequestBody { required: true, content, ..RequestBody::default() };
    operation.inner_mut().request_body = Some(ReferenceOr::Item(body));
    operation
}

/// Documents a query parameter.
pub fn query_parameter<'t>(
    mut operation: Doc<'t>,
    name: &str,
    description: &str,
    schema: Value,
) -> Doc<'t> {
    let schema = Schema::try_from(schema).unwrap_or_default();
    let parameter_data = ParameterData {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: false,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(SchemaObject {
            json_schema: schema,
            external_docs: None,
            example: None,
        }),
        example: None,
        examples: indexmap::IndexMap::default(),
        explode: None,
        extensions: indexmap::IndexMap::default(),
    };
    let parameter = Parameter::Query {
        parameter_data,
        allow_reserved: false,
        style: QueryStyle::Form,
        allow_empty_value: None,
    };
    operation.inner_mut().parameters.push(ReferenceOr::Item(parameter));
    operation
}

/// Documents the number of the page.
pub fn page_parameter(operation: Doc<'_>) -> Doc<'_> {
    let text = "Number of the page, starting at 1, or `last`.";
    let schema = json!({"type": "string", "pattern": "^([1-9][0-9]*|last)$", "examples": ["1"]});
    query_parameter(operation, "page", text, schema)
}

/// Documents that an operation refuses for a reason of its own. Refusals that follow from what
/// an operation takes need not be documented.
pub fn refusal<'t>(operation: Doc<'t>, code: u16, text: &str) -> Doc<'t> {
    answer::<Problem>(operation, code, text)
}

/// Documents an answer in JSON.
pub fn answer<'t, T: JsonSchema>(mut operation: Doc<'t>, code: u16, text: &str) -> Doc<'t> {
    let schema = in_context(|context| context.schema.subschema_for::<T>());
    set_answer(&mut operation, code, text, schema);
    operation
}

fn set_answer(operation: &mut Doc<'_>, code: u16, text: &str, schema: Schema) {
    let media = MediaType {
        schema: Some(SchemaObject { json_schema: schema, external_docs: None, example: None }),
        ..MediaType::default()
    };
    let response = Response {
        description: text.to_owned(),
        content: [("application/json".to_owned(), media)].into_iter().collect(),
        ..Response::default()
    };
    let responses = operation.inner_mut().responses.get_or_insert_default();
    responses.responses.insert(StatusCode::Code(code), ReferenceOr::Item(response));
}
