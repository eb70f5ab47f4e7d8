//! Sweeps, as far as `wandb sweep` and `wandb agent` need them.
//!
//! The server does not search: a test says which runs an agent is to start, and the server hands them out one by one.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::graphql::execute::{Args, Node};
use super::graphql::objects::Object;
use super::state::{NOW, Refusal, State, USER, refuse};

/// What `wandb sweep` made.
#[derive(Clone)]
pub(crate) struct Sweep {
    pub(crate) entity: String,
    pub(crate) project: String,
    pub(crate) name: String,
    /// The YAML that the user wrote.
    pub(crate) config: String,
    /// The agents that registered, by id.
    pub(crate) agents: Vec<String>,
    /// How many runs were handed out.
    pub(crate) started: u64,
}

/// The arguments of runs that no agent has got yet: `{"optimizer.lr": {"value": 0.1}}`.
pub(crate) type Queue = VecDeque<Value>;

/// `upsertSweep`: makes one; nothing else is needed of it here.
pub(crate) fn upsert(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let name = input.text("id")?;
    let config = input.need("config")?;
    let project = input.text("projectName")?.unwrap_or_else(|| "uncategorized".to_owned());
    let entity =
        input.text("entityName")?.filter(|entity| !entity.is_empty()).unwrap_or_else(|| USER.to_owned());
    let ignored = [
        "description",
        "controller",
        "launchScheduler",
        "templateVariableValues",
        "scheduler",
        "state",
        "priorRunsFilters",
        "displayName",
    ];
    for field in ignored {
        input.take(field);
    }
    let name = name.unwrap_or_else(|| format!("sweep{:03}", state.sweeps.len() + 1));
    let sweep = Sweep { entity, project, name: name.clone(), config, agents: Vec::new(), started: 0 };
    state.sweeps.retain(|other| other.name != name);
    state.sweeps.push(sweep);
    let fields = vec![
        ("sweep", Node::Object(Object::Sweep(name))),
        ("configValidationWarnings", Node::List(Vec::new())),
    ];
    Ok(Node::Object(Object::Plain("UpsertSweepPayload", fields)))
}

/// `createAgent`: one more that asks for runs.
pub(crate) fn create_agent(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let name = input.need("sweep")?;
    for known in ["host", "projectName", "entityName"] {
        input.text(known)?;
    }
    let id = state.new_id("Agent");
    let sweep = state.sweeps.iter_mut().find(|sweep| sweep.name == name);
    let sweep = sweep.ok_or_else(|| refuse("sweep", format!("there is no sweep {name:?}")))?;
    sweep.agents.push(id.clone());
    Ok(Node::Object(Object::Plain("CreateAgentPayload", vec![("agent", agent(&id))])))
}

fn agent(id: &str) -> Node {
    Node::Object(Object::Plain("Agent", vec![("id", Node::of(id))]))
}

/// `agentHeartbeat`: the next run for an agent that has none, or the end.
pub(crate) fn heartbeat(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let id = input.need("id")?;
    input.text("metrics")?;
    let running = input.text("runState")?.unwrap_or_default();
    let running: Value = serde_json::from_str(&running).unwrap_or_default();
    let sweep = state.sweeps.iter_mut().find(|sweep| sweep.agents.contains(&id));
    let sweep = sweep.ok_or_else(|| refuse("sweep", format!("there is no agent {id:?}")))?;
    let commands = if running.as_object().is_some_and(|runs| !runs.is_empty()) {
        json!([])
    } else if let Some(args) = state.queue.pop_front() {
        sweep.started += 1;
        let run = format!("{}-{}", sweep.name, sweep.started);
        json!([{ "id": run, "type": "run", "run_id": run, "args": args, "program": "unused", "logs": [] }])
    } else {
        json!([{ "id": "end", "type": "exit" }])
    };
    let fields = vec![("agent", agent(&id)), ("commands", Node::of(commands.to_string()))];
    Ok(Node::Object(Object::Plain("AgentHeartbeatPayload", fields)))
}

/// A field of the type `Sweep`.
pub(crate) fn resolve(state: &State, name: &str, field: &str) -> Result<Option<Node>, Refusal> {
    let sweep = state.sweeps.iter().find(|sweep| sweep.name == name);
    let sweep = sweep.ok_or_else(|| refuse("sweep", format!("there is no sweep {name:?}")))?;
    Ok(Some(match field {
        "id" => Node::of(format!("id-{name}")),
        "name" => Node::of(name),
        "config" => Node::of(sweep.config.as_str()),
        "state" => Node::of("RUNNING"),
        "method" => Node::of("grid"),
        "createdAt" | "heartbeatAt" | "updatedAt" => Node::of(NOW),
        "earlyStopJobRunning" => Node::of(false),
        "description" | "bestLoss" | "controller" | "scheduler" | "displayName" => Node::null(),
        "project" => Node::Object(Object::Project(sweep.entity.clone(), sweep.project.clone())),
        "runs" => {
            let ours = state.runs.iter().filter(|(_, run)| run.text("sweep") == Some(name));
            let runs = ours.map(|(key, _)| Object::Run(key.clone())).collect();
            Node::Object(Object::connection("RunConnection", runs))
        }
        _ => return Ok(None),
    }))
}
