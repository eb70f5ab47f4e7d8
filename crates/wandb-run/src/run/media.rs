//! Pictures: each a file named after its content, and a value that says where it is.

use super::value::{Image, Value};
use crate::files;
use crate::json::Json;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// The JSON of a value. What has a file of its own is written below `files/`, and its path added to `written`.
pub(super) fn json(
    value: &Value,
    key: &str,
    step: u64,
    folder: &Path,
    written: &mut Vec<String>,
) -> io::Result<Json> {
    Ok(match value {
        Value::Number(value) => Json::Float(*value),
        Value::Int(value) => Json::Int(*value),
        Value::Text(text) => Json::Text(text.clone()),
        Value::Bool(value) => Json::Bool(*value),
        Value::Json(value) => value.clone(),
        Value::Histogram(histogram) => histogram.json(),
        Value::Image(image) => {
            let saved = Saved::new(image, key, step, folder)?;
            let mut entries = vec![
                ("_type".to_owned(), "image-file".into()),
                ("sha256".to_owned(), Json::Text(saved.sha256)),
                ("size".to_owned(), Json::Int(image.png.len() as i64)),
                ("path".to_owned(), Json::Text(saved.path.clone())),
                ("format".to_owned(), "png".into()),
                ("width".to_owned(), Json::Int(saved.width.into())),
                ("height".to_owned(), Json::Int(saved.height.into())),
            ];
            written.push(saved.path);
            entries.extend(image.caption.clone().map(|text| ("caption".to_owned(), Json::Text(text))));
            Json::Object(entries)
        }
        Value::Images(images) => {
            let (mut size, mut filenames) = ((0, 0), Vec::new());
            for (at, image) in images.iter().enumerate() {
                let saved = Saved::new(image, key, step, folder)?;
                if at == 0 {
                    size = (saved.width, saved.height);
                }
                filenames.push(Json::Text(saved.path.clone()));
                written.push(saved.path);
            }
            let mut entries = vec![
                ("_type".to_owned(), "images/separated".into()),
                ("width".to_owned(), Json::Int(size.0.into())),
                ("height".to_owned(), Json::Int(size.1.into())),
                ("format".to_owned(), "png".into()),
                ("count".to_owned(), Json::Int(images.len() as i64)),
                ("filenames".to_owned(), Json::Array(filenames)),
            ];
            if images.iter().any(|image| image.caption.is_some()) {
                let captions =
                    images.iter().map(|image| Json::Text(image.caption.clone().unwrap_or_default()));
                entries.push(("captions".to_owned(), Json::Array(captions.collect())));
            }
            Json::Object(entries)
        }
    })
}

/// A picture that is in its place.
struct Saved {
    /// Below `files/`.
    path: String,
    sha256: String,
    width: u32,
    height: u32,
}

impl Saved {
    fn new(image: &Image, key: &str, step: u64, folder: &Path) -> io::Result<Self> {
        let not_png = || io::Error::new(io::ErrorKind::InvalidInput, format!("{key}: not a PNG file"));
        let (width, height) = image.size().ok_or_else(not_png)?;
        let sha256 = files::hex(&Sha256::digest(&image.png));
        let path = format!("media/images/{}_{step}_{}.png", safe(key), &sha256[..20]);
        files::publish(&folder.join(&path), &image.png)?;
        Ok(Self { path, sha256, width, height })
    }
}

/// A key as a path that stays below its folder; its slashes make folders, as in the stock client.
fn safe(key: &str) -> String {
    let parts = key.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    let parts = parts.map(|part| part.replace(['\\', ':', '*', '?', '"', '<', '>', '|', '\0'], "_"));
    // A name may have 255 bytes, and the step and the digest take some of them.
    let parts = parts.map(|mut part| {
        while part.len() > 180 {
            part.pop();
        }
        part
    });
    let path = parts.collect::<Vec<_>>().join("/");
    if path.is_empty() { "image".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The start of a PNG of 3 by 2 pixels.
    fn png() -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend([0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
        bytes
    }

    #[test]
    fn an_image_is_a_file_named_after_its_content() {
        let folder = tempfile::tempdir().expect("folder");
        let mut written = Vec::new();
        let image = Image { png: png(), caption: Some("x".to_owned()) };
        let value =
            json(&image.into(), "samples/ema", 7, folder.path(), &mut written).expect("written").to_string();
        let path = &written[0];
        assert!(path.starts_with("media/images/samples/ema_7_") && path.ends_with(".png"), "{path}");
        assert_eq!(path.len(), "media/images/samples/ema_7_.png".len() + 20);
        assert_eq!(std::fs::read(folder.path().join(path)).expect("read"), png());
        assert!(value.contains(r#""format":"png","width":3,"height":2,"caption":"x"}"#), "{value}");
    }

    #[test]
    fn a_key_stays_below_its_folder() {
        assert_eq!(safe("../../etc/passwd"), "etc/passwd");
        assert_eq!(safe("/"), "image");
        assert_eq!(safe("é/λ.x"), "é/λ.x");
    }

    #[test]
    fn what_is_no_png_is_an_error() {
        let folder = tempfile::tempdir().expect("folder");
        let image = Image { png: b"GIF89a".to_vec(), caption: None };
        assert!(json(&image.into(), "x", 0, folder.path(), &mut Vec::new()).is_err());
    }
}
