//! How many are told, and so how often: a few at once, thousands in a rhythm that the processor can keep.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// About what it takes to tell one follower. For so long all others are told before more is: what comes meanwhile is
/// told with it, in one write to each.
const TO_TELL_ONE: Duration = Duration::from_micros(25);
/// Whoever looks at a dashboard does not see that it waited for so long.
const LONGEST_REST: Duration = Duration::from_millis(100);

/// Those who are told by a group, and by all groups of this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Audience {
    here: Arc<AtomicU32>,
    everywhere: Arc<AtomicU32>,
}

/// The place of one of them, as long as it is held.
#[derive(Debug)]
pub(super) struct Seat(Audience);

impl Audience {
    /// That of another group of the same process.
    pub(super) fn of_another_group(&self) -> Self {
        Self { here: Arc::default(), everywhere: Arc::clone(&self.everywhere) }
    }

    /// One more is told.
    pub(super) fn join(&self) -> Seat {
        self.here.fetch_add(1, Ordering::Relaxed);
        self.everywhere.fetch_add(1, Ordering::Relaxed);
        Seat(self.clone())
    }

    /// What each of the group pays for what was done once for all of them.
    pub(super) fn share_of(&self, cost: u64) -> u64 {
        cost.div_ceil(u64::from(self.here.load(Ordering::Relaxed)).max(1))
    }

    /// How long a group rests after it woke its members.
    pub(super) fn rest(&self) -> Duration {
        TO_TELL_ONE.saturating_mul(self.everywhere.load(Ordering::Relaxed)).min(LONGEST_REST)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.here.fetch_sub(1, Ordering::Relaxed);
        self.0.everywhere.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_are_told_the_longer_is_the_rest_but_never_long() {
        let audience = Audience::default();
        assert_eq!(audience.rest(), Duration::ZERO);
        let mut seats: Vec<Seat> = (0..2_000).map(|_| audience.of_another_group().join()).collect();
        assert_eq!(audience.rest(), Duration::from_millis(50));
        seats.extend((0..8_000).map(|_| audience.join()));
        assert_eq!(audience.rest(), LONGEST_REST);
        drop(seats);
        assert_eq!(audience.rest(), Duration::ZERO);
    }

    #[test]
    fn what_is_done_once_is_paid_for_once() {
        let audience = Audience::default();
        let others: Vec<Seat> = (0..50).map(|_| audience.of_another_group().join()).collect();
        let one = audience.join();
        assert_eq!(audience.share_of(9), 9);
        let more: Vec<Seat> = (0..3).map(|_| audience.join()).collect();
        assert_eq!((audience.share_of(9), audience.share_of(1), audience.share_of(0)), (3, 1, 0));
        drop((others, one, more));
        assert_eq!(audience.share_of(9), 9);
    }
}
