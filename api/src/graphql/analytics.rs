//! Numbers at the root: what is asked of the whole answer is found out before it is read, so that one snapshot holds it.

use std::collections::HashSet;

use arvlite_db::models;
use async_graphql::{Context, Enum, InputObject, InputType, SelectionField, Value};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::context::ContextExt;
use super::error::Result;
use super::query;
use super::types::{ViewAnalytics, ViewSession};
use super::views::{AnalyticsScope, texts, values};
use crate::domain::Error;
use crate::domain::analytics::{self, Part, Question, Reading};
use crate::enums::{DeviceType, TrackingQuality};

/// A time, and the clock that divides it.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct Timeframe {
    /// From this instant on.
    pub from: DateTime<Utc>,
    /// Up to, not including, this instant; ten years later at most. It may be to come.
    pub to: DateTime<Utc>,
    /// The zone whose days, weeks and months are meant: the company's unless it is given.
    pub time_zone: Option<Tz>,
}

/// Which views. All given parts must hold. A view of which something is not known is in none of its lists.
/// `uniqueViewers` are then those whose first view of the day is one of these.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ViewWhere {
    /// On one of these kinds of devices. Programs (`BOT`) are never counted.
    pub device_type: Option<Vec<DeviceType>>,
    /// On one of these systems.
    pub os: Option<Vec<String>>,
    /// In one of these browsers.
    pub browser: Option<Vec<String>>,
    /// In one of these countries.
    pub country: Option<Vec<String>>,
    /// That followed the photo this well.
    pub tracking_quality: Option<Vec<TrackingQuality>>,
    /// In which the video played, or did not.
    pub video_played: Option<bool>,
}

/// How long the parts of a time are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "analytics::Interval")]
pub enum AnalyticsInterval {
    /// Minutes.
    Minute,
    /// Hours of the clock. Where it is changed by less than an hour, shorter or longer ones come about.
    Hour,
    /// Days, of 23 or 25 hours where the clock is changed.
    Day,
    /// Weeks from Monday.
    Week,
    /// Months.
    Month,
}

/// What views are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "analytics::Dimension")]
pub enum ViewDimension {
    /// The kind of device.
    DeviceType,
    /// Its system.
    Os,
    /// Its browser.
    Browser,
    /// The country.
    Country,
    /// The city. Cities of one name are one, in whatever countries they are.
    City,
    /// How well the photo was followed.
    TrackingQuality,
    /// The project that it was viewed under.
    Project,
    /// The order.
    ArContent,
    /// The video that was shown.
    Video,
    /// Which rule chose the video.
    Source,
    /// The hour of the clock in which the view began, 0 to 23.
    HourOfDay,
    /// The day of the week on which the view began.
    Weekday,
}

/// Numbers of the views of a scope.
pub(crate) async fn analyze(
    ctx: &Context<'_>,
    scope: AnalyticsScope,
    timeframe: Timeframe,
    condition: Option<ViewWhere>,
) -> Result<ViewAnalytics> {
    query::allowed::<ViewSession>(ctx)?;
    let wanted = Wanted::of(ctx.field())?;
    let question = Question {
        of: scope.log_scope(),
        timeframe: analytics::Timeframe::new(timeframe.from, timeframe.to, timeframe.time_zone)?,
        filter: condition.unwrap_or_default().into_filter()?,
        parts: wanted.parts,
        medians: wanted.medians,
        peak: wanted.peak,
    };
    Ok(ViewAnalytics(analytics::analyze(ctx.app(), ctx.viewer(), &question, Reading::Rollups).await?))
}

/// What a document selects of the answer.
#[derive(Default)]
struct Wanted {
    parts: Vec<Part>,
    medians: HashSet<Part>,
    peak: bool,
}

impl Wanted {
    fn of(field: SelectionField<'_>) -> Result<Self> {
        let mut wanted = Self::default();
        for field in field.selection_set() {
            let part = match field.name() {
                "overall" => {
                    wanted.peak |= field.selection_set().any(|metric| metric.name() == "peakConcurrent");
                    Some(Part::Overall)
                }
                "previous" => Some(Part::Previous),
                "timeseries" => {
                    let interval: Option<AnalyticsInterval> = argument(&field, "interval");
                    interval.map(|interval| Part::Timeseries(interval.into()))
                }
                "breakdown" => {
                    let by: Option<ViewDimension> = argument(&field, "by");
                    let first = rows(argument::<Option<i32>>(&field, "first").flatten());
                    // A number that is refused is refused where the part is told.
                    by.zip(first.ok()).map(|(by, first)| Part::Breakdown(by.into(), first))
                }
                _ => None,
            };
            if let Some(part) = part {
                wanted.parts.push(part);
                if selects(&field, "medianSeconds") {
                    wanted.medians.insert(part);
                }
            }
        }
        Ok(wanted)
    }
}

/// Whether a field is selected anywhere below another one.
fn selects(field: &SelectionField<'_>, name: &str) -> bool {
    field.selection_set().any(|inner| inner.name() == name || selects(&inner, name))
}

fn argument<T: InputType>(field: &SelectionField<'_>, name: &str) -> Option<T> {
    let arguments = field.arguments().unwrap_or_default();
    let value: Option<Value> = arguments.into_iter().find(|(given, _)| given == name).map(|(_, value)| value);
    T::parse(value).ok()
}

/// How many rows a breakdown has at most.
pub(crate) fn rows(first: Option<i32>) -> Result<i32> {
    match first.unwrap_or(10) {
        first @ 1..=100 => Ok(first),
        _ => Err(Error::bad_request("first", "must be 1 to 100").into()),
    }
}

impl ViewWhere {
    fn into_filter(self) -> Result<models::ViewNumbersFilter> {
        Ok(models::ViewNumbersFilter {
            device_types: self.device_type.map(values).transpose()?,
            os: self.os.map(texts).transpose()?,
            browsers: self.browser.map(texts).transpose()?,
            countries: self.country.map(texts).transpose()?,
            tracking_qualities: self.tracking_quality.map(values).transpose()?,
            video_played: self.video_played,
        })
    }
}
