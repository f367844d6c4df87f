//! Makes rollups: of days an hour after they ended, and again whenever a late beacon changed a view of theirs; and counts
//! the views of orders. Any process may, one at a time.
//!
//! What is made and how far the log is in it are written together. So whoever reads both in one snapshot knows what is
//! still missing, and the counters have each start once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use arvlite_db::models::{DueCompany, RolledCompany, Span, ViewRollup, ZoneData};
use arvlite_db::{Scope, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{IANA_TZDB_VERSION, Tz};
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

use super::calendar::{Calendar, Period};
use crate::app::App;
use crate::domain::Result;
use crate::monitoring::Job;

const EVERY: Duration = Duration::from_secs(3);

/// Events that are taken at once.
const EVENTS: i64 = 5_000;

/// How long after its end a day is rolled up: until then most of its views are over.
const SETTLING: TimeDelta = TimeDelta::hours(1);

/// Rolls up every few seconds, until the handle is dropped.
pub fn spawn_roller(app: &Arc<App>) -> AbortOnDropHandle<()> {
    let app = Arc::clone(app);
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        app.metrics.started(Job::RollUpViews, app.clock.now());
        loop {
            ticks.tick().await;
            let rolled = roll_once(&app).await;
            app.metrics.ran(Job::RollUpViews, rolled.is_ok(), app.clock.now());
            if let Err(error) = rolled {
                tracing::warn!(?error, "views could not be rolled up; it is tried again");
            }
        }
    }))
}

/// Rolls up all that there is to do now, unless somebody else is at it.
///
/// # Errors
/// When the database does not work out; what was done before is kept.
pub async fn roll_once(app: &App) -> Result<()> {
    roll_all(app, &mut |_| {}).await
}

/// The same, and tells the company and until when it is rolled up whenever it is further.
///
/// # Errors
/// When the database does not work out; what was done before is kept.
pub async fn roll_all(app: &App, tell: &mut (dyn FnMut(&RolledCompany) + Send)) -> Result<()> {
    loop {
        // In a transaction of its own: the orders that it counts for are not locked while days are rolled up.
        let tx = app.db.begin(Scope::Everything).await?;
        let Some(after) = ViewRollup::take_on(&tx).await? else { return Ok(tx.rollback().await?) };
        ViewRollup::distrust_other_data(&tx, IANA_TZDB_VERSION).await?;
        let followed = follow_log(&tx, after).await?;
        tx.commit().await?;
        // A few new events do not call for another round at once: under steady traffic there always are some.
        if followed.is_some_and(|followed| followed.is_full) {
            continue;
        }
        let tx = app.db.begin(Scope::Everything).await?;
        if ViewRollup::take_on(&tx).await?.is_none() {
            return Ok(tx.rollback().await?);
        }
        let now = app.clock.now();
        let Some(due) = ViewRollup::due(&tx, now).await? else { return Ok(tx.rollback().await?) };
        let rolled = roll_on(&tx, due, now).await?;
        tx.commit().await?;
        tell(&rolled);
    }
}

/// How far the log was followed.
pub(super) struct Followed {
    pub through: i64,
    /// Whether it was as much as is taken at once, so that there may be more.
    pub is_full: bool,
}

/// Makes anew what views changed after a position, counts those that began, and says how far it came; none if there is
/// nothing new.
async fn follow_log(tx: &Tx, after: i64) -> Result<Option<Followed>> {
    let Some(followed) = roll_changed(tx, after).await? else { return Ok(None) };
    ViewRollup::count_views(tx, after, followed.through).await?;
    ViewRollup::reach(tx, followed.through).await?;
    Ok(Some(followed))
}

/// Makes anew what views changed after a position.
pub(super) async fn roll_changed(tx: &Tx, after: i64) -> Result<Option<Followed>> {
    let Some((through, events)) = ViewRollup::next_through(tx, after, EVENTS).await? else { return Ok(None) };
    let touched = ViewRollup::touched(tx, after, through).await?;
    for changed in touched.chunk_by(|left, right| left.0.id == right.0.id) {
        let company = &changed[0].0;
        let (calendar, spans) = (calendar_in(&company.time_zone), changed.iter().map(|(_, span)| *span));
        let (from, until) = company.span;
        let days = periods(calendar, Period::Day, spans, company.span);
        let months = periods(calendar, Period::Month, days.iter().map(|day| (day.0, day.0)), company.span);
        let months: Vec<Span> = months.into_iter().filter(|month| from <= month.0 && month.1 <= until).collect();
        roll_days(tx, calendar, company.id, &days).await?;
        ViewRollup::roll_months(tx, company.id, &months).await?;
    }
    Ok(Some(Followed { through, is_full: events == EVENTS }))
}

