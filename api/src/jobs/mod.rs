//! What a serving process does beside answering: it hears revocations, ends silent views, rolls up, drops old days of the
//! log, and throws away what nobody
//! needs any more. Any number of processes may do so on one database.

use std::sync::Arc;
use std::time::Duration;

use arvlite_db::Scope;
use arvlite_db::models::{IdempotencyKey, LoginAddress};
use chrono::TimeDelta;
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

use crate::app::App;
use crate::domain::execute::KEY_LIFETIME;
use crate::domain::{analytics, view};
use crate::monitoring::Job;

/// How old a half-received file must be before nobody is sending it any more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the failed sign-ins of an address are kept: longer than they count.
const FAILURES_KEPT: TimeDelta = TimeDelta::hours(24);
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);

/// The tasks of a serving process. Dropping it ends them.
pub struct Background {
    _tasks: Vec<AbortOnDropHandle<()>>,
}

impl Background {
    /// Starts them.
    #[must_use]
    pub fn start(app: &Arc<App>) -> Self {
        let (hearing, tidying) = (Arc::clone(app), Arc::clone(app));
        Self {
            _tasks: vec![
                view::spawn_sweeper(app),
                analytics::spawn_roller(app),
                view::spawn_retention(app),
                AbortOnDropHandle::new(tokio::spawn(async move {
                    hearing.credentials.listen(&hearing.db, &hearing.metrics).await;
                })),
                AbortOnDropHandle::new(tokio::spawn(tidy_again_and_again(tidying))),
            ],
        }
    }
}

async fn tidy_again_and_again(app: Arc<App>) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    app.metrics.started(Job::Tidy, app.clock.now());
    loop {
        ticks.tick().await;
        let tidied = tidy(&app).await;
        app.metrics.ran(Job::Tidy, tidied.is_ok(), app.clock.now());
        if let Err(error) = tidied {
            tracing::warn!("what nobody needs could not be thrown away: {error:#}");
        }
    }
}

/// Throws away half-received files and keys of repeated writes that are too old.
///
/// # Errors
/// When the database or the store does not work out.
pub async fn tidy(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    app.store.sweep_incoming(ABANDONED, now).await?;
    let tx = app.db.begin(Scope::Everything).await?;
    IdempotencyKey::forget(&tx, now - KEY_LIFETIME).await?;
    LoginAddress::forget(&tx, now - FAILURES_KEPT).await?;
    Ok(tx.commit().await?)
}
