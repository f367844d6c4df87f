//! From where the numbers of a time are read: the longest rolled up periods that are whole, clean and cut by nothing, and
//! the views themselves in what is left over.

use arvlite_db::models::{Grain, RolledDays, RolledSpan, Span};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::calendar::{Calendar, Period};

/// What is rolled up of a company, and true.
#[derive(Debug, Clone)]
pub(super) struct Clean {
    calendar: Calendar,
    /// Whole days, in order and apart.
    spans: Vec<Span>,
}

/// Where numbers are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub rolled: Vec<RolledSpan>,
    pub raw: Vec<Span>,
}

impl Clean {
    /// The days that are rolled up without those in which a view changed since.
    pub fn of(calendar: Calendar, days: &RolledDays) -> Self {
        let mut dirty: Vec<Span> = days
            .touched
            .iter()
            .map(|(start, stop)| (calendar.floor(Period::Day, *start), calendar.after(Period::Day, *stop)))
            .collect();
        dirty.sort_unstable();
        let (mut spans, mut from) = (Vec::new(), days.from);
        for (start, stop) in dirty {
            push(&mut spans, (from, start.min(days.until)));
            from = from.max(stop);
        }
        push(&mut spans, (from, days.until));
        Self { calendar, spans }
    }

    /// Whether its clock shows the same as another one all the time.
    pub fn agrees_with(&self, other: Calendar, (start, stop): Span) -> bool {
        self.calendar.offsets(start, stop) == other.offsets(start, stop)
    }

    fn holds(&self, (start, stop): Span) -> bool {
        let after = self.spans.partition_point(|span| span.0 <= start);
        after > 0 && stop <= self.spans[after - 1].1
    }

    /// Its parts inside of a span.
    fn inside(&self, (start, stop): Span) -> impl Iterator<Item = Span> {
        let first = self.spans.partition_point(|span| span.1 <= start);
        let spans = self.spans[first..].iter().take_while(move |span| span.0 < stop);
        spans.map(move |span| (span.0.max(start), span.1.min(stop)))
    }
}

impl Plan {
    /// For spans that no period may reach out of, in order.
    pub fn of(pieces: impl IntoIterator<Item = Span>, clean: Option<&Clean>, grains: &[Grain]) -> Self {
        let mut plan = Self::default();
        for piece in pieces {
            match clean {
                Some(clean) => plan.cover(piece, clean, grains),
                None => plan.read(piece),
            }
        }
        plan
    }

    fn cover(&mut self, piece: Span, clean: &Clean, grains: &[Grain]) {
        let Some((grain, shorter)) = grains.split_first() else { return self.read(piece) };
        let mut from = piece.0;
        for (start, stop) in whole(*grain, piece, clean) {
            if from < start {
                self.cover((from, start), clean, shorter);
            }
            match self.rolled.last_mut() {
                Some(last) if last.0 == *grain && last.2 == start => last.2 = stop,
                _ => self.rolled.push((*grain, start, stop)),
            }
            from = stop;
        }
        if from < piece.1 {
            self.cover((from, piece.1), clean, shorter);
        }
    }

    fn read(&mut self, piece: Span) {
        match self.raw.last_mut() {
            Some(last) if last.1 == piece.0 => last.1 = piece.1,
            _ => push(&mut self.raw, piece),
        }
    }
}

/// Clean spans inside of a piece that whole periods fill.
fn whole(grain: Grain, piece: Span, clean: &Clean) -> Vec<Span> {
    let period = match grain {
        Grain::Quarter => {
            let mut filled = Vec::new();
            for (start, stop) in clean.inside(piece) {
                push(&mut filled, (quarter(start + QUARTER - TimeDelta::microseconds(1)), quarter(stop)));
            }
            return filled;
        }
        Grain::Day => Period::Day,
        Grain::Month => Period::Month,
    };
    // What lies outside of all that is rolled up is not gone through day by day.
    let (Some(first), Some(last)) = (clean.spans.first(), clean.spans.last()) else { return Vec::new() };
    let (start, stop) = (piece.0.max(first.0), piece.1.min(last.1));
    if start >= stop {
        return Vec::new();
    }
    let floor = clean.calendar.floor(period, start);
    let first = (floor == start).then_some(start);
    let edges = clean.calendar.edges(period, start, stop);
    let last = (clean.calendar.floor(period, stop) == stop).then_some(stop);
    let edges: Vec<DateTime<Utc>> = first.into_iter().chain(edges).chain(last).collect();
    edges.windows(2).map(|pair| (pair[0], pair[1])).filter(|span| clean.holds(*span)).collect()
}

const QUARTER: TimeDelta = TimeDelta::minutes(15);

fn quarter(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(QUARTER).unwrap_or(at)
}

