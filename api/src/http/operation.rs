//! An operation whose answers go out one after another: on a socket, or as an event stream.
//!
//! What either says on the wire is its own ([`Listener`]); that everything is run, counted and told the same way is here.

use std::panic::AssertUnwindSafe;

use async_graphql::parser::types::OperationType;
use futures_util::FutureExt;

use super::admit::Admitted;
use super::answer::Answer;
use super::graphql::{answer, run};
use super::refusal::Refusal;
use super::shared_stream::{SharedEvent, Told};
use super::watch::Watch;
use super::{Door, paid};
use crate::auth::Viewer;
use crate::domain::view::Cursor;

/// Whoever is told what comes of an operation.
pub(super) trait Listener: Sync {
    /// Tells an answer, and where it stands if it is one of many. One to what never ran is the last word.
    fn tell(&self, answer: &Answer, at: Option<Cursor>) -> impl Future<Output = ()> + Send;
    /// Tells what others are told as well.
    fn tell_shared(&self, event: &SharedEvent) -> impl Future<Output = ()> + Send;
    /// Says that nothing more will come.
    fn complete(&self) -> impl Future<Output = ()> + Send;
}

/// Runs an operation to its end, and tells all that comes of it: also why it is not let in, and of a panic only that
/// something went wrong.
pub(super) async fn perform(
    door: &Door,
    viewer: &Viewer,
    watch: &Watch,
    listener: &impl Listener,
    admit: impl FnOnce() -> Result<Admitted, Refusal> + Send,
) {
    let answering = async {
        let answering = AssertUnwindSafe(answer_all(door, viewer, watch, listener, admit)).catch_unwind();
        answering.await.unwrap_or_else(|_| {
            door.app.metrics.panics.inc();
            Err(Refusal::internal())
        })
    };
    if let Err(refusal) = watch.over(answering).await {
        listener.tell(&Answer::of_refusal(refusal, &viewer.caller.request_id), None).await;
    }
}

async fn answer_all(
    door: &Door,
    viewer: &Viewer,
    watch: &Watch,
    listener: &impl Listener,
    admit: impl FnOnce() -> Result<Admitted, Refusal> + Send,
) -> Result<(), Refusal> {
    let deadline = door.deadline();
    let admitted = admit()?;
    watch.admitted(admitted.operation);
    if admitted.operation == OperationType::Subscription {
        return follow(door, admitted, viewer, watch, listener).await;
    }
    let answer = run(door, admitted, viewer, deadline, watch).await?;
    listener.tell(&answer, None).await;
    if answer.ran() {
        listener.complete().await;
    }
    Ok(())
}

async fn follow(
    door: &Door,
    admitted: Admitted,
    viewer: &Viewer,
    watch: &Watch,
    listener: &impl Listener,
) -> Result<(), Refusal> {
    let mut events = paid::follow(door, admitted, viewer)?;
    while let Some(event) = events.next().await {
        let goes_on = match event {
            Told::Own(response, at) => {
                let answer = answer(*response, viewer, watch);
                listener.tell(&answer, at).await;
                answer.ran()
            }
            Told::Shared(event) => {
                watch.tells(event.code);
                listener.tell_shared(&event).await;
                true
            }
        };
        door.app.metrics.subscription_events.inc();
        if !goes_on {
            return Ok(());
        }
    }
    listener.complete().await;
    Ok(())
}
