//! Sweeps: agents get the queued runs in order, one at a time, and runs name sweeps that exist.

use serde_json::{Value, json};

use crate::raw::Client;
use crate::{rules, start};

fn heartbeat(client: &Client, agent: &Value, running: &Value) -> Value {
    let query = "mutation Heartbeat($id: ID!, $runState: JSONString) { agentHeartbeat(input: {id: $id, runState: \
                 $runState}) { agent { id } commands } }";
    let answer = client.graphql(query, &json!({ "id": agent, "runState": running.to_string() })).1;
    let commands = answer["data"]["agentHeartbeat"]["commands"].as_str().unwrap_or("null");
    serde_json::from_str(commands).expect("JSON")
}

#[test]
fn an_agent_gets_the_queued_runs_and_then_the_end() {
    let (server, client) = start();
    server.queue(json!({ "lr": { "value": 0.1 } }));
    server.queue(json!({ "lr": { "value": 0.2 } }));
    let create = "mutation S { upsertSweep(input: {config: \"method: grid\", projectName: \"p\", entityName: \
                  \"tester\"}) { sweep { name config } } }";
    let sweep = client.graphql(create, &json!({})).1["data"]["upsertSweep"]["sweep"].clone();
    assert_eq!(sweep, json!({ "name": "sweep001", "config": "method: grid" }));
    let register = "mutation A { createAgent(input: {host: \"h\", sweep: \"sweep001\"}) { agent { id } } }";
    let agent = client.graphql(register, &json!({})).1["data"]["createAgent"]["agent"]["id"].clone();

    let first = heartbeat(&client, &agent, &json!({}));
    assert_eq!((&first[0]["run_id"], &first[0]["args"]["lr"]["value"]), (&json!("sweep001-1"), &json!(0.1)));
    assert_eq!(heartbeat(&client, &agent, &json!({ "sweep001-1": true })), json!([]), "one at a time");
    assert_eq!(heartbeat(&client, &agent, &json!({}))[0]["args"]["lr"]["value"], 0.2);
    assert_eq!(heartbeat(&client, &agent, &json!({}))[0]["type"], "exit");

    let upsert = |sweep: &str| {
        let query = format!(
            "mutation U {{ upsertBucket(input: {{name: \"r\", modelName: \"p\", sweep: \"{sweep}\"}}) {{ bucket \
             {{ sweepName }} }} }}"
        );
        client.graphql(&query, &json!({})).1
    };
    assert_eq!(upsert("sweep001")["data"]["upsertBucket"]["bucket"]["sweepName"], "sweep001");
    assert!(server.violations().is_empty());
    upsert("other");
    assert_eq!(rules(&server), ["sweep"]);
}
