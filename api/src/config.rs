//! Configuration: environment, then a TOML file, then flags, each over the one before. Read here alone.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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

/// What one request may cost. `serviceLimits` tells them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Fields on a path, the leaf among them.
    pub depth: usize,
    /// Fields after fragments are expanded.
    pub fields: usize,
    /// Aliases in an operation.
    pub aliases: usize,
    /// Tokens in a document.
    pub tokens: usize,
    /// Bytes of a request's body, uploads apart.
    pub body_bytes: usize,
    /// Rows that one page may have.
    pub page_size: i32,
    /// Rows that a page has unless it is said.
    pub default_page_size: i32,
    /// Bytes of a photo.
    pub photo_bytes: u64,
    /// Bytes of a video.
    pub video_bytes: u64,
    /// Running operations of one socket.
    pub socket_operations: usize,
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
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 20,
            fields: 1_000,
            aliases: 30,
            tokens: 2_000,
            body_bytes: 1024 * 1024,
            page_size: 100,
            default_page_size: 10,
            photo_bytes: 10 * 1024 * 1024,
            video_bytes: 100 * 1024 * 1024,
            socket_operations: 100,
        }
    }
}

impl Config {
    /// Reads the environment and, over it, a file.
    ///
    /// # Errors
    /// Says which key is unknown or which value makes no sense.
    pub fn load(file: Option<&Path>) -> Result<Self, config::ConfigError> {
        let mut sources = config::Config::builder()
            .add_source(config::Environment::with_prefix("ARVLITE").prefix_separator("_").separator("__"));
        #[expect(clippy::disallowed_methods, reason = "configuration is read here")]
        if let Ok(url) = std::env::var("DATABASE_URL") {
            sources = sources.set_default("database_url", url)?;
        }
        if let Some(file) = file {
            sources = sources.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        sources.build()?.try_deserialize()
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
