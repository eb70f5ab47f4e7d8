//! One request at a time: who gets the key, what may be tried again, and what an error may say.

use crate::error::Kind;
use crate::files;
use crate::settings::{ApiKey, Settings};
use reqwest::blocking::{Body, Client, Response};
use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use std::error::Error as _;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// How an attempt failed. Neither text has the key in it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The next attempt would fail too.
    Refused { status: Option<u16>, message: String },
    /// The next one may succeed.
    Passing {
        message: String,
        /// How long the server asked to be left alone.
        ask: Option<Duration>,
        /// The server may have done what it was asked for.
        unsure: bool,
    },
}

/// Speaks to one server.
pub(crate) struct Http {
    /// Follows a redirect to the same server only: any other would be shown the key.
    api: Client,
    /// For the addresses that the server hands out, which carry their own permission. It never sees the key.
    storage: Client,
    base: String,
    key: ApiKey,
    timeout: Duration,
}

/// A lost connection must be noticed, but a slow one be borne: an upload of a file takes its time.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(600);
/// Lines may be megabytes on a slow way; the stock client waits as long.
const STREAM_TIMEOUT: Duration = Duration::from_secs(180);

impl Http {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Kind> {
        let key = settings.api_key.clone().ok_or(Kind::NoKey)?;
        let base = settings.base_url.trim_end_matches('/').to_owned();
        let url = Url::parse(&base).map_err(|error| Kind::Refused(format!("the base URL: {error}")))?;
        // An error says that somebody chose a provider before, and then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |policy, timeout| {
            let mut builder = Client::builder()
                .user_agent(concat!("wandb-run/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(settings.http_timeout.min(Duration::from_secs(15)))
                .timeout(timeout)
                .redirect(policy);
            // A proxy, if the environment names one, cannot see this machine's own servers.
            if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
                builder = builder.no_proxy();
            }
            builder.build().map_err(|error| Kind::Refused(chain(&error)))
        };
        let same_server = Policy::custom(|attempt| {
            let same =
                attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
            // With any other status a POST becomes a GET.
            let kept = matches!(attempt.status().as_u16(), 307 | 308);
            if same && kept && attempt.previous().len() < 5 { attempt.follow() } else { attempt.stop() }
        });
        Ok(Self {
            api: client(same_server, settings.http_timeout)?,
            storage: client(Policy::none(), STORAGE_TIMEOUT.max(settings.http_timeout))?,
            base,
            key,
            timeout: settings.http_timeout,
        })
    }

    /// Sends lines of a run.
    pub(crate) fn stream(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.post(path, body, self.timeout.max(STREAM_TIMEOUT))
    }

    /// Sends JSON with the key and reads the JSON of the answer.
    fn post(&self, path: &str, body: &Value, timeout: Duration) -> Result<Value, Failure> {
        let request = self
            .api
            .post(format!("{}{path}", self.base))
            .timeout(timeout)
            .basic_auth("api", Some(self.key.expose()))
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let response = self.checked(request.send())?;
        let text = response.text().map_err(|error| self.passing(&error))?;
        // An answer that was cut short says nothing of what was done.
        serde_json::from_str(&text).map_err(|_| Failure::Passing {
            message: "the server's answer is not JSON".to_owned(),
            ask: None,
            unsure: true,
        })
    }

    /// Asks the API. Errors in an answer of status 200 are refusals: a passing trouble has a status of its own.
    pub(crate) fn graphql(&self, name: &str, query: &str, variables: Value) -> Result<Value, Failure> {
        let body = json!({"query": query, "variables": variables, "operationName": name});
        let mut answer = self.post("/graphql", &body, self.timeout)?;
        if let Some(errors) = answer["errors"].as_array().filter(|errors| !errors.is_empty()) {
            let messages: Vec<_> = errors.iter().filter_map(|error| error["message"].as_str()).collect();
            let message = self.scrub(&format!("{name}: {}", messages.join("; ")));
            return Err(Failure::Refused { status: None, message });
        }
        // Whatever stands between may answer with any JSON.
        Ok(take(&mut answer, "/data"))
    }

