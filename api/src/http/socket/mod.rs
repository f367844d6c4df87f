//! `graphql-transport-ws`: operations of every kind over one WebSocket.
//!
//! Here: the handshake. Then `conversation.rs` is the protocol's state machine, `operations.rs` what runs on a socket,
//! `messages.rs` its words, `outbox.rs` the one writer with its bounded queue.

mod conversation;
mod messages;
mod operations;
mod outbox;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_graphql_axum::GraphQLProtocol;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::StreamExt;
use tracing::Instrument;

use self::conversation::{Guest, converse};
use super::caller::{authorization, caller};
use super::crowd::Visit;
use super::graphql::refused;
use super::refusal::{Code, Refusal};
use super::{Door, edge};
use crate::config::Config;

const PROTOCOL: &str = "graphql-transport-ws";
/// The library's 128 KiB each would be most of what an idle socket costs.
const BUFFER_BYTES: usize = 4 * 1024;

/// Answers a handshake.
pub(super) async fn upgrade(door: Door, request: Request) -> Response {
    let id = edge::id_of(request.extensions()).to_owned();
    shake_hands(door, request).await.unwrap_or_else(|refusal| refused(refusal, &id))
}

async fn shake_hands(door: Door, request: Request) -> Result<Response, Refusal> {
    let (mut head, _) = request.into_parts();
    check_origin(&head.headers, &door.app.config)?;
    let guest = Guest {
        caller: caller(&head, &door.app.config),
        authorization: authorization(&head.headers).map(str::to_owned),
        door: door.clone(),
    };
    let message_bytes = door.app.config.limits.body_bytes;
    let handshake = WebSocketUpgrade::from_request_parts(&mut head, &()).await;
    let handshake = handshake
        .map_err(|_| Refusal::malformed("this is no handshake of a WebSocket"))?
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(message_bytes)
        .max_frame_size(message_bytes)
        .protocols([PROTOCOL]);
    if handshake.selected_protocol().is_none() {
        let asked = GraphQLProtocol::from_request_parts(&mut head, &()).await;
        return Err(Refusal::malformed(match asked {
            Ok(_) => "the old sub-protocol graphql-ws is not spoken here: ask for graphql-transport-ws",
            Err(_) => "the WebSocket sub-protocol is graphql-transport-ws",
        }));
    }
    let place = Arc::clone(&door.sockets).try_acquire_owned();
    let (Ok(place), false) = (place, door.stopping.is_cancelled()) else { return Err(Refusal::unavailable()) };
    let (open, visit) = (door.open.token(), head.extensions.get::<Visit>().cloned());
    Ok(handshake.on_upgrade(async move |socket| {
        let (sink, stream) = socket.split();
        let span = edge::span(&guest.caller.request_id);
        converse(sink, stream, guest).instrument(span).await;
        drop((place, open, visit));
    }))
}

/// A browser says from which page it comes, and must come from one of ours or one that is configured. Programs say
/// nothing.
fn check_origin(headers: &HeaderMap, config: &Config) -> Result<(), Refusal> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let of_this_host = origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host));
    let public_url = config.public_url();
    let of_public_url = public_url.get(..origin.len()).is_some_and(|start| {
        start.eq_ignore_ascii_case(origin) && matches!(public_url.as_bytes().get(origin.len()), None | Some(b'/'))
    });
    if of_this_host || of_public_url || config.allows(origin) {
        return Ok(());
    }
    let message = "sockets are opened from this server's own pages, or by programs that send no Origin";
    Err(Refusal::of_request(StatusCode::FORBIDDEN, Code::Forbidden, message))
}
