//! What views add up to: read from rollups where a period is rolled up, else from the views themselves. Both give the same
//! numbers, to the last bucket of lengths; which of them is read is decided by the caller.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Int4, Int8, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::models::{
    DURATION_CLASSES, DeviceType, Facet, Grain, Slots, TrackingQuality, ViewColumn, ViewLogScope, ViewNumbersFilter,
};
use crate::prepared::Prepared;
use crate::{Result, Session};

/// What is counted, and where it is read.
#[derive(Debug, Clone)]
pub struct NumbersQuery {
    /// The company of the views.
    pub company_id: i64,
    /// Whose views.
    pub of: ViewLogScope,
    /// Which of them.
    pub filter: ViewNumbersFilter,
    /// Told apart by their start.
    pub slots: Slots,
    /// Told apart by a column.
    pub by: Option<ViewColumn>,
    /// Whose views a viewer's first view of the day is the first of.
    pub viewers_of: ViewersOf,
    /// Whether the classes of lengths are wanted.
    pub durations: bool,
    /// What is read from rollups of this facet: spans that periods of this length fill.
    pub rolled: Option<(Facet, Vec<RolledSpan>)>,
    /// What is read from the views themselves.
    pub raw: Vec<Span>,
}

/// From an instant up to, not including, another.
pub type Span = (DateTime<Utc>, DateTime<Utc>);

/// A span that rolled up periods fill.
pub type RolledSpan = (Grain, DateTime<Utc>, DateTime<Utc>);

/// A viewer is counted on each day once among the views of one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub enum ViewersOf {
    Company,
    Project,
    ArContent,
}

impl ViewersOf {
    fn column(self) -> &'static str {
        match self {
            Self::Company => "first_in_company",
            Self::Project => "first_in_project",
            Self::ArContent => "first_in_ar_content",
        }
    }
}

/// What some views add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the columns")]
pub struct ViewNumbers {
    pub views: i64,
    pub viewers: i64,
    pub watch_seconds: i64,
    pub timed: i64,
    pub played: i64,
    pub tracked: i64,
    pub lost: i64,
    /// Of the timed ones how many are in each class; empty unless they were asked for.
    pub durations: Vec<i64>,
}

impl ViewNumbers {
    /// These and others.
    pub fn add(&mut self, other: &Self) {
        self.views += other.views;
        self.viewers += other.viewers;
        self.watch_seconds += other.watch_seconds;
        self.timed += other.timed;
        self.played += other.played;
        self.tracked += other.tracked;
        self.lost += other.lost;
        self.durations.resize(self.durations.len().max(other.durations.len()), 0);
        for (sum, more) in self.durations.iter_mut().zip(&other.durations) {
            *sum += more;
        }
    }
}

/// What the views of one slot and one value add up to.
#[derive(Debug, Clone)]
pub struct SlotNumbers {
    /// The slot.
    pub slot: i32,
    /// The value of the column, in words; none where it is not known, or nothing is told apart.
    pub value: Option<String>,
    /// The numbers.
    pub numbers: ViewNumbers,
}

type NumbersRow = (Int4, Nullable<Text>, Int8, Int8, Int8, Int8, Int8, Int8, Int8, Array<Int8>);
type LoadedRow = (i32, Option<String>, i64, i64, i64, i64, i64, i64, i64, Vec<i64>);