    /// Puts bytes where the server said, with the headers that it said, and without the key.
    pub(crate) fn put(&self, url: &str, headers: &[(String, String)], body: Body) -> Result<(), Failure> {
        // A server of one's own may leave its name out.
        let url = if url.starts_with('/') { format!("{}{url}", self.base) } else { url.to_owned() };
        let mut request = self.storage.put(url).body(body);
        for (name, value) in headers {
            if !name.eq_ignore_ascii_case("authorization") {
                request = request.header(name, value);
            }
        }
        self.checked(request.send()).map(drop)
    }

    fn checked(&self, sent: Result<Response, reqwest::Error>) -> Result<Response, Failure> {
        let response = sent.map_err(|error| self.passing(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let ask = retry_after(&response);
        let known = status.canonical_reason().unwrap_or_default();
        let mut message = format!("the server answers {} {known}", status.as_u16());
        if status.is_redirection() {
            message.push_str(", to another place, which must not see the key");
        } else if let Some(text) = response.text().ok().and_then(|text| reason(&text)) {
            message = format!("{message}: {text}");
        }
        let message = self.scrub(&message);
        if is_final(status) {
            return Err(Failure::Refused { status: Some(status.as_u16()), message });
        }
        Err(Failure::Passing { message, ask, unsure: status != StatusCode::TOO_MANY_REQUESTS })
    }

    fn passing(&self, error: &reqwest::Error) -> Failure {
        if error.is_builder() {
            // An address or a header that is none: it would be none again.
            let message = "the server names a place that cannot be asked for".to_owned();
            return Failure::Refused { status: None, message };
        }
        // One that was not even connected has asked for nothing.
        Failure::Passing { message: self.scrub(&chain(error)), ask: None, unsure: !error.is_connect() }
    }

    /// A server that repeats what it was sent must not put the key into an error.
    fn scrub(&self, text: &str) -> String {
        let key = self.key.expose();
        if key.is_empty() {
            return text.to_owned();
        }
        text.replace(&files::b64(format!("api:{key}").as_bytes()), "…").replace(key, "…")
    }
}

/// What is at this place of an answer, whatever else the answer is.
pub(crate) fn take(answer: &mut Value, place: &str) -> Value {
    answer.pointer_mut(place).map(Value::take).unwrap_or_default()
}

/// A file to send. One that is there and cannot be opened now, because too many are open, may be opened later.
pub(crate) fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| {
        let message = format!("cannot open {}: {error}", path.display());
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => Failure::Refused { status: None, message },
            _ => Failure::Passing { message, ask: None, unsure: false },
        }
    })
}

/// The ones after which a client must not come back, and redirects that were not followed. A proxy's limit (413, 431) is
/// final, too: the same would be refused again, and what waits behind it must get through.
fn is_final(status: StatusCode) -> bool {
    let comes_back = matches!(status.as_u16(), 408 | 421 | 425 | 429);
    status.is_redirection() || status.is_client_error() && !comes_back
}

/// Seconds, or a date. No more than an hour: nobody means to be left alone for longer.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get("retry-after")?.to_str().ok()?.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            u64::try_from(date.as_second() - jiff::Timestamp::now().as_second()).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds.min(3600)))
}

/// What the server says, in its own words, cut to a line.
fn reason(text: &str) -> Option<String> {
    let said = serde_json::from_str::<Value>(text).ok().and_then(|value| {
        let error = if value["error"].is_null() { &value["errors"][0]["message"] } else { &value["error"] };
        error.as_str().map(str::to_owned)
    });
    let line = said.unwrap_or_else(|| text.lines().next().unwrap_or_default().to_owned());
    let line: String = line.trim().chars().take(300).collect();
    (!line.is_empty() && !line.starts_with('<')).then_some(line)
}

/// An error and its causes, without the address: a signed one is a permission in itself.
fn chain(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "the server does not answer in time"
    } else if error.is_connect() {
        "the server cannot be reached"
    } else {
        "the connection broke"
    };
    let mut source = error.source();
    let mut last = String::new();
    while let Some(error) = source {
        last = error.to_string();
        source = error.source();
    }
    if last.is_empty() { what.to_owned() } else { format!("{what} ({last})") }
}
