use super::*;

const DAY: TimeDelta = TimeDelta::days(1);

#[test]
fn an_items_turn_comes_at_each_boundary() {
    let content = rotating(Tz::Europe__Berlin, 3, steps("2027-03-26T12:00:00Z", daily("02:30:00"), &[3, 1, 2]));
    let video_at = |at| plays(&content, at).0;
    assert_eq!(video_at("2020-01-01T00:00:00Z"), Some(3), "before the anchor it is step 0");
    assert_eq!(video_at("2027-03-27T01:29:59Z"), Some(3));
    assert_eq!(video_at("2027-03-27T01:30:00Z"), Some(1));
    assert_eq!(video_at("2027-03-28T00:59:59Z"), Some(1));
    assert_eq!(video_at("2027-03-28T01:00:00Z"), Some(2), "02:30 is skipped: the first instant after the gap");
    assert_eq!(video_at("2027-03-29T00:30:00Z"), Some(3), "and round again, at 02:30 summer time");
}

#[test]
fn a_step_before_the_anchor_waits_for_the_first_boundary_after_it() {
    let content = rotating(Tz::UTC, 2, steps("2027-06-01T00:00:00Z", daily("00:00:00"), &[1, 2]));
    let first = Some(instant("2027-06-02T00:00:00Z"));
    assert_eq!(plays(&content, "2027-01-01T00:00:00Z"), (Some(1), PlaybackSource::Rotation, first));
    assert_eq!(plays(&content, "2027-06-01T00:00:00Z"), (Some(1), PlaybackSource::Rotation, first));
}

#[test]
fn weeks_step_on_their_day() {
    let recurrence = Recurrence::Weekly { day_of_week: Weekday::Mon, time_of_day: NaiveTime::MIN };
    let content = rotating(Tz::Asia__Kathmandu, 2, steps("2027-01-01T00:00:00Z", recurrence, &[1, 2]));
    assert_eq!(plays(&content, "2027-01-01T00:00:00Z").2, Some(instant("2027-01-03T18:15:00Z")));
    assert_eq!(plays(&content, "2027-01-03T18:15:00Z").2, Some(instant("2027-01-10T18:15:00Z")));
}

#[test]
fn a_day_that_a_month_lacks_is_its_last() {
    let recurrence = Recurrence::Monthly { day_of_month: 31, time_of_day: NaiveTime::MIN };
    let content = rotating(Tz::UTC, 2, steps("2028-01-01T00:00:00Z", recurrence, &[1, 2]));
    let mut at = instant("2028-01-01T00:00:00Z");
    for expected in ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"] {
        at = active_video(&content, at).valid_until.unwrap();
        assert_eq!(at.date_naive(), date(expected));
    }
}

#[test]
fn an_item_gives_way_to_the_next_that_may_play() {
    let mut content = rotating(Tz::UTC, 0, steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[1, 2, 3, 4]));
    let end = instant("2027-01-04T12:00:00Z");
    content.videos = vec![video(1), PlayableVideo { is_active: false, ..video(2) }, video(3), ending(4, end)];
    let day = |number: i64| active_video(&content, instant("2027-01-01T12:00:00Z") + DAY * number as i32).video;
    assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(day).map(Option::unwrap), [1, 3, 3, 1, 1, 3, 3, 1]);
    let midnight = Some(instant("2027-01-04T00:00:00Z"));
    assert_eq!(
        plays(&content, "2027-01-02T12:00:00Z"),
        (Some(3), PlaybackSource::Rotation, midnight),
        "no change on the 3rd"
    );
    assert_eq!(plays(&content, "2027-01-04T00:00:00Z"), (Some(4), PlaybackSource::Rotation, Some(end)));
    assert_eq!(
        plays(&content, "2027-01-04T12:00:00Z").2,
        Some(instant("2027-01-06T00:00:00Z")),
        "1 wraps, and has its own turn"
    );
}

#[test]
fn boundaries_that_change_nothing_are_no_change() {
    let of = |items: &[i64]| rotating(Tz::UTC, 2, steps("2027-01-01T00:00:00Z", cron("* * * * *"), items));
    assert_eq!(plays(&of(&[2]), "2027-01-01T12:00:00Z"), (Some(2), PlaybackSource::Rotation, None));
    assert_eq!(plays(&of(&[2, 2]), "2027-01-01T12:00:00Z"), (Some(2), PlaybackSource::Rotation, None));
    assert_eq!(plays(&of(&[2, 9]), "2027-01-01T12:00:00Z"), (Some(2), PlaybackSource::Rotation, None));
    let until = Some(instant("2027-01-01T00:02:00Z"));
    assert_eq!(plays(&of(&[2, 2, 1]), "2027-01-01T00:00:00Z"), (Some(2), PlaybackSource::Rotation, until));
}

#[test]
fn a_rule_with_nothing_to_play_is_as_if_absent() {
    let mut content = rotating(Tz::UTC, 2, steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[8, 9]));
    content.pinned_video = Some(2);
    assert_eq!(plays(&content, "2027-01-05T00:00:00Z"), (Some(2), PlaybackSource::Pin, None));
    content.rotations[0].plan = RotationPlan::Steps { recurrence: daily("00:00:00"), items: vec![] };
    assert_eq!(plays(&content, "2027-01-05T00:00:00Z"), (Some(2), PlaybackSource::Pin, None));
    content.rotations =
        vec![RotationRule { is_active: false, ..steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[1]) }];
    assert_eq!(plays(&content, "2027-01-05T00:00:00Z"), (Some(2), PlaybackSource::Pin, None));
}

#[test]
fn a_fixed_rule_plays_its_video_before_the_pin() {
    let end = instant("2027-02-01T00:00:00Z");
    let fixed = RotationPlan::Fixed { default_video: 3 };
    let mut content = rotating(Tz::UTC, 2, rule(5, instant("2027-01-01T00:00:00Z"), fixed));
    content.videos.push(ending(3, end));
    content.pinned_video = Some(2);
    assert_eq!(plays(&content, "2026-01-01T00:00:00Z"), (Some(3), PlaybackSource::Rotation, Some(end)));
    assert_eq!(plays(&content, "2027-02-01T00:00:00Z"), (Some(2), PlaybackSource::Pin, None));
}
