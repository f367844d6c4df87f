//! The ways in which the original showed the wrong video, by their numbers in the notes on it. Two of the thirteen are
//! not playback's: 2, the lockout, and 12, what phones keep.

use super::*;

/// Naive and aware times were mixed.
#[test]
fn defect_01_an_instant_is_the_same_in_every_offset() {
    let content = rotating(Tz::Europe__Moscow, 2, steps("2027-01-01T00:00:00+03:00", daily("00:00:00"), &[1, 2]));
    for same in ["2027-01-05T00:30:00+03:00", "2027-01-04T21:30:00Z", "2027-01-04T13:30:00-08:00"] {
        let next = Some(instant("2027-01-06T00:00:00+03:00"));
        assert_eq!(plays(&content, same), (Some(1), PlaybackSource::Rotation, next), "{same}");
    }
}

/// Days were those of the server, windows were in UTC, and no company had a zone.
#[test]
fn defect_03_a_day_is_that_of_the_company() {
    let dates = RotationPlan::DateRules(vec![DateRule { date: date("2027-05-09"), yearly: false, video_id: 2 }]);
    let in_zone = |zone| rotating(zone, 2, rule(1, instant("2027-01-01T00:00:00Z"), dates.clone()));
    let evening_in_utc = "2027-05-08T22:00:00Z";
    assert_eq!(plays(&in_zone(Tz::Europe__Moscow), evening_in_utc).0, Some(2));
    assert_eq!(plays(&in_zone(Tz::UTC), evening_in_utc).0, Some(1));
    assert_eq!(plays(&in_zone(Tz::America__St_Johns), evening_in_utc).0, Some(1));
}

/// To pin one video made all others unfit for windows and rotation.
#[test]
fn defect_04_a_pin_takes_nothing_from_windows_and_rotation() {
    let mut content = rotating(Tz::UTC, 3, steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[1, 2]));
    content.pinned_video = Some(3);
    let (start, end) = (instant("2027-02-01T00:00:00Z"), instant("2027-02-02T00:00:00Z"));
    content.windows = vec![Window { start, end, ..window(1, 2, 0..1) }];
    assert_eq!(plays(&content, "2027-02-01T00:00:00Z").1, PlaybackSource::Schedule);
    assert_eq!(plays(&content, "2027-02-02T00:00:00Z").1, PlaybackSource::Rotation);
    content.rotations.clear();
    assert_eq!(plays(&content, "2027-02-02T00:00:00Z"), (Some(3), PlaybackSource::Pin, None));
}

/// The calendar had a formula of its own.
#[test]
fn defect_05_the_calendar_is_the_function() {
    let plan = RotationPlan::RandomDaily { time_of_day: time("02:30:00"), items: items(&[1, 2, 3]) };
    let content = rotating(Tz::Europe__Berlin, 3, rule(1, instant("2027-01-01T00:00:00Z"), plan));
    let calendar = timeline(&content, instant("2027-03-01T00:00:00Z"), instant("2027-04-01T00:00:00Z")).unwrap();
    for segment in &calendar.segments {
        for at in [segment.from, segment.to - TimeDelta::microseconds(1)] {
            assert_eq!(active_video(&content, at).video, segment.video, "{at}");
        }
    }
}

/// A cycle by the day of the year jumped at New Year, and one by the weekday repeated itself from Sunday to Monday.
#[test]
fn defect_06_a_cycle_jumps_neither_at_new_year_nor_on_mondays() {
    let content = rotating(Tz::UTC, 3, steps("2026-11-21T00:00:00Z", daily("00:00:00"), &[1, 2, 3]));
    let days = timeline(&content, instant("2026-12-01T00:00:00Z"), instant("2028-03-31T00:00:00Z")).unwrap();
    let videos: Vec<_> = days.segments.iter().map(|segment| segment.video.unwrap()).collect();
    assert!(videos.windows(2).all(|pair| pair[1] == pair[0] % 3 + 1));
    assert!(days.segments.iter().all(|segment| segment.to - segment.from == TimeDelta::days(1)));
}

/// An item that had ended fell through to the pin.
#[test]
fn defect_06_an_item_that_ended_gives_way_to_the_next_in_the_sequence() {
    let mut content = rotating(Tz::UTC, 3, steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[1, 2, 3]));
    content.videos[1].subscription_end = Some(instant("2027-01-01T00:00:00Z"));
    content.pinned_video = Some(1);
    assert_eq!(plays(&content, "2027-01-02T12:00:00Z").0, Some(3));
}

