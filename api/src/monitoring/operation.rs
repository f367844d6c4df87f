//! What belongs to one operation wherever it is worked on: the count of its statements, whether it told of something
//! that the user can mend, and the span that says its id in the log.

use std::cell::Cell;

use arvlite_db::{SearchShare, StatementCount};
use tokio::task::JoinHandle;
use tracing::Instrument;

tokio::task_local! {
    static TOLD: Cell<bool>;
}

/// Whether an operation told of something that the user can mend.
pub struct UserErrors;

impl UserErrors {
    /// Runs an operation, and says beside its answer whether it did.
    pub async fn noticed<F: Future>(operation: F) -> (F::Output, bool) {
        let noticing = async {
            let done = operation.await;
            (done, TOLD.with(Cell::get))
        };
        TOLD.scope(Cell::new(false), noticing).await
    }
}

/// Something that the user can mend goes into the answer.
pub fn note_user_errors() {
    // Nobody notices what no operation answers.
    let _ = TOLD.try_with(|told| told.set(true));
}

/// Spawns a task that goes on with the operation: its statements count there, and its lines in the log carry the id.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(SearchShare::here().over(StatementCount::here().over(work.in_current_span())))
}

#[cfg(test)]
mod tests {
    use tracing::Span;

    use super::*;

    #[tokio::test]
    async fn a_task_goes_on_with_its_operation() {
        let _log = tracing::subscriber::set_default(tracing_subscriber::registry());
        let span = tracing::error_span!("request");
        let there = async { spawn(async { Span::current().id() }).await.unwrap() };
        assert_eq!(there.instrument(span.clone()).await, span.id());
        assert!(span.id().is_some());
    }

    #[tokio::test]
    async fn only_the_operation_that_told_of_something_is_noticed() {
        let telling = UserErrors::noticed(async { note_user_errors() });
        let silent = UserErrors::noticed(tokio::task::yield_now());
        let ((_, told), (_, said)) = tokio::join!(telling, silent);
        assert_eq!((told, said), (true, false));
    }
}
