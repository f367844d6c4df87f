//! The words of `graphql-transport-ws`, both ways.

use std::borrow::Cow;

use axum::extract::ws::{CloseFrame, Message};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::answer::{Answer, json};
use super::super::parameters::{Parameters, checked};

/// A control frame has 125 bytes; two are the code.
const REASON_BYTES: usize = 123;
/// Nobody needs longer ids, and each is sent back with every message.
const ID_BYTES: usize = 256;

/// What a client may say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Heard {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Pong {
        #[serde(default, rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    Subscribe {
        id: String,
        payload: Parameters,
    },
    Complete {
        id: String,
    },
}

impl Heard {
    pub(super) fn read(text: &str, most_deep: usize) -> Result<Self, Close> {
        // The parameters are one map further in than in a body.
        let text = checked(text.as_bytes(), most_deep + 1).map_err(|refusal| Close::malformed(refusal.message))?;
        let heard = serde_json::from_str(text).map_err(|_| Close::malformed("this is no message of the protocol"))?;
        match heard {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() || id.len() > ID_BYTES => {
                Err(Close::malformed("an id has 1 to 256 bytes"))
            }
            heard => Ok(heard),
        }
    }
}

pub(super) fn connection_ack() -> String {
    r#"{"type":"connection_ack"}"#.to_owned()
}

pub(super) fn pong(payload: Option<Map<String, Value>>) -> String {
    match payload {
        Some(payload) => format!(r#"{{"type":"pong","payload":{}}}"#, json(&payload)),
        None => r#"{"type":"pong"}"#.to_owned(),
    }
}

/// What became of an operation, or came of it once more. What never ran is an `error`, and ends the operation.
pub(super) fn next_or_error(id: &str, answer: &Answer) -> String {
    if answer.ran() {
        next(&next_begin(id), &answer.to_json())
    } else {
        format!(r#"{{"id":{},"type":"error","payload":{}}}"#, json(&id), json(&answer.errors))
    }
}

/// How a message with an answer begins: for one operation always in the same way.
pub(super) fn next_begin(id: &str) -> String {
    format!(r#"{{"id":{},"type":"next","payload":"#, json(&id))
}

/// A message with an answer.
pub(super) fn next(begin: &str, answer: &str) -> String {
    [begin, answer, "}"].concat()
}

pub(super) fn complete(id: &str) -> String {
    format!(r#"{{"id":{},"type":"complete"}}"#, json(&id))
}

/// Why a socket is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    pub(super) const GOING_AWAY: Self = Self::new(1001, "the server is stopping");
    pub(super) const NO_PONG: Self = Self::new(1001, "pings were not answered");
    pub(super) const TOO_SLOW: Self = Self::new(1013, "messages are read too slowly");
    pub(super) const BUSY: Self = Self::new(1013, "the service is busy or restarting; try again in a moment");
    pub(super) const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    pub(super) const FORBIDDEN: Self = Self::new(4403, "Forbidden");
    pub(super) const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    pub(super) const SECOND_INIT: Self = Self::new(4429, "Too many initialisation requests");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    pub(super) fn malformed(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code: 4400, reason: reason.into() }
    }

    pub(super) fn duplicate(id: &str) -> Self {
        Self { code: 4409, reason: format!("Subscriber for {id} already exists").into() }
    }

    pub(super) fn into_message(self) -> Message {
        let reason = &self.reason[..self.reason.floor_char_boundary(REASON_BYTES)];
        Message::Close(Some(CloseFrame { code: self.code, reason: reason.into() }))
    }
}
