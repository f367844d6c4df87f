//! Whose pages may ask this server from a browser.

use serde::{Deserialize, Deserializer, de::Error};

/// Pages of other hosts, by scheme, host and port, as browsers name them in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Whether a page of this origin is among them.
    #[must_use]
    pub fn have(&self, origin: &str) -> bool {
        self.0.iter().any(|one| one.eq_ignore_ascii_case(origin))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Several by commas, or `none`.
impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        let named = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let checked = named.map(|name| match parts(name) {
            Some(_) => Ok(name.to_owned()),
            None => Err(D::Error::custom(format!("{name:?} is no origin, which is such as https://app.example"))),
        });
        checked.collect::<Result<_, _>>().map(Self)
    }
}

/// Whether an origin is of this machine: where front ends are developed.
pub(super) fn is_local(origin: &str) -> bool {
    let host = parts(origin).map(|(host, _)| host.to_ascii_lowercase());
    host.is_some_and(|host| matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]"))
}

/// Host and port of an origin.
fn parts(origin: &str) -> Option<(&str, Option<u16>)> {
    let rest = origin.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?.1;
    let (host, port) = match rest.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (rest, None),
    };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
    let is_address = host.starts_with('[') && host.ends_with(']');
    (!host.is_empty() && (is_address || host.chars().all(plain))).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_of_this_machine_are_known_under_every_port() {
        for origin in ["http://localhost", "http://localhost:5173", "https://LOCALHOST:1", "http://127.0.0.1:3000"] {
            assert!(is_local(origin), "{origin}");
        }
        assert!(is_local("http://[::1]:3000") && is_local("http://[::1]"));
        for origin in ["null", "", "http://localhost.evil.example", "http://localhost@evil.example", "ftp://localhost"]
        {
            assert!(!is_local(origin), "{origin}");
        }
    }

    #[test]
    fn an_origin_has_a_scheme_a_host_and_nothing_behind() {
        for origin in ["https://app.example", "http://app.example:8080", "https://[2001:db8::1]:443"] {
            assert!(parts(origin).is_some(), "{origin}");
        }
        for origin in ["*", "null", "app.example", "https://", "https://app.example/", "https://a:x", "https://*.a"] {
            assert!(parts(origin).is_none(), "{origin}");
        }
    }
}
