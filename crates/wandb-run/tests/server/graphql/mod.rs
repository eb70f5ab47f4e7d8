//! `POST /graphql`.

pub(crate) mod execute;
mod mutations;
pub(crate) mod objects;
mod parse;
mod run;

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::state::{Refusal, State, refuse};

/// The name of the operation in a request, as far as one can be made out.
pub(crate) fn operation_name(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(name) = body["operationName"].as_str().filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let document = parse::parse(body["query"].as_str().unwrap_or_default()).unwrap_or_default();
    document.operations.first().map(|operation| operation.name.clone()).unwrap_or_default()
}

/// Answers one operation.
pub(crate) fn post(state: &mut State, request: &Request) -> Result<Response, Refusal> {
    let body: Value =
        serde_json::from_slice(&request.body).map_err(|error| refuse("graphql", error.to_string()))?;
    let Some(query) = body["query"].as_str() else {
        return Err(refuse("graphql", format!("no query: {body}")));
    };
    let document = parse::parse(query).map_err(|error| refuse("graphql", format!("{error}: {query}")))?;
    let name = body["operationName"].as_str().unwrap_or_default();
    let operation = document.operations.iter().find(|operation| name.is_empty() || operation.name == name);
    let operation = operation.ok_or_else(|| refuse("graphql", format!("no operation {name:?}: {query}")))?;
    let variables = match body["variables"].clone() {
        Value::Object(variables) => variables,
        Value::Null => serde_json::Map::new(),
        other => return Err(refuse("graphql", format!("variables: {other}"))),
    };
    let data = execute::execute(state, &document, operation, variables).map_err(|refusal| {
        // Only what the server does not know needs its query to be understood.
        let text = if refusal.rule == "graphql" { format!(": {query}") } else { String::new() };
        Refusal { message: format!("{}: {}{text}", operation.name, refusal.message), ..refusal }
    })?;
    Ok(Response::json(200, &json!({ "data": data })))
}
