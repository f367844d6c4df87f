//! A bucket that fills again by itself. It reads no clock: whoever asks says what time it is.

use std::time::Duration;

use tokio::time::Instant;

use super::Draws;
use crate::config::Budget;

/// Nobody is told to wait longer.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// How much there was at some instant. Below nothing after an operation that cost more than it said.
#[derive(Debug)]
pub(super) struct Bucket {
    budget: Budget,
    points: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(budget: Budget, now: Instant) -> Self {
        Self { budget, points: points(budget.maximum), at: now }
    }

    /// Takes this much, or says how long it takes until there is enough.
    pub(super) fn draw(&mut self, cost: u64, draws: Draws, now: Instant) -> Result<(), Duration> {
        let kept = match draws {
            Draws::All => 0,
            Draws::WhatIsLeftToReads => self.budget.kept_for_mutations(),
        };
        let lacking = points(cost) + points(kept) - self.available(now);
        if lacking > 0.0 {
            let wait = Duration::try_from_secs_f64(lacking / points(self.budget.restore)).unwrap_or(LONGEST_WAIT);
            return Err(wait.clamp(Duration::from_millis(1), LONGEST_WAIT));
        }
        self.points -= points(cost);
        Ok(())
    }

    /// Gives back what was drawn but not needed; what was needed beside it is drawn too.
    pub(super) fn settle(&mut self, drawn: u64, actual: u64, now: Instant) {
        let settled = self.available(now) + points(drawn) - points(actual);
        self.points = settled.min(points(self.budget.maximum));
    }

    /// How much there is.
    pub(super) fn available(&mut self, now: Instant) -> f64 {
        let restored = now.saturating_duration_since(self.at).as_secs_f64() * points(self.budget.restore);
        self.points = (self.points + restored).min(points(self.budget.maximum));
        self.at = self.at.max(now);
        self.points
    }

    /// Whether it is as if it had never been used.
    pub(super) fn is_full(&mut self, now: Instant) -> bool {
        self.available(now) >= points(self.budget.maximum)
    }
}

#[expect(clippy::cast_precision_loss, reason = "costs are far below 2^53")]
fn points(cost: u64) -> f64 {
    cost as f64
}
