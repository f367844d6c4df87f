//! Where a rule stands, whether it counts or not.

use super::*;

#[test]
fn a_stepping_rule_has_a_last_and_a_next_boundary() {
    let content = rotating(Tz::Europe__Berlin, 3, steps("2027-03-26T12:00:00Z", daily("02:30:00"), &[1, 2, 3]));
    let state = |at| RotationState::of(&content.rotations[0], &content, instant(at));
    let before = RotationState {
        current_index: Some(0),
        last_rotation_at: None,
        next_rotation_at: Some(instant("2027-03-27T01:30:00Z")),
    };
    assert_eq!(state("2027-03-20T00:00:00Z"), before);
    assert_eq!(state("2027-03-27T01:29:59Z"), before);
    let sunday = RotationState {
        current_index: Some(2),
        last_rotation_at: Some(instant("2027-03-28T01:00:00Z")),
        next_rotation_at: Some(instant("2027-03-29T00:30:00Z")),
    };
    assert_eq!(state("2027-03-28T01:00:00Z"), sunday);
    assert_eq!(state("2027-03-28T20:00:00Z"), sunday);
}

#[test]
fn the_index_is_that_of_the_item_that_is_given() {
    let mut content = rotating(Tz::UTC, 3, steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[1, 2, 3]));
    content.videos[1].is_active = false;
    content.rotations[0].is_active = false;
    let state = RotationState::of(&content.rotations[0], &content, instant("2027-01-02T12:00:00Z"));
    assert_eq!(state.current_index, Some(2));
}

#[test]
fn a_random_rule_has_one_and_fixed_or_dated_ones_have_none() {
    let at = instant("2027-01-02T12:00:00Z");
    let state = |plan| {
        let content = rotating(Tz::UTC, 3, rule(1, instant("2027-01-01T00:00:00Z"), plan));
        (RotationState::of(&content.rotations[0], &content, at), active_video(&content, at).video)
    };
    let (random, video) = state(RotationPlan::RandomDaily { time_of_day: NaiveTime::MIN, items: items(&[3, 3, 1, 2]) });
    let place = [3, 3, 1, 2].iter().position(|item| Some(*item) == video);
    let (last, next) = (Some(instant("2027-01-02T00:00:00Z")), Some(instant("2027-01-03T00:00:00Z")));
    assert_eq!(random, RotationState { current_index: place, last_rotation_at: last, next_rotation_at: next });
    assert_eq!(state(RotationPlan::Fixed { default_video: 2 }).0, RotationState::default());
    assert_eq!(state(RotationPlan::DateRules(vec![])).0, RotationState::default());
}
