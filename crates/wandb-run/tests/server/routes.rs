//! What lies where on the server, and who may ask for it.
//!
//! Beside the service's own paths there are those for tests: `GET /state`, `/state/violations`,
//! `/state/run/ENTITY/PROJECT/ID`, `/state/normalised/…`, `/state/file/…/NAME`, `POST /control/fail?…`, `/control/heal`, `/control/queue`.

use serde_json::json;

use super::faults::Faults;
use super::http::{Request, Response};
use super::state::{Refusal, RunKey, refuse};
use super::{Shared, file_stream, graphql, snapshot, storage};

impl Shared {
    /// Carries out one request.
    pub(super) fn answer(&self, request: &Request, segments: &[String]) -> Response {
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let result = match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["state"]) => return Response::json(200, &self.snapshot()),
            ("GET", ["state", "violations"]) => return Response::json(200, &self.violations().into()),
            ("GET", ["state", "run", entity, project, id]) => {
                return Response::json(200, &self.run(entity, project, id));
            }
            ("GET", ["state", "normalised", entity, project, id]) => {
                return Response::json(200, &self.normalised(entity, project, id));
            }
            ("GET", ["state", "file", entity, project, id, name]) => {
                return match self.file(entity, project, id, name) {
                    Some(bytes) => Response::bytes(bytes),
                    None => Response::json(404, &json!({ "error": format!("no file {name}") })),
                };
            }
            // The stock client counts its own calls here; nothing follows from it.
            ("POST", ["sdk", "otel", "v1", "metrics" | "logs"]) => return Response::bytes(Vec::new()),
            ("POST", ["control", "queue"]) => {
                return match serde_json::from_slice(&request.body) {
                    Ok(arguments) => {
                        self.queue(arguments);
                        Response::json(200, &json!({}))
                    }
                    Err(error) => Response::json(400, &json!({ "error": error.to_string() })),
                };
            }
            ("POST", ["control", "heal"]) => {
                self.heal();
                return Response::json(200, &json!({}));
            }
            ("POST", ["control", "fail"]) => match Faults::from_query(&request.query) {
                Ok(faults) => {
                    self.fail(faults);
                    return Response::json(200, &json!({}));
                }
                Err(error) => return Response::json(400, &json!({ "error": error })),
            },
            ("POST", ["graphql"]) => {
                let mut state = self.state();
                admitted(request).and_then(|()| graphql::post(&mut state, request))
            }
            ("POST", ["files", entity, project, id, "file_stream"]) => {
                let key = RunKey::new(entity, project, id);
                let mut state = self.state();
                admitted(request).and_then(|()| file_stream::post(&mut state, &key, request))
            }
            (_, ["storage", ..]) => storage::answer(&mut self.state(), request),
            (method, _) => Err(Refusal {
                status: 404,
                rule: "unknown-path",
                message: format!("{method} {}?{}", request.path, request.query),
            }),
        };
        result.unwrap_or_else(|refusal| {
            let Refusal { status, rule, message } = refusal;
            self.state().violated(rule, message.clone());
            Response::json(status, &json!({ "error": message, "errors": [{ "message": message }] }))
        })
    }
}

/// Basic, the user `api`, a key that is as long as real ones, and JSON as it is.
fn admitted(request: &Request) -> Result<(), Refusal> {
    let header = request.header("authorization").and_then(snapshot::credentials);
    match header {
        Some((user, key)) if user == "api" && key.len() >= 40 => {}
        other => {
            let message = format!("{}: no valid key ({})", request.path, other.map_or("none", |_| "another"));
            return Err(Refusal { status: 401, rule: "auth", message });
        }
    }
    if let Some(encoding) = request.header("content-encoding") {
        return Err(refuse("content-type", format!("{}: encoded as {encoding}", request.path)));
    }
    match request.header("content-type").and_then(|kind| kind.split(';').next()) {
        Some("application/json") => Ok(()),
        other => Err(refuse("content-type", format!("{}: {other:?} is no JSON", request.path))),
    }
}
