//! The table of clock changes against `chrono_tz` itself.

use chrono::{NaiveDateTime, Offset, TimeZone};
use proptest::prelude::*;

use super::super::wall_time::WallClock;
use super::oracle::{ZONES, instant_of};
use super::*;

fn wall(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

#[test]
fn a_skipped_wall_time_is_the_first_instant_after_the_gap() {
    let berlin = WallClock::of(Tz::Europe__Berlin);
    for skipped in ["2027-03-28T02:00:00", "2027-03-28T02:30:00", "2027-03-28T02:59:59", "2027-03-28T03:00:00"] {
        assert_eq!(berlin.instant(wall(skipped)), Some(instant("2027-03-28T01:00:00Z")), "{skipped}");
    }
    assert_eq!(berlin.instant(wall("2027-03-28T01:59:59")), Some(instant("2027-03-28T00:59:59Z")));
}

#[test]
fn a_repeated_wall_time_is_its_first() {
    let berlin = WallClock::of(Tz::Europe__Berlin);
    assert_eq!(berlin.instant(wall("2027-10-31T02:30:00")), Some(instant("2027-10-31T00:30:00Z")));
    assert_eq!(berlin.instant(wall("2027-10-31T03:00:00")), Some(instant("2027-10-31T02:00:00Z")));
    let lord_howe = WallClock::of(Tz::Australia__Lord_Howe);
    assert_eq!(lord_howe.instant(wall("2027-04-04T01:45:00")), Some(instant("2027-04-03T14:45:00Z")));
}

#[test]
fn in_the_second_pass_all_of_the_hour_has_come() {
    let berlin = WallClock::of(Tz::Europe__Berlin);
    let almost_three = wall("2027-10-31T02:59:59.999999999");
    for second in ["2027-10-31T01:00:00Z", "2027-10-31T01:30:00Z", "2027-10-31T01:59:59Z"] {
        assert_eq!(berlin.reached(instant(second)), almost_three, "{second}");
    }
    assert_eq!(berlin.reached(instant("2027-10-31T02:00:00Z")), wall("2027-10-31T03:00:00"));
}

#[test]
fn a_zone_may_skip_a_whole_date() {
    let apia = WallClock::of(Tz::Pacific__Apia);
    let after = Some(instant("2011-12-30T10:00:00Z"));
    assert_eq!(apia.instant(wall("2011-12-30T00:00:00")), after);
    assert_eq!(apia.instant(wall("2011-12-31T00:00:00")), after);
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for zone in ZONES {
        let clock = WallClock::of(zone);
        clock.reached(DateTime::<Utc>::MIN_UTC);
        clock.reached(DateTime::<Utc>::MAX_UTC);
        clock.instant(NaiveDateTime::MIN);
        clock.instant(NaiveDateTime::MAX);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_zone(
        zone in prop::sample::select(ZONES.to_vec()),
        seconds in 0..4_100_000_000_i64,
    ) {
        let clock = WallClock::of(zone);
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let shown = at.with_timezone(&zone).naive_local();
        prop_assert_eq!(clock.instant(shown), Some(instant_of(zone, shown)));
        let first = instant_of(zone, shown) == at;
        prop_assert_eq!(clock.reached(at) == shown, first, "only a second pass shows what is over");
        // What has come by an instant had come when it came, and the next second of the wall had not.
        let reached = clock.reached(at);
        prop_assert!(clock.instant(reached).unwrap() <= at);
        prop_assert!(clock.instant(reached + TimeDelta::seconds(1)).unwrap() > at);
        prop_assert_eq!(zone.offset_from_utc_datetime(&at.naive_utc()).fix(), at.with_timezone(&zone).offset().fix());
    }
}
