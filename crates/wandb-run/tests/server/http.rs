//! As much of HTTP/1.1 as the clients speak, over plain sockets, so that a test can also cut an answer in two.

use std::io::{self, BufRead, Read, Write};

/// Larger than any request that a client should make, so that a wrong length is an error and not an allocation.
const LARGEST_BODY: usize = 256 << 20;

/// One request, read to its end.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query, still percent-encoded.
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// The parts of the path between slashes, percent-decoded one by one, so that a name may hold a slash.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.trim_start_matches('/').split('/').map(decoded).collect()
    }
}

/// What is sent back.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub(crate) fn bytes(body: Vec<u8>) -> Self {
        Self { status: 200, headers: vec![("Content-Type", "application/octet-stream".to_owned())], body }
    }

    /// The bytes on the wire.
    pub(crate) fn encoded(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n", self.body.len());
        [text.as_bytes(), &self.body].concat()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Answer",
    }
}

/// The next request on a connection, or `None` where the client has hung up between two.
///
/// `answer` is the same connection's other direction: a client may ask to be waved on before it sends a body.
pub(crate) fn read(from: &mut impl BufRead, answer: &mut impl Write) -> io::Result<Option<Request>> {
    let Some(first) = line(from)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::Error::other(format!("no request line: {first:?}")));
    };
    let mut headers = Vec::new();
    loop {
        let header = line(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if header.is_empty() {
            break;
        }
        let (name, value) =
            header.split_once(':').ok_or_else(|| io::Error::other("a header without a colon"))?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: Vec::new(),
    };
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        answer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    request.body = match request.header("transfer-encoding") {
        Some(how) if how.eq_ignore_ascii_case("chunked") => chunks(from)?,
        _ => exactly(from, request.header("content-length").unwrap_or("0"), 10)?,
    };
    Ok(Some(request))
}

/// A line without its end, or `None` at the end of the connection.
fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    from.take(1 << 16).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn exactly(from: &mut impl Read, length: &str, radix: u32) -> io::Result<Vec<u8>> {
    let length = usize::from_str_radix(length.trim(), radix).map_err(io::Error::other)?;
    if length > LARGEST_BODY {
        return Err(io::Error::other(format!("a body of {length} bytes")));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let size = line(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let chunk = exactly(from, size.split(';').next().unwrap_or_default(), 16)?;
        let last = chunk.is_empty();
        all.extend(chunk);
        if all.len() > LARGEST_BODY {
            return Err(io::Error::other("a body without end"));
        }
        // After each chunk an empty line; after the last one trailers, which nobody sends here.
        line(from)?;
        if last {
            return Ok(all);
        }
    }
}

/// Without percent-encoding.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let byte = match after {
            [high, low, ..] if first == b'%' => {
                let digits = [*high, *low];
                std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
            }
            _ => None,
        };
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// With percent-encoding, but for what may stand in a segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
