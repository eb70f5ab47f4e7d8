//! One place of the search path.

use super::builtin;
use crate::error::{Code, Error, Result};
use crate::tree::SourceFile;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs, io};

/// Where configurations are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder.
    Folder(PathBuf),
    /// Hydra's own configuration, which the library carries.
    Builtin,
    /// The place of schemas in Hydra's search path, the last one. An application's schemas are Rust types here, so it holds
    /// only what Hydra itself keeps in it: its launchers and sweepers.
    Structured,
}

/// One entry of the search path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Who put it there: `hydra`, `main`, `command-line`, …
    pub name: String,
    /// Where it is.
    pub place: Place,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Config,
    Group,
}

impl Place {
    /// The place that an entry of `hydra.searchpath` names: without a scheme, or with `file://`, it is a folder.
    pub(crate) fn at(path: &str) -> Self {
        match path.split_once("://") {
            Some(("pkg", "hydra.conf")) => Self::Builtin,
            Some(("structured", _)) => Self::Structured,
            Some(("file", folder)) => Self::Folder(folder.into()),
            _ => Self::Folder(path.into()),
        }
    }
}

impl Provider {
    /// An entry with this name.
    pub fn new(name: impl Into<String>, place: Place) -> Self {
        Self { name: name.into(), place }
    }

    /// Whether the place exists.
    pub fn is_available(&self) -> bool {
        match &self.place {
            Place::Folder(folder) => folder.is_dir(),
            Place::Builtin | Place::Structured => true,
        }
    }

    /// Reads `config_path` (without `.yaml`), if it is here.
    ///
    /// # Errors
    /// The file is there and cannot be read, or is not UTF-8.
    pub(crate) fn read(&self, config_path: &str) -> Result<Option<Arc<SourceFile>>> {
        if !is_inside(config_path) {
            return Ok(None);
        }
        let name = file_name(config_path);
        match &self.place {
            Place::Folder(folder) => read_file(&folder.join(name)),
            place => Ok(builtin::text(place, &name)
                .map(|text| SourceFile::new(Path::new(&place.to_string()).join(&name), text))),
        }
    }

    /// Whether a configuration or a group of that name is here.
    pub(crate) fn has(&self, path: &str, kind: Kind) -> bool {
        if !is_inside(path) {
            return false;
        }
        match (&self.place, kind) {
            (Place::Folder(folder), Kind::Config) => folder.join(file_name(path)).is_file(),
            (Place::Folder(folder), Kind::Group) => folder.join(path).is_dir(),
            (place, Kind::Config) => builtin::text(place, &file_name(path)).is_some(),
            (place, Kind::Group) => builtin::names_under(place, path).next().is_some(),
        }
    }

    /// Adds the names of the configurations or groups directly in group `path`.
    pub(crate) fn list(&self, path: &str, kind: Kind, names: &mut BTreeSet<String>) {
        if !is_inside(path) {
            return;
        }
        match &self.place {
            Place::Folder(folder) => {
                // A folder that cannot be listed has no options to offer; reading an option reports why.
                let Ok(entries) = fs::read_dir(folder.join(path)) else { return };
                for entry in entries.flatten() {
                    let Ok(name) = entry.file_name().into_string() else { continue };
                    let is_folder = entry.path().is_dir();
                    match kind {
                        Kind::Config if entry.path().is_file() => {
                            names.extend(name.strip_suffix(".yaml").map(str::to_owned))
                        }
                        // A folder that is hidden, as `.schema` is, is no group.
                        Kind::Group if is_folder && name != "__pycache__" && !name.starts_with('.') => {
                            names.insert(name);
                        }
                        _ => {}
                    }
                }
            }
            place => {
                for name in builtin::names_under(place, path) {
                    match (kind, name.split_once('/'), name.strip_suffix(".yaml")) {
                        (Kind::Config, None, Some(option)) => _ = names.insert(option.to_owned()),
                        (Kind::Group, Some((group, _)), _) => _ = names.insert(group.to_owned()),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Whether a path stays in the folder that it is joined to. One that begins at the root of the file system would take the
/// folder's place, and `..` leads out of it.
fn is_inside(path: &str) -> bool {
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    Path::new(path).components().all(is_name)
}

/// Whether a path in a defaults list leads off the search path, here or on another system.
pub(crate) fn leads_out(path: &str) -> bool {
    path.contains('\\') || !is_inside(path)
}

/// A path without scheme is a folder.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "file://{}", folder.display()),
            Self::Builtin => f.write_str("pkg://hydra.conf"),
            Self::Structured => f.write_str("structured://"),
        }
    }
}

/// `provider=main, path=file:///…`, as Hydra lists its search path in errors.
impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "provider={}, path={}", self.name, self.place)
    }
}

