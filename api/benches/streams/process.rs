//! The client of the tests, which speaks to a server over the wire.

#[expect(dead_code, reason = "the tests say more")]
#[path = "../../../tests/support/process/http.rs"]
mod http;

use std::time::Duration;

pub use http::Http;

/// Whatever takes longer than this does not happen any more.
pub const PATIENCE: Duration = Duration::from_secs(60);
