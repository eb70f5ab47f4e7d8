//! The strict server refuses what the service would: raw requests against each rule, and what goes wrong on purpose.

mod artifacts;
mod faults;
mod raw;
mod run;
#[path = "../server/mod.rs"]
mod server;
mod stock;
mod sweeps;

use raw::Client;
use serde_json::json;
use server::Server;

/// The rules that were broken so far.
fn rules(server: &Server) -> Vec<String> {
    server.violations().iter().map(|it| it["rule"].as_str().unwrap_or_default().to_owned()).collect()
}

fn start() -> (Server, Client) {
    let server = Server::start().expect("a free port");
    let client = Client::new(server.url());
    (server, client)
}

/// A server with the run `tester/p/r`.
fn with_run() -> (Server, Client) {
    let (server, client) = start();
    assert_eq!(client.upsert(json!({ "name": "r", "project": "p" })).0, 200);
    (server, client)
}
