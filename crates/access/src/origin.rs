//! Origin: which pages in browsers may ask.
//!
//! A browser sends what any page tells it to, also to a server on its own machine. It says, though, which page that
//! was: in `Origin`, and in `Sec-Fetch-Site`. Clients that are no browsers send neither, and are let through.

use std::net::IpAddr;

/// What a request says of the page that sent it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asking<'a> {
    /// The `Host` header, or what stands for it.
    pub host: Option<&'a str>,
    /// The `Origin` header.
    pub origin: Option<&'a str>,
    /// The `Sec-Fetch-Site` header.
    pub site: Option<&'a str>,
}

/// Origins by which browsers reach the server beside what it is called in their requests: those of proxies before it.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    /// These origins, such as `https://stepwell.example.com`. Fails with the first that is none.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let origins: Vec<String> = origins.into_iter().collect();
        match origins.iter().find(|origin| authority(origin).is_none()) {
            Some(wrong) => Err(wrong.clone()),
            None => Ok(Self(origins)),
        }
    }

    /// Refuses a request that a page of another origin sent, and says why.
    pub fn check(&self, asking: &Asking<'_>) -> Result<(), String> {
        if let Some(site @ ("cross-site" | "same-site")) = asking.site {
            return Err(format!(
                "a page of another origin asks ({site}); only the console's own pages may"
            ));
        }
        let Some(origin) = asking.origin else {
            return Ok(());
        };
        let is_own = authority(origin).is_some_and(|authority| {
            let host = asking.host.unwrap_or_default();
            without_default_port(authority).eq_ignore_ascii_case(without_default_port(host))
        });
        if is_own || self.0.iter().any(|known| known.eq_ignore_ascii_case(origin)) {
            return Ok(());
        }
        Err(format!(
            "a page of the origin `{origin}` asks; if that is where browsers find this server, name it in `origins`"
        ))
    }

    /// Refuses a request to a host whose name somebody else may have given to this machine: by such a name, a page
    /// from elsewhere would have the server's own origin.
    pub fn check_host(&self, asking: &Asking<'_>) -> Result<(), String> {
        let host = asking.host.unwrap_or_default();
        let name = name_of(host);
        let is_local = name.eq_ignore_ascii_case("localhost")
            || name.to_ascii_lowercase().ends_with(".localhost")
            || name.parse::<IpAddr>().is_ok();
        let is_known =
            |known: &String| authority(known).is_some_and(|known| name_of(known).eq_ignore_ascii_case(name));
        if is_local || self.0.iter().any(is_known) {
            return Ok(());
        }
        Err(format!(
            "a server without keys answers browsers by its address only, and not as `{host}`; open it at \
             http://127.0.0.1, or name where browsers find it in `origins`"
        ))
    }
}

/// The host and port of an origin.
fn authority(origin: &str) -> Option<&str> {
    let rest = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))?;
    (!rest.is_empty() && !rest.contains(['/', '?', '#', '@'])).then_some(rest)
}

fn without_default_port(host: &str) -> &str {
    host.strip_suffix(":443")
        .or_else(|| host.strip_suffix(":80"))
        .unwrap_or(host)
}

/// A host without its port, and without the brackets of IPv6.
fn name_of(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    host.split(':').next().unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "127.0.0.1:8083";

    fn origins() -> Origins {
        Origins::new(["https://stepwell.example.com".to_owned()]).unwrap()
    }

    fn is_taken(host: &str, origin: Option<&str>, site: Option<&str>) -> bool {
        let host = Some(host);
        origins().check(&Asking { host, origin, site }).is_ok()
    }

    #[test]
    fn only_own_pages_may_ask() {
        assert!(is_taken(OWN, None, None));
        assert!(is_taken(OWN, Some("http://127.0.0.1:8083"), Some("same-origin")));
        assert!(is_taken(OWN, None, Some("none")));
        assert!(is_taken("s.example", Some("https://s.example"), None));
        assert!(is_taken("s.example:443", Some("https://s.example"), None));
        assert!(is_taken(OWN, Some("https://stepwell.example.com"), None));
        for (origin, site) in [
            (Some("http://evil.example"), None),
            (Some("http://127.0.0.1:3000"), None),
            (Some("http://127.0.0.1:8083.evil.example"), None),
            (Some("http://evil.example/@127.0.0.1:8083"), None),
            (Some("null"), None),
            (Some(""), None),
            (None, Some("cross-site")),
            (None, Some("same-site")),
            (Some("http://127.0.0.1:8083"), Some("cross-site")),
        ] {
            assert!(!is_taken(OWN, origin, site), "{origin:?} {site:?}");
        }
    }

    #[test]
    fn name_that_anybody_could_give_this_machine_is_refused() {
        let check = |host| {
            let asking = Asking {
                host: Some(host),
                ..Asking::default()
            };
            origins().check_host(&asking).is_ok()
        };
        for host in [
            "localhost:8083",
            "LOCALHOST",
            "a.localhost",
            OWN,
            "[::1]:8083",
            "10.0.0.1",
            "stepwell.example.com",
        ] {
            assert!(check(host), "{host}");
        }
        for host in [
            "",
            "evil.example:8083",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
        ] {
            assert!(!check(host), "{host}");
        }
    }

    #[test]
    fn origins_have_no_path() {
        for wrong in [
            "stepwell.example.com",
            "https://",
            "https://a/",
            "ftp://a",
            "https://u@a",
        ] {
            assert_eq!(Origins::new([wrong.to_owned()]).unwrap_err(), wrong);
        }
    }
}
