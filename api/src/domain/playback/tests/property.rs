//! Random contents with all kinds of rules, over clock changes, a leap day and a year's end: the function, its
//! timeline and `valid_until` against the design read word by word.

use chrono::Days;
use proptest::prelude::*;

use super::oracle::{Oracle, Said, Told, ZONES, said};
use super::*;

/// Days around which something odd happens in one zone or another.
const CENTRES: [&str; 11] = [
    "2027-03-14",
    "2027-03-28",
    "2027-04-04",
    "2027-04-30",
    "2027-10-03",
    "2027-10-31",
    "2027-11-07",
    "2027-12-31",
    "2028-02-29",
    "2027-02-28",
    "2011-12-30",
];
const EXPRESSIONS: [&str; 9] = [
    "0 */6 * * *",
    "30 2 * * *",
    "*/20 1-4 * * SUN",
    "0 0 L * *",
    "15 12 1,15 * MON",
    "0 3 29 2 *",
    "59 23 31 12 *",
    "0 0 * * FRIL",
    "*/7 * * 2-4,10-12 SAT,SUN",
];
const TIMES: [&str; 7] = ["00:00:00", "00:30:00", "01:59:59", "02:00:00", "02:30:00", "03:00:00", "23:30:15.5"];
/// The timeline reaches this far to both sides of the centre, and the rules' rows farther.
const REACH: i64 = 16 * 1_440;

#[derive(Clone, Debug)]
struct Case {
    content: Content,
    told: Option<Told>,
    centre: DateTime<Utc>,
    samples: Vec<i64>,
}

fn minutes_from(centre: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
    centre + TimeDelta::minutes(minutes)
}

fn any_time() -> impl Strategy<Value = NaiveTime> {
    prop::sample::select(TIMES.to_vec()).prop_map(time)
}

fn any_told() -> impl Strategy<Value = Told> {
    let weekday = (0..7_u8).prop_map(|day| Weekday::try_from(day).unwrap());
    let of = |recurrence| Told { recurrence, expression: None };
    prop_oneof![
        3 => any_time().prop_map(move |time_of_day| of(Recurrence::Daily { time_of_day })),
        2 => (weekday, any_time())
            .prop_map(move |(day_of_week, time_of_day)| of(Recurrence::Weekly { day_of_week, time_of_day })),
        2 => (prop::sample::select(vec![1, 15, 28, 29, 30, 31]), any_time())
            .prop_map(move |(day_of_month, time_of_day)| of(Recurrence::Monthly { day_of_month, time_of_day })),
        3 => prop::sample::select(EXPRESSIONS.to_vec())
            .prop_map(|expression| Told { recurrence: cron(expression), expression: Some(expression) }),
    ]
}

fn any_items() -> impl Strategy<Value = Vec<RotationItem>> {
    let item = (1..6_i64, 0..4_i32).prop_map(|(video_id, weight)| RotationItem { video_id, weight });
    prop::collection::vec(item, 0..5)
}

fn any_stepping() -> impl Strategy<Value = (RotationPlan, Option<Told>)> {
    prop_oneof![
        1 => (1..6_i64).prop_map(|default_video| (RotationPlan::Fixed { default_video }, None)),
        6 => (any_told(), any_items()).prop_map(|(told, items)| {
            (RotationPlan::Steps { recurrence: told.recurrence, items }, Some(told))
        }),
        4 => (any_time(), any_items()).prop_map(|(time_of_day, items)| {
            let told = Told { recurrence: Recurrence::Daily { time_of_day }, expression: None };
            (RotationPlan::RandomDaily { time_of_day, items }, Some(told))
        }),
    ]
}

fn any_dates(centre: DateTime<Utc>) -> impl Strategy<Value = RotationPlan> {
    let row = (-8..8_i64, any::<bool>(), 0..3_i32, 1..6_i64).prop_map(move |(days, yearly, years, video_id)| {
        let near = centre.date_naive() + TimeDelta::days(days);
        let other_year = near.checked_add_months(Months::new(if yearly { 48 * years as u32 } else { 0 })).unwrap();
        DateRule { date: other_year, yearly, video_id }
    });
    prop::collection::vec(row, 0..6).prop_map(RotationPlan::DateRules)
}

fn any_videos(centre: DateTime<Utc>) -> impl Strategy<Value = Vec<PlayableVideo>> {
    let end = prop_oneof![2 => Just(None), 1 => (-REACH..REACH).prop_map(Some), 1 => (-30..30_i64).prop_map(|days| Some(days * 1_440))];
    let video = (prop::bool::weighted(0.9), end, 0..3_i32).prop_map(move |(is_active, end, rotation_order)| {
        let subscription_end = end.map(|minutes| minutes_from(centre, minutes));
        PlayableVideo { is_active, subscription_end, rotation_order, ..video(0) }
    });
    prop::collection::vec(video, 0..6).prop_map(|mut videos| {
        (1..).zip(&mut videos).for_each(|(id, video)| video.id = id);
        videos
    })
}

