//! The server's address.

/// W&B's own server, as the stock client has it since 0.31.
pub(super) const DEFAULT: &str = "https://api.forge.coreweave.com";

/// Hosts that are the same server: the site, and the host behind it. The site's API is at `api.` of it.
const FORGES: [(&str, &str); 2] =
    [("forge.coreweave.com", "api.wandb.ai"), ("qa.forge.coreweave.com", "api.qa.wandb.ai")];

/// The address as it is used, without a slash at its end; or what is wrong with it, and the way out.
pub(super) fn normalized(text: &str) -> Result<String, (String, String)> {
    let example = || format!("an address is like {DEFAULT} or http://localhost:8080");
    // What is no address may be a key or a password in the wrong place, and is not repeated.
    let url = url::Url::parse(text).map_err(|error| (format!("it is no address: {error}"), example()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err((format!("its scheme is {}, neither http nor https", url.scheme()), example()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // It would be in every message that names the server. Here, too, so the address is not repeated.
        let help = "leave the part before the '@' out; the key is given by WANDB_API_KEY".to_owned();
        return Err(("the address has a user name or a password in it".to_owned(), help));
    }
    let host = url.host_str().unwrap_or_default();
    let trimmed = text.trim_end_matches('/');
    if FORGES.iter().any(|(site, _)| *site == host) {
        let is_proxy = url.scheme() == "https"
            && url.port().is_none()
            && url.path().trim_end_matches('/') == "/api/wandb";
        let api = format!("https://api.{host}");
        return if is_proxy {
            Ok(api)
        } else {
            Err((format!("'{text}' is the site"), format!("its API is {api}")))
        };
    }
    if host == "wandb.ai" || host.ends_with(".wandb.ai") {
        if !host.contains("api.") {
            return Err((format!("'{text}' is the site"), format!("its API is {DEFAULT}")));
        }
        if url.scheme() != "https" {
            return Err((format!("'{text}' is not encrypted"), format!("write {DEFAULT}")));
        }
    }
    Ok(trimmed.to_owned())
}

/// The site on which people look at what the server has, as the stock client's `api_to_app_url`.
pub(crate) fn site(base_url: &str) -> String {
    let host = base_url.split_once("://").map_or(base_url, |(_, after)| after);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if let Some((site, _)) =
        FORGES.iter().find(|(site, api)| host == *api || host.strip_prefix("api.") == Some(site))
    {
        return format!("https://{site}/wandb");
    }
    let app = if base_url.contains("://api.wandb.") { "://" } else { "://app." };
    base_url.replacen("://api.", app, 1)
}

/// The names that netrc may have the server under: the host with its port if one is written, and what is behind W&B's site.
pub(super) fn machines(base_url: &str) -> (&str, Option<&'static str>) {
    let after = base_url.split_once("://").map_or(base_url, |(_, after)| after);
    let machine = after.split(['/', '?', '#']).next().unwrap_or(after);
    let host = machine.split(':').next().unwrap_or(machine).to_lowercase();
    let behind = FORGES.iter().find(|(site, api)| host == *api || host.strip_prefix("api.") == Some(site));
    (machine, behind.map(|(_, api)| *api).filter(|api| *api != host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("https://api.wandb.ai/", Ok("https://api.wandb.ai")),
            ("http://localhost:8080//", Ok("http://localhost:8080")),
            ("https://forge.coreweave.com/api/wandb/", Ok(DEFAULT)),
            ("https://wandb.example.org/base", Ok("https://wandb.example.org/base")),
            ("https://forge.coreweave.com", Err("its API is")),
            ("https://app.wandb.ai", Err("its API is")),
            ("http://api.wandb.ai", Err("write https")),
            ("ftp://x", Err("an address is like")),
            ("https://me:secret@host:bad", Err("an address is like")),
            ("localhost", Err("an address is like")),
            ("https://me:secret@x", Err("leave the part")),
        ] {
            match (normalized(text), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err((message, help)), Err(expected)) => {
                    assert!(help.starts_with(expected), "{help}");
                    assert!(!message.contains("secret"), "{message}");
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn sites_of_servers() {
        for (server, site_of_it) in [
            (DEFAULT, "https://forge.coreweave.com/wandb"),
            ("https://api.wandb.ai", "https://forge.coreweave.com/wandb"),
            ("https://api.qa.wandb.ai", "https://qa.forge.coreweave.com/wandb"),
            ("https://api.example.org", "https://app.example.org"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(site(server), site_of_it);
        }
    }

    #[test]
    fn machines_of_netrc() {
        assert_eq!(machines("http://localhost:8080"), ("localhost:8080", None));
        assert_eq!(machines(DEFAULT), ("api.forge.coreweave.com", Some("api.wandb.ai")));
        assert_eq!(machines("https://api.wandb.ai"), ("api.wandb.ai", None));
        assert_eq!(machines("https://x.org/base"), ("x.org", None));
    }
}
