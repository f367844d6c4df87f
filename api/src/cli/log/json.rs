//! One JSON object a line: when, how bad, from where, what; then the id of the request, and what else the line says.

use std::fmt;

use serde::Serializer;
use serde::ser::SerializeMap;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes events as JSON, with the fields of their spans among their own.
pub(super) struct JsonLines;

/// What an event says.
#[derive(Default)]
struct Said {
    message: String,
    /// Where a library says it that logs in another way.
    target: Option<String>,
    fields: Map<String, Value>,
}

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                // The innermost span comes first, and holds against those around it.
                let fields: Map<String, Value> = serde_json::from_str(fields).unwrap_or_default();
                for (name, value) in fields {
                    said.fields.entry(name).or_insert(value);
                }
            }
        }
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let line = line(&timestamp, event, &said).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

fn line(timestamp: &str, event: &Event<'_>, said: &Said) -> serde_json::Result<String> {
    let metadata = event.metadata();
    let mut written = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut written);
    let mut line = serializer.serialize_map(None)?;
    line.serialize_entry("timestamp", timestamp)?;
    line.serialize_entry("level", metadata.level().as_str())?;
    line.serialize_entry("target", said.target.as_deref().unwrap_or(metadata.target()))?;
    line.serialize_entry("message", &said.message)?;
    for (name, value) in &said.fields {
        line.serialize_entry(name, value)?;
    }
    line.end()?;
    Ok(String::from_utf8_lossy(&written).into_owned())
}

impl Said {
    fn keep(&mut self, name: &str, value: Value) {
        match (name, value) {
            ("message", Value::String(message)) => self.message = message,
            ("log.target", Value::String(target)) => self.target = Some(target),
            // What else is told of a library's line is where its source was when it was built.
            (name, _) if name.starts_with("log.") => {}
            (name, value) => drop(self.fields.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field.name(), value.into());
    }
}
