//! A server that cannot prove who it is gets nothing, and least of all the key.

#[expect(dead_code, reason = "the tests of one file need a part of it")]
mod common;

use common::{KEY, config, settings};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wandb_run::{About, Run};

/// Tells the second start of this program where the server is.
const SERVER: &str = "WANDB_RUN_TLS_SERVER";

/// A server with a certificate for this name and until this year, whose own certificate is in the folder. What it
/// was told in confidence is kept.
fn server(name: &str, until: i32, folder: &Path) -> (String, Arc<Mutex<String>>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(until, 1, 1));
    let certificate = params.self_signed(&key).expect("signed");
    std::fs::write(folder.join("server.pem"), certificate.pem()).expect("written");
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .expect("a configuration");
    let (tls, heard) = (Arc::new(tls), Arc::new(Mutex::new(String::new())));
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
    let keeps = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
            let connection = ServerConnection::new(Arc::clone(&tls)).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let mut buffer = [0; 16 << 10];
            // Nothing, if the other side does not go through with it.
            let count = stream.read(&mut buffer).unwrap_or(0);
            keeps.lock().expect("unpoisoned").push_str(&String::from_utf8_lossy(&buffer[..count]));
            let answer = b"HTTP/1.1 418 Tea\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer).and_then(|()| stream.flush());
        }
    });
    (url, heard)
}

/// What a run that trusts this one certificate says of the server. The system's store is read once a process, so it
/// takes another one.
fn said(url: &str, trusted: &Path) -> String {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "a_server_must_prove_who_it_is", "--nocapture"])
        .env(SERVER, url)
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR")
        .output()
        .expect("started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn run(url: &str) {
    let folder = tempfile::tempdir().expect("folder");
    let mut run = Run::start(settings(folder.path(), url), config(), About::default()).expect("started");
    run.log(0, &[("loss", 0.5.into())]).expect("logged");
    let summary = run.finish_within(0, Duration::from_secs(2));
    println!("{}", summary.problem.expect("a problem"));
}

#[test]
fn a_server_must_prove_who_it_is() {
    if let Ok(url) = std::env::var(SERVER) {
        return run(&url);
    }
    let (folder, other) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    // Another one's certificate is all that is trusted.
    server("localhost", 2100, other.path());
    for (name, until, trusted, why) in [
        ("localhost", 2100, folder.path(), None),
        ("localhost", 2100, other.path(), Some("BadSignature")),
        ("example.org", 2100, folder.path(), Some("not valid for name")),
        ("localhost", 2001, folder.path(), Some("expired")),
    ] {
        let (url, heard) = server(name, until, folder.path());
        let said = said(&url, &trusted.join("server.pem"));
        let heard = heard.lock().expect("unpoisoned").clone();
        match why {
            // It proves who it is, and is asked.
            None => assert!(heard.contains("uthorization: Basic") && said.contains("418"), "{heard} {said}"),
            Some(why) => {
                assert!(heard.is_empty(), "{name} {until} was told {heard}");
                assert!(said.contains(why) && !said.contains(KEY), "{why}: {said}");
            }
        }
    }
}
