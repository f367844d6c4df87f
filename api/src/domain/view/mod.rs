//! Views: phones report them, dashboards follow them.
//!
//! A phone starts a view and gets a signed [`token`](ViewToken); with it, it says every few seconds how far it is, until it ends
//! the view or falls silent. `writer.rs` takes all of that, in batches, and `replay.rs` what comes late and together;
//! `beacon.rs` says what a report makes of a view; `device.rs`, `country.rs` and `viewer_day.rs` what is known of who looks;
//! `sweep.rs` ends silent ones; `live_stats.rs` counts who looks now; `log.rs` tells followers, in the order in which it was
//! committed, what `live.rs` reads, and `retention.rs` drops what is too old. What plays is decided
//! in `domain::playback`; nothing here knows GraphQL. Start at `writer.rs`.

mod batch;
mod beacon;
mod country;
mod cursor;
mod days;
mod device;
mod follower;
mod live;
mod live_stats;
mod log;
mod places;
mod replay;
mod retention;
mod sweep;
mod token;
mod viewer_day;
mod writer;

pub use beacon::{Beat, fold};
pub use country::{CountryDatabase, CountryDatabaseError, Place};
pub use cursor::Cursor;
pub use device::{Device, network};
pub use live::{LogState, ViewLog};
pub use live_stats::{
    ContentNow, LivePictures, MOST_LIVE_CONTENTS, PACES, Picture, PictureOf, WINDOWS, follow_live_stats, live_stats,
};
pub use log::{GapReason, LogItem, Stretch, follow, follow_stretch, page, resolve, resolve_in_company};
pub use replay::{Report, Reported};
pub use retention::{drop_old_days, spawn_retention};
pub use sweep::{spawn_sweeper, sweep_once};
pub use token::ViewToken;
pub use writer::{Start, Started, ViewWriter};

use std::sync::Arc;

use arvlite_db::Db;
use chrono::TimeDelta;

use self::batch::Batch;
use self::days::LogDays;
use crate::clock::Clock;
use crate::monitoring::Metrics;
use crate::secret::SecretKey;

/// How often a phone is asked to report.
pub const HEARTBEAT_SECONDS: i32 = 15;

/// How long a phone may be silent before its view is over.
pub const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// What one process has for views.
pub struct Views {
    /// Takes what phones report.
    pub writer: ViewWriter,
    /// Tells what happened.
    pub log: ViewLog,
    /// Counts who looks now.
    pub pictures: LivePictures,
    days: Arc<LogDays>,
}

impl Views {
    /// Puts the parts together: beacons are written together up to so many, and addresses looked up where there is a
    /// file for it. They start to work when they are first used.
    #[must_use]
    pub fn new(
        db: &Db,
        clock: &Clock,
        secret: &SecretKey,
        metrics: &Arc<Metrics>,
        beacon_batch: usize,
        countries: Option<Arc<CountryDatabase>>,
    ) -> Self {
        let days = Arc::new(LogDays::default());
        let batch = Batch {
            db: db.clone(),
            clock: clock.clone(),
            secret: secret.clone(),
            days: Arc::clone(&days),
            metrics: Arc::clone(metrics),
        };
        let log = ViewLog::new(db.clone(), clock.clone(), Arc::clone(metrics));
        let writer = ViewWriter::new(batch, beacon_batch.max(1), countries);
        Self { writer, log, pictures: LivePictures::default(), days }
    }
}
