//! Counting boundaries by arithmetic against walking them.

use chrono::Days;
use proptest::prelude::*;

use super::super::boundaries::Boundaries;
use super::super::wall_time::WallClock;
use super::oracle::{Told, ZONES, boundaries};
use super::*;

/// How many boundaries there are between two instants.
fn count(zone: Tz, recurrence: &Recurrence, after: &str, through: &str) -> u64 {
    Boundaries::of(recurrence, WallClock::of(zone)).count(instant(after), instant(through))
}

#[test]
fn every_minute_of_ten_years() {
    let every_minute = cron("* * * * *");
    let ten_years = |zone| count(zone, &every_minute, "2026-11-21T00:00:00Z", "2036-11-21T00:00:00Z");
    let minutes = 3_653 * 1_440;
    assert_eq!(ten_years(Tz::Europe__Moscow), minutes);
    assert_eq!(ten_years(Tz::Asia__Kathmandu), minutes);
    // Of a repeated hour only the first pass counts, and no minute is missed at a gap.
    assert_eq!(ten_years(Tz::Europe__Berlin), minutes - 10 * 60);
    assert_eq!(ten_years(Tz::Australia__Lord_Howe), minutes - 10 * 30);
}

#[test]
fn wall_times_that_a_gap_throws_together_are_one_boundary() {
    let spring = |recurrence| count(Tz::Europe__Berlin, &recurrence, "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z");
    assert_eq!(spring(cron("0 2,3 * * *")), 1);
    assert_eq!(spring(cron("*/10 2 * * *")), 1);
    assert_eq!(spring(cron("30 1-3 * * *")), 3, "01:30, the end of the gap, 03:30");
    assert_eq!(spring(daily("02:30:00")), 1);
    let autumn = |recurrence| count(Tz::Europe__Berlin, &recurrence, "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z");
    assert_eq!(autumn(cron("0 2,3 * * *")), 2);
    assert_eq!(autumn(cron("*/10 2 * * *")), 6);
    assert_eq!(autumn(daily("02:30:00")), 1);
    let line = |recurrence| count(Tz::Pacific__Apia, &recurrence, "2011-12-29T10:00:00Z", "2012-01-01T09:59:59Z");
    assert_eq!(line(daily("00:00:00")), 2, "the 31st, with the 30th, and 1 January");
    assert_eq!(line(daily("12:00:00")), 4, "the 29th, the 30th at the end of the gap, the 31st and 1 January");
    assert_eq!(line(cron("0 * * * *")), 23 + 24 + 24);
}

#[test]
fn nothing_is_counted_backwards_or_at_the_anchor() {
    let midnight = daily("00:00:00");
    assert_eq!(count(Tz::UTC, &midnight, "2027-01-01T00:00:00Z", "2027-01-01T23:59:59Z"), 0);
    assert_eq!(count(Tz::UTC, &midnight, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"), 1);
    assert_eq!(count(Tz::UTC, &midnight, "2027-01-09T00:00:00Z", "2027-01-01T00:00:00Z"), 0);
}

fn any_recurrence() -> impl Strategy<Value = Told> {
    let times = ["00:00:00", "01:45:00", "02:30:00", "23:59:59.999999"];
    let any_time = || prop::sample::select(times.to_vec()).prop_map(time);
    let plain = |recurrence| Told { recurrence, expression: None };
    let expressions = ["*/13 * * * *", "0 2,3 * * *", "30 */2 */3 * MON", "5 0 29 2 *", "0 12 L * FRI"];
    prop_oneof![
        2 => any_time().prop_map(move |time_of_day| plain(Recurrence::Daily { time_of_day })),
        2 => (0..7_u8, any_time()).prop_map(move |(day, time_of_day)| {
            plain(Recurrence::Weekly { day_of_week: Weekday::try_from(day).unwrap(), time_of_day })
        }),
        2 => (1..=31_u32, any_time())
            .prop_map(move |(day_of_month, time_of_day)| plain(Recurrence::Monthly { day_of_month, time_of_day })),
        1 => prop::sample::select(expressions.to_vec())
            .prop_map(|expression| Told { recurrence: cron(expression), expression: Some(expression) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counting_is_walking(
        zone in prop::sample::select(ZONES.to_vec()),
        told in any_recurrence(),
        start in -6_000..8_000_i64,
        span in 1..500_i64,
        places in prop::collection::vec(0.0..1.0_f64, 8),
    ) {
        let span = if told.expression.is_some() { span.min(40) } else { span };
        let anchor = instant("2026-11-21T13:37:00Z") + TimeDelta::days(start);
        let through = anchor + Days::new(span as u64);
        let walked = boundaries(zone, &told, anchor, through + Days::new(1));
        let counted = Boundaries::of(&told.recurrence, WallClock::of(zone));
        let places = places.into_iter().map(|place| anchor + TimeDelta::seconds((place * span as f64 * 86_400.0) as i64));
        let edges = walked.iter().flat_map(|at| [*at - TimeDelta::microseconds(1), *at]);
        for at in edges.chain(places.clone()).filter(|at| anchor <= *at && *at <= through) {
            let passed = walked.partition_point(|boundary| *boundary <= at);
            prop_assert_eq!(counted.count(anchor, at), passed as u64, "at {}", at);
            if let Some(next) = walked.get(passed) {
                prop_assert_eq!(counted.next(at), Some(*next), "at {}", at);
            }
        }
        for at in places {
            let last = walked.iter().rfind(|boundary| **boundary <= at);
            prop_assert_eq!(counted.last(anchor, at), last.copied(), "at {}", at);
        }
    }
}