impl NumbersQuery {
    /// Adds up, a statement for each of the two places. The same slot and value may come from both.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn load(self, session: &Session) -> Result<Vec<SlotNumbers>> {
        if !session.scope().holds(self.company_id) {
            return Ok(Vec::new());
        }
        let mut rows: Vec<LoadedRow> = Vec::new();
        if let Some((text, spans)) = self.rolled_text() {
            let statement = self.bind_rolled(Prepared::<NumbersRow>::new(text), spans);
            rows.extend(statement.load::<LoadedRow>(&mut *session.connection().await?).await?);
        }
        if let Some(text) = self.raw_text() {
            let statement = self.bind_raw(Prepared::<NumbersRow>::new(text));
            rows.extend(statement.load::<LoadedRow>(&mut *session.connection().await?).await?);
        }
        Ok(rows.into_iter().map(SlotNumbers::from).collect())
    }

    /// Adds up by value alone, and gives those with the most views, most first, each in a slot of its own from 1, and what
    /// all others add up to in the slot after the last one that was asked for. There may be as many values as views,
    /// because strangers choose them: they stay in the database.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn load_largest(self, first: i32, session: &Session) -> Result<Vec<SlotNumbers>> {
        let (rolled, raw) = (self.rolled_text(), self.raw_text());
        let texts: Vec<&str> = rolled.iter().map(|(text, _)| text.as_str()).chain(raw.as_deref()).collect();
        if texts.is_empty() || !session.scope().holds(self.company_id) {
            return Ok(Vec::new());
        }
        let sums = format!(
            "sum(views)::bigint AS views, sum(viewers)::bigint AS viewers, sum(watch_seconds)::bigint AS watch_seconds,
             sum(timed)::bigint AS timed, sum(played)::bigint AS played, sum(tracked)::bigint AS tracked,
             sum(lost)::bigint AS lost, {} AS durations",
            self.durations_expression(&each_class(|class| format!("sum(durations[{class}])::bigint"))),
        );
        let text = format!(
            "WITH parts (slot, value, views, viewers, watch_seconds, timed, played, tracked, lost, durations) AS ({parts}),
             ranked AS (
                SELECT value, {sums},
                    row_number() OVER (ORDER BY sum(views) DESC, value COLLATE \"C\" NULLS FIRST) AS place
                FROM parts GROUP BY value)
             SELECT least(place, ?)::int, min(value), {sums} FROM ranked GROUP BY 1 ORDER BY 1",
            parts = texts.join(" UNION ALL "),
        );
        let mut statement = Prepared::<NumbersRow>::new(text);
        if let Some((_, spans)) = rolled {
            statement = self.bind_rolled(statement, spans);
        }
        if raw.is_some() {
            statement = self.bind_raw(statement);
        }
        let statement = statement.bind::<BigInt, _>(i64::from(first) + 1);
        let rows: Vec<LoadedRow> = statement.load(&mut *session.connection().await?).await?;
        Ok(rows.into_iter().map(SlotNumbers::from).collect())
    }

    /// What adds up rollups, and the spans of them; none if none are to be read.
    fn rolled_text(&self) -> Option<(String, &[RolledSpan])> {
        let (facet, spans) = self.rolled.as_ref().filter(|(_, spans)| !spans.is_empty())?;
        let text = format!(
            "SELECT {slot} AS slot, {value} AS value, sum(views)::bigint, sum({viewers})::bigint,
                sum(watch_seconds)::bigint, sum(timed)::bigint, sum(played)::bigint, sum(tracked)::bigint,
                sum(lost)::bigint, {durations}
             FROM unnest(?, ?, ?) AS span(grain, start, stop)
             JOIN view_rollups ON view_rollups.grain = span.grain AND facet = '{facet}'
                AND period_start >= span.start AND period_start < span.stop
             WHERE {conditions} GROUP BY 1, 2 HAVING sum(views) > 0",
            slot = if *facet == Facet::Hour { "hour::int".to_owned() } else { self.slots.expression("period_start") },
            value = self.value_expression(),
            viewers = self.viewers_of.column(),
            durations = self.durations_expression(&each_class(|class| format!("sum(durations[{class}])::bigint"))),
            facet = facet.as_str(),
            conditions = self.conditions(),
        );
        Some((text, spans))
    }

    fn bind_rolled<T>(&self, statement: Prepared<T>, spans: &[RolledSpan]) -> Prepared<T> {
        let has_hours = matches!(self.rolled, Some((Facet::Hour, _)));
        let statement = if has_hours { statement } else { self.slots.bind(statement) };
        let statement = statement
            .bind::<Array<Text>, Vec<Grain>>(spans.iter().map(|span| span.0).collect())
            .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(spans.iter().map(|span| span.1).collect())
            .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(spans.iter().map(|span| span.2).collect());
        self.bind_conditions(statement)
    }

    /// What adds up views; none if none are to be read.
    fn raw_text(&self) -> Option<String> {
        if self.raw.is_empty() {
            return None;
        }
        let classes = each_class(|class| format!("coalesce(sum(timed) FILTER (WHERE duration = {class}), 0)::bigint"));
        Some(format!(
            "SELECT slot, value, sum(views)::bigint, sum(viewers)::bigint, sum(watch_seconds)::bigint,
                sum(timed)::bigint, sum(played)::bigint, sum(tracked)::bigint, sum(lost)::bigint, {durations}
             FROM (
                SELECT {slot}, {value}, {duration}, {counts}
                FROM unnest(?, ?) AS span(start, stop)
                JOIN ar_view_sessions ON started_at >= span.start AND started_at < span.stop
                WHERE device_type <> 'BOT' AND {conditions}
                GROUP BY 1, 2, 3
             ) AS counted (slot, value, duration, views, viewers, watch_seconds, timed, played, tracked, lost)
             GROUP BY 1, 2",
            slot = self.slots.expression("started_at"),
            value = self.value_expression(),
            durations = self.durations_expression(&classes),
            duration = if self.durations { duration_class() } else { "0".to_owned() },
            counts = counts(&[self.viewers_of.column()]),
            conditions = self.conditions(),
        ))
    }

    fn bind_raw<T>(&self, statement: Prepared<T>) -> Prepared<T> {
        let statement = self
            .slots
            .bind(statement)
            .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(self.raw.iter().map(|span| span.0).collect())
            .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(self.raw.iter().map(|span| span.1).collect());
        self.bind_conditions(statement)
    }

    fn value_expression(&self) -> String {
        self.by.map_or_else(|| "NULL::text".to_owned(), |column| format!("{}::text", column.as_str()))
    }

    fn durations_expression(&self, classes: &str) -> String {
        if self.durations { format!("ARRAY[{classes}]") } else { "ARRAY[]::bigint[]".to_owned() }
    }

    pub(super) fn conditions(&self) -> String {
        let mut conditions = "company_id = ?".to_owned();
        conditions.push_str(match self.of {
            ViewLogScope::Everything | ViewLogScope::Company(_) => "",
            ViewLogScope::Project(_) => " AND project_id = ?",
            ViewLogScope::ArContent(_) => " AND ar_content_id = ?",
        });
        // All or none of them, so that there are few statements to keep prepared.
        if self.filter != ViewNumbersFilter::default() {
            conditions.push_str(
                " AND (? OR device_type = ANY(?)) AND (? OR os = ANY(?)) AND (? OR browser = ANY(?))
                  AND (? OR country = ANY(?)) AND (? OR tracking_quality = ANY(?)) AND (? OR video_played = ?)",
            );
        }
        conditions
    }

    pub(super) fn bind_conditions<T>(&self, statement: Prepared<T>) -> Prepared<T> {
        let mut statement = statement.bind::<BigInt, _>(self.company_id);
        match self.of {
            ViewLogScope::Everything | ViewLogScope::Company(_) => {}
            ViewLogScope::Project(id) | ViewLogScope::ArContent(id) => statement = statement.bind::<BigInt, _>(id),
        }
        if self.filter == ViewNumbersFilter::default() {
            return statement;
        }
        fn among<V: Clone>(values: &Option<Vec<V>>) -> (bool, Vec<V>) {
            (values.is_none(), values.clone().unwrap_or_default())
        }
        let (any_device, device_types) = among(&self.filter.device_types);
        let (any_os, os) = among(&self.filter.os);
        let (any_browser, browsers) = among(&self.filter.browsers);
        let (any_country, countries) = among(&self.filter.countries);
        let (any_quality, qualities) = among(&self.filter.tracking_qualities);
        statement
            .bind::<Bool, _>(any_device)
            .bind::<Array<Text>, Vec<DeviceType>>(device_types)
            .bind::<Bool, _>(any_os)
            .bind::<Array<Text>, Vec<String>>(os)
            .bind::<Bool, _>(any_browser)
            .bind::<Array<Text>, Vec<String>>(browsers)
            .bind::<Bool, _>(any_country)
            .bind::<Array<Text>, Vec<String>>(countries)
            .bind::<Bool, _>(any_quality)
            .bind::<Array<Text>, Vec<TrackingQuality>>(qualities)
            .bind::<Bool, _>(self.filter.video_played.is_none())
            .bind::<Bool, _>(self.filter.video_played.unwrap_or_default())
    }
}

