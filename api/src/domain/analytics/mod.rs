//! Numbers that agree: how many views, for how long, by whom, in which time, told apart by what.
//!
//! The truth is the views themselves, without those of programs; rollups of periods that are over only save reading them
//! (`plan.rs` decides where which is read, `roll.rs` makes them). All numbers of an answer are read in one snapshot, so that
//! the parts of a timeseries, the rows of a breakdown and the views add up to the same, whatever is written meanwhile.
//! Start at [`analyze`].

mod breakdown;
mod calendar;
mod metrics;
mod plan;
mod rebuild;
mod roll;
mod timeframe;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use arvlite_db::models::{
    Company, Facet, Grain, NumbersQuery, SlotNumbers, Slots, Span, ViewColumn, ViewLogScope, ViewNumbers,
    ViewNumbersFilter, ViewRollup, ViewersOf, oldest_alive, peak_of,
};
use arvlite_db::{Entity, Tx};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

pub use breakdown::{Breakdown, Dimension, Row};
pub use metrics::Metrics;
pub use rebuild::{Rebuilt, rebuild};
pub use roll::{roll_all, roll_once, spawn_roller};
pub use timeframe::{Interval, MOST_BUCKETS, Timeframe};

use self::calendar::Calendar;
use self::plan::{Clean, Plan};
use super::view::resolve_in_company;
use super::{Error, Result};
use crate::app::App;
use crate::auth::Viewer;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose views.
    pub of: ViewLogScope,
    /// When they began.
    pub timeframe: Timeframe,
    /// Which of them.
    pub filter: ViewNumbersFilter,
    /// What is to be told.
    pub parts: Vec<Part>,
    /// The parts of which medians are to be told, too. They take as much work as all other numbers.
    pub medians: HashSet<Part>,
    /// Whether the most views at one instant is to be told, of all.
    pub peak: bool,
}

/// A part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The whole time.
    Overall,
    /// As long a time directly before.
    Previous,
    /// The time in parts.
    Timeseries(Interval),
    /// Told apart by something, with at most so many rows.
    Breakdown(Dimension, i32),
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// When it was read.
    pub as_of: DateTime<Utc>,
    /// Before this instant no number changes any more.
    pub complete_through: DateTime<Utc>,
    /// What was asked for.
    pub parts: HashMap<Part, Result<Told>>,
}

/// What is told.
#[derive(Debug, Clone)]
pub enum Told {
    /// Of a time; none if there is nothing to tell.
    Metrics(Option<Metrics>),
    /// Of its parts.
    Timeseries(Vec<(Span, Metrics)>),
    /// Told apart.
    Breakdown(Breakdown),
}

/// Where numbers are read. It changes none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// From rollups where there are any.
    Rollups,
    /// From the views alone.
    Views,
}

/// Answers a question.
///
/// # Errors
/// When what is asked about is not there or not the viewer's to see, or the database does not work out.
pub async fn analyze(app: &App, viewer: &Viewer, question: &Question, reading: Reading) -> Result<Answer> {
    let (scope, company_id) = resolve_in_company(app, viewer, question.of).await?;
    let company = Company::by_ids(&scope, &[company_id]).await?.pop().ok_or(Error::NotFound)?;
    let tx = app.db.begin_snapshot(scope.scope().clone()).await?;
    // Before the first statement, which takes the snapshot; and after the wait for a connection.
    let as_of = app.clock.now();
    let zone: Tz = company.time_zone.parse().unwrap_or(Tz::UTC);
    let rolled = match reading {
        Reading::Rollups => ViewRollup::of(&tx, company.id, roll::zone_data(&company.time_zone)).await?,
        Reading::Views => None,
    };
    let clean = rolled.map(|days| Clean::of(Calendar::of(zone), &days));
    let calendar = Calendar::of(question.timeframe.zone.unwrap_or(zone));
    let asking = |part| {
        let medians = question.medians.contains(part);
        Asking { tx: &tx, company_id: company.id, question, calendar, clean: clean.as_ref(), medians }
    };
    // A view that began may not be stored yet, for as long as a phone's request may take.
    let settled = as_of - Duration::from_millis(app.config.limits.request_ms);
    let complete_through =
        oldest_alive(&tx, company.id, question.of).await?.map_or(settled, |oldest| oldest.min(settled));
    let mut parts = HashMap::new();
    for part in &question.parts {
        if !parts.contains_key(part) {
            let told = match asking(part).tell(viewer, *part).await {
                // What a client can mend is told where it was asked for; all else fails as a whole.
                Err(error @ Error::BadRequest { .. }) => Err(error),
                told => Ok(told?),
            };
            parts.insert(*part, told);
        }
    }
    tx.commit().await?;
    Ok(Answer { as_of, complete_through, parts })
}

/// A question about a part in the snapshot in which it is answered.
struct Asking<'a> {
    tx: &'a Tx,
    company_id: i64,
    question: &'a Question,
    calendar: Calendar,
    clean: Option<&'a Clean>,
    medians: bool,
}

