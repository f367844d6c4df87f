use arvlite_db::models::Span;
use async_graphql::{Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::domain;
use crate::domain::analytics::{Answer, Metrics, Part, Told};
use crate::graphql::analytics::{AnalyticsInterval, ViewDimension, rows};
use crate::graphql::error::Result;

/// Numbers of views.
#[derive(Debug, Clone)]
pub struct ViewAnalytics(pub(crate) Answer);

/// Numbers of views that agree: the buckets of a timeseries, the rows of a breakdown with `other`, `overall`, and the views
/// themselves add up to the same. A view counts where it began. Programs are not counted.
///
/// Days that are over are read from sums, however many views they have, as long as all that is asked about views is of one
/// kind: device, system, browser, country, tracking and whether the video played; or country and city; or the source; or
/// project, order and video, also as a scope; or nothing at all. What mixes these, minutes, hours or another zone than the
/// company's together with any of these, and `peakConcurrent` of less than all views of a company, is read view by view.
/// With many millions of views that may end with `TIMEOUT`: then a shorter timeframe helps.
#[Object]
impl ViewAnalytics {
    /// When the numbers were read, all of them at once.
    async fn as_of(&self) -> DateTime<Utc> {
        self.0.as_of
    }

    /// Up to here no number will change any more, late beacons apart: the start of the oldest view that still goes on, or
    /// a few seconds before `asOf`, since a view that begins takes a moment to be stored.
    async fn complete_through(&self) -> DateTime<Utc> {
        self.0.complete_through
    }

    /// Of the whole timeframe.
    async fn overall(&self) -> Result<ViewMetrics> {
        match self.told(Part::Overall)? {
            Told::Metrics(Some(metrics)) => Ok(ViewMetrics(metrics.clone())),
            _ => Err(unread().into()),
        }
    }

    /// Of as long a time directly before; null if there was no view.
    async fn previous(&self) -> Result<Option<ViewMetrics>> {
        match self.told(Part::Previous)? {
            Told::Metrics(metrics) => Ok(metrics.clone().map(ViewMetrics)),
            _ => Err(unread().into()),
        }
    }

    /// Of each part of the timeframe, in order, also where there was no view. The first and the last are cut to the
    /// timeframe. There are 2,000 at most.
    async fn timeseries(
        &self,
        #[graphql(desc = "How long the parts are.")] interval: AnalyticsInterval,
    ) -> Result<Vec<ViewBucket>> {
        match self.told(Part::Timeseries(interval.into()))? {
            Told::Timeseries(buckets) => Ok(buckets.iter().map(ViewBucket::of).collect()),
            _ => Err(unread().into()),
        }
    }

    /// Told apart by something.
    async fn breakdown(
        &self,
        #[graphql(desc = "By what.")] by: ViewDimension,
        #[graphql(desc = "Rows, 1 to 100.", default = 10)] first: Option<i32>,
    ) -> Result<ViewBreakdown> {
        match self.told(Part::Breakdown(by.into(), rows(first)?))? {
            Told::Breakdown(breakdown) => {
                let row = |row: &domain::analytics::Row| ViewBreakdownRow {
                    value: row.value.clone(),
                    label: row.label.clone(),
                    metrics: ViewMetrics(row.metrics.clone()),
                };
                let rows = breakdown.rows.iter().map(row).collect();
                Ok(ViewBreakdown { rows, other: breakdown.other.clone().map(ViewMetrics) })
            }
            _ => Err(unread().into()),
        }
    }
}

impl ViewAnalytics {
    fn told(&self, part: Part) -> Result<&Told> {
        match self.0.parts.get(&part) {
            Some(Ok(told)) => Ok(told),
            Some(Err(error)) => Err(error.clone().into()),
            None => Err(unread().into()),
        }
    }
}

fn unread() -> domain::Error {
    domain::Error::internal(anyhow::anyhow!("a part of the numbers was not read"))
}

/// Numbers of some views.
#[derive(Debug, Clone)]
pub struct ViewMetrics(Metrics);

/// Numbers of some views.
#[Object]
impl ViewMetrics {
    /// Views that began.
    async fn views(&self) -> i32 {
        count(self.0.numbers.views)
    }

    /// Viewer-days: each viewer counts once on each UTC day, in the bucket and row of their first view of the day among
    /// the company's, or the project's or order's where those are asked about or told apart (by video it is the order's).
    /// So buckets and rows add up. With `where`, viewers are not counted whose first view of the day does not match,
    /// although a later one does. Rows by project, order or video may add up to more than `overall`: whoever saw two
    /// orders counts once in each.
    async fn unique_viewers(&self) -> i32 {
        count(self.0.numbers.viewers)
    }

    /// For how long the video played, in all.
    #[expect(clippy::cast_precision_loss, reason = "no sum of seconds comes near 2^53")]
    async fn watch_seconds(&self) -> f64 {
        self.0.numbers.watch_seconds as f64
    }

    /// Of the views that told for how long the video played; null if none did.
    async fn average_seconds(&self) -> Option<f64> {
        self.0.average_seconds()
    }

    /// Half of the views that told it lasted no longer; null if none did. Exact up to 5 seconds; beyond that the classes
    /// of lengths are a fifth of the length wide, above ten minutes wider.
    async fn median_seconds(&self) -> Option<f64> {
        self.0.median_seconds()
    }

    /// The share of views in which the video played, 0 to 1; null without views.
    async fn play_rate(&self) -> Option<f64> {
        self.0.play_rate()
    }

    /// The share of views that lost the photo in the end, 0 to 1, of those that told how they followed it; null if none
    /// did.
    async fn tracking_loss_rate(&self) -> Option<f64> {
        self.0.tracking_loss_rate()
    }

    /// The most views that went on at one instant, those that began before the timeframe among them; null but in
    /// `overall`.
    async fn peak_concurrent(&self) -> Option<i32> {
        self.0.peak.map(count)
    }
}

fn count(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A part of a time.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewBucket {
    /// From this instant on.
    pub from: DateTime<Utc>,
    /// Up to, not including, this instant.
    pub to: DateTime<Utc>,
    /// Of the views that began in it.
    pub metrics: ViewMetrics,
}

impl ViewBucket {
    fn of((span, metrics): &(Span, Metrics)) -> Self {
        Self { from: span.0, to: span.1, metrics: ViewMetrics(metrics.clone()) }
    }
}

/// Views told apart.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewBreakdown {
    /// The groups with the most views, most first.
    pub rows: Vec<ViewBreakdownRow>,
    /// All other views together; null if there are none.
    pub other: Option<ViewMetrics>,
}

/// A group of views.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewBreakdownRow {
    /// What they have in common: a global id, a word of an enum, an hour, or a name. Empty where it is not known.
    pub value: String,
    /// The same for people: of a project, order or video its name, if you may see it.
    pub label: String,
    /// Of these views.
    pub metrics: ViewMetrics,
}
