//! A web server that behaves as badly as it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What the server does with one request.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// Sends what is asked for: all, or from a byte on, or 416.
    Good,
    /// Sends all, whatever is asked for.
    IgnoringRange,
    /// Announces what is asked for, sends this many bytes of it, and hangs up.
    Cut(usize),
    /// As `Cut`, but from the first byte, whatever is asked for.
    CutIgnoringRange(usize),
    /// As `Cut`, but falls silent instead of hanging up.
    Stall(usize),
    /// Sends from one byte further on than asked, and says so.
    OtherRange,
    /// Sends all, with one bit changed.
    Corrupt,
    /// Sends this status and no file.
    Status(u16),
}

/// Serves one file until dropped.
pub(crate) struct Server {
    address: SocketAddr,
    ranges: Arc<Mutex<Vec<Option<usize>>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers the n-th request with the n-th answer, and further ones with the last.
    pub(crate) fn start(body: Vec<u8>, answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (seen, stopped, answers) = (Arc::clone(&ranges), Arc::clone(&stop), answers.to_vec());
        let thread = thread::spawn(move || {
            // Silent connections stay open as long as the server.
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let range = requested(&stream);
                let number = {
                    let mut seen = seen.lock().expect("no panic");
                    seen.push(range);
                    seen.len() - 1
                };
                let answer = answers[number.min(answers.len() - 1)];
                // A client that hangs up is not this thread's concern.
                let _ = stream.write_all(&reply(&body, range, answer));
                if matches!(answer, Answer::Stall(_)) {
                    silent.push(stream);
                }
            }
        });
        Self { address, ranges, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/cifar-10-binary.tar.gz", self.address)
    }

    /// The byte from which each request asked for the file; `None` where it asked for all of it.
    pub(crate) fn ranges(&self) -> Vec<Option<usize>> {
        self.ranges.lock().expect("no panic").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread up.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn requested(stream: &TcpStream) -> Option<usize> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    // Reads to the last header: closing a socket with unread bytes would reset the connection.
    lines.fold(None, |range, line| {
        let line = line.to_ascii_lowercase();
        let start = line.strip_prefix("range: bytes=").and_then(|rest| rest.strip_suffix('-'));
        start.map_or(range, |start| start.parse().ok())
    })
}

fn reply(body: &[u8], range: Option<usize>, answer: Answer) -> Vec<u8> {
    let all = body.len();
    match answer {
        Answer::Status(status) => message(&format!("{status} Sorry"), "", 5, b"sorry"),
        Answer::Corrupt => {
            let mut wrong = body.to_vec();
            wrong[all / 2] ^= 1;
            message("200 OK", "", all, &wrong)
        }
        Answer::IgnoringRange => message("200 OK", "", all, body),
        Answer::CutIgnoringRange(sent) => message("200 OK", "", all, &body[..sent]),
        Answer::OtherRange => part(body, range.map(|start| start + 1), all),
        Answer::Good => part(body, range, all),
        Answer::Cut(sent) | Answer::Stall(sent) => part(body, range, sent),
    }
}

/// The body from a byte on, and no more than `most` bytes of it.
fn part(body: &[u8], range: Option<usize>, most: usize) -> Vec<u8> {
    let all = body.len();
    let Some(start) = range else {
        return message("200 OK", "", all, &body[..most.min(all)]);
    };
    if start >= all {
        return message("416 Range Not Satisfiable", &format!("Content-Range: bytes */{all}\r\n"), 0, b"");
    }
    let rest = &body[start..];
    let header = format!("Content-Range: bytes {start}-{}/{all}\r\n", all - 1);
    message("206 Partial Content", &header, rest.len(), &rest[..most.min(rest.len())])
}

fn message(status: &str, header: &str, announced: usize, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\n{header}Content-Length: {announced}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}
