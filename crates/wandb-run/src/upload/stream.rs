//! The stream of lines: history, events, output, summary, and the end.

use super::control::Stop;
use super::http::Failure;
use super::uploader::Uploader;
use serde_json::{Map, Value, json};

const HISTORY: &str = "wandb-history.jsonl";
const EVENTS: &str = "wandb-events.jsonl";
const SUMMARY: &str = "wandb-summary.json";
const OUTPUT: &str = "output.log";

impl Uploader {
    /// Posts until nothing is left.
    pub(super) fn send_lines(&mut self) -> Result<(), Stop> {
        loop {
            let reading = &self.reading;
            let lines =
                !(reading.history.is_empty() && reading.events.is_empty() && reading.output.is_empty());
            if !lines && !reading.summary_changed && self.uploaded.is_empty() {
                return Ok(());
            }
            self.post_lines()?;
        }
    }

    /// One post, and again until the server has it. What may have arrived is not sent again before the server was
    /// asked what it has.
    fn post_lines(&mut self) -> Result<(), Stop> {
        let path = self.path();
        let control = std::sync::Arc::clone(&self.control);
        let mut attempted = None;
        control.persist(|unsure| {
            if let (Some(counts), true) = (attempted, unsure > 0) {
                self.learn(counts)?;
            }
            let (body, counts) = self.body();
            attempted = Some(counts);
            self.http.stream(&path, &body)?;
            let [history, events, output] = counts;
            self.reading.history.acknowledge(history);
            self.reading.events.acknowledge(events);
            self.reading.output.acknowledge(output);
            Ok(())
        })?;
        self.reading.summary_changed = false;
        self.uploaded.clear();
        self.progress.history = self.reading.history.sent();
        self.progress.events = self.reading.events.sent();
        self.progress.output = self.reading.output.sent();
        self.save();
        Ok(())
    }

    /// What a post holds, and how many lines of each file.
    fn body(&self) -> (Value, [u64; 3]) {
        let mut files = Map::new();
        let mut counts = [0; 3];
        let reading = &self.reading;
        let all = [(HISTORY, &reading.history), (EVENTS, &reading.events), (OUTPUT, &reading.output)];
        for (at, (name, lines)) in all.into_iter().enumerate() {
            if !lines.is_empty() {
                let (chunk, count) = lines.chunk();
                counts[at] = count;
                files.insert(name.to_owned(), chunk);
            }
        }
        if reading.summary_changed {
            let summary = self.summary().to_string();
            files.insert(SUMMARY.to_owned(), json!({"offset": 0, "content": [summary]}));
        }
        let mut body = json!({"files": files});
        if !self.uploaded.is_empty() {
            body["uploaded"] = self.uploaded.clone().into();
        }
        (body, counts)
    }

    /// After a post that may have arrived.
    fn learn(&mut self, [history, events, output]: [u64; 3]) -> Result<(), Failure> {
        let (entity, project) = self.owner();
        let run = self.run_id();
        let name = super::api::Name { entity: entity.as_deref(), project: &project, run: &run };
        let existing = match super::api::existing(&self.http, name) {
            Ok(existing) => existing,
            // Then the offset has to speak for itself.
            Err(Failure::Refused { .. }) => return Ok(()),
            Err(passing) => return Err(passing),
        };
        if let Some(existing) = existing {
            self.reading.history.learn(existing.history, history);
            self.reading.events.learn(existing.events, events);
            self.reading.output.learn(existing.output, output);
        }
        Ok(())
    }

    /// Says that the run lives on.
    pub(crate) fn heartbeat(&self) -> Result<(), Stop> {
        let path = self.path();
        self.control.persist(|_| self.http.stream(&path, &json!({}))).map(drop)
    }

    /// The last post. It has no lines, so that one whose answer is lost can be repeated: a refusal then says that
    /// the first arrived.
    pub(super) fn send_complete(&mut self, exit_code: i32) -> Result<(), Stop> {
        let path = self.path();
        let body = json!({"complete": true, "exitcode": exit_code, "uploaded": self.uploaded});
        // Also when it was on its way and the process was killed.
        let before = self.progress.ending;
        self.progress.ending = true;
        self.save();
        self.control.persist(|unsure| match self.http.stream(&path, &body) {
            Err(Failure::Refused { status: Some(400 | 409 | 410), .. }) if before || unsure > 0 => {
                Ok(Value::Null)
            }
            result => result,
        })?;
        self.uploaded.clear();
        Ok(())
    }

    fn path(&self) -> String {
        let (entity, project) = self.owner();
        let parts = [entity.unwrap_or_default(), project, self.run_id()].map(|part| escaped(&part));
        format!("/files/{}/{}/{}/file_stream", parts[0], parts[1], parts[2])
    }
}

/// A part of a path: whatever a name holds, it stays one part.
fn escaped(part: &str) -> String {
    let mut out = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_stays_one_part_of_a_path() {
        assert_eq!(super::escaped("a b/é"), "a%20b%2F%C3%A9");
    }
}
