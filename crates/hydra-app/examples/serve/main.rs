//! `serve`: a web server's command line. docs/tutorial.md explains it.

use hydra_app::Application;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{io, path::PathBuf, process::ExitCode};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Where it listens.
    server: Server,
    /// How much it says.
    logging: Level,
    /// Where its data is.
    database: Database,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Server {
    /// Name or address.
    host: String,
    /// TCP port.
    #[schemars(range(min = 1))]
    port: u16,
    /// Whether connections are encrypted.
    tls: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warning,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Database {
    /// A file on this machine.
    Sqlite { file: PathBuf },
    /// A server of its own.
    Postgres { host: String, port: u16, pool: u32 },
}

fn serve(Config { server: Server { host, port, tls }, logging, database }: Config) -> io::Result<()> {
    let data = match database {
        Database::Sqlite { file } => format!("the file {}", file.display()),
        Database::Postgres { host, port, pool } => format!("{host}:{port}, over {pool} connections"),
    };
    println!("http{}://{host}:{port}, logging {logging:?}, data in {data}", if tls { "s" } else { "" });
    Ok(())
}

fn main() -> ExitCode {
    Application { name: "serve", version: env!("CARGO_PKG_VERSION"), conf: "conf" }.run(serve)
}
