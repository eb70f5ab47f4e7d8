//! Which keys a text reads.

use super::grammar::{Argument, Element, Interpolation, Kind, Part, Piece, Text};
use super::parser::parse_text;

/// The keys that the interpolations of a text at `place` read, dotted, in their order. Keys that another interpolation
/// makes are not known before they are resolved, and left out; so is what a resolver reads by itself.
///
/// ```
/// use hydra_compose::interpolation::references;
/// assert_eq!(references("${seed} of ${.lr}, ${..data.name}", "optimizer.title"), ["seed", "optimizer.lr", "data.name"]);
/// assert_eq!(references("${oc.select:a,${b[0]}}", "x"), ["b.0"]);
/// ```
pub fn references(text: &str, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.contains("${")
        && let Ok(text) = parse_text(text)
    {
        of_text(&text, place, &mut found);
    }
    found
}

fn of_text(text: &Text, place: &str, found: &mut Vec<String>) {
    of_pieces(&text.pieces, place, found);
}

fn of_pieces(pieces: &[Piece], place: &str, found: &mut Vec<String>) {
    for piece in pieces {
        if let Piece::Interpolation(interpolation) = piece {
            of_interpolation(interpolation, place, found);
        }
    }
}

fn of_interpolation(interpolation: &Interpolation, place: &str, found: &mut Vec<String>) {
    match &interpolation.kind {
        Kind::Node(parts) => {
            nested(parts, place, found);
            let mut key = String::new();
            for part in parts {
                match part {
                    Part::Literal(text) => key.push_str(text),
                    Part::Nested(_) => return,
                }
            }
            found.push(absolute(&key, place));
        }
        Kind::Resolver { name, arguments } => {
            nested(name, place, found);
            of_arguments(arguments, place, found);
        }
    }
}

fn nested(parts: &[Part], place: &str, found: &mut Vec<String>) {
    for part in parts {
        if let Part::Nested(interpolation) = part {
            of_interpolation(interpolation, place, found);
        }
    }
}

fn of_arguments(arguments: &[Argument], place: &str, found: &mut Vec<String>) {
    arguments
        .iter()
        .filter_map(|argument| argument.element.as_ref())
        .for_each(|element| of_element(element, place, found));
}

fn of_element(element: &Element, place: &str, found: &mut Vec<String>) {
    match element {
        Element::Scalar(_) => {}
        Element::Interpolation(interpolation) => of_interpolation(interpolation, place, found),
        Element::Joined(pieces) => of_pieces(pieces, place, found),
        Element::Quoted(text) => of_text(text, place, found),
        Element::List(arguments) => of_arguments(arguments, place, found),
        Element::Dict(entries) => entries.iter().for_each(|(_, element)| of_element(element, place, found)),
    }
}

/// `[0]` is `.0`; each leading dot after the first is one container up from the one that the text stands in.
fn absolute(key: &str, place: &str) -> String {
    let key = key.replace('[', ".").replace(']', "");
    let name = key.trim_start_matches('.');
    let dots = key.len() - name.len();
    if dots == 0 {
        return key;
    }
    let mut containers: Vec<&str> = place.split('.').collect();
    containers.truncate(containers.len().saturating_sub(dots));
    containers.push(name);
    containers.join(".")
}