fn push(spans: &mut Vec<Span>, span: Span) {
    if span.0 < span.1 {
        spans.push(span);
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn clean(zone: Tz, from: &str, until: &str, touched: &[(&str, &str)]) -> Clean {
        let touched = touched.iter().map(|(start, stop)| (at(start), at(stop))).collect();
        Clean::of(Calendar::of(zone), &RolledDays { from: at(from), until: at(until), touched })
    }

    const ALL: &[Grain] = &[Grain::Month, Grain::Day, Grain::Quarter];

    #[test]
    fn months_then_days_then_quarters_then_views() {
        let clean = clean(Tz::UTC, "2026-01-01T00:00:00Z", "2026-04-03T00:00:00Z", &[]);
        let plan = Plan::of([(at("2026-01-30T22:20:00Z"), at("2026-04-10T00:00:00Z"))], Some(&clean), ALL);
        assert_eq!(
            plan.rolled,
            [
                (Grain::Quarter, at("2026-01-30T22:30:00Z"), at("2026-01-31T00:00:00Z")),
                (Grain::Day, at("2026-01-31T00:00:00Z"), at("2026-02-01T00:00:00Z")),
                (Grain::Month, at("2026-02-01T00:00:00Z"), at("2026-04-01T00:00:00Z")),
                (Grain::Day, at("2026-04-01T00:00:00Z"), at("2026-04-03T00:00:00Z")),
            ]
        );
        assert_eq!(
            plan.raw,
            [
                (at("2026-01-30T22:20:00Z"), at("2026-01-30T22:30:00Z")),
                (at("2026-04-03T00:00:00Z"), at("2026-04-10T00:00:00Z"))
            ]
        );
    }

    #[test]
    fn a_day_in_which_a_view_changed_is_read_from_the_views_and_takes_its_month_with_it() {
        let touched = [("2026-02-10T23:59:00Z", "2026-02-11T00:01:00Z")];
        let clean = clean(Tz::UTC, "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", &touched);
        let plan = Plan::of([(at("2026-01-01T00:00:00Z"), at("2026-03-01T00:00:00Z"))], Some(&clean), ALL);
        assert_eq!(plan.raw, [(at("2026-02-10T00:00:00Z"), at("2026-02-12T00:00:00Z"))]);
        assert_eq!(plan.rolled[0], (Grain::Month, at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z")));
        assert_eq!(plan.rolled.len(), 3);
    }

    fn zones() -> impl Strategy<Value = Tz> {
        prop::sample::select(vec![
            Tz::UTC,
            Tz::Asia__Kolkata,
            Tz::America__St_Johns,
            Tz::Pacific__Chatham,
            Tz::Europe__Moscow,
            Tz::America__Santiago,
        ])
    }

    proptest! {
        #[test]
        fn a_plan_covers_a_time_once_with_whole_clean_periods(
            zone in zones(),
            start in 0_i64..400 * 86_400,
            length in 1_i64..200 * 86_400,
            cuts in prop::collection::vec(0_i64..600 * 86_400, 0..5),
            (from, days) in (0_i64..300, 0_i64..200),
            touched in prop::collection::vec((0_i64..600 * 86_400, 0_i64..90_000), 0..4),
        ) {
            let base = at("2025-12-30T00:00:00Z");
            let calendar = Calendar::of(zone);
            let second = |seconds: i64| base + TimeDelta::seconds(seconds);
            let day = |days: i64| calendar.floor(Period::Day, base + TimeDelta::days(days));
            let touched: Vec<Span> = touched.iter().map(|(at, long)| (second(*at), second(at + long))).collect();
            let rolled = RolledDays { from: day(from), until: day(from + days), touched };
            let clean = Clean::of(calendar, &rolled);
            let (from, to) = (second(start), second(start + length));
            let mut edges: Vec<_> = cuts.iter().map(|cut| second(*cut)).filter(|cut| from < *cut && *cut < to).collect();
            edges.extend([from, to]);
            edges.sort_unstable();
            edges.dedup();
            let plan = Plan::of(edges.windows(2).map(|pair| (pair[0], pair[1])), Some(&clean), ALL);

            let mut all: Vec<Span> = plan.raw.clone();
            all.extend(plan.rolled.iter().map(|(_, start, stop)| (*start, *stop)));
            all.sort_unstable();
            prop_assert_eq!(all.first().map(|span| span.0), Some(from));
            prop_assert_eq!(all.last().map(|span| span.1), Some(to));
            for pair in all.windows(2) {
                prop_assert_eq!(pair[0].1, pair[1].0);
            }
            for (grain, start, stop) in &plan.rolled {
                prop_assert!(rolled.from <= *start && *stop <= rolled.until);
                for (first, last) in &rolled.touched {
                    prop_assert!(*stop <= calendar.floor(Period::Day, *first) || *last < *start);
                }
                let period = match grain {
                    Grain::Quarter => Period::Seconds(900),
                    Grain::Day => Period::Day,
                    Grain::Month => Period::Month,
                };
                let starts: Vec<_> = [*start].into_iter().chain(calendar.edges(period, *start, *stop)).chain([*stop]).collect();
                for cut in &edges {
                    prop_assert!(*cut <= *start || *stop <= *cut || starts.contains(cut), "{cut} cuts a {grain:?}");
                }
                if *grain != Grain::Quarter {
                    prop_assert_eq!(calendar.floor(period, *start), *start);
                    prop_assert_eq!(calendar.floor(period, *stop), *stop);
                }
            }
        }
    }
}
