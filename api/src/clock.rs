//! The one clock. Everything that asks for the time asks here, so that a test can say what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use tokio::sync::Notify;

/// The machine's clock may be set while somebody waits for it to show a time: it is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Tells the time, to the microsecond, as the database keeps it.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Where a test says what time it is.
    set: Option<Arc<Set>>,
}

#[derive(Debug)]
struct Set {
    /// Microseconds since 1970.
    micros: AtomicI64,
    moved: Notify,
}

impl Clock {
    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn standing_at(instant: DateTime<Utc>) -> Self {
        let micros = AtomicI64::new(instant.timestamp_micros());
        Self { set: Some(Arc::new(Set { micros, moved: Notify::new() })) }
    }

    /// What time it is.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.set {
            Some(set) => DateTime::from_timestamp_micros(set.micros.load(Ordering::SeqCst)).unwrap_or_default(),
            None => Utc::now(),
        };
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }

    /// Moves a standing clock; a running one takes no notice.
    pub fn advance(&self, by: TimeDelta) {
        if let (Some(set), Some(by)) = (&self.set, by.num_microseconds()) {
            set.micros.fetch_add(by, Ordering::SeqCst);
            set.moved.notify_waiters();
        }
    }

    /// Waits until it is this time.
    pub async fn reach(&self, instant: DateTime<Utc>) {
        loop {
            let moved = self.set.as_ref().map(|set| set.moved.notified());
            let Ok(left) = (instant - self.now()).to_std() else { return };
            if left.is_zero() {
                return;
            }
            match moved {
                Some(moved) => moved.await,
                None => tokio::time::sleep(left.min(LOOK_EVERY)).await,
            }
        }
    }
}
