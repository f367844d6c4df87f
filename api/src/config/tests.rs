use std::io::Write;

use super::*;

fn read(environment: &[(&str, &str)], file: Option<&str>) -> Result<Config, ConfigError> {
    let environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let written = file.map(|text| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    });
    Config::read(environment, written.as_ref().map(tempfile::NamedTempFile::path))
}

fn refusal(environment: &[(&str, &str)], file: Option<&str>) -> String {
    read(environment, file).unwrap_err().to_string()
}

#[test]
fn the_file_goes_over_the_environment() {
    let environment = [
        ("DATABASE_URL", "postgres://environment"),
        ("ARVLITE_LISTEN", "127.0.0.1:1"),
        ("ARVLITE_LIMITS__DEPTH", "7"),
        ("ARVLITE_LIMITS__ALIASES", "8"),
        ("ARVLITE_MODE", "development"),
    ];
    let config = read(&environment, None).unwrap();
    assert_eq!(config.database_url.as_deref(), Some("postgres://environment"));
    assert_eq!((config.limits.depth, config.mode), (7, Mode::Development));

    let file = "database_url = 'postgres://file'\nlisten = '127.0.0.1:2'\n[limits]\ndepth = 9";
    let config = read(&environment, Some(file)).unwrap();
    assert_eq!(config.database_url.as_deref(), Some("postgres://file"));
    assert_eq!(config.listen.port(), 2);
    assert_eq!((config.limits.depth, config.limits.aliases), (9, 8));
}

#[test]
fn nothing_said_leaves_the_defaults() {
    let config = read(&[("DATABASE_URL", ""), ("ARVLITE_LISTEN", ""), ("PATH", "/bin")], None).unwrap();
    assert_eq!((config.database_url, config.listen.port(), config.mode), (None, 4000, Mode::Production));
}

#[test]
fn proxies_are_separated_by_commas() {
    let config = read(&[("ARVLITE_TRUSTED_PROXIES", "10.0.0.1, ::1")], None).unwrap();
    assert_eq!(config.trusted_proxies, ["10.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
    assert!(refusal(&[("ARVLITE_TRUSTED_PROXIES", "everybody")], None).contains("trusted_proxies"));
}

#[test]
fn pages_of_other_hosts_are_named_and_in_development_those_of_this_machine() {
    let allowed = |environment: &[(&str, &str)], origin| {
        let config = read(environment, None).unwrap();
        assert!(config.has_origins() || !config.allows(origin), "{origin}");
        config.allows(origin)
    };
    let development = ("ARVLITE_MODE", "development");
    assert!(allowed(&[development], "http://localhost:5173") && !allowed(&[], "http://localhost:5173"));
    assert!(!allowed(&[development, ("ARVLITE_CORS_ORIGINS", "none")], "http://localhost:5173"));
    let named = ("ARVLITE_CORS_ORIGINS", "https://app.example, https://other.example:8443");
    assert!(allowed(&[named], "https://app.example") && allowed(&[named], "https://other.example:8443"));
    assert!(!allowed(&[named], "https://other.example") && !allowed(&[named, development], "http://localhost"));
}

#[test]
fn what_is_wrong_is_named() {
    for (environment, file, named) in [
        (vec![("ARVLITE_COLOUR", "red")], None, "colour"),
        (vec![("ARVLITE_LIMITS__WIDTH", "1")], None, "width"),
        (vec![], Some("colour = 'red'"), "colour"),
        (vec![("ARVLITE_LIMITS__DEPTH", "deep")], None, "limits.depth"),
        (vec![], Some("listen = 'somewhere'"), "listen"),
        (vec![("ARVLITE_MODE", "staging")], None, "mode"),
        (vec![("ARVLITE_METRICS_TOKEN", "short")], None, "metrics_token"),
        (vec![("ARVLITE_CORS_ORIGINS", "*")], None, "cors_origins"),
        (vec![("ARVLITE_LOG_FORMAT", "xml")], None, "log_format"),
        (vec![], Some("listen = "), "line"),
    ] {
        let words = refusal(&environment, file);
        assert!(words.contains(named), "{named}: {words}");
    }
}

#[test]
fn the_log_is_kept_for_a_day_at_least() {
    assert_eq!(read(&[], None).unwrap().log_retention_days, 30);
    assert_eq!(read(&[("ARVLITE_LOG_RETENTION_DAYS", "7")], None).unwrap().log_retention_days, 7);
    for wrong in ["0", "-1", "a"] {
        assert!(refusal(&[("ARVLITE_LOG_RETENTION_DAYS", wrong)], None).contains("log_retention_days"), "{wrong}");
    }
}
