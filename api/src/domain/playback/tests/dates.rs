use super::*;

/// Exact dates as `2027-05-09`, yearly ones as `2027-05-09*`, each with its video.
fn dated(zone: Tz, rows: &[(&str, i64)]) -> Content {
    let row = |(text, video_id): &(&str, i64)| {
        let (yearly, text) = text.strip_suffix('*').map_or((false, *text), |text| (true, text));
        DateRule { date: date(text), yearly, video_id: *video_id }
    };
    let rows = rows.iter().map(row).collect();
    rotating(zone, 4, rule(7, instant("2026-01-01T00:00:00Z"), RotationPlan::DateRules(rows)))
}

#[test]
fn a_date_is_from_its_local_midnight_to_the_next() {
    let content = dated(Tz::Europe__Moscow, &[("2027-05-09", 2)]);
    let start = Some(instant("2027-05-08T21:00:00Z"));
    let end = Some(instant("2027-05-09T21:00:00Z"));
    assert_eq!(plays(&content, "2027-05-08T20:59:59Z"), (Some(1), PlaybackSource::Default, start));
    assert_eq!(plays(&content, "2027-05-08T21:00:00Z"), (Some(2), PlaybackSource::DateRule, end));
    assert_eq!(plays(&content, "2027-05-09T21:00:00Z"), (Some(1), PlaybackSource::Default, None));
    let decision = active_video(&content, instant("2027-05-09T00:00:00Z"));
    assert_eq!((decision.rule, decision.rotation()), (Some(Rule::Rotation(RuleId::Saved(7))), Some(7)));
}

#[test]
fn days_of_23_and_of_25_hours_are_whole() {
    let content = dated(Tz::Europe__Berlin, &[("2027-03-28", 2), ("2027-10-31", 3)]);
    assert_eq!(plays(&content, "2027-03-27T23:00:00Z").2, Some(instant("2027-03-28T22:00:00Z")));
    assert_eq!(plays(&content, "2027-10-30T22:00:00Z").2, Some(instant("2027-10-31T23:00:00Z")));
    // In Cairo midnight itself is skipped in spring, in Havana it comes twice in autumn.
    let cairo = dated(Tz::Africa__Cairo, &[("2027-04-30", 2)]);
    assert_eq!(plays(&cairo, "2027-04-29T21:59:59Z").0, Some(1));
    assert_eq!(plays(&cairo, "2027-04-29T22:00:00Z").0, Some(2));
    let havana = dated(Tz::America__Havana, &[("2027-11-07", 2)]);
    assert_eq!(plays(&havana, "2027-11-07T04:00:00Z"), {
        (Some(2), PlaybackSource::DateRule, Some(instant("2027-11-08T05:00:00Z")))
    });
}

#[test]
fn a_date_that_a_zone_skipped_never_comes() {
    let content = dated(Tz::Pacific__Apia, &[("2011-12-30", 2), ("2011-12-30*", 3)]);
    let next_year = Some(instant("2012-12-29T10:00:00Z"));
    assert_eq!(plays(&content, "2011-12-29T00:00:00Z"), (Some(1), PlaybackSource::Default, next_year));
    assert_eq!(plays(&content, "2012-12-30T00:00:00Z").0, Some(3));
}

#[test]
fn an_exact_date_beats_a_yearly_one_and_the_earlier_row_the_later() {
    let content = dated(Tz::UTC, &[("2020-05-09*", 2), ("2021-05-09*", 3), ("2027-05-09", 4), ("2027-05-09", 3)]);
    assert_eq!(plays(&content, "2027-05-09T12:00:00Z").0, Some(4));
    assert_eq!(plays(&content, "2028-05-09T12:00:00Z").0, Some(2));
    assert_eq!(plays(&content, "2019-05-09T12:00:00Z").0, Some(2), "yearly holds in every year");
}

#[test]
fn a_leap_day_is_on_the_28th_of_common_years() {
    let content = dated(Tz::UTC, &[("2028-02-29*", 2)]);
    for (day, video) in [
        ("2027-02-28", 2),
        ("2027-03-01", 1),
        ("2028-02-28", 1),
        ("2028-02-29", 2),
        ("2100-02-28", 2),
        ("2029-02-28", 2),
    ] {
        let content = Content { expires_at: instant("2200-01-01T00:00:00Z"), ..content.clone() };
        assert_eq!(plays(&content, &format!("{day}T12:00:00Z")).0, Some(video), "{day}");
    }
}

#[test]
fn a_row_gives_way_while_its_video_is_not_eligible() {
    let mut content = dated(Tz::UTC, &[("2027-05-09", 3), ("2027-05-09", 2), ("2020-05-09*", 4)]);
    content.videos = vec![video(1), ending(2, instant("2027-05-09T18:00:00Z")), video(4)];
    assert_eq!(plays(&content, "2027-05-09T12:00:00Z"), {
        (Some(2), PlaybackSource::DateRule, Some(instant("2027-05-09T18:00:00Z")))
    });
    assert_eq!(plays(&content, "2027-05-09T18:00:00Z"), {
        (Some(4), PlaybackSource::DateRule, Some(instant("2027-05-10T00:00:00Z")))
    });
    // The next row that can play is not the next row.
    content.videos = vec![video(1), ending(4, instant("2027-05-09T00:00:00Z"))];
    assert_eq!(plays(&content, "2027-05-08T12:00:00Z"), (Some(1), PlaybackSource::Default, None));
}

#[test]
fn dates_in_a_row_with_one_video_are_one_segment() {
    let content = dated(Tz::UTC, &[("2027-12-31", 2), ("2020-01-01*", 2), ("2028-01-02", 2), ("2028-01-03", 3)]);
    assert_eq!(plays(&content, "2027-12-31T12:00:00Z").2, Some(instant("2028-01-03T00:00:00Z")));
}

#[test]
fn a_date_beats_a_window_and_a_window_the_rest() {
    let mut content = dated(Tz::UTC, &[("2027-05-09", 2)]);
    let (start, end) = (instant("2027-05-08T12:00:00Z"), instant("2027-05-09T12:00:00Z"));
    content.windows = vec![Window { start, end, ..window(1, 3, 0..1) }];
    content.pinned_video = Some(4);
    let midnight = Some(instant("2027-05-09T00:00:00Z"));
    assert_eq!(plays(&content, "2027-05-08T11:00:00Z"), (Some(4), PlaybackSource::Pin, Some(start)));
    assert_eq!(plays(&content, "2027-05-08T12:00:00Z"), (Some(3), PlaybackSource::Schedule, midnight));
    assert_eq!(plays(&content, "2027-05-09T00:00:00Z").1, PlaybackSource::DateRule);
    assert_eq!(plays(&content, "2027-05-10T00:00:00Z"), (Some(4), PlaybackSource::Pin, None));
}