/// The periods inside of a time that any of some spans touches.
fn periods(
    calendar: Calendar,
    period: Period,
    spans: impl IntoIterator<Item = Span>,
    (from, until): Span,
) -> Vec<Span> {
    let mut starts = BTreeSet::new();
    for (start, stop) in spans {
        let mut next = calendar.floor(period, start.max(from));
        while next <= stop && next < until {
            starts.insert(next);
            next = calendar.after(period, next);
        }
    }
    starts.into_iter().map(|start| (start, calendar.after(period, start))).collect()
}

/// Rolls up the next days of a company, up to the end of a month at most.
async fn roll_on(tx: &Tx, due: DueCompany, now: DateTime<Utc>) -> Result<RolledCompany> {
    let calendar = calendar_in(&due.time_zone);
    let (from, until) = match (due.rolled_from, due.rolled_until) {
        (Some(from), Some(until)) if due.rolled_in.as_ref() == Some(&due.time_zone) => (from, until),
        _ => {
            ViewRollup::forget(tx, due.id).await?;
            let first = ViewRollup::first_view(tx, due.id).await?.unwrap_or(now);
            let from = calendar.floor(Period::Month, first.min(now));
            (from, from)
        }
    };
    let over = calendar.floor(Period::Day, now - SETTLING);
    let stop = calendar.after(Period::Month, until).min(over).max(until);
    roll_span(tx, calendar, due.id, (from, stop), until).await?;
    let due_at = if stop < over { now } else { calendar.after(Period::Day, stop) + SETTLING };
    ViewRollup::set_state(tx, due.id, zone_data(&due.time_zone), (from, stop), due_at).await?;
    Ok(RolledCompany { id: due.id, time_zone: due.time_zone, span: (from, stop) })
}

/// Rolls up the days of a time from an instant on, and the month of them if it is over then.
async fn roll_span(
    tx: &Tx,
    calendar: Calendar,
    company_id: i64,
    (from, stop): Span,
    after: DateTime<Utc>,
) -> Result<()> {
    let days = periods(calendar, Period::Day, [(after, stop)], (after, stop));
    roll_days(tx, calendar, company_id, &days).await?;
    let month = calendar.floor(Period::Month, after);
    if !days.is_empty() && from <= month && calendar.after(Period::Month, after) == stop {
        ViewRollup::roll_months(tx, company_id, &[(month, stop)]).await?;
    }
    Ok(())
}

/// Rolls up some days, which are in order.
async fn roll_days(tx: &Tx, calendar: Calendar, company_id: i64, days: &[Span]) -> Result<()> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(()) };
    Ok(ViewRollup::roll_days(tx, company_id, days, &calendar.offsets(first.0, last.1)).await?)
}

/// Rolls up all of a company again that was rolled up before, and what is older than that: views that no phone reported
/// may have come since.
pub(super) async fn roll_again(tx: &Tx, company: &RolledCompany) -> Result<()> {
    let calendar = calendar_in(&company.time_zone);
    let (mut from, until) = company.span;
    if let Some(first) = ViewRollup::first_view(tx, company.id).await?
        && first < from
    {
        from = calendar.floor(Period::Month, first);
        ViewRollup::roll_from(tx, company.id, from).await?;
    }
    let mut after = from;
    while after < until {
        let stop = calendar.after(Period::Month, after).min(until);
        roll_span(tx, calendar, company.id, (from, stop), after).await?;
        after = stop;
    }
    Ok(())
}

/// The zone as this program knows it.
pub(super) fn zone_data(time_zone: &str) -> ZoneData<'_> {
    ZoneData { time_zone, version: IANA_TZDB_VERSION }
}

fn calendar_in(time_zone: &str) -> Calendar {
    Calendar::of(time_zone.parse().unwrap_or(Tz::UTC))
}
