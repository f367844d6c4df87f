//! What waits to be written to one socket: bounded in bytes, written by one task.
//!
//! Whoever has something to say first takes room for it. Where there is none for too long, the socket has stalled and is
//! closed; nobody who publishes ever waits for it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use futures_util::{FutureExt, Sink, SinkExt};
use tokio::sync::oneshot::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::messages::Close;
use crate::config::Limits;
use crate::monitoring::Metrics;

/// Messages that are handed to the system together, at most.
const AT_ONCE: usize = 64;

/// How long what was said before the end, and the end itself, may take to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) struct Outbox {
    frames: mpsc::UnboundedSender<Frame>,
    room: Arc<Semaphore>,
    bytes: usize,
    patience: Duration,
    stalled: CancellationToken,
    metrics: Arc<Metrics>,
}

/// Room for one message, until it is written.
pub(super) struct Room {
    permit: OwnedSemaphorePermit,
    metrics: Arc<Metrics>,
}

impl Room {
    fn new(permit: OwnedSemaphorePermit, metrics: &Arc<Metrics>) -> Self {
        metrics.socket_queue_bytes.inc_by(bytes(&permit));
        Self { permit, metrics: Arc::clone(metrics) }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.metrics.socket_queue_bytes.dec_by(bytes(&self.permit));
    }
}

fn bytes(permit: &OwnedSemaphorePermit) -> i64 {
    i64::try_from(permit.num_permits()).unwrap_or(i64::MAX)
}

struct Frame {
    message: Message,
    _room: Room,
}

/// The other end of an [`Outbox`].
pub(super) struct Writer {
    frames: mpsc::UnboundedReceiver<Frame>,
}

impl Outbox {
    pub(super) fn new(limits: &Limits, metrics: &Arc<Metrics>) -> (Self, Writer) {
        let (sender, frames) = mpsc::unbounded_channel();
        let bytes = limits.socket_queue_bytes.clamp(1, Semaphore::MAX_PERMITS);
        let outbox = Self {
            frames: sender,
            room: Arc::new(Semaphore::new(bytes)),
            bytes,
            patience: Duration::from_millis(limits.socket_stall_ms),
            stalled: CancellationToken::new(),
            metrics: Arc::clone(metrics),
        };
        (outbox, Writer { frames })
    }

    /// Room for a message of so many bytes; one that is longer than the whole queue takes all of it. None if the socket has stalled,
    /// and from then on.
    pub(super) async fn room_for(&self, bytes: usize) -> Option<Room> {
        let bytes = u32::try_from(bytes.clamp(1, self.bytes)).unwrap_or(u32::MAX);
        // Mostly there is, and nobody has to look at the clock.
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(bytes) {
            return Some(Room::new(permit, &self.metrics));
        }
        let room = Arc::clone(&self.room).acquire_many_owned(bytes);
        match timeout(self.patience, room).await {
            Ok(Ok(permit)) => Some(Room::new(permit, &self.metrics)),
            Ok(Err(_)) => None,
            Err(_) => {
                // Its message is left out, so nothing may follow: there is no room any more, however soon some gets free.
                self.room.close();
                self.stalled.cancel();
                None
            }
        }
    }

    /// Queues a message, at once.
    pub(super) fn put(&self, message: String, room: Room) {
        self.push(Message::Text(message.into()), room);
    }

    pub(super) async fn send(&self, message: String) {
        if let Some(room) = self.room_for(message.len()).await {
            self.put(message, room);
        }
    }

    /// Where there is no room for a ping, the peer has enough to answer as it is.
    pub(super) fn ping(&self) {
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
            let room = Room::new(permit, &self.metrics);
            self.push(Message::Ping(axum::body::Bytes::new()), room);
        }
    }

    pub(super) async fn stalled(&self) {
        self.stalled.cancelled().await;
    }

    fn push(&self, message: Message, room: Room) {
        // Without a writer the socket is gone, and so will be whoever writes to it.
        let _ = self.frames.send(Frame { message, _room: room });
    }
}

/// Writes a message, and with it those that wait already: each by itself would cost a call of the system.
async fn write_waiting<S: Sink<Message> + Unpin>(
    frames: &mut mpsc::UnboundedReceiver<Frame>,
    sink: &mut S,
    first: Frame,
) -> Result<(), S::Error> {
    let Frame { message, _room } = first;
    sink.feed(message).await?;
    let mut rooms = Vec::new();
    while rooms.len() < AT_ONCE
        && let Ok(Frame { message, _room: room }) = frames.try_recv()
    {
        sink.feed(message).await?;
        rooms.push(room);
    }
    sink.flush().await
}

impl Writer {
    /// Writes until the socket breaks or is to be closed. Nothing is left out of the middle: a client resumes after the
    /// last that it heard. What does not get through in time is not followed by anything.
    pub(super) async fn write(self, sink: impl Sink<Message> + Unpin + Send, closing: oneshot::Receiver<Close>) {
        let closing = closing.shared();
        let too_late = async {
            if closing.clone().await.is_ok() {
                sleep(LAST_WORDS).await;
            }
        };
        tokio::select! {
            _ = self.write_in_order(sink, closing.clone()) => {}
            () = too_late => {}
        }
    }

    async fn write_in_order<S: Sink<Message> + Unpin>(
        mut self,
        mut sink: S,
        mut closing: impl Future<Output = Result<Close, RecvError>> + Unpin,
    ) -> Result<(), S::Error> {
        loop {
            let frame = tokio::select! {
                biased;
                close = &mut closing => return match close {
                    Ok(close) => self.finish(sink, close).await,
                    Err(_) => Ok(()),
                },
                frame = self.frames.recv() => frame,
            };
            let Some(frame) = frame else { return Ok(()) };
            write_waiting(&mut self.frames, &mut sink, frame).await?;
        }
    }

    async fn finish<S: Sink<Message> + Unpin>(mut self, mut sink: S, close: Close) -> Result<(), S::Error> {
        while let Ok(frame) = self.frames.try_recv() {
            write_waiting(&mut self.frames, &mut sink, frame).await?;
        }
        sink.send(close.into_message()).await
    }
}
