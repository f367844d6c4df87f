//! Configuration: environment, then a TOML file, then flags, each over the one before. Read here alone.

mod limits;
mod origins;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use uuid::Uuid;

pub use limits::{Budget, Limits};
pub use origins::Origins;

/// How the program is configured. Each key is `ARVLITE_<KEY>` in the environment and `<key>` in the file; the
/// database's address is `DATABASE_URL` in the environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address of a PostgreSQL server. Without it the program runs one of its own.
    pub database_url: Option<String>,
    /// Connections to the database, at most.
    pub database_connections: usize,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address that phones and browsers reach the program at, without a slash at its end.
    pub public_url: Option<String>,
    /// Where the program's own database and media live.
    pub data_dir: Option<PathBuf>,
    /// Whether known passwords are let in and the schema is open.
    pub mode: Mode,
    /// 64 hexadecimal digits; several, separated by commas, while keys are changed: the first one signs.
    pub secret_key: Option<String>,
    /// Where the programs of PostgreSQL are.
    pub pg_bin: Option<PathBuf>,
    /// What is logged: a level, or directives such as `info,arvlite_api=debug`.
    pub log: String,
    /// How its lines look. Unless it is said: JSON in production where no person looks, text elsewhere.
    pub log_format: Option<LogFormat>,
    /// What whoever reads `/metrics` shows. Without it production tells nobody, and development everybody.
    #[serde(deserialize_with = "long_enough")]
    pub metrics_token: Option<String>,
    /// Addresses of proxies whose `X-Forwarded-For` is believed, separated by commas. None unless it is said.
    #[serde(deserialize_with = "addresses")]
    pub trusted_proxies: Vec<IpAddr>,
    /// Whose pages may ask from a browser: origins such as `https://app.example`, separated by commas, or `none`. Unless
    /// it is said: in development those of this machine, in production none.
    pub cors_origins: Option<Origins>,
    /// A file in MaxMind's format (.mmdb) that tells the country, and perhaps the city, of an address. It is read at the
    /// start.
    pub country_database: Option<PathBuf>,
    /// Days that the log of views is kept, for followers to resume in. The views themselves stay.
    #[serde(deserialize_with = "at_least_one")]
    pub log_retention_days: u32,
    /// What one request may cost.
    pub limits: Limits,
}

/// What the server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A developer's machine or the demo.
    Development,
    /// Real studios.
    Production,
}

/// How the lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used: {0}")]
pub struct ConfigError(String);

impl ConfigError {
    /// What is wrong with a key's value.
    #[must_use]
    pub fn key(key: &str, wrong: &str) -> Self {
        Self(format!("{key} (ARVLITE_{}): {wrong}", key.to_uppercase()))
    }
}

impl From<config::ConfigError> for ConfigError {
    fn from(error: config::ConfigError) -> Self {
        Self(error.to_string())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: None,
            database_connections: 16,
            listen: SocketAddr::from(([127, 0, 0, 1], 4000)),
            public_url: None,
            data_dir: None,
            mode: Mode::Production,
            secret_key: None,
            pg_bin: None,
            log: "info,tokio_postgres=warn".to_owned(),
            log_format: None,
            metrics_token: None,
            trusted_proxies: Vec::new(),
            cors_origins: None,
            country_database: None,
            log_retention_days: 30,
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// Reads the environment and, over it, a file.
    ///
    /// # Errors
    /// Says which key is unknown or which value makes no sense.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let readable =
            std::env::vars_os().filter_map(|(key, value)| key.into_string().ok().zip(value.into_string().ok()));
        Self::read(readable.collect(), file)
    }

    /// Reads these variables and, over them, a file. A variable that is set to nothing is as if it were not set.
    ///
    /// # Errors
    /// Says which key is unknown or which value makes no sense.
    pub fn read(environment: HashMap<String, String>, file: Option<&Path>) -> Result<Self, ConfigError> {
        let database_url = environment.get("DATABASE_URL").filter(|url| !url.is_empty()).cloned();
        let variables = config::Environment::with_prefix("ARVLITE")
            .prefix_separator("_")
            .separator("__")
            .ignore_empty(true)
            .source(Some(environment));
        let mut sources = config::Config::builder().set_default("database_url", database_url)?.add_source(variables);
        if let Some(file) = file {
            sources = sources.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        Ok(sources.build()?.try_deserialize()?)
    }

    /// Whether a page of another host may ask from a browser.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        match &self.cors_origins {
            Some(origins) => origins.have(origin),
            None => self.mode == Mode::Development && origins::is_local(origin),
        }
    }

    /// Whether there is any such page.
    #[must_use]
    pub fn has_origins(&self) -> bool {
        match &self.cors_origins {
            Some(origins) => !origins.is_empty(),
            None => self.mode == Mode::Development,
        }
    }

    /// The page of a code: what is printed, so it never changes.
    #[must_use]
    pub fn ar_url(&self, unique_id: Uuid) -> String {
        ar_url(&self.public_url(), unique_id)
    }

    /// Where the bytes of a stored object are.
    #[must_use]
    pub fn media_url(&self, name: &str) -> String {
        format!("{}/media/{name}", self.public_url())
    }

    /// The address that phones and browsers reach the program at, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| name.parse().map_err(serde::de::Error::custom)).collect()
}

/// What is guessed within a lifetime protects nothing.
fn long_enough<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        Some(token) if token.len() < 16 => Err(serde::de::Error::custom("it has fewer than 16 characters")),
        token => Ok(token),
    }
}

/// The day that is written on is never dropped.
fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("log_retention_days is at least 1")),
        days => Ok(days),
    }
}

/// The page of a code below a public address.
#[must_use]
pub fn ar_url(public_url: &str, unique_id: Uuid) -> String {
    format!("{}/ar/{unique_id}", public_url.trim_end_matches('/'))
}
