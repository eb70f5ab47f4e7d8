//! The API key: where it is found, and that it stays unseen.

use super::load::Folders;
use super::netrc;
use super::server::machines;
use std::fmt;
use std::path::PathBuf;

/// Shorter ones are no keys.
const LEAST: usize = 40;

/// What the server knows the user by. It is never printed: [`Debug`](fmt::Debug) leaves it out, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Of the bare text, which is not looked at.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The bare text, for the header that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What keeps it from being a key, if anything: 40 or more letters, digits, `_` and `-`, maybe after a prefix; or the
    /// three parts of a web token. In words that do not tell it.
    pub fn defect(&self) -> Option<String> {
        let is_word = |text: &str| text.chars().all(|one| one.is_alphanumeric() || one == '_' || one == '-');
        let parts: Vec<&str> = self.0.split('.').collect();
        if parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && is_word(part)) {
            return None;
        }
        let secret = self.0.split_once('-').map_or(self.0.as_str(), |(_, secret)| secret);
        if self.0.trim() != self.0 {
            return Some("it begins or ends with white space".to_owned());
        }
        if secret.is_empty() || !is_word(secret) {
            return Some("it has other characters than letters, digits, '_' and '-'".to_owned());
        }
        let length = secret.chars().count();
        (length < LEAST).then(|| format!("it has {length} characters, and a key has {LEAST} or more"))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What a search for a key came to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The key, with the place that it was found in.
    pub(super) key: Option<(ApiKey, String)>,
    /// What went wrong on the way, for a warning.
    pub(super) trouble: Vec<String>,
}

/// The key for a server: the environment's, else netrc's. An empty one is none.
pub(super) fn find(base_url: &str, environment: &dyn Fn(&str) -> Option<String>, folders: &Folders) -> Found {
    const VARIABLE: &str = "WANDB_API_KEY";
    if let Some(key) = environment(VARIABLE).filter(|key| !key.is_empty()) {
        return Found { key: Some((ApiKey(key), VARIABLE.to_owned())), ..Found::default() };
    }
    let Some(path) = netrc_path(environment, folders) else { return Found::default() };
    let place = path.display();
    let trouble = |text: String| Found { trouble: vec![text], ..Found::default() };
    let text = match std::fs::read(&path) {
        // Names and keys are ASCII; what else is in the file need not be UTF-8.
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Found::default(),
        Err(error) => return trouble(format!("{place} cannot be read: {error}")),
    };
    let (machine, behind) = machines(base_url);
    let login =
        [Some(machine), behind].into_iter().flatten().find_map(|name| netrc::find(&text, name).transpose());
    match login {
        None => Found::default(),
        Some(Err(netrc::Broken { line })) => {
            trouble(format!("{place}:{line}: this is no netrc; its keys are not used"))
        }
        Some(Ok(login)) if login.password.is_empty() => {
            trouble(format!("{place} has an entry for {machine} without a password"))
        }
        Some(Ok(login)) => {
            let entry = if login.named { "" } else { " (its entry 'default')" };
            Found { key: Some((ApiKey(login.password), format!("{place}{entry}"))), ..Found::default() }
        }
    }
}

fn netrc_path(environment: &dyn Fn(&str) -> Option<String>, folders: &Folders) -> Option<PathBuf> {
    if let Some(path) = environment("NETRC").filter(|path| !path.is_empty()) {
        return Some(folders.resolved(&path));
    }
    let home = folders.home.as_ref()?;
    let names = [".netrc", "_netrc"].map(|name| home.join(name));
    names.into_iter().find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_by_its_form_and_never_shown() {
        let forty = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(ApiKey::new(forty).defect(), None);
        assert_eq!(ApiKey::new(format!("local-{forty}")).defect(), None);
        assert_eq!(ApiKey::new("a.b-c.d_e").defect(), None);
        for wrong in ["", "local-", &forty[1..], &format!(" {forty}"), &format!("{forty}\n"), "a b", "a..b"] {
            let defect = ApiKey::new(wrong).defect().expect(wrong);
            assert!(wrong.trim().is_empty() || !defect.contains(&format!("'{}'", wrong.trim())), "{defect}");
        }
        assert_eq!(format!("{:?}", ApiKey::new(forty)), "ApiKey(…)");
    }
}
