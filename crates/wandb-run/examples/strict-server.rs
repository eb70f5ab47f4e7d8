//! The strict server of the tests, as a program: prints its URL and serves until it is killed.
//!
//! `GET /state` gives everything it has as JSON, `POST /control/fail?fault=status&status=503` makes it fail.

#[path = "../tests/server/mod.rs"]
mod server;

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--port").skip(1);
    let server = match arguments.next().and_then(|port| port.parse().ok()) {
        Some(port) => server::Server::start_at(port)?,
        None => server::Server::start()?,
    };
    let mut out = std::io::stdout();
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    loop {
        std::thread::park();
    }
}
