//! The state machine of `graphql-transport-ws`: opened, acknowledged, closed.

use std::pin::pin;
use std::time::Duration;

use axum::extract::ws::Message;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Sink, Stream, StreamExt};
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, timeout};

use super::super::Door;
use super::messages::{Close, Heard, connection_ack, pong};
use super::operations::Operations;
use super::outbox::Outbox;
use crate::auth::authenticate::until_revoked;
use crate::auth::{Caller, Viewer, authenticate};
use crate::domain::Error;

/// Pings that may stay without any sign of life.
const MISSED_PINGS: u32 = 2;
/// How long the peer may take to answer a close.
const FAREWELL: Duration = Duration::from_secs(1);

/// Whoever opened a socket.
pub(super) struct Guest {
    pub(super) door: Door,
    pub(super) caller: Caller,
    /// The header of the handshake, for those whose `connection_init` shows nothing.
    pub(super) authorization: Option<String>,
}

/// Talks to a guest until either side ends it.
pub(super) async fn converse<E>(
    sink: impl Sink<Message> + Unpin + Send + 'static,
    mut stream: impl Stream<Item = Result<Message, E>> + Unpin,
    guest: Guest,
) {
    let (outbox, writer) = Outbox::new(&guest.door.app.config.limits, &guest.door.app.metrics);
    let (close, closing) = oneshot::channel();
    let door = guest.door.clone();
    let mut writing = tokio::spawn(writer.write(sink, closing));

    let mut conversation = Conversation::new(guest, outbox);
    let ended = tokio::select! {
        ended = conversation.listen(&mut stream) => ended,
        _ = &mut writing => None,
    };
    conversation.operations.stop_all();
    if let Some(reason) = ended {
        door.app.metrics.closed_socket(reason.code);
        // Without a writer the socket is broken, and nobody hears why.
        let _ = close.send(reason);
        let _ = writing.await;
    } else {
        drop(close);
    }
    // Closing is mutual: a socket dropped before the peer has answered may lose the last words.
    let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = stream.next().await {} }).await;
}

struct Conversation {
    guest: Guest,
    outbox: Outbox,
    operations: Operations,
    /// Set by `connection_init`.
    viewer: Option<Viewer>,
    revoked: BoxFuture<'static, ()>,
    started: u64,
    /// Since the peer gave a sign of life.
    pings: u32,
}

impl Conversation {
    fn new(guest: Guest, outbox: Outbox) -> Self {
        let operations = Operations::new(outbox.clone());
        let revoked = std::future::pending().boxed();
        Self { guest, outbox, operations, viewer: None, revoked, started: 0, pings: 0 }
    }

    /// Listens until there is a reason to close, or none because the peer is gone.
    async fn listen<E>(&mut self, stream: &mut (impl Stream<Item = Result<Message, E>> + Unpin)) -> Option<Close> {
        let door = self.guest.door.clone();
        let limits = &door.app.config.limits;
        let mut ticks = ticks(Duration::from_millis(limits.socket_ping_ms));
        let mut init_deadline = pin!(sleep(Duration::from_millis(limits.socket_init_ms)));
        loop {
            let message = tokio::select! {
                message = stream.next() => message,
                () = self.outbox.stalled() => return Some(Close::TOO_SLOW),
                () = &mut self.revoked => return Some(Close::FORBIDDEN),
                () = door.stopping.cancelled() => return Some(Close::GOING_AWAY),
                () = &mut init_deadline, if self.viewer.is_none() => return Some(Close::INIT_TIMEOUT),
                // Before that the deadline of `connection_init` is what counts.
                _ = ticks.tick(), if self.viewer.is_some() => match self.ping() {
                    Ok(()) => continue,
                    Err(close) => return Some(close),
                },
            };
            self.pings = 0;
            let heard = match message {
                Some(Ok(Message::Text(text))) => Heard::read(&text, limits.json_depth),
                Some(Ok(Message::Binary(_))) => Err(Close::malformed("messages are text")),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(_))) | None => return None,
                Some(Err(_)) => Err(Close::malformed("this is no message, or one that is too long")),
            };
            let done = match heard {
                Ok(heard) => self.hear(heard).await,
                Err(close) => Err(close),
            };
            if let Err(close) = done {
                return Some(close);
            }
        }
    }

    async fn hear(&mut self, heard: Heard) -> Result<(), Close> {
        match heard {
            Heard::ConnectionInit { payload } => self.init(payload).await?,
            Heard::Ping { payload } => self.outbox.send(pong(payload)).await,
            Heard::Pong { .. } => {}
            Heard::Subscribe { id, payload } => {
                let viewer = self.viewer.as_ref().ok_or(Close::UNAUTHORIZED)?;
                let incoming = payload.into_incoming(None).map_err(|refusal| Close::malformed(refusal.message))?;
                self.started += 1;
                self.operations.start(id, self.started, incoming, viewer, &self.guest.door).await?;
            }
            Heard::Complete { id } => self.operations.stop(&id),
        }
        Ok(())
    }

    async fn init(&mut self, payload: Option<Map<String, Value>>) -> Result<(), Close> {
        if self.viewer.is_some() {
            return Err(Close::SECOND_INIT);
        }
        let shown = payload.and_then(|payload| {
            payload.into_iter().find(|(key, _)| key.eq_ignore_ascii_case("authorization")).map(|(_, shown)| shown)
        });
        let shown = match shown {
            Some(Value::String(shown)) => Some(shown),
            Some(Value::Null) | None => self.guest.authorization.clone(),
            Some(_) => return Err(Close::FORBIDDEN),
        };
        let (app, caller) = (&self.guest.door.app, self.guest.caller.clone());
        let viewer = match authenticate(app, shown.as_deref(), caller).await {
            Ok(viewer) => viewer,
            Err(error @ (Error::Db(_) | Error::Internal(_))) => {
                tracing::error!(?error, "credentials could not be looked up");
                return Err(Close::BUSY);
            }
            Err(_) => return Err(Close::FORBIDDEN),
        };
        self.revoked = until_revoked(app, &viewer).boxed();
        self.viewer = Some(viewer);
        self.outbox.send(connection_ack()).await;
        Ok(())
    }

    fn ping(&mut self) -> Result<(), Close> {
        if self.pings >= MISSED_PINGS {
            return Err(Close::NO_PONG);
        }
        self.pings += 1;
        self.outbox.ping();
        Ok(())
    }
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
