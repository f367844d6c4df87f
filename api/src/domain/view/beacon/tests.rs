use arvlite_db::models::{DeviceType, PlaybackSource};
use proptest::prelude::*;

use super::*;

fn start() -> DateTime<Utc> {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

fn view() -> ViewSession {
    ViewSession {
        id: 1,
        company_id: 1,
        project_id: 1,
        ar_content_id: 1,
        video_id: Some(1),
        session_id: uuid::Uuid::from_u128(1),
        source: PlaybackSource::Default,
        status: ViewSessionStatus::Active,
        device_type: DeviceType::Mobile,
        browser: None,
        os: None,
        country: None,
        city: None,
        network: None,
        duration_seconds: None,
        tracking_quality: TrackingQuality::Unknown,
        tracking_quality_second: 0,
        video_played: false,
        version: 1,
        started_at: start(),
        updated_at: start(),
        last_seen_at: start(),
        ended_at: None,
    }
}

fn beat(played_seconds: i32) -> Beat {
    Beat { played_seconds: Some(played_seconds), ..Beat::default() }
}

fn after(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

#[test]
fn a_view_never_shrinks_and_says_when_it_changed() {
    let mut view = view();
    assert!(fold(&mut view, [&beat(10)], after(10)));
    assert!(!fold(&mut view, [&beat(5)], after(12)));
    assert_eq!((view.duration_seconds, view.version, view.updated_at), (Some(10), 2, after(10)));
    assert_eq!(view.last_seen_at, after(12));
    assert!(fold(&mut view, [&beat(20), &beat(30)], after(30)));
    assert_eq!((view.duration_seconds, view.version), (Some(30), 3));
}

#[test]
fn nobody_watches_longer_than_time_has_passed() {
    let mut view = view();
    fold(&mut view, [&beat(i32::MAX)], after(5));
    assert_eq!(view.duration_seconds, Some(65));
    fold(&mut view, [&beat(i32::MAX)], after(1_000_000));
    assert_eq!(view.duration_seconds, Some(86_400));
    let mut early = self::view();
    fold(&mut early, [&beat(-7)], after(-3));
    assert_eq!(early.duration_seconds, Some(0));
}

#[test]
fn the_end_is_final_and_silence_is_not() {
    let mut view = view();
    view.status = ViewSessionStatus::TimedOut;
    view.ended_at = Some(after(3));
    assert!(fold(&mut view, [&Beat::default()], after(90)));
    assert_eq!((view.status, view.ended_at), (ViewSessionStatus::Active, None));
    assert!(fold(&mut view, [&Beat { ended: true, ..Beat::default() }], after(91)));
    assert!(fold(&mut view, [&beat(50)], after(95)), "a late report still counts");
    assert_eq!((view.status, view.ended_at), (ViewSessionStatus::Ended, Some(after(91))));
    assert_eq!(view.duration_seconds, Some(50));
}

#[test]
fn the_furthest_report_judges_the_tracking() {
    let judged = |played, quality| Beat { tracking_quality: Some(quality), ..beat(played) };
    let mut view = view();
    fold(&mut view, [&judged(20, TrackingQuality::Good), &judged(10, TrackingQuality::Lost)], after(20));
    assert_eq!(view.tracking_quality, TrackingQuality::Good);
    fold(&mut view, [&beat(30), &judged(25, TrackingQuality::Poor)], after(30));
    assert_eq!(view.tracking_quality, TrackingQuality::Poor);
    fold(&mut view, [&judged(40, TrackingQuality::Unknown)], after(40));
    assert_eq!(view.tracking_quality, TrackingQuality::Poor);
    let end = Beat { ended: true, tracking_quality: Some(TrackingQuality::Fair), ..Beat::default() };
    fold(&mut view, [&end, &judged(45, TrackingQuality::Lost)], after(45));
    assert_eq!(view.tracking_quality, TrackingQuality::Fair);
}

#[test]
fn what_a_phone_tells_later_is_of_when_it_was() {
    let late = |ago: i64, beat: Beat| Beat { ago: TimeDelta::seconds(ago), ..beat };
    let mut view = view();
    view.status = ViewSessionStatus::TimedOut;
    view.ended_at = Some(after(0));
    fold(&mut view, [&late(7_000, beat(500))], after(7_030));
    assert_eq!((view.status, view.ended_at), (ViewSessionStatus::TimedOut, Some(after(30))));
    assert_eq!((view.duration_seconds, view.last_seen_at), (Some(90), after(30)), "half a minute after the start");
    let end = Beat { ended: true, ..beat(40) };
    fold(&mut view, [&late(6_990, end.clone())], after(7_030));
    assert_eq!((view.status, view.ended_at), (ViewSessionStatus::Ended, Some(after(40))));
    fold(&mut view, [&late(6_995, end.clone()), &end], after(7_040));
    assert_eq!(view.ended_at, Some(after(40)), "it ends once");
    assert_eq!(instant(TimeDelta::seconds(-5), after(0)), after(0));
    assert_eq!(instant(TimeDelta::MAX, after(0)), after(-86_400));
    let mut early = self::view();
    fold(&mut early, [&late(10_000, beat(7))], after(10));
    assert_eq!(early.last_seen_at, start(), "nothing is from before the start");
}

fn any_beat() -> impl Strategy<Value = Beat> {
    let quality = proptest::option::of(proptest::sample::select(TrackingQuality::ALL));
    let seconds = prop_oneof![-5..200_000, any::<i32>()];
    let ago = prop_oneof![Just(0), -100..60_000_i64].prop_map(TimeDelta::seconds);
    (proptest::option::of(seconds), quality, any::<bool>(), proptest::bool::weighted(0.2), ago).prop_map(
        |(played_seconds, tracking_quality, video_played, ended, ago)| Beat {
            played_seconds,
            tracking_quality,
            video_played,
            ended,
            ago,
        },
    )
}

/// The same reports: shuffled, some of them twice, and cut into batches.
fn retold(beats: &[Beat]) -> impl Strategy<Value = Vec<Vec<Beat>>> + use<> {
    let beats = beats.to_vec();
    let count = beats.len();
    proptest::collection::vec(0..count, 0..count).prop_flat_map(move |again| {
        let mut told = beats.clone();
        told.extend(again.into_iter().map(|index| beats[index].clone()));
        (Just(told).prop_shuffle(), 1..8usize)
            .prop_map(|(told, size)| told.chunks(size).map(<[Beat]>::to_vec).collect::<Vec<_>>())
    })
}

proptest! {
    #[test]
    fn any_order_and_repetition_gives_one_result(
        (beats, batches) in proptest::collection::vec(any_beat(), 1..12)
            .prop_flat_map(|beats| { let retold = retold(&beats); (Just(beats), retold) }),
        timed_out in any::<bool>(),
    ) {
        let now = after(50_000);
        let mut begun = view();
        if timed_out {
            begun.status = ViewSessionStatus::TimedOut;
            begun.ended_at = Some(begun.last_seen_at);
        }
        let mut once = begun.clone();
        fold(&mut once, &beats, now);
        let mut retold = begun.clone();
        let changes = batches.iter().filter(|batch| fold(&mut retold, *batch, now)).count();
        prop_assert_eq!(i32::try_from(changes).unwrap(), retold.version - begun.version);
        retold.version = once.version;
        prop_assert_eq!(retold, once);
    }
}
