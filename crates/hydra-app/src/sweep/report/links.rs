//! Paths as links from the page.

use std::path::{Component, Path};

/// A relative link from a folder to a file or folder, both absolute. It says nothing about where either of them is.
pub(super) fn relative(from: &Path, to: &Path) -> String {
    let from: Vec<Component<'_>> = from.components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    // The dot in front, so that no name can be taken for a scheme such as `javascript:`.
    let mut link = String::from(".");
    for _ in shared..from.len() {
        link.push_str("/..");
    }
    for component in &to[shared..] {
        link.push('/');
        encode(component.as_os_str().as_encoded_bytes(), &mut link);
    }
    link
}

fn encode(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(*byte))
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_relative_whatever_the_names() {
        let link = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(link("/s", "/s/0"), "./0");
        assert_eq!(link("/s", "/s"), ".");
        assert_eq!(link("/a/pages", "/a/runs/lr=0.1,b/0"), "./../runs/lr%3D0.1%2Cb/0");
        assert_eq!(link("/s", "/s/javascript:alert(1)"), "./javascript%3Aalert%281%29");
        assert_eq!(link("/s", "/s/\"><é"), "./%22%3E%3C%C3%A9");
    }
}
