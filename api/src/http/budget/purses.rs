//! The buckets of all callers of one kind: those that are full are forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Purse;
use crate::config::Budget;

/// Looking for full buckets takes time, so it is not done for every newcomer.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Buckets by name, not more than so many.
pub(super) struct Purses {
    budget: Budget,
    most: usize,
    /// Operations at once, and their statements at once that are planned for their values.
    places: (usize, usize),
    known: Mutex<Known>,
    /// Shared by whoever comes when there are too many.
    crowd: Arc<Purse>,
}

struct Known {
    by_name: HashMap<String, Arc<Purse>>,
    looked_at: Option<Instant>,
}

impl Purses {
    pub(super) fn new(budget: Budget, most: usize, running: usize, searches: usize) -> Self {
        let known = Mutex::new(Known { by_name: HashMap::new(), looked_at: None });
        let crowd = Arc::new(Purse::new(budget, running, searches));
        Self { budget, most, places: (running, searches), known, crowd }
    }

    pub(super) fn of(&self, name: &str) -> Arc<Purse> {
        self.of_at(name, Instant::now())
    }

    /// Reads no clock.
    pub(super) fn of_at(&self, name: &str, now: Instant) -> Arc<Purse> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(purse) = known.by_name.get(name) {
            return Arc::clone(purse);
        }
        if known.by_name.len() >= self.most {
            known.forget(now);
        }
        if known.by_name.len() >= self.most {
            return Arc::clone(&self.crowd);
        }
        let (running, searches) = self.places;
        let purse = Arc::new(Purse::new(self.budget, running, searches));
        known.by_name.insert(name.to_owned(), Arc::clone(&purse));
        purse
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).by_name.len()
    }
}

impl Known {
    fn forget(&mut self, now: Instant) {
        if self.looked_at.is_none_or(|at| now.saturating_duration_since(at) >= BETWEEN_LOOKS) {
            self.looked_at = Some(now);
            // One that somebody holds is about to be drawn from, or to be settled.
            self.by_name.retain(|_, purse| Arc::strong_count(purse) > 1 || !purse.is_full(now));
        }
    }
}
