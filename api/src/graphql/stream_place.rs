//! Where somebody who follows a log stands in it: kept beside the answers, whatever they select.

use std::sync::{Arc, Mutex, PoisonError};

/// Where a follower stands. Given to a subscription by a transport that counts its answers by cursors; a subscription
/// that knows no cursors leaves it alone. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct StreamPlace {
    after: Option<Arc<str>>,
    reached: Arc<Mutex<Option<String>>>,
}

impl StreamPlace {
    /// A follower who has been told everything up to this cursor.
    #[must_use]
    pub fn after(cursor: Option<String>) -> Self {
        Self { after: cursor.map(Into::into), reached: Arc::default() }
    }

    /// The cursor of what was told last. Answers come one by one, so that it is that of the last answer.
    #[must_use]
    pub fn reached(&self) -> Option<String> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where to go on: where the client broke off, before where it began.
    pub(crate) fn resume<'c>(&'c self, began_after: Option<&'c str>) -> Option<&'c str> {
        self.after.as_deref().or(began_after)
    }

    /// Something is about to be told.
    pub(crate) fn reach(&self, cursor: String) {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor);
    }
}