/// An expression for each class of lengths.
pub(super) fn each_class(expression: impl Fn(usize) -> String) -> String {
    (1..=DURATION_CLASSES.len()).map(expression).collect::<Vec<_>>().join(", ")
}

/// The class of a view's length, from 1; null where its length is not known.
pub(super) fn duration_class() -> String {
    let starts: Vec<String> = DURATION_CLASSES.iter().map(ToString::to_string).collect();
    format!("width_bucket(duration_seconds, ARRAY[{}])", starts.join(", "))
}

/// What views add up to but for the classes of lengths, the viewers by these columns.
pub(super) fn counts(viewers: &[&str]) -> String {
    let viewers: Vec<String> = viewers.iter().map(|first| format!("count(*) FILTER (WHERE {first})")).collect();
    format!(
        "count(*), {}, coalesce(sum(duration_seconds), 0), count(duration_seconds), count(*) FILTER (WHERE video_played),
         count(*) FILTER (WHERE tracking_quality <> 'UNKNOWN'), count(*) FILTER (WHERE tracking_quality = 'LOST')",
        viewers.join(", "),
    )
}

impl From<LoadedRow> for SlotNumbers {
    fn from(row: LoadedRow) -> Self {
        let (slot, value, views, viewers, watch_seconds, timed, played, tracked, lost, durations) = row;
        let numbers = ViewNumbers { views, viewers, watch_seconds, timed, played, tracked, lost, durations };
        Self { slot, value, numbers }
    }
}
