//! The log: for people where a person looks, one JSON object a line for a server in production.
//!
//! It has nothing that belongs to a client: what this program says was chosen line by line, and of libraries, whose
//! details quote statements with their values and whole messages, production hears no details.

mod json;

use std::io::{self, IsTerminal};
use std::panic;

use tracing::Metadata;
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use self::json::JsonLines;
use crate::config::{Config, ConfigError, LogFormat, Mode};

/// Starts to log to the standard error.
pub(super) fn start(config: &Config) -> Result<(), ConfigError> {
    let wanted = EnvFilter::try_new(&config.log).map_err(|error| ConfigError::key("log", &error.to_string()))?;
    let a_person_looks = io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match format(config, a_person_looks) {
        LogFormat::Json => lines.fmt_fields(JsonFields::new()).event_format(JsonLines).boxed(),
        LogFormat::Text => lines.with_ansi(a_person_looks).with_target(false).boxed(),
    };
    let is_production = config.mode == Mode::Production;
    let harmless = FilterFn::new(move |line| !is_production || is_harmless(line));
    let started = registry().with(wanted).with(harmless).with(lines).try_init();
    // Only one log can be: the one that was started first goes on.
    if started.is_ok() && is_production {
        panic::set_hook(Box::new(say_where));
    }
    Ok(())
}

/// Says something to whoever started the program: a person, or what reads the log.
pub(super) fn say(config: &Config, words: &str) {
    match format(config, io::stderr().is_terminal()) {
        LogFormat::Json => tracing::info!("{words}"),
        LogFormat::Text => eprintln!("{words}"),
    }
}

fn format(config: &Config, a_person_looks: bool) -> LogFormat {
    config.log_format.unwrap_or(match (config.mode, a_person_looks) {
        (Mode::Production, false) => LogFormat::Json,
        _ => LogFormat::Text,
    })
}

fn is_harmless(line: &Metadata<'_>) -> bool {
    line.target().starts_with("arvlite") || *line.level() <= LevelFilter::INFO
}

/// The words of a panic may quote what somebody sent; where it happened does not.
fn say_where(panic: &panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "a mistake of this program ended what it was doing");
}
