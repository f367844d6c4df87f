//! Views whose phone fell silent are over. Any process ends them, and no two the same ones.

use std::sync::Arc;
use std::time::Duration;

use arvlite_db::Scope;
use arvlite_db::models::ViewSession;
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

use super::SILENCE;
use super::batch::end_silent;
use crate::app::App;
use crate::domain::Result;
use crate::monitoring::Job;

const EVERY: Duration = Duration::from_secs(5);

/// Views ended in one transaction, at most.
const BATCH: i64 = 128;

/// Ends silent views every few seconds, until the handle is dropped.
pub fn spawn_sweeper(app: &Arc<App>) -> AbortOnDropHandle<()> {
    let app = Arc::clone(app);
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        app.metrics.started(Job::EndSilentViews, app.clock.now());
        loop {
            ticks.tick().await;
            let swept = sweep_once(&app).await;
            app.metrics.ran(Job::EndSilentViews, swept.is_ok(), app.clock.now());
            if let Err(error) = swept {
                tracing::warn!(?error, "silent views could not be ended; it is tried again");
            }
        }
    }))
}

/// Ends the views that are silent now, and says how many there were.
///
/// # Errors
/// When the database does not work out; those of the batches before are ended.
pub async fn sweep_once(app: &App) -> Result<usize> {
    let mut ended = 0;
    loop {
        let now = app.clock.now();
        app.views.days.make(&app.db, now).await?;
        let tx = app.db.begin(Scope::Everything).await?;
        let silent = ViewSession::lock_silent(&tx, now - SILENCE, BATCH).await?;
        let count = silent.len();
        if count > 0 {
            end_silent(&tx, silent, now).await?;
        }
        tx.commit().await?;
        ended += count;
        if count < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok(ended);
        }
    }
}