/// Two active rules, or two open windows, were an error of the server; touching windows both matched.
#[test]
fn defect_07_one_of_several_always_wins() {
    let older = steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[1]);
    let newer = rule(2, instant("2026-01-01T00:00:00Z"), RotationPlan::Fixed { default_video: 2 });
    let mut content = rotating(Tz::UTC, 3, older);
    content.rotations.insert(0, newer);
    assert_eq!(plays(&content, "2027-06-01T00:00:00Z").0, Some(2), "the newest of the active ones");
    let equal = [window(1, 1, 0..10), window(2, 3, 0..10), window(3, 2, 10..20)];
    content.windows = equal.to_vec();
    assert_eq!(active_video(&content, hour(5)).window(), Some(2));
    assert_eq!(active_video(&content, hour(10)).window(), Some(3), "the end of one is not in it");
}

/// To look was to move on.
#[test]
fn defect_08_asking_moves_nothing() {
    let plan = RotationPlan::RandomDaily { time_of_day: NaiveTime::MIN, items: items(&[1, 2, 3]) };
    for rule in [steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[1, 2, 3]), rule(1, hour(0), plan)] {
        let content = rotating(Tz::UTC, 3, rule);
        let prepared = Prepared::new(&content);
        let first = prepared.at(hour(500));
        for other in 0..200 {
            let _ = prepared.at(hour(other * 37 % 900));
            assert_eq!(prepared.at(hour(500)), first);
        }
    }
}

/// A window did not look at the subscription.
#[test]
fn defect_09_no_step_plays_a_video_whose_subscription_ended() {
    let at = instant("2027-06-01T12:00:00Z");
    let ended = || vec![video(1), ending(2, at)];
    type Choosing = fn(&mut Content);
    let sources: [(&str, Choosing); 4] = [
        ("window", |content| content.windows = vec![Window { end: hour(99_999), ..window(1, 2, 0..1) }]),
        ("pin", |content| content.pinned_video = Some(2)),
        ("rotation", |content| content.rotations = vec![steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[2])]),
        ("date", |content| {
            let row = DateRule { date: date("2027-06-01"), yearly: true, video_id: 2 };
            content.rotations = vec![rule(1, hour(0), RotationPlan::DateRules(vec![row]))];
        }),
    ];
    for (name, choose) in sources {
        let mut content = Content { expires_at: hour(99_999), ..content(&ended(), &[]) };
        choose(&mut content);
        assert_eq!(active_video(&content, at - TimeDelta::microseconds(1)).video, Some(2), "{name}");
        assert_eq!(active_video(&content, at).video, Some(1), "{name}");
    }
}

/// Weights that were missing crashed the choice, "no repeat" was never written, and the seed was the process's.
#[test]
fn defect_10_a_random_day_is_the_same_for_everybody_and_not_the_day_before() {
    let weightless = [(1, 0), (2, i32::MIN), (3, i32::MAX)].map(|(video_id, weight)| RotationItem { video_id, weight });
    let plan = RotationPlan::RandomDaily { time_of_day: NaiveTime::MIN, items: weightless.to_vec() };
    let content = rotating(Tz::UTC, 3, rule(1, instant("2027-01-01T00:00:00Z"), plan));
    let day = |number: i64| active_video(&content, instant("2027-01-01T12:00:00Z") + TimeDelta::days(number)).video;
    let here: Vec<_> = (0..60).map(day).collect();
    let elsewhere =
        std::thread::scope(|scope| scope.spawn(|| (0..60).rev().map(day).collect::<Vec<_>>()).join().unwrap());
    assert!(here.iter().eq(elsewhere.iter().rev()));
    assert!(here.windows(2).all(|pair| pair[0] != pair[1]));
}

/// Weekdays were 1 to 7 in one version and 0 to 6 in the next, in one column.
#[test]
fn defect_11_a_weekday_has_a_name() {
    for (day_of_week, first) in
        [(Weekday::Mon, "2027-01-04"), (Weekday::Sun, "2027-01-03"), (Weekday::Fri, "2027-01-08")]
    {
        let recurrence = Recurrence::Weekly { day_of_week, time_of_day: NaiveTime::MIN };
        let content = rotating(Tz::UTC, 2, steps("2027-01-01T00:00:00Z", recurrence, &[1, 2]));
        let next = plays(&content, "2027-01-01T00:00:00Z").2.unwrap();
        assert_eq!(next.date_naive(), date(first), "{day_of_week}");
    }
}

/// A term was so many times 365 days. Whoever stores its end counts calendar years; to the last instant it plays.
#[test]
fn defect_13_a_term_lasts_to_its_very_end() {
    let created = instant("2024-02-29T10:00:00Z");
    let expires_at = created.checked_add_months(Months::new(36)).unwrap();
    assert_eq!(expires_at, instant("2027-02-28T10:00:00Z"));
    let content = Content { expires_at, ..content(&[video(1)], &[]) };
    let last = active_video(&content, expires_at - TimeDelta::microseconds(1));
    assert_eq!((last.video, last.valid_until), (Some(1), Some(expires_at)));
    assert_eq!(active_video(&content, expires_at).reason, Some(Reason::Expired));
}