/// `.yaml` is added unless it is there; `config.yml` therefore means `config.yml.yaml`, as in Hydra.
fn file_name(config_path: &str) -> String {
    if config_path.ends_with(".yaml") { config_path.to_owned() } else { format!("{config_path}.yaml") }
}

/// A larger file is not read: a person's configuration is not, and a mistaken path must not fill the memory.
const LARGEST_FILE: u64 = 16 << 20;

/// Reads text that somebody names on the command line: a file, or a pipe such as a shell's `<(command)`.
///
/// # Errors
/// It cannot be read, it is longer than 16 MiB, or it is not UTF-8.
pub fn read_text(path: &Path) -> Result<Arc<SourceFile>> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|error| Error::new(Code::Io, format!("cannot read {}: {error}", path.display())))?;
    if bytes.len() as u64 > LARGEST_FILE {
        let message = format!("{} is longer than {LARGEST_FILE} bytes", path.display());
        return Err(Error::new(Code::Io, message));
    }
    source_file(path, bytes)
}

fn read_file(path: &Path) -> Result<Option<Arc<SourceFile>>> {
    // Asked before it is opened: opening a pipe would wait for whoever writes it.
    if let Ok(file) = fs::metadata(path)
        && (file.len() > LARGEST_FILE || !(file.is_file() || file.is_dir()))
    {
        let what =
            if file.is_file() { format!("{} bytes long", file.len()) } else { "no regular file".into() };
        return Err(Error::new(Code::Io, format!("{} is {what}", path.display()))
            .help(format!("a configuration is a YAML file of at most {LARGEST_FILE} bytes")));
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(Error::new(Code::Io, format!("cannot read {}: {error}", path.display()))),
    };
    source_file(path, bytes).map(Some)
}

fn source_file(path: &Path, bytes: Vec<u8>) -> Result<Arc<SourceFile>> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(path, text)),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
            let message = format!("{}:{line}: not UTF-8 (byte {offset} of the file)", path.display());
            Err(Error::new(Code::Yaml, message).help("save the file as UTF-8"))
        }
    }
}

/// A directory of that name, or a file where a directory would be needed, is no configuration either.
fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory | InvalidInput)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_off_the_folder_is_found() {
        let place = tempfile::tempdir().expect("a folder");
        fs::create_dir(place.path().join("conf")).expect("a folder");
        fs::write(place.path().join("conf/config.yaml"), "a: 1\n").expect("written");
        fs::write(place.path().join("secret.yaml"), "password: 1\n").expect("written");
        let provider = Provider::new("main", Place::Folder(place.path().join("conf")));
        let outside = place.path().to_str().expect("UTF-8");
        for folder in [outside, "..", "x/../.."] {
            let file = format!("{folder}/secret");
            assert!(provider.read(&file).expect("no error").is_none(), "{file}");
            assert!(!provider.has(&file, Kind::Config) && !provider.has(folder, Kind::Group), "{file}");
            let mut names = BTreeSet::new();
            provider.list(folder, Kind::Config, &mut names);
            assert!(names.is_empty(), "{folder}: {names:?}");
        }
        for file in ["config", "./config", "config.yaml"] {
            assert!(
                provider.read(file).expect("no error").is_some() && provider.has(file, Kind::Config),
                "{file}"
            );
        }
        assert!(provider.has("", Kind::Group));
    }

    #[test]
    fn paths_lead_out_by_their_parts() {
        for path in ["/db", "//db", "../db", "a/../b", "a/..", "a\\b", "C:\\db"] {
            assert!(leads_out(path), "{path}");
        }
        for path in ["", "db", "db/mysql", "db//mysql", "./db", "a..b", "..a", "${db}"] {
            assert!(!leads_out(path), "{path}");
        }
    }
}
