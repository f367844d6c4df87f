//! What the configuration says by itself.

use std::collections::HashSet;
use std::net::IpAddr;

use axum::http::Uri;

use super::finding::{Check, Finding};
use crate::cli::environment::SECRET_KEY_FORM;
use crate::config::{Config, Mode};
use crate::secret::SecretKey;

/// 32 random bytes have about 30 different values; a key with fewer than this was not drawn at random.
const DIFFERENT_DIGIT_PAIRS: usize = 16;

/// That it could be read, and what it is for.
pub(super) fn configuration(config: &Config) -> Finding {
    let mode = match config.mode {
        Mode::Development => "development: known passwords are let in",
        Mode::Production => "production",
    };
    Check::Configuration.ok(format!("mode {mode}"))
}

/// Whether there is a key where one is needed, and nobody could guess it.
pub(super) fn secret_key(config: &Config) -> Finding {
    let check = Check::SecretKey;
    let Some(digits) = &config.secret_key else {
        let is_needed = config.mode == Mode::Production && config.database_url.is_some();
        return match is_needed {
            true => check.bad("there is none", format!("set ARVLITE_SECRET_KEY; {SECRET_KEY_FORM}")),
            false => check.ok("kept in the database"),
        };
    };
    if SecretKey::parse(digits).is_none() {
        return check.bad("it is no key", SECRET_KEY_FORM);
    }
    let keys: Vec<&str> = digits.split(',').map(str::trim).collect();
    if keys.iter().any(|key| is_guessable(key)) {
        let advice = "make another with openssl rand -hex 32 and put it first";
        return match config.mode {
            Mode::Production => check.bad("it was not drawn at random", advice),
            Mode::Development => check.look("it was not drawn at random", advice),
        };
    }
    match keys.len() {
        1 => check.ok("set"),
        several => check.ok(format!("set, and {} older", several - 1)),
    }
}

fn is_guessable(key: &str) -> bool {
    let pairs: HashSet<&[u8]> = key.as_bytes().chunks(2).collect();
    pairs.len() < DIFFERENT_DIGIT_PAIRS
}

/// Whether phones can open what is printed.
pub(super) fn public_url(config: &Config) -> Finding {
    let (check, url) = (Check::PublicUrl, config.public_url());
    let parsed = url.parse::<Uri>().ok();
    let parts = parsed.as_ref().and_then(|url| Some((url.scheme_str()?, url.host()?)));
    let Some((scheme @ ("http" | "https"), host)) = parts else {
        return check.bad(format!("{url} is no address"), "set ARVLITE_PUBLIC_URL, as https://ar.example");
    };
    if config.mode == Mode::Development {
        return check.ok(url);
    }
    if is_this_machine(host) {
        let advice = "set ARVLITE_PUBLIC_URL to the address that phones reach: it is in printed codes for years";
        return check.bad(format!("{url} is this machine alone"), advice);
    }
    match scheme {
        "https" => check.ok(url),
        _ => check.look(format!("{url} is not encrypted"), "serve it by https, behind a proxy that has a certificate"),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    const RANDOM: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn config(mode: Mode) -> Config {
        Config { mode, database_url: Some("postgres://db/arvlite".to_owned()), ..Config::default() }
    }

    #[test]
    fn a_key_is_needed_in_production_on_an_outside_database() {
        let outside = config(Mode::Production);
        assert_eq!(secret_key(&outside).verdict, Verdict::Bad);
        assert!(secret_key(&outside).advice.unwrap().contains("openssl rand -hex 32"));
        assert_eq!(secret_key(&Config { database_url: None, ..outside }).verdict, Verdict::Ok);
        assert_eq!(secret_key(&config(Mode::Development)).verdict, Verdict::Ok);
    }

    #[test]
    fn a_key_that_could_be_guessed_is_told() {
        let of = |mode, key: &str| secret_key(&Config { secret_key: Some(key.to_owned()), ..config(mode) });
        assert_eq!(of(Mode::Production, RANDOM).verdict, Verdict::Ok);
        assert_eq!(of(Mode::Production, &format!("{RANDOM}, {RANDOM}")).found, "set, and 1 older");
        for weak in ["00".repeat(32), "0123456789abcdef".repeat(4), format!("{RANDOM},{}", "a1".repeat(32))] {
            assert_eq!(of(Mode::Production, &weak).verdict, Verdict::Bad, "{weak}");
            assert_eq!(of(Mode::Development, &weak).verdict, Verdict::Look, "{weak}");
        }
        let refused = of(Mode::Development, "secret");
        assert_eq!(refused.verdict, Verdict::Bad);
        assert!(!format!("{refused:?}").contains("\"secret\""), "a key is never told");
    }

    #[test]
    fn what_is_printed_must_be_reached_by_phones() {
        let of = |mode, url: &str| public_url(&Config { public_url: Some(url.to_owned()), ..config(mode) }).verdict;
        for (url, production, development) in [
            ("https://ar.example", Verdict::Ok, Verdict::Ok),
            ("https://ar.example/studio/", Verdict::Ok, Verdict::Ok),
            ("http://ar.example", Verdict::Look, Verdict::Ok),
            ("https://127.0.0.1:4000", Verdict::Bad, Verdict::Ok),
            ("http://[::1]:4000", Verdict::Bad, Verdict::Ok),
            ("https://localhost", Verdict::Bad, Verdict::Ok),
            ("http://0.0.0.0:4000", Verdict::Bad, Verdict::Ok),
            ("ar.example", Verdict::Bad, Verdict::Bad),
            ("ftp://ar.example", Verdict::Bad, Verdict::Bad),
        ] {
            assert_eq!((of(Mode::Production, url), of(Mode::Development, url)), (production, development), "{url}");
        }
        let nothing_said = public_url(&config(Mode::Production));
        assert!(nothing_said.verdict == Verdict::Bad && nothing_said.found.contains("127.0.0.1"));
    }
}
