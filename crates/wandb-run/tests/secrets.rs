//! What a server does that wants the key, or gives it away.

#[expect(dead_code, reason = "the tests of one file need a part of it")]
mod common;

use common::{KEY, config, settings};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wandb_run::{About, Run};

/// Answers every request with the same bytes, and keeps what it was sent.
fn parrot(answer: impl Fn(&str) -> String + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keeps = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
            let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
            while let Ok(count) = stream.read(&mut buffer) {
                bytes.extend_from_slice(&buffer[..count]);
                if count == 0 {
                    break;
                }
            }
            let request = String::from_utf8_lossy(&bytes).into_owned();
            let _ = stream.write_all(answer(&request).as_bytes());
            keeps.lock().expect("unpoisoned").push(request);
        }
    });
    (url, heard)
}

fn problem(url: &str) -> String {
    let folder = tempfile::tempdir().expect("folder");
    let mut run = Run::start(settings(folder.path(), url), config(), About::default()).expect("started");
    run.log(0, &[("loss", 0.5.into())]).expect("logged");
    let summary = run.finish_within(0, Duration::from_secs(3));
    assert!(!summary.complete);
    summary.problem.expect("a problem")
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let (elsewhere, heard_there) =
            parrot(|_| "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_owned());
        let (url, heard) = parrot(move |_| {
            format!(
                "HTTP/1.1 {status} Away\r\nLocation: {elsewhere}/graphql\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        });
        let problem = problem(&url);
        assert!(problem.contains(&status.to_string()), "{problem}");
        assert!(
            heard.lock().expect("unpoisoned").iter().any(|request| request.contains("uthorization: Basic"))
        );
        assert_eq!(*heard_there.lock().expect("unpoisoned"), Vec::<String>::new());
    }
}

#[test]
fn an_error_that_repeats_the_key_is_blanked() {
    let (url, _) = parrot(|request| {
        let header = request.lines().find(|line| line.to_lowercase().starts_with("authorization"));
        let said = format!("{{\"error\": \"bad {} {KEY}\"}}", header.unwrap_or_default());
        let length = said.len();
        format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{said}")
    });
    let problem = problem(&url);
    assert!(problem.contains("401") && problem.contains("bad authorization"), "{problem}");
    assert!(!problem.contains(KEY) && !problem.contains("YXBpOjVlYzJlN"), "{problem}");
}

/// Verified TLS: whoever does not speak it, or has no certificate that is trusted, does not get the key.
#[test]
fn what_does_not_speak_tls_gets_nothing() {
    let (url, heard) = parrot(|_| "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_owned());
    let problem = problem(&url.replace("http:", "https:"));
    assert!(!problem.is_empty());
    assert!(heard.lock().expect("unpoisoned").iter().all(|request| !request.contains("asic ")));
}
