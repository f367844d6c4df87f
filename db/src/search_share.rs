//! A caller's share of the connections that plan a statement for its values: there are few of them for everybody.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

tokio::task_local! {
    static SHARE: SearchShare;
}

/// How many of those connections one caller may use at once.
#[derive(Debug, Clone, Default)]
pub struct SearchShare(Option<Arc<Semaphore>>);

impl SearchShare {
    /// As many as the semaphore has permits, for all who have the same one.
    #[must_use]
    pub fn of(places: &Arc<Semaphore>) -> Self {
        Self(Some(Arc::clone(places)))
    }

    /// That of the work around this; without one there is no bound.
    #[must_use]
    pub fn here() -> Self {
        SHARE.try_with(Clone::clone).unwrap_or_default()
    }

    /// Does some work within this share.
    pub fn over<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        SHARE.scope(self, work)
    }

    /// Waits for a place of the share, for as long as the work around it may take: only its own caller waits longer.
    pub(crate) async fn leave() -> Option<OwnedSemaphorePermit> {
        match Self::here().0 {
            // It is never closed.
            Some(places) => places.acquire_owned().await.ok(),
            None => None,
        }
    }
}
