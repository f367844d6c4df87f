//! What the program knows about itself for its operator: numbers that `/metrics` tells, and what lets the log say what
//! one operation did.
//!
//! Everything that is counted is declared in `metrics.rs`, and what is only looked at when somebody asks in
//! `sampled.rs`; whoever counts does it by one call of [`Metrics`]. Labels are words of this program, never of a client.
//! Not here: who may read the numbers (`http::metrics`), when an operation begins and ends (`http::watch`), what a line
//! of the log looks like (`cli::log`). Start at `metrics.rs`.

mod exposition;
mod jobs;
mod labels;
mod metrics;
mod operation;
mod sampled;

pub use exposition::MEDIA_TYPE;
pub use jobs::Job;
pub use labels::{Cut, Transport};
pub use metrics::{Metrics, OperationEnd};
pub use operation::{UserErrors, note_user_errors, spawn};
pub use sampled::Moment;
