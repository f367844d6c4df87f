//! The clients of the tests, which speak to a server over the wire.

#[expect(dead_code, reason = "the tests say more")]
#[path = "../../../tests/support/process/http.rs"]
mod http;
#[expect(dead_code, reason = "the tests say more")]
#[path = "../../../tests/support/process/socket.rs"]
mod socket;

use std::time::Duration;

pub use http::Http;
pub use socket::Socket;

/// Whatever takes longer than this does not happen any more.
pub const PATIENCE: Duration = Duration::from_secs(60);
