//! Event streams: an operation answered by server-sent events, as the protocol "GraphQL over SSE" has it in its mode of
//! distinct connections. Events `next`, then `complete`; why a document is refused is a `next` too, because browsers
//! show nobody the body of another status.
//!
//! A stream that has to end early, because the server stops or the sign-in does, just ends: without `complete` a client
//! comes again, with the last `id` in `Last-Event-ID`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};
use tracing::Instrument;

use super::Door;
use super::admit::Admitted;
use super::answer::Answer;
use super::operation::{Listener, perform};
use super::refusal::Refusal;
use super::shared_stream::SharedEvent;
use super::watch::Watch;
use crate::auth::Viewer;
use crate::auth::authenticate::until_revoked;
use crate::domain::view::Cursor;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// After a restart everybody comes again: not all at once.
const RETRY_MS: std::ops::Range<u32> = 1_000..3_000;

/// Begins to answer by events.
pub(super) fn respond(
    door: &Door,
    admitted: Admitted,
    viewer: Viewer,
    watch: Watch,
    head: &Parts,
) -> Result<Response, Refusal> {
    let place = Arc::clone(&door.streams).try_acquire_owned();
    let (Ok(place), false) = (place, door.stopping.is_cancelled()) else { return Err(Refusal::unavailable()) };
    let resumes_after = last_event_id(&head.headers)?.map(Into::into);
    let mut admitted = admitted;
    admitted.resumes_after = resumes_after;
    // While one event waits for the client to read, nothing more is made. A client that reads nothing for too long is
    // hung up on by its connection, as everybody is (`unstalled.rs`).
    let (waiting, events) = mpsc::channel(1);
    let (door, writer) = (door.clone(), EventWriter { events: waiting });
    let streaming = async move {
        write(&door, admitted, &viewer, &watch, &writer).await;
        // It is counted as ended before it is counted as gone.
        drop((watch, place));
    };
    tokio::spawn(streaming.in_current_span());
    let events = unfold(events, async |mut events| Some((Ok::<_, Infallible>(events.recv().await?), events)));
    Ok(with_headers(Body::from_stream(events)))
}

/// Says by events why a document is refused.
pub(super) fn refuse(refusal: Refusal, request_id: &str) -> Response {
    let answer = Answer::of_refusal(refusal, request_id);
    with_headers(Body::from(next(None, &answer.to_json()) + COMPLETE))
}

/// What a stream would come with.
pub(super) fn with_headers(body: Body) -> Response {
    // The second one is for nginx, which would wait for more before it passes anything on.
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (X_ACCEL_BUFFERING, "no")];
    (headers, body).into_response()
}

/// Where the client broke off.
fn last_event_id(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let id = id.to_str().map_err(|_| Refusal::malformed("the header Last-Event-ID is not plain text"))?;
    Ok(Some(id.to_owned()).filter(|id| !id.is_empty()))
}

/// Writes until the operation has ended, or must.
async fn write(door: &Door, admitted: Admitted, viewer: &Viewer, watch: &Watch, writer: &EventWriter) {
    writer.write(format!("retry: {}\n\n", rand::random_range(RETRY_MS))).await;
    tokio::select! {
        () = perform(door, viewer, watch, writer, || Ok(admitted)) => {}
        () = writer.beat(Duration::from_millis(door.app.config.limits.socket_ping_ms)) => {}
        () = writer.events.closed() => {}
        () = until_revoked(&door.app, viewer) => {}
        () = door.stopping.cancelled() => {}
    }
}

/// Writes events to one client.
struct EventWriter {
    events: mpsc::Sender<Bytes>,
}

impl EventWriter {
    async fn write(&self, text: impl Into<Bytes>) {
        // Where nobody takes anything any more, the stream ends as soon as that is seen.
        let _ = self.events.send(text.into()).await;
    }

    /// Keeps proxies from taking silence for the end; ends never.
    async fn beat(&self, every: Duration) {
        let mut ticks = interval_at(Instant::now() + every, every);
        loop {
            ticks.tick().await;
            self.write(":\n\n").await;
        }
    }
}

impl Listener for EventWriter {
    async fn tell(&self, answer: &Answer, at: Option<Cursor>) {
        let mut text = next(at, &answer.to_json());
        if !answer.ran() {
            text.push_str(COMPLETE);
        }
        self.write(text).await;
    }

    async fn tell_shared(&self, event: &SharedEvent) {
        let text = event.as_event.get_or_init(|| next(Some(event.cursor), &event.json).into());
        self.write(text.clone()).await;
    }

    async fn complete(&self) {
        self.write(COMPLETE).await;
    }
}

/// Without the empty `data` browsers would not pass it on.
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// JSON as it is written here has no line breaks.
fn next(id: Option<Cursor>, answer: &str) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: next\ndata: {answer}\n\n")
}
