//! A server that is as strict as the service, or stricter, for the stock client and for ours.
//!
//! It keeps everything in memory. Whatever it refuses it also keeps as a violation: a client that repeats a refused
//! request in another way, or swallows the refusal, still fails the test.
//!
//! With `STRICT_SERVER_LOG` set it writes every request to standard error, whole, with its headers.
//!
//! - `routes`: what lies where, and who may ask
//! - `http`: requests and answers over plain sockets
//! - `lenient`: JSON with bare NaN
//! - `graphql/`: the API: parsed, checked and answered from a schema of what the stock client asks
//! - `file_stream`: history, events, summary, output, and the end of a run
//! - `storage`: the bucket behind signed URLs
//! - `artifacts`: digests, manifests, commits
//! - `sweeps`: what an agent asks for
//! - `faults`: what goes wrong on purpose
//! - `state`, `snapshot`, `normal`: what the server knows, the same as JSON, and that without ids, times and machine

mod artifacts;
pub(crate) mod faults;
mod file_stream;
mod graphql;
mod http;
mod lenient;
mod normal;
mod routes;
mod snapshot;
mod state;
mod storage;
mod sweeps;

use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use faults::{Fault, Faults};
use http::{Request, Response};
use state::{RunKey, State};

/// The digest by which W&B names pictures.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The server, until dropped.
pub(crate) struct Server {
    shared: Arc<Shared>,
}

/// What all connections share, and what a test may ask.
pub(crate) struct Shared {
    url: String,
    state: Mutex<State>,
    faults: Mutex<Vec<Faults>>,
    stop: AtomicBool,
}

impl Server {
    /// On a free port of the loopback device.
    pub(crate) fn start() -> io::Result<Self> {
        Self::start_at(0)
    }

    /// On this port.
    pub(crate) fn start_at(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = State { url: url.clone(), ..State::default() };
        let shared = Arc::new(Shared {
            url,
            state: Mutex::new(state),
            faults: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.stop.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&accepting)) else { continue };
                // A client that hangs up ends its thread, and nothing else.
                thread::spawn(move || shared.connection(&stream));
            }
        });
        Ok(Self { shared })
    }
}

impl Deref for Server {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread up.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Shared {
    /// What `WANDB_BASE_URL` should be.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Everything the server has of a run, or null.
    pub(crate) fn run(&self, entity: &str, project: &str, id: &str) -> Value {
        snapshot::run(&self.state(), &RunKey::new(entity, project, id))
    }

    /// The same without ids, times and what is the machine's: equal for two clients that log the same.
    pub(crate) fn normalised(&self, entity: &str, project: &str, id: &str) -> Value {
        normal::normalised(&self.run(entity, project, id))
    }

    /// Everything the server has.
    pub(crate) fn snapshot(&self) -> Value {
        snapshot::all(&self.state())
    }

    /// What was refused, oldest first: `{"rule": …, "message": …}`.
    pub(crate) fn violations(&self) -> Vec<Value> {
        snapshot::violations(&self.state())
    }

    /// The bytes of a run's file.
    pub(crate) fn file(&self, entity: &str, project: &str, id: &str, name: &str) -> Option<Vec<u8>> {
        self.state().runs.get(&RunKey::new(entity, project, id))?.files.get(name).cloned()
    }

    /// One more run for the agent of a sweep, with these arguments: `{"optimizer.lr": {"value": 0.1}}`.
    pub(crate) fn queue(&self, arguments: Value) {
        self.state().queue.push_back(arguments);
    }

    /// From now on things go wrong.
    pub(crate) fn fail(&self, faults: Faults) {
        locked(&self.faults).push(faults);
    }

    /// From now on nothing goes wrong.
    pub(crate) fn heal(&self) {
        locked(&self.faults).clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    fn connection(&self, stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut writer = stream;
        while let Some(request) = http::read(&mut reader, &mut writer)? {
            let segments = request.segments();
            let operation = match segments.first().map(String::as_str) {
                Some("graphql") => graphql::operation_name(&request.body),
                _ => String::new(),
            };
            let fault = locked(&self.faults)
                .iter_mut()
                .find_map(|it| it.strikes(&segments, &operation).then(|| it.fault.clone()));
            let note = fault.as_ref().map_or(String::new(), |fault| format!(" ! {fault:?}"));
            let line = format!("{} {} {operation}{note}", request.method, request.path);
            {
                let mut state = self.state();
                state.requests.push(line.trim_end().to_owned());
                state.with_key += u64::from(request.header("authorization").is_some());
            }
            if std::env::var_os("STRICT_SERVER_LOG").is_some() {
                eprintln!("{line}\n{:?}\n{}", request.headers, String::from_utf8_lossy(&request.body));
            }
            match fault {
                None => writer.write_all(&self.answer(&request, &segments).encoded())?,
                Some(fault) => self.spoilt(stream, &fault, &request, &segments)?,
            }
        }
        Ok(())
    }

    /// Answers a request as a fault wants it; an error ends the connection.
    fn spoilt(
        &self,
        mut stream: &TcpStream,
        fault: &Fault,
        request: &Request,
        segments: &[String],
    ) -> io::Result<()> {
        let error = json!({ "error": "on purpose", "errors": [{ "message": "on purpose" }] });
        let broken = || reset(stream).and(Err(io::ErrorKind::ConnectionReset.into()));
        match fault {
            Fault::Status(status) => stream.write_all(&Response::json(*status, &error).encoded()),
            Fault::Says(text) => stream.write_all(&Response::bytes(text.as_bytes().to_vec()).encoded()),
            Fault::TooMany(seconds) => {
                let mut response = Response::json(429, &error);
                response.headers.push(("Retry-After", seconds.to_string()));
                stream.write_all(&response.encoded())
            }
            Fault::Redirect(url) => {
                let mut response = Response::json(307, &error);
                response.headers.push(("Location", format!("{url}{}", request.path)));
                stream.write_all(&response.encoded())
            }
            Fault::Reset => broken(),
            Fault::Silence => {
                while !locked(&self.faults).is_empty() && !self.stop.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(20));
                }
                broken()
            }
            Fault::AnswerLost | Fault::AnswerCut | Fault::Stall(_) => {
                let response = self.answer(request, segments).encoded();
                // Said before the client can notice, or its repetition could come first.
                if let Some(key) = stream_key(segments)
                    && let Some(run) = self.state().runs.get_mut(&key)
                {
                    run.answer_lost = true;
                }
                match fault {
                    Fault::Stall(time) => {
                        thread::sleep(*time);
                        stream.write_all(&response)
                    }
                    Fault::AnswerCut => {
                        stream.write_all(&response[..response.len() - response.len() / 4])?;
                        stream.shutdown(Shutdown::Both)
                    }
                    _ => broken(),
                }
            }
        }
    }
}

/// A test that panicked while it held the lock has already failed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The run that a post is for.
fn stream_key(segments: &[String]) -> Option<RunKey> {
    match segments {
        [files, entity, project, id, _] if files == "files" => Some(RunKey::new(entity, project, id)),
        _ => None,
    }
}

/// Arranges that the other side sees a broken connection, and not an end, when this one is dropped.
fn reset(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))
}