fn any_windows(centre: DateTime<Utc>) -> impl Strategy<Value = Vec<Window>> {
    let width = prop::sample::select(vec![1, 60, 1_440, 1_440, 9_999]);
    let window = (1..6_i64, -REACH..REACH, width, 0..2_i32, prop::bool::weighted(0.9)).prop_map(
        move |(video_id, start, width, priority, active)| {
            let (start, end) = (minutes_from(centre, start), minutes_from(centre, start + width));
            Window { start, end, priority, active, ..window(0, video_id, 0..1) }
        },
    );
    prop::collection::vec(window, 0..4).prop_map(|mut windows| {
        (1..).zip(&mut windows).for_each(|(id, window)| window.id = RuleId::Saved(id));
        windows
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let zone = prop_oneof![3 => prop::sample::select(ZONES[..5].to_vec()), 1 => prop::sample::select(ZONES.to_vec())];
    let frame = (zone, prop::sample::select(CENTRES.to_vec()));
    frame.prop_flat_map(|(zone, day)| {
        let centre = date(day).and_time(NaiveTime::MIN).and_utc();
        let rules = (prop::option::weighted(0.8, any_stepping()), prop::option::weighted(0.4, any_dates(centre)));
        let rest = (-40 * 1_440..10 * 1_440_i64, any::<u128>(), prop::option::weighted(0.2, -REACH..REACH));
        let samples = prop::collection::vec(-REACH * 60..REACH * 60, 12);
        (any_videos(centre), any_windows(centre), rules, rest, prop::option::of(1..6_i64), samples).prop_map(
            move |(videos, windows, (stepping, dates), (anchor, unique_id, expires), pinned_video, samples)| {
                let anchor = minutes_from(centre, anchor);
                let (stepping, told) = stepping.unzip();
                let expires_at = minutes_from(centre, expires.unwrap_or(3 * REACH));
                let rotations = (1..).zip(stepping.into_iter().chain(dates)).map(|(id, plan)| rule(id, anchor, plan));
                let content = Content {
                    unique_id: Uuid::from_u128(unique_id),
                    zone,
                    expires_at,
                    pinned_video,
                    rotations: rotations.collect(),
                    ..content(&videos, &windows)
                };
                Case { content, told: told.flatten(), centre, samples }
            },
        )
    })
}

/// Cuts the time wherever anything could happen, and joins neighbours that say the same.
fn walked(oracle: &Oracle<'_>, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>, Said)> {
    let midnights = oracle.midnights(from.date_naive() - Days::new(2), to.date_naive() + Days::new(2));
    let mut cuts: Vec<_> = oracle.events().into_iter().chain(midnights).filter(|at| from < *at && *at < to).collect();
    cuts.push(to);
    cuts.sort_unstable();
    cuts.dedup();
    let mut segments = vec![(from, to, oracle.at(from))];
    for cut in cuts {
        let just_before = oracle.at(cut - TimeDelta::microseconds(1));
        let last = segments.last_mut().unwrap();
        assert_eq!(just_before, last.2, "something happened before {cut} that is no event");
        last.1 = cut;
        if cut < to && oracle.at(cut) != last.2 {
            segments.push((cut, to, oracle.at(cut)));
        }
    }
    segments
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_function_and_its_timeline_are_the_design(case in any_case()) {
        let Case { content, told, centre, samples } = case;
        let (from, to) = (minutes_from(centre, -REACH), minutes_from(centre, REACH));
        let oracle = Oracle::new(&content, told.as_ref(), to + TimeDelta::days(2));
        let expected = walked(&oracle, from, to);

        let timeline = timeline(&content, from, to).unwrap();
        let told_by_timeline: Vec<_> = timeline.segments.iter()
            .map(|segment| (segment.from, segment.to, (segment.video, segment.source, segment.rule, segment.reason)))
            .collect();
        prop_assert_eq!(&told_by_timeline, &expected);
        prop_assert_eq!(timeline.truncated_at, None);

        let edges = expected.iter().flat_map(|(start, ..)| [*start - TimeDelta::microseconds(1), *start]);
        let samples = samples.into_iter().map(|second| centre + TimeDelta::seconds(second));
        let prepared = Prepared::new(&content);
        let asked: Vec<_> = samples.chain(edges).filter(|at| from <= *at && *at < to).collect();
        for &at in asked.iter().rev().chain(&asked) {
            let decision = active_video(&content, at);
            prop_assert_eq!(prepared.at(at), decision, "asked in any order, at {}", at);
            prop_assert_eq!(said(&decision), oracle.at(at), "at {}", at);
            let until = expected.iter().find(|(_, end, _)| at < *end).unwrap().1;
            if until < to {
                prop_assert_eq!(decision.valid_until, Some(until), "at {}", at);
            } else {
                prop_assert!(decision.valid_until.is_none_or(|change| change >= to), "at {}", at);
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(case in any_case()) {
        let Case { content, centre, .. } = case;
        let mut turned = content.clone();
        turned.videos.reverse();
        turned.windows.reverse();
        turned.rotations.reverse();
        let (from, to) = (minutes_from(centre, -REACH), minutes_from(centre, REACH));
        prop_assert_eq!(timeline(&turned, from, to), timeline(&content, from, to));
    }
}
