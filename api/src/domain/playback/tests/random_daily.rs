use std::collections::HashMap;

use super::oracle::{Oracle, Told, said};
use super::*;

const ANCHOR: &str = "2026-11-21T00:00:00Z";

fn random(weights: &[i32]) -> Content {
    let items: Vec<_> = (1..).zip(weights).map(|(video_id, &weight)| RotationItem { video_id, weight }).collect();
    let plan = RotationPlan::RandomDaily { time_of_day: time("06:00:00"), items };
    rotating(Tz::Europe__Berlin, weights.len() as i64, rule(1, instant(ANCHOR), plan))
}

/// At noon of so many days from the anchor.
fn noon(day: i64) -> DateTime<Utc> {
    instant("2026-11-21T12:00:00Z") + TimeDelta::days(day)
}

fn picks(content: &Content, days: std::ops::Range<i64>) -> Vec<i64> {
    let prepared = Prepared::new(content);
    days.map(|day| prepared.at(noon(day)).video.unwrap()).collect()
}

/// What was shown stays what was shown: these may never change.
#[test]
fn the_picks_are_these() {
    assert_eq!(picks(&random(&[1, 1, 1, 1]), 0..20), [1, 3, 2, 4, 3, 2, 4, 2, 3, 2, 1, 3, 1, 4, 3, 2, 1, 3, 1, 4]);
    assert_eq!(picks(&random(&[5, 1, 1]), 3_640..3_650), [1, 3, 1, 2, 1, 3, 1, 2, 1, 3]);
}

#[test]
fn no_day_is_like_the_day_before() {
    for weights in [&[1, 1] as &[i32], &[1, 1, 1], &[100, 1, 1], &[0, -3, 7, 1, 1]] {
        let picks = picks(&random(weights), 0..1_000);
        assert!(picks.windows(2).all(|pair| pair[0] != pair[1]), "{weights:?}");
        let distinct: std::collections::HashSet<_> = picks.into_iter().collect();
        assert!(weights.len() < 3 || distinct.len() > 2, "{weights:?} are not all picked: {distinct:?}");
    }
    assert!(picks(&random(&[3]), 0..10).iter().all(|pick| *pick == 1));
}

/// A pick asked for out of the blue is the one that is counted day by day.
#[test]
fn asking_in_another_order_changes_nothing() {
    for weights in [&[1, 1] as &[i32], &[1, 2, 3], &[500, 1, 1], &[1, 1, 1, 1, 1]] {
        let mut content = random(weights);
        content.videos[0].subscription_end = Some(noon(700));
        let in_order = picks(&content, -5..1_100);
        let prepared = Prepared::new(&content);
        for (place, pick) in in_order.iter().enumerate().rev().step_by(7) {
            let day = place as i64 - 5;
            assert_eq!(prepared.at(noon(day)).video, Some(*pick), "{weights:?}, day {day}, backwards");
            assert_eq!(active_video(&content, noon(day)).video, Some(*pick), "{weights:?}, day {day}, alone");
        }
    }
}

#[test]
fn weights_count() {
    let mut shares: HashMap<i64, i32> = HashMap::new();
    for pick in picks(&random(&[6, 3, 1, 1, 1]), 0..3_650) {
        *shares.entry(pick).or_default() += 1;
    }
    assert!(shares[&1] > shares[&2] && shares[&2] > 2 * shares[&3], "{shares:?}");
    assert!((3..=5).all(|video| (350..500).contains(&shares[&video])), "{shares:?}");
}

#[test]
fn another_code_or_anchor_picks_otherwise() {
    let content = random(&[1, 1, 1, 1]);
    let other_code = Content { unique_id: Uuid::from_u128(1), ..content.clone() };
    let mut other_anchor = content.clone();
    other_anchor.rotations[0].anchor_at += TimeDelta::microseconds(1);
    assert_ne!(picks(&content, 0..30), picks(&other_code, 0..30));
    assert_ne!(picks(&content, 0..30), picks(&other_anchor, 0..30));
}

#[test]
fn a_pick_that_ends_during_the_day_gives_way_to_the_next_item() {
    let content = random(&[1, 1, 1, 1]);
    let all = picks(&content, 0..40);
    let day = (1..39).find(|day| all[*day as usize] == 2).unwrap();
    let mut ended = content;
    ended.videos[1].subscription_end = Some(noon(day));
    let before = active_video(&ended, noon(day) - TimeDelta::hours(1));
    assert_eq!((before.video, before.valid_until), (Some(2), Some(noon(day))));
    assert_eq!(active_video(&ended, noon(day)).video, Some(3), "the next in item order");
    assert_eq!(picks(&ended, 0..day), all[..day as usize], "the past stays");
    assert!(!picks(&ended, day..400).contains(&2));
    assert_ne!(active_video(&ended, noon(day + 1)).video, Some(3), "and not a second day of what was shown last");
}

/// Videos end at noon, at a boundary and just before one; each day is asked for alone and after the day before.
#[test]
fn whoever_ends_when_the_days_follow_one_another() {
    let told = Told { recurrence: daily("06:00:00"), expression: None };
    let boundary = |day: i64| instant("2026-11-21T05:00:00Z") + TimeDelta::days(day);
    for code in 0..150 {
        let mut content = Content { unique_id: Uuid::from_u128(code), ..random(&[1, 2, 1, 1, 3]) };
        content.videos[1].subscription_end = Some(noon(2 + code as i64 % 3));
        content.videos[2].subscription_end = Some(boundary(7));
        content.videos[3].subscription_end = Some(boundary(9) - TimeDelta::microseconds(1));
        let oracle = Oracle::new(&content, Some(&told), noon(20));
        let prepared = Prepared::new(&content);
        for at in (-2..18).flat_map(|day| [boundary(day), noon(day)]) {
            assert_eq!(said(&prepared.at(at)), oracle.at(at), "code {code} at {at}");
            assert_eq!(prepared.at(at), active_video(&content, at), "code {code} at {at}");
        }
    }
}

#[test]
fn with_one_left_nothing_changes_any_more() {
    let mut content = random(&[1, 1]);
    content.videos[0].subscription_end = Some(noon(3));
    let last = active_video(&content, noon(5));
    assert_eq!((last.video, last.valid_until), (Some(2), None));
}

#[test]
fn a_day_begins_at_its_time_and_changes_there() {
    let content = random(&[1, 1, 1]);
    // 06:00 in Berlin; before the anchor, the first day.
    assert_eq!(plays(&content, ANCHOR).2, Some(instant("2026-11-21T05:00:00Z")));
    assert_eq!(plays(&content, "2020-01-01T00:00:00Z").2, Some(instant("2026-11-21T05:00:00Z")));
    assert_eq!(plays(&content, "2027-07-01T12:00:00Z").2, Some(instant("2027-07-02T04:00:00Z")));
}

#[test]
fn a_video_that_occurs_twice_has_both_weights() {
    let mut twice = random(&[1, 1, 1]);
    twice.rotations[0].plan = RotationPlan::RandomDaily { time_of_day: time("06:00:00"), items: items(&[1, 2, 1, 3]) };
    assert_eq!(picks(&twice, 0..100), picks(&random(&[2, 1, 1]), 0..100));
}
