//! An answer for many.

use std::sync::OnceLock;

use axum::body::Bytes;

use crate::domain::view::Cursor;

/// One answer, written once for all.
#[derive(Debug)]
pub(in crate::http) struct SharedEvent {
    /// Where it stands in the log.
    pub(in crate::http) cursor: Cursor,
    /// Whether it tells that everything up to there was told.
    pub(in crate::http) is_caught_up: bool,
    /// The answer.
    pub(in crate::http) json: String,
    /// The answer as an event stream has it.
    pub(in crate::http) as_event: OnceLock<Bytes>,
    /// What it cost.
    pub(in crate::http) cost: u64,
    /// The code of what went wrong first.
    pub(in crate::http) code: Option<&'static str>,
}