impl Asking<'_> {
    async fn tell(&self, viewer: &Viewer, part: Part) -> Result<Told> {
        match part {
            Part::Overall => {
                let peak = match self.question.peak {
                    true => Some(self.peak(self.question.timeframe.span()).await?),
                    false => None,
                };
                let numbers = self.whole(self.question.timeframe.span()).await?;
                Ok(Told::Metrics(Some(Metrics { numbers, peak })))
            }
            Part::Previous => {
                let Some(before) = self.question.timeframe.previous() else { return Ok(Told::Metrics(None)) };
                let numbers = self.whole(before).await?;
                Ok(Told::Metrics((numbers.views > 0).then(|| Metrics::of(numbers))))
            }
            Part::Timeseries(interval) => self.timeseries(interval).await.map(Told::Timeseries),
            Part::Breakdown(dimension, first) => {
                breakdown::of(self, viewer, dimension, first).await.map(Told::Breakdown)
            }
        }
    }

    async fn whole(&self, span: Span) -> Result<ViewNumbers> {
        let rows = self.numbers(Slots::One, [span]).await?;
        Ok(sum(rows.iter().map(|row| &row.numbers)))
    }

    async fn timeseries(&self, interval: Interval) -> Result<Vec<(Span, Metrics)>> {
        let buckets = self.question.timeframe.buckets(interval, self.calendar)?;
        let slots = Slots::Between(buckets.iter().map(|bucket| bucket.0).collect());
        let rows = self.numbers(slots, buckets.iter().copied()).await?;
        let mut numbers = vec![ViewNumbers::default(); buckets.len()];
        for row in rows {
            if let Some(bucket) = usize::try_from(row.slot).ok().and_then(|slot| numbers.get_mut(slot)) {
                bucket.add(&row.numbers);
            }
        }
        Ok(buckets.into_iter().zip(numbers.into_iter().map(Metrics::of)).collect())
    }

    /// Adds up, in pieces of the time that are not to be mixed.
    async fn numbers(&self, slots: Slots, pieces: impl IntoIterator<Item = Span>) -> Result<Vec<SlotNumbers>> {
        self.numbers_from(Facet::of(&self.columns(None)), slots, pieces).await
    }

    /// The same from rollups of a facet, and of none from the views alone.
    async fn numbers_from(
        &self,
        facet: Option<Facet>,
        slots: Slots,
        pieces: impl IntoIterator<Item = Span>,
    ) -> Result<Vec<SlotNumbers>> {
        let plan = Plan::of(pieces, self.clean, facet.map_or(&[], Facet::grains));
        Ok(self.query(slots, None, facet, plan).load(self.tx).await?)
    }

    /// Adds up by a column: those with the most views in slots from 1, and all others in the one after the last.
    async fn largest(&self, by: ViewColumn, first: i32) -> Result<Vec<SlotNumbers>> {
        let facet = Facet::of(&self.columns(Some(by)));
        let plan = Plan::of([self.question.timeframe.span()], self.clean, facet.map_or(&[], Facet::grains));
        Ok(self.query(Slots::One, Some(by), facet, plan).load_largest(first, self.tx).await?)
    }

    /// Whether the hours that are asked for are those of the company's clock, of all of its views.
    fn hours_are_rolled_up(&self) -> bool {
        let span = self.question.timeframe.span();
        self.columns(None).is_empty() && self.clean.is_some_and(|clean| clean.agrees_with(self.calendar, span))
    }

    /// The most views at one instant. Of all views of a company it is known for each quarter of an hour.
    async fn peak(&self, span: Span) -> Result<i64> {
        let total = Some(Facet::Total).filter(|_| self.columns(None).is_empty());
        let plan = Plan::of([span], self.clean, if total.is_some() { &[Grain::Quarter] } else { &[] });
        Ok(peak_of(self.tx, &self.query(Slots::One, None, total, plan)).await?)
    }

    /// What has to be known of a view to count it where it belongs.
    fn columns(&self, by: Option<ViewColumn>) -> Vec<ViewColumn> {
        let mut columns = self.question.filter.columns();
        columns.extend(by);
        match self.question.of {
            ViewLogScope::Everything | ViewLogScope::Company(_) => {}
            ViewLogScope::Project(_) => columns.push(ViewColumn::Project),
            ViewLogScope::ArContent(_) => columns.push(ViewColumn::ArContent),
        }
        columns
    }

    fn query(&self, slots: Slots, by: Option<ViewColumn>, facet: Option<Facet>, plan: Plan) -> NumbersQuery {
        let viewers_of = match (by, self.question.of) {
            (Some(ViewColumn::ArContent | ViewColumn::Video), _) | (_, ViewLogScope::ArContent(_)) => {
                ViewersOf::ArContent
            }
            (Some(ViewColumn::Project), _) | (_, ViewLogScope::Project(_)) => ViewersOf::Project,
            _ => ViewersOf::Company,
        };
        NumbersQuery {
            company_id: self.company_id,
            of: self.question.of,
            filter: self.question.filter.clone(),
            slots,
            by,
            viewers_of,
            durations: self.medians,
            rolled: facet.map(|facet| (facet, plan.rolled)),
            raw: plan.raw,
        }
    }
}

fn sum<'a>(numbers: impl Iterator<Item = &'a ViewNumbers>) -> ViewNumbers {
    numbers.fold(ViewNumbers::default(), |mut sum, numbers| {
        sum.add(numbers);
        sum
    })
}
