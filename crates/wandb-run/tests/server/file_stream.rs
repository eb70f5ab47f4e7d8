//! `POST /files/{entity}/{project}/{run}/file_stream`: history, events, summary, console output, and the end of a run.

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::lenient;
use super::state::{Refusal, Run, RunKey, State, refuse};

/// A line longer than this is refused by the service.
const LONGEST_LINE: usize = 10 << 20;

/// Takes one post.
pub(crate) fn post(state: &mut State, key: &RunKey, request: &Request) -> Result<Response, Refusal> {
    let text =
        std::str::from_utf8(&request.body).map_err(|error| refuse("stream-json", error.to_string()))?;
    let body: Value = serde_json::from_str(text).map_err(|error| refuse("stream-json", error.to_string()))?;
    let body = body.as_object().ok_or_else(|| refuse("stream-json", format!("not an object: {body}")))?;
    let run = state.run(key)?;
    let answer = Response::json(200, &json!({ "exitcode": null, "limits": {} }));

    if run.answer_lost && run.last_post == request.body {
        run.repeated += 1;
        return Ok(answer);
    }
    if run.complete {
        return Err(refuse("after-complete", format!("a post to {key}, which is complete: {text}")));
    }
    let mut end = (false, None);
    for (name, value) in body {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("files", Value::Object(files)) => {
                for (file, chunk) in files {
                    take(run, file, chunk)?;
                }
            }
            ("uploaded", Value::Array(names)) => uploaded(run, names)?,
            ("complete", Value::Bool(complete)) => end.0 = *complete,
            ("exitcode", Value::Number(code)) => end.1 = code.as_i64(),
            // A run that is being preempted says so in its last posts.
            ("preempting", Value::Bool(_)) | ("dropped", Value::Number(_)) => {}
            _ => return Err(refuse("stream-field", format!("{name}: {value}"))),
        }
    }
    match end {
        (true, Some(code)) => {
            media(run)?;
            run.complete = true;
            run.exit_code = Some(code);
            run.state = if code == 0 { "finished" } else { "failed" };
        }
        (false, None) => {}
        _ => return Err(refuse("stream-end", format!("`complete` and `exitcode` come together: {text}"))),
    }
    run.posts += 1;
    run.last_post.clone_from(&request.body);
    run.answer_lost = false;
    Ok(answer)
}

fn take(run: &mut Run, file: &str, chunk: &Value) -> Result<(), Refusal> {
    let offset = chunk["offset"].as_u64();
    let offset =
        offset.ok_or_else(|| refuse("stream-offset", format!("{file} without an offset: {chunk}")))?;
    let lines: Option<Vec<&str>> =
        chunk["content"].as_array().and_then(|lines| lines.iter().map(Value::as_str).collect());
    let lines = lines.ok_or_else(|| refuse("stream-json", format!("{file} without lines: {chunk}")))?;
    if let Some(line) = lines.iter().find(|line| line.len() > LONGEST_LINE) {
        return Err(refuse("stream-line", format!("a line of {} bytes in {file}", line.len())));
    }
    match file {
        "wandb-history.jsonl" => {
            let new = append(run.answer_lost, file, &run.history, offset, &lines)?;
            let mut last = run.history.last().and_then(|line| step(line).ok());
            for line in new {
                let step = step(line)?;
                if last.is_some_and(|last| step < last) {
                    return Err(refuse("history-step", format!("step {step} after step {last:?}")));
                }
                last = Some(step);
                run.history.push((*line).to_owned());
            }
        }
        "wandb-events.jsonl" => {
            for line in append(run.answer_lost, file, &run.events, offset, &lines)? {
                lenient::object(line).map_err(|error| refuse("events-json", format!("{error}: {line}")))?;
                run.events.push((*line).to_owned());
            }
        }
        "wandb-summary.json" => {
            let [summary] = lines.as_slice() else {
                return Err(refuse("summary", format!("a summary of {} lines", lines.len())));
            };
            if offset != 0 {
                return Err(refuse("summary", format!("a summary at the offset {offset}")));
            }
            lenient::object(summary).map_err(|error| refuse("summary", format!("{error}: {summary}")))?;
            run.summary = Some((*summary).to_owned());
        }
        "output.log" => {
            let end = run.output.keys().next_back().map_or(0, |last| last + 1);
            if offset > end {
                return Err(refuse(
                    "stream-offset",
                    format!("{file}: {end} lines are there, {offset} was said"),
                ));
            }
            for (number, line) in (offset..).zip(lines) {
                run.output.insert(number, line.to_owned());
            }
        }
        _ => return Err(refuse("stream-file", format!("nothing is streamed into {file}"))),
    }
    Ok(())
}

/// The lines that are new. Only where an answer was lost may some be sent again, and then the same ones.
fn append<'a, 'b>(
    may_repeat: bool,
    file: &str,
    there: &[String],
    offset: u64,
    lines: &'b [&'a str],
) -> Result<&'b [&'a str], Refusal> {
    let have = there.len();
    let offset = usize::try_from(offset).map_err(|error| refuse("stream-offset", error.to_string()))?;
    if offset == have {
        return Ok(lines);
    }
    let again = have.saturating_sub(offset).min(lines.len());
    if may_repeat && offset < have && there[offset..].iter().zip(lines).all(|(old, new)| old == new) {
        return Ok(&lines[again..]);
    }
    Err(refuse("stream-offset", format!("{file}: {have} lines are there, the offset is {offset}")))
}

fn step(line: &str) -> Result<u64, Refusal> {
    let row = lenient::object(line).map_err(|error| refuse("history-json", format!("{error}: {line}")))?;
    let step = row.get("_step").and_then(Value::as_u64);
    step.ok_or_else(|| refuse("history-step", format!("no _step: {line}")))
}

fn uploaded(run: &mut Run, names: &[Value]) -> Result<(), Refusal> {
    for name in names {
        let name = name.as_str().filter(|name| run.files.contains_key(*name));
        let name =
            name.ok_or_else(|| refuse("uploaded", format!("{names:?} holds what was never uploaded")))?;
        run.uploaded.insert(name.to_owned());
    }
    Ok(())
}

/// Every picture that the history speaks of must be there, with the size and the digest that it says.
fn media(run: &Run) -> Result<(), Refusal> {
    for line in &run.history {
        let row = lenient::object(line).map_err(|error| refuse("history-json", error))?;
        for item in row.values().filter(|item| item["path"].is_string() && item["sha256"].is_string()) {
            let path = item["path"].as_str().unwrap_or_default();
            let bytes =
                run.files.get(path).ok_or_else(|| refuse("media", format!("{path} was not uploaded")))?;
            if item["size"].as_u64() != u64::try_from(bytes.len()).ok()
                || item["sha256"] != super::sha256(bytes)
            {
                return Err(refuse("media", format!("{path} differs from what the history says: {item}")));
            }
        }
        for item in row.values() {
            for name in item["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !run.files.contains_key(name) {
                    return Err(refuse("media", format!("{name} was not uploaded")));
                }
            }
        }
    }
    Ok(())
}
