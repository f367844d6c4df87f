//! Where each follower of the log stands, so that an operator sees it when somebody falls behind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where all followers of one process stand.
#[derive(Default)]
pub(super) struct Places(Mutex<Standing>);

#[derive(Default)]
struct Standing {
    entered: u64,
    positions: HashMap<u64, Arc<AtomicI64>>,
}

/// Where one follower stands, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    position: Arc<AtomicI64>,
}

impl Places {
    pub(super) fn enter(self: &Arc<Self>, position: i64) -> Place {
        let position = Arc::new(AtomicI64::new(position));
        let mut standing = self.standing();
        standing.entered += 1;
        let number = standing.entered;
        standing.positions.insert(number, Arc::clone(&position));
        Place { places: Arc::clone(self), number, position }
    }

    /// How many followers there are, and where the slowest one stands.
    pub(super) fn count_and_slowest(&self) -> (usize, Option<i64>) {
        let standing = self.standing();
        let slowest = standing.positions.values().map(|position| position.load(Ordering::Relaxed)).min();
        (standing.positions.len(), slowest)
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(super) fn get(&self) -> i64 {
        self.position.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, position: i64) {
        self.position.store(position, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.standing().positions.remove(&self.number);
    }
}
