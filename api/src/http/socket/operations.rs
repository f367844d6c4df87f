//! The operations that run on one socket, each in a task of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;
use tracing::Instrument;

use super::super::Door;
use super::super::admit::{Incoming, admit};
use super::super::answer::Answer;
use super::super::edge::span;
use super::super::operation::{Listener, perform};
use super::super::refusal::{Code, Refusal};
use super::super::shared_stream::SharedEvent;
use super::super::watch::Watch;
use super::messages::{Close, complete, next, next_begin, next_or_error};
use super::outbox::Outbox;
use crate::auth::{Caller, Viewer};
use crate::domain::view::Cursor;
use crate::monitoring::Transport;

/// What runs on one socket, by the client's ids.
#[derive(Clone)]
pub(super) struct Operations {
    outbox: Outbox,
    running: Arc<Mutex<HashMap<String, Running>>>,
}

struct Running {
    /// Tells an operation from an earlier one with its id, whose task may still be on its way out.
    number: u64,
    task: AbortHandle,
}

/// One operation, as its own task sees it.
struct Operation {
    id: String,
    number: u64,
    operations: Operations,
    /// How each message with an answer begins.
    next_begins: String,
}

impl Operations {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self { outbox, running: Arc::default() }
    }

    /// Starts an operation. `number` is how many were started before.
    pub(super) async fn start(
        &self,
        id: String,
        number: u64,
        incoming: Incoming,
        viewer: &Viewer,
        door: &Door,
    ) -> Result<(), Close> {
        let viewer = viewer_of(viewer, number);
        let most = door.app.config.limits.socket_operations;
        {
            let mut running = self.running();
            if running.contains_key(&id) {
                return Err(Close::duplicate(&id));
            }
            if running.len() < most {
                let next_begins = next_begin(&id);
                let operation = Operation { id: id.clone(), number, operations: self.clone(), next_begins };
                // The task cannot end before it is in the map: for that it needs the lock.
                let span = span(&viewer.caller.request_id);
                let task = tokio::spawn(operation.run(incoming, viewer, door.clone()).instrument(span)).abort_handle();
                running.insert(id, Running { number, task });
                return Ok(());
            }
        }
        let message = format!("at most {most} operations run on one socket");
        let refusal = Refusal::of_document(Code::Throttled, message);
        let answer = Answer::of_refusal(refusal, &viewer.caller.request_id);
        self.outbox.send(next_or_error(&id, &answer)).await;
        Ok(())
    }

    /// Stops an operation; nothing of it is sent any more.
    pub(super) fn stop(&self, id: &str) {
        if let Some(operation) = self.running().remove(id) {
            operation.task.abort();
        }
    }

    pub(super) fn stop_all(&self) {
        for (_, operation) in self.running().drain() {
            operation.task.abort();
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same viewer under a request id of the operation's own.
fn viewer_of(viewer: &Viewer, number: u64) -> Viewer {
    let request_id = format!("{}-{number}", viewer.caller.request_id);
    Viewer { who: viewer.who.clone(), caller: Arc::new(Caller { request_id, ..(*viewer.caller).clone() }) }
}

impl Operation {
    async fn run(self, incoming: Incoming, viewer: Viewer, door: Door) {
        let watch = Watch::start(&door.app, Transport::WebSocket);
        watch.asked_by(&viewer);
        perform(&door, &viewer, &watch, &self, || admit(&door, incoming, &viewer)).await;
    }

    /// Says something, unless the client has stopped listening to this operation.
    async fn say(&self, message: String, is_last: bool) {
        let outbox = &self.operations.outbox;
        let Some(room) = outbox.room_for(message.len()).await else { return };
        let mut running = self.operations.running();
        if running.get(&self.id).is_none_or(|operation| operation.number != self.number) {
            return;
        }
        if is_last {
            running.remove(&self.id);
        }
        outbox.put(message, room);
    }
}

impl Listener for Operation {
    async fn tell(&self, answer: &Answer, _: Option<Cursor>) {
        self.say(next_or_error(&self.id, answer), !answer.ran()).await;
    }

    async fn tell_shared(&self, event: &SharedEvent) {
        self.say(next(&self.next_begins, &event.json), false).await;
    }

    async fn complete(&self) {
        self.say(complete(&self.id), true).await;
    }
}
