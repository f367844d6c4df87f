//! The log is kept for so many days. Any process drops older ones, and no two at once; the views themselves stay.

use std::sync::Arc;
use std::time::Duration;

use arvlite_db::models::{ViewEvent, ViewRollup};
use arvlite_db::{DbError, Scope};
use chrono::Days;
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

use crate::app::App;
use crate::domain::Result;
use crate::monitoring::Job;

const EVERY: Duration = Duration::from_secs(10 * 60);

/// Drops old days of the log again and again, until the handle is dropped.
pub fn spawn_retention(app: &Arc<App>) -> AbortOnDropHandle<()> {
    let app = Arc::clone(app);
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        app.metrics.started(Job::DropOldViewLog, app.clock.now());
        loop {
            ticks.tick().await;
            let dropped = drop_old_days(&app).await;
            app.metrics.ran(Job::DropOldViewLog, dropped.is_ok(), app.clock.now());
            if let Err(error) = dropped {
                tracing::warn!(?error, "old days of the log of views could not be dropped; it is tried again");
            }
        }
    }))
}

/// Drops the days that are older than the log is kept, and says how many. A log that is too busy for it, or that
/// somebody else looks after, is left for another time.
///
/// # Errors
/// When the database does not work out; the days before are dropped.
pub async fn drop_old_days(app: &App) -> Result<usize> {
    let kept = Days::new(app.config.log_retention_days.into());
    let Some(first_kept) = app.clock.now().date_naive().checked_sub_days(kept) else { return Ok(0) };
    let mut dropped = 0;
    loop {
        let tx = app.db.begin(Scope::Everything).await?;
        if !ViewEvent::take_turn_to_drop(&tx).await? {
            return Ok(dropped);
        }
        let Some(oldest) = ViewEvent::oldest_day(&tx).await?.filter(|day| *day < first_kept) else {
            return Ok(dropped);
        };
        // What is not in the counters and rollups yet must not be lost.
        let consumed = ViewRollup::rolled_through(&tx).await?;
        match ViewEvent::drop_day(&tx, oldest, consumed).await {
            Ok(true) => tx.commit().await?,
            Ok(false) | Err(DbError::Timeout | DbError::Collision) => return Ok(dropped),
            Err(error) => return Err(error.into()),
        }
        dropped += 1;
    }
}
