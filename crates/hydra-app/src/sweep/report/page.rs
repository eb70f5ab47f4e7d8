//! The page: one file of HTML that asks for nothing from anywhere.
//!
//! Its script and its style are let in by their hashes and nothing else is, so that a value that became markup after all
//! could not run. The data is a block of JSON, which the script writes into the page as text.

use super::gather::Gathered;
use super::text::{LINE, shown};
use crate::launch::duration;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
/// One after the other they are one script.
const SCRIPT: [&str; 8] = [
    include_str!("page/base.js"),
    include_str!("page/colours.js"),
    include_str!("page/scales.js"),
    include_str!("page/plot.js"),
    include_str!("page/pointer.js"),
    include_str!("page/table.js"),
    include_str!("page/sections.js"),
    include_str!("page/start.js"),
];

/// The page of a sweep; `summary` says how its jobs stand.
pub(super) fn page(gathered: &Gathered, summary: &str, data: &Value) -> String {
    let script = format!("'use strict';\n{{\n{}}}\n", SCRIPT.concat());
    let policy = format!(
        "default-src 'none'; img-src data:; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        source(STYLE),
        source(&script)
    );
    let title = shown(&gathered.title, LINE);
    let parts = [
        ("policy", policy),
        ("style", STYLE.to_owned()),
        ("title", html(&title)),
        ("facts", html(&facts(gathered, summary))),
        ("data", json_in_html(data)),
        ("script", script),
    ];
    // Each place once, from the first to the last: what was filled in is not looked through.
    let mut out =
        String::with_capacity(parts.iter().map(|(_, text)| text.len()).sum::<usize>() + TEMPLATE.len());
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(parts.iter().find(|(part, _)| *part == name).map_or("", |(_, text)| text));
        rest = after;
    }
    out + rest
}

/// What stands under the title. As old as the sweep, whenever the page is made.
fn facts(gathered: &Gathered, summary: &str) -> String {
    let minute = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let mut facts = vec![summary.to_owned(), shown(&gathered.program, LINE)];
    facts.push(format!("planned {}", minute(gathered.created)));
    if let Some(changed) = gathered.changed {
        let seconds = changed.duration_since(gathered.created).as_secs();
        facts.push(format!("last sign of life {} later", duration(seconds)));
    }
    facts.join(" · ")
}

/// How a policy names an inline script or style.
fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// Text as HTML.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            character => out.push(character),
        }
    }
    out
}

/// JSON that no parser of HTML sees the end of, or a comment in: these characters stand in its texts only.
fn json_in_html(data: &Value) -> String {
    data.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled() {
        let names: Vec<&str> = TEMPLATE
            .split("{{")
            .skip(1)
            .filter_map(|part| part.split_once("}}"))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["policy", "title", "style", "title", "facts", "data", "script"]);
    }

    #[test]
    fn data_cannot_end_its_block() {
        let data = serde_json::json!({ "</script><script>": "<!-- & --> {{script}}" });
        let text = json_in_html(&data);
        assert!(!text.contains(['<', '>', '&']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), data);
        assert_eq!(html("<a href='x\">&"), "&lt;a href=&#39;x&quot;&gt;&amp;");
    }

    #[test]
    fn nothing_is_asked_for() {
        let all = [TEMPLATE, STYLE].into_iter().chain(SCRIPT).collect::<String>();
        // Parts of the page itself have addresses, too.
        assert_eq!(all.matches("url(").count(), all.matches("url(#").count());
        for word in
            ["http:", "https:", "src=", "@import", "fetch(", "eval(", "innerHTML", " style=\"", " onclick"]
        {
            assert!(!all.contains(word), "{word}");
        }
    }
}
