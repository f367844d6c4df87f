//! Views: phones report them, dashboards follow them.
//!
//! A phone starts a view and gets a signed [`token`](ViewToken); with it, it says every few seconds how far it is, until it ends
//! the view or falls silent. `writer.rs` takes all of that, in batches; `beacon.rs` says what a report makes of a view;
//! `sweep.rs` ends silent ones; `live_stats.rs` counts who looks now; `log.rs` tells followers, in the order in which it was committed, what `live.rs` reads. What plays is decided
//! in `domain::playback`; nothing here knows GraphQL. Start at `writer.rs`.

mod batch;
mod beacon;
mod cursor;
mod days;
mod device;
mod live;
mod live_stats;
mod log;
mod places;
mod sweep;
mod token;
mod writer;

pub use beacon::{Beat, fold};
pub use cursor::Cursor;
pub use device::{Device, network};
pub use live::{LogState, ViewLog};
pub use live_stats::{
    ContentNow, LivePictures, MOST_LIVE_CONTENTS, PACES, Picture, PictureOf, WINDOWS, follow_live_stats, live_stats,
};
pub use log::{LogItem, follow, page, resolve};
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
    /// Puts the parts together. They start to work when they are first used.
    #[must_use]
    pub fn new(db: &Db, clock: &Clock, secret: &SecretKey, metrics: &Arc<Metrics>) -> Self {
        let days = Arc::new(LogDays::default());
        let batch =
            Batch { db: db.clone(), clock: clock.clone(), days: Arc::clone(&days), metrics: Arc::clone(metrics) };
        let log = ViewLog::new(db.clone(), clock.clone(), Arc::clone(metrics));
        Self { writer: ViewWriter::new(batch, secret.clone()), log, pictures: LivePictures::default(), days }
    }
}
