//! When each thing that a serving process does again and again last came to a good end.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// Something that a process does again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Ends views whose phone fell silent.
    EndSilentViews,
    /// Rolls up views and counts those of each order.
    RollUpViews,
    /// Reads what is new in the log of views, as long as anybody follows.
    ReadViewLog,
    /// Reads what the orders play that anybody follows.
    WatchPlayback,
    /// Drops what is too old of the log of views.
    DropOldViewLog,
    /// Throws away what nobody needs any more.
    Tidy,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::EndSilentViews,
        Self::RollUpViews,
        Self::ReadViewLog,
        Self::WatchPlayback,
        Self::DropOldViewLog,
        Self::Tidy,
    ];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EndSilentViews => "end_silent_views",
            Self::RollUpViews => "roll_up_views",
            Self::ReadViewLog => "read_view_log",
            Self::WatchPlayback => "watch_playback",
            Self::DropOldViewLog => "drop_old_view_log",
            Self::Tidy => "tidy",
        }
    }
}

const NEVER: i64 = i64::MIN;

/// When each job last came to a good end in this process.
#[derive(Debug)]
pub struct Jobs([AtomicI64; Job::ALL.len()]);

impl Default for Jobs {
    fn default() -> Self {
        Self(Job::ALL.map(|_| AtomicI64::new(NEVER)))
    }
}

impl Jobs {
    /// The process does this job from now on, or has just done it well.
    pub(super) fn set(&self, job: Job, now: DateTime<Utc>) {
        self.0[job as usize].store(now.timestamp_micros(), Ordering::Relaxed);
    }

    /// For how long each job that this process does has not come to a good end.
    pub fn ages(&self, now: DateTime<Utc>) -> impl Iterator<Item = (Job, TimeDelta)> {
        let last = Job::ALL.into_iter().map(|job| (job, self.0[job as usize].load(Ordering::Relaxed)));
        last.filter(|(_, last)| *last != NEVER).map(move |(job, last)| {
            let age = now.timestamp_micros().saturating_sub(last).max(0);
            (job, TimeDelta::microseconds(age))
        })
    }
}
