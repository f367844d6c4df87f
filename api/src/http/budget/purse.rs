//! One caller's bucket and places.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_graphql::{Value, value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use super::Draws;
use super::bucket::Bucket;
use crate::config::Budget;

/// Whoever follows more different streams at once, or more stretches of their past, follows the others by itself.
const GROUPS: usize = 16;

/// A bucket that fills again by itself, and places for what runs at once.
pub(in crate::http) struct Purse {
    budget: Budget,
    bucket: Mutex<Bucket>,
    running: Arc<Semaphore>,
    /// Places for statements that the database plans for their values: there are few of those for everybody.
    pub(in crate::http) searches: Arc<Semaphore>,
    /// Places for streams that are run for many and were begun by this caller: what is run there waits for nobody's
    /// bucket.
    pub(in crate::http) groups: Arc<Semaphore>,
    /// Places for stretches of the past that are run for many, and paid for by this caller; each may begin the next one
    /// before it is let go.
    pub(in crate::http) past_groups: Arc<Semaphore>,
}

/// What was drawn, and is not settled yet. Dropped unsettled, as by an operation that was broken off, it stays drawn.
#[must_use]
pub(in crate::http) struct Spent {
    purse: Arc<Purse>,
    points: u64,
}

impl Purse {
    pub(super) fn new(budget: Budget, running: usize, searches: usize) -> Self {
        Self {
            budget,
            bucket: Mutex::new(Bucket::full(budget, Instant::now())),
            running: Arc::new(Semaphore::new(running.min(Semaphore::MAX_PERMITS))),
            searches: Arc::new(Semaphore::new(searches)),
            groups: Arc::new(Semaphore::new(GROUPS)),
            past_groups: Arc::new(Semaphore::new(2 * GROUPS)),
        }
    }

    /// Draws at once, or says how long it takes until this much can be drawn.
    pub(in crate::http) fn draw(self: &Arc<Self>, cost: u64, draws: Draws) -> Result<Spent, Duration> {
        self.bucket().draw(cost, draws, Instant::now())?;
        Ok(Spent { purse: Arc::clone(self), points: cost })
    }

    /// Draws as soon as it can be drawn. What is more than the whole bucket empties it.
    pub(in crate::http) async fn pay(self: &Arc<Self>, cost: u64) {
        let cost = cost.min(self.budget.maximum - self.budget.kept_for_mutations());
        while let Err(wait) = self.draw(cost, Draws::WhatIsLeftToReads) {
            sleep(wait).await;
        }
    }

    /// A place for one operation more, if one becomes free in time.
    pub(in crate::http) async fn place(&self, patience: Duration) -> Option<OwnedSemaphorePermit> {
        timeout(patience, Arc::clone(&self.running).acquire_owned()).await.ok()?.ok()
    }

    /// What an operation cost and how the bucket stands, in the words of Shopify.
    pub(in crate::http) fn told(&self, requested: u64, actual: Option<u64>) -> Value {
        #[expect(clippy::cast_possible_truncation, reason = "no bucket is that large")]
        let available = self.bucket().available(Instant::now()).floor() as i64;
        value!({
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": self.budget.maximum,
                "currentlyAvailable": available.max(0),
                "restoreRate": self.budget.restore,
            },
        })
    }

    /// Whether it is as if it had never been used.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.bucket().is_full(now)
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spent {
    /// Gives back what was not needed; what was needed beside it is drawn too.
    pub(in crate::http) fn settle(self, actual: u64) {
        self.purse.bucket().settle(self.points, actual, Instant::now());
    }
}
