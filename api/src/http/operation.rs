//! An operation whose answers go out one after another: on a socket, or as an event stream.
//!
//! What either says on the wire is its own ([`Listener`]); that everything is run, counted and told the same way is here.

use std::panic::AssertUnwindSafe;

use async_graphql::parser::types::OperationType;
use futures_util::{FutureExt, StreamExt};

use super::admit::Admitted;
use super::answer::Answer;
use super::graphql::{answer, run};
use super::refusal::Refusal;
use super::watch::Watch;
use super::{Door, paid};
use crate::auth::Viewer;

/// Whoever is told what comes of an operation.
pub(super) trait Listener: Sync {
    /// Tells an answer. One to what never ran is the last word.
    fn tell(&self, answer: &Answer) -> impl Future<Output = ()> + Send;
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
        listener.tell(&Answer::of_refusal(refusal, &viewer.caller.request_id)).await;
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
    listener.tell(&answer).await;
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
    let mut responses = paid::follow(door, admitted, viewer)?;
    while let Some(response) = responses.next().await {
        let answer = answer(response, viewer, watch);
        listener.tell(&answer).await;
        door.app.metrics.subscription_events.inc();
        if !answer.ran() {
            return Ok(());
        }
    }
    listener.complete().await;
    Ok(())
}
