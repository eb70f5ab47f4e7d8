//! What goes wrong on purpose.

use std::time::{Duration, Instant};

use super::http::decoded;

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It gets this status and is not looked at.
    Status(u16),
    /// It gets this answer, as from a proxy that stands between, and is not looked at.
    Says(String),
    /// As `Status(429)`, with this many seconds in `Retry-After`.
    TooMany(u64),
    /// It is sent on to the same path below this URL, with a 307.
    Redirect(String),
    /// It is read, not looked at, and the connection is reset.
    Reset,
    /// It is carried out, and the connection is reset instead of an answer.
    AnswerLost,
    /// It is carried out, and the answer ends in its middle.
    AnswerCut,
    /// It is carried out, and the answer comes after this time. Who does not wait for it may say it again.
    Stall(Duration),
    /// It is read, not looked at, and its connection stays open without a word until the server heals.
    Silence,
}

/// Which requests a fault happens to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum On {
    All,
    /// Each `POST /graphql`.
    GraphQl,
    /// The one operation of this name.
    Operation(String),
    FileStream,
    /// Each PUT to a signed URL.
    Upload,
}

/// A fault, where it happens, and when it is over.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    pub(crate) fault: Fault,
    pub(crate) on: On,
    /// This many requests go well before.
    pub(crate) after: u64,
    /// It happens so often at most.
    pub(crate) times: u64,
    pub(crate) until: Option<Instant>,
}

impl Faults {
    /// To every request, until the server heals.
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, on: On::All, after: 0, times: u64::MAX, until: None }
    }

    pub(crate) fn on(self, on: On) -> Self {
        Self { on, ..self }
    }

    pub(crate) fn after(self, after: u64) -> Self {
        Self { after, ..self }
    }

    pub(crate) fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    pub(crate) fn lasting(self, time: Duration) -> Self {
        Self { until: Some(Instant::now() + time), ..self }
    }

    /// Reads the query of `POST /control/fail`: `fault=status&status=503&on=file_stream&times=2&after=1&seconds=60`.
    pub(crate) fn from_query(query: &str) -> Result<Self, String> {
        let given = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, v)| v)
        };
        let number = |name: &str| -> Result<Option<u64>, String> {
            given(name)
                .map(|text| text.parse().map_err(|_| format!("{name}={text} is no number")))
                .transpose()
        };
        let fault = match given("fault").unwrap_or("status") {
            "status" => {
                let status = number("status")?.and_then(|status| u16::try_from(status).ok());
                Fault::Status(status.ok_or("a status is missing")?)
            }
            "too_many" => Fault::TooMany(number("retry_after")?.unwrap_or(1)),
            "redirect" => Fault::Redirect(decoded(given("to").ok_or("a URL to go to is missing")?)),
            "says" => Fault::Says(decoded(given("text").unwrap_or_default())),
            "reset" => Fault::Reset,
            "answer_lost" => Fault::AnswerLost,
            "answer_cut" => Fault::AnswerCut,
            "stall" => Fault::Stall(Duration::from_secs(number("stall")?.unwrap_or(10))),
            "silence" => Fault::Silence,
            other => return Err(format!("there is no fault {other}")),
        };
        let on = match given("on").unwrap_or("all") {
            "all" => On::All,
            "graphql" => On::GraphQl,
            "file_stream" => On::FileStream,
            "upload" => On::Upload,
            operation => On::Operation(operation.to_owned()),
        };
        let mut faults = Self::new(fault).on(on);
        faults = faults.after(number("after")?.unwrap_or(0)).times(number("times")?.unwrap_or(u64::MAX));
        Ok(match number("seconds")? {
            Some(seconds) => faults.lasting(Duration::from_secs(seconds)),
            None => faults,
        })
    }

    /// Whether it happens to this request, which counts as one.
    pub(crate) fn strikes(&mut self, path: &[String], operation: &str) -> bool {
        let first = path.first().map(String::as_str);
        let here = match &self.on {
            On::All => first != Some("state") && first != Some("control"),
            On::GraphQl => first == Some("graphql"),
            On::Operation(name) => first == Some("graphql") && operation == name,
            On::FileStream => first == Some("files"),
            On::Upload => first == Some("storage"),
        };
        if !here || self.until.is_some_and(|until| Instant::now() >= until) {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        let strikes = self.times > 0;
        self.times = self.times.saturating_sub(1);
        strikes
    }
}
