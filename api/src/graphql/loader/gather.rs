//! Gathers what resolvers ask for until nobody asks any more, and answers them all at once.
//!
//! The crate's own waiting lets those who wait go one by one: with a hundred rows the first are on their way to the
//! next level, and its statement sent, before the last have their answer, so that the number of statements depends on
//! luck. Here the first to ask leads: it waits until some turns have passed without a further key, has the crate read
//! them all, and lets everybody go in the same turn.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use dataloader::BatchFn;
use dataloader::non_cached::Loader;
use tokio::sync::oneshot;

use super::Batch;
use crate::domain::{Error, Result};

/// Turns without a further key after which a batch is whole.
const QUIET_TURNS: usize = 8;
/// More keys than one request can ask for, so that one level is one statement.
const MOST_KEYS: usize = 100_000;

/// A loader whose batches do not depend on luck.
pub(super) struct Gathering<B: Batch> {
    loader: Loader<B::Key, Result<B::Value>, Reading<B>>,
    waiting: Arc<Mutex<Waiting<B>>>,
}

type Asked<B> = (<B as Batch>::Key, oneshot::Sender<Result<<B as Batch>::Value>>);

struct Waiting<B: Batch> {
    asked: Vec<Asked<B>>,
    is_led: bool,
}

impl<B: Batch> Gathering<B> {
    pub(super) fn new(batch: B) -> Self {
        let loader = Loader::new(Reading(batch)).with_max_batch_size(MOST_KEYS).with_yield_count(0);
        Self { loader, waiting: Arc::new(Mutex::new(Waiting { asked: Vec::new(), is_led: false })) }
    }

    pub(super) async fn load(&self, key: B::Key) -> Result<B::Value> {
        loop {
            let (sender, receiver) = oneshot::channel();
            let leads = {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.asked.push((key.clone(), sender));
                !std::mem::replace(&mut waiting.is_led, true)
            };
            if leads {
                self.lead().await;
            }
            // Without an answer the leader was dropped, as when a sibling of its failed: ask again.
            if let Ok(value) = receiver.await {
                return value;
            }
        }
    }

    async fn lead(&self) {
        let leading = Leading(&self.waiting);
        let (mut gathered, mut quiet) = (0, 0);
        while quiet < QUIET_TURNS {
            tokio::task::yield_now().await;
            let asked = leading.asked();
            quiet = if asked == gathered { quiet + 1 } else { 0 };
            gathered = asked;
        }
        let asked = leading.take();
        let keys: HashSet<B::Key> = asked.iter().map(|(key, _)| key.clone()).collect();
        let read = self.loader.try_load_many(keys.into_iter().collect()).await;
        for (key, sender) in asked {
            let value = match &read {
                Ok(values) => values.get(&key).cloned().unwrap_or_else(|| Ok(B::nothing())),
                Err(error) => Err(Error::internal(anyhow::anyhow!("{error}"))),
            };
            // Who asked may be gone.
            let _ = sender.send(value);
        }
    }
}

impl<B: Batch> Clone for Gathering<B> {
    fn clone(&self) -> Self {
        Self { loader: self.loader.clone(), waiting: Arc::clone(&self.waiting) }
    }
}

/// The lead of one batch. Dropping it lets everybody who asked go without an answer.
struct Leading<'a, B: Batch>(&'a Mutex<Waiting<B>>);

impl<B: Batch> Leading<'_, B> {
    fn asked(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).asked.len()
    }

    /// Closes the batch: whoever asks from now on is of the next one.
    fn take(self) -> Vec<Asked<B>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.is_led = false;
        let asked = std::mem::take(&mut waiting.asked);
        drop(waiting);
        std::mem::forget(self);
        asked
    }
}

impl<B: Batch> Drop for Leading<'_, B> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.is_led = false;
        waiting.asked.clear();
    }
}

struct Reading<B>(B);

impl<B: Batch> BatchFn<B::Key, Result<B::Value>> for Reading<B> {
    async fn load(&mut self, keys: &[B::Key]) -> HashMap<B::Key, Result<B::Value>> {
        match self.0.read(keys).await {
            Ok(mut found) => {
                let value = |key: &B::Key| Ok(found.remove(key).unwrap_or_else(B::nothing));
                keys.iter().cloned().zip(keys.iter().map(value)).collect()
            }
            Err(error) => keys.iter().map(|key| (key.clone(), Err(error.clone()))).collect(),
        }
    }
}
