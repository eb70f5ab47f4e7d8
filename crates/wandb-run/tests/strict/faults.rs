//! What goes wrong on purpose does so as often as it should, and leaves the state that it should.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::raw::{self, KEY};
use crate::server::Server;
use crate::server::faults::{Fault, Faults, On};
use crate::with_run;

fn line(offset: u64) -> Value {
    let row = json!({ "_step": offset }).to_string();
    json!({ "files": { "wandb-history.jsonl": { "offset": offset, "content": [row] } } })
}

fn lines(server: &Server) -> usize {
    server.run("tester", "p", "r")["history"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_status_comes_as_often_as_said_and_where_said() {
    let (server, client) = with_run();
    server.fail(Faults::new(Fault::Status(503)).on(On::FileStream).after(1).times(2));
    server.fail(Faults::new(Fault::Status(401)).on(On::Operation("Viewer".to_owned())).times(1));
    let statuses: Vec<u16> = (0..4).map(|_| client.stream(&json!({})).0).collect();
    assert_eq!(statuses, [200, 503, 503, 200]);
    assert_eq!(client.graphql("query Other { viewer { id } }", &json!({})).0, 200);
    assert_eq!(client.graphql("query Viewer { viewer { id } }", &json!({})).0, 401);
    assert_eq!(client.graphql("query Viewer { viewer { id } }", &json!({})).0, 200);
    // A fault is the server's and no violation of the client's.
    assert!(server.violations().is_empty());
}

#[test]
fn a_fault_lasts_until_its_time_is_over_or_the_server_heals() {
    let (server, client) = with_run();
    server.fail(Faults::new(Fault::Status(500)).lasting(Duration::ZERO));
    assert_eq!(client.stream(&json!({})).0, 200);
    server.fail(Faults::new(Fault::Status(500)).on(On::GraphQl));
    assert_eq!(client.graphql("{ viewer { id } }", &json!({})).0, 500);
    assert_eq!(client.stream(&json!({})).0, 200);
    server.heal();
    assert_eq!(client.graphql("{ viewer { id } }", &json!({})).0, 200);
}

#[test]
fn too_many_requests_says_when_to_come_again() {
    let (server, client) = with_run();
    server.fail(Faults::new(Fault::TooMany(7)).times(1));
    let (status, head, _) =
        client.exchange("POST", "/graphql", &[("Authorization", &raw::basic("api", KEY))], b"{}");
    assert_eq!(status, 429);
    assert!(head.contains("Retry-After: 7"), "{head}");
}

#[test]
fn a_redirect_names_the_other_place() {
    let (server, client) = with_run();
    server.fail(Faults::new(Fault::Redirect("http://elsewhere.example".to_owned())).times(1));
    let (status, head, _) = client.exchange("POST", "/graphql", &[], b"{}");
    assert_eq!(status, 307);
    assert!(head.contains("Location: http://elsewhere.example/graphql"), "{head}");
}

#[test]
fn a_lost_answer_may_be_asked_for_again() {
    for fault in [Fault::AnswerLost, Fault::AnswerCut] {
        let (server, client) = with_run();
        server.fail(Faults::new(fault).on(On::FileStream).times(1));
        assert_eq!(client.stream(&line(0)).0, 0);
        assert_eq!(lines(&server), 1, "it was carried out");
        assert_eq!(client.stream(&line(0)).0, 200, "and may be said again");
        assert_eq!(lines(&server), 1, "but counts once");
        assert_eq!(server.run("tester", "p", "r")["repeated"], 1);
        assert!(server.violations().is_empty());
    }
}

#[test]
fn after_a_lost_answer_old_lines_may_come_with_new_ones_but_not_change() {
    let (server, client) = with_run();
    server.fail(Faults::new(Fault::AnswerLost).on(On::FileStream).times(1));
    assert_eq!(client.stream(&line(0)).0, 0);
    let rows = |zero: &str| json!({ "files": { "wandb-history.jsonl": { "offset": 0, "content": [zero, r#"{"_step":1}"#] } } });
    assert_eq!(client.stream(&rows(r#"{"_step":0,"x":1}"#)).0, 400);
    assert_eq!(client.stream(&rows(r#"{"_step":0}"#)).0, 200);
    assert_eq!(lines(&server), 2);
    assert_eq!(client.stream(&rows(r#"{"_step":0}"#)).0, 400, "this answer was not lost");
}

#[test]
fn a_reset_leaves_nothing_behind() {
    let (server, client) = with_run();
    server.fail(Faults::new(Fault::Reset).on(On::FileStream).times(1));
    assert_eq!(client.stream(&line(0)).0, 0);
    assert_eq!(lines(&server), 0);
    assert_eq!(client.stream(&line(0)).0, 200);
}

#[test]
fn silence_lasts_until_the_server_heals() {
    let (server, client) = with_run();
    server.fail(Faults::new(Fault::Silence).on(On::FileStream));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| client.stream(&line(0)).0);
        while !server.snapshot()["requests"].to_string().contains("Silence") {
            thread::yield_now();
        }
        assert!(!waiting.is_finished());
        server.heal();
        assert_eq!(waiting.join().expect("no panic"), 0);
    });
    assert_eq!(lines(&server), 0);
}

#[test]
fn a_stall_is_late_but_carried_out() {
    let (server, client) = with_run();
    server.fail(Faults::new(Fault::Stall(Duration::from_millis(50))).on(On::FileStream).times(1));
    let begin = Instant::now();
    assert_eq!(client.stream(&line(0)).0, 200);
    assert!(begin.elapsed() >= Duration::from_millis(50));
    // Who did not wait so long may say it again.
    assert_eq!(client.stream(&line(0)).0, 200);
    assert_eq!(lines(&server), 1);
}

#[test]
fn faults_can_be_asked_for_over_http() {
    let (server, client) = with_run();
    let fail = |query: &str| client.send("POST", &format!("/control/fail?{query}"), &[], b"").0;
    assert_eq!(fail("fault=status&status=503&on=upload"), 200);
    assert_eq!(fail("fault=thunder"), 400);
    assert_eq!(client.send("PUT", "/storage/put-0", &[], b"").0, 503);
    assert_eq!(client.send("POST", "/control/heal", &[], b"").0, 200);
    let state = client.send("GET", "/state/run/tester/p/r", &[], b"").1;
    assert_eq!(serde_json::from_slice::<Value>(&state).ok(), Some(server.run("tester", "p", "r")));
}
