//! How many statements a piece of work sends: counted where connections send them, for the task that waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

tokio::task_local! {
    static HERE: StatementCount;
}

/// Counts the statements of one piece of work, transaction control among them. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct StatementCount(Arc<AtomicU64>);

impl StatementCount {
    /// The count of the work that asks; for a task that goes on with it. A new one where nobody counts.
    #[must_use]
    pub fn here() -> Self {
        HERE.try_with(Clone::clone).unwrap_or_default()
    }

    /// Counts what a future sends. Tasks that it spawns count only if they are given [`StatementCount::here`].
    pub fn over<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        HERE.scope(self.clone(), work)
    }

    /// Statements so far.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// One more of the work that is being done, if anybody counts.
    pub(crate) fn one_more() {
        let _ = HERE.try_with(|count| count.0.fetch_add(1, Ordering::Relaxed));
    }
}
