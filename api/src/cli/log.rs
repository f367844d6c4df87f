//! The log: for people where a person looks, one JSON object a line for a server in production.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::{Config, ConfigError, Mode};

/// Starts to log to the standard error.
pub(super) fn start(config: &Config) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| ConfigError::key("log", &error.to_string()))?;
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter);
    let a_person_looks = io::stderr().is_terminal();
    let started = if config.mode == Mode::Production && !a_person_looks {
        log.json().flatten_event(true).try_init()
    } else {
        log.with_ansi(a_person_looks).with_target(false).try_init()
    };
    // Only one log can be: the one that was started first goes on.
    started.ok();
    Ok(())
}
