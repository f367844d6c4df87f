//! Timelines, proposals and warnings.

use super::*;

fn timeline_of(content: &Content, hours: std::ops::Range<i64>) -> Timeline {
    timeline(content, hour(hours.start), hour(hours.end)).unwrap()
}

/// Hours and videos of the segments.
fn segments(timeline: &Timeline) -> Vec<(i64, i64, Option<i64>)> {
    let hours = |at: DateTime<Utc>| (at - hour(0)).num_hours();
    timeline.segments.iter().map(|segment| (hours(segment.from), hours(segment.to), segment.video)).collect()
}

fn proposed(id: Option<i64>, video_id: i64, hours: std::ops::Range<i64>) -> ProposedWindow {
    ProposedWindow { id, video_id, start: hour(hours.start), end: hour(hours.end), priority: None }
}

#[test]
fn a_timeline_tells_dark_gaps_and_their_reasons() {
    let windows = [window(1, 2, 10..20)];
    let mut content = content(&[ending(1, hour(5)), ending(2, hour(15))], &windows);
    content.expires_at = hour(30);
    let timeline = timeline_of(&content, 0..40);
    assert_eq!(
        segments(&timeline),
        [(0, 5, Some(1)), (5, 10, Some(2)), (10, 15, Some(2)), (15, 30, None), (30, 40, None)]
    );
    let reasons: Vec<_> = timeline.segments.iter().map(|segment| segment.reason).collect();
    assert_eq!(reasons[2..], [None, Some(Reason::NoPlayableVideo), Some(Reason::Expired)]);
    assert_eq!(timeline.segments[2].rule, Some(Rule::Window(RuleId::Saved(1))));
}

#[test]
fn a_timeline_is_ten_years_long_at_most() {
    let content = content(&[video(1)], &[]);
    let (from, leap) = (instant("2026-11-21T00:00:00Z"), instant("2028-02-29T00:00:00Z"));
    let over = TimeDelta::microseconds(1);
    assert!(timeline(&content, from, instant("2036-11-21T00:00:00Z")).is_ok());
    assert_eq!(timeline(&content, from, instant("2036-11-21T00:00:00Z") + over), Err(TimelineProblem::TooLarge));
    assert!(timeline(&content, leap, instant("2038-02-28T00:00:00Z")).is_ok());
    assert_eq!(timeline(&content, from, from - over), Err(TimelineProblem::Backwards));
    assert_eq!(timeline(&content, from, from).unwrap().segments, []);
}

#[test]
fn a_timeline_of_too_many_segments_says_where_it_was_cut() {
    let content = rotating(Tz::UTC, 2, steps("2027-01-01T00:00:00Z", cron("*/10 * * * *"), &[1, 2]));
    let (from, to) = (instant("2027-01-01T00:00:00Z"), instant("2028-01-01T00:00:00Z"));
    let first = timeline(&content, from, to).unwrap();
    assert_eq!(first.segments.len(), MOST_SEGMENTS);
    let cut = from + TimeDelta::minutes(10 * 5_000);
    assert_eq!((first.segments.last().unwrap().to, first.truncated_at, first.to), (cut, Some(cut), to));
    let rest = timeline(&content, cut, to).unwrap();
    assert_eq!(rest.segments[0].video, Some(1), "and goes on from there");
    let exactly = timeline(&content, from, cut).unwrap();
    assert_eq!((exactly.segments.len(), exactly.truncated_at), (MOST_SEGMENTS, None));
}

#[test]
fn windows_of_equal_priority_that_overlap_are_conflicts() {
    let saved = [window(1, 1, 0..10), window(2, 2, 10..20), Window { priority: 1, ..window(3, 3, 0..20) }];
    let content = content(&[video(1), video(2), video(3)], &saved);
    assert_eq!(timeline_of(&content, 0..20).conflicts, [], "saved ones touch");
    let proposal =
        Proposal { windows: vec![proposed(None, 3, 8..12), proposed(None, 2, 11..14)], ..Proposal::default() };
    let planned = proposal.apply(&content).unwrap();
    let conflict = |hours: std::ops::Range<i64>, windows: &[RuleId], winner| Conflict {
        from: hour(hours.start),
        to: hour(hours.end),
        windows: windows.to_vec(),
        winner,
    };
    let (one, two) = (RuleId::Saved(1), RuleId::Saved(2));
    let (narrow, narrower) = (RuleId::Proposed(0), RuleId::Proposed(1));
    assert_eq!(
        timeline_of(&planned, 0..20).conflicts,
        [
            conflict(8..10, &[one, narrow], narrow),
            conflict(10..11, &[two, narrow], narrow),
            conflict(11..12, &[two, narrow, narrower], narrower),
            conflict(12..14, &[two, narrower], narrower),
        ]
    );
    assert_eq!(
        timeline_of(&planned, 9..10).conflicts,
        [conflict(9..10, &[one, narrow], narrow)],
        "within the time asked for"
    );
}

#[test]
fn the_winner_of_a_conflict_is_one_that_may_play() {
    let proposal = Proposal { windows: vec![proposed(None, 2, 8..10)], ..Proposal::default() };
    let planned = proposal.apply(&content(&[video(1), ending(2, hour(9))], &[window(1, 1, 0..20)])).unwrap();
    let conflicts = timeline_of(&planned, 0..20).conflicts;
    let winners: Vec<_> = conflicts.iter().map(|conflict| (conflict.from, conflict.winner)).collect();
    assert_eq!(winners, [(hour(8), RuleId::Proposed(0)), (hour(9), RuleId::Saved(1))]);
}

#[test]
fn a_proposal_shows_what_would_be() {
    let saved = [window(1, 2, 0..10), window(2, 2, 20..30), Window { active: false, ..window(3, 2, 40..50) }];
    let content = content(&[video(1), video(2), video(3)], &saved);
    let proposal = Proposal {
        windows: vec![proposed(None, 3, 5..8), proposed(Some(2), 3, 21..25), proposed(Some(3), 2, 40..41)],
        removed_windows: vec![1],
        pinned_video: Some(Some(2)),
        ..Proposal::default()
    };
    let timeline = timeline_of(&proposal.apply(&content).unwrap(), 0..45);
    let told: Vec<_> = timeline.segments.iter().map(|segment| (segment.video.unwrap(), segment.rule)).collect();
    let window = |id| Some(Rule::Window(id));
    assert_eq!(
        told,
        [
            (2, None),
            (3, window(RuleId::Proposed(0))),
            (2, None),
            (3, window(RuleId::Saved(2))),
            (2, None),
            (2, window(RuleId::Saved(3))),
            (2, None),
        ]
    );
    let unpinned = Proposal { pinned_video: Some(None), ..Proposal::default() };
    let pinned = Content { pinned_video: Some(2), ..content };
    assert_eq!(active_video(&unpinned.apply(&pinned).unwrap(), hour(15)).video, Some(1));
    assert_eq!(active_video(&Proposal::default().apply(&pinned).unwrap(), hour(15)).video, Some(2));
}

#[test]
fn of_equal_windows_that_are_not_saved_the_later_in_the_list_wins() {
    let content = content(&[video(1), video(2), video(3)], &[window(1, 1, 0..10)]);
    let equal = vec![proposed(None, 2, 0..10), proposed(None, 3, 0..10)];
    let planned = Proposal { windows: equal, ..Proposal::default() }.apply(&content).unwrap();
    assert_eq!(active_video(&planned, hour(5)).rule, Some(Rule::Window(RuleId::Proposed(1))));
}

#[test]
fn a_proposed_rotation_is_added_or_takes_a_place() {
    let content = Content {
        rotations: vec![steps("2026-01-01T00:00:00Z", daily("00:00:00"), &[2])],
        ..content(&[video(1), video(2), video(3)], &[])
    };
    let fixed = |id, is_active| ProposedRotation {
        id,
        is_active,
        anchor_at: hour(0),
        plan: RotationPlan::Fixed { default_video: 3 },
    };
    let apply = |rotations| Proposal { rotations, ..Proposal::default() }.apply(&content);
    let in_place = apply(vec![fixed(Some(1), true)]).unwrap();
    assert_eq!(active_video(&in_place, hour(0)).rule, Some(Rule::Rotation(RuleId::Saved(1))));
    assert_eq!(active_video(&in_place, hour(0)).video, Some(3));
    let besides = apply(vec![fixed(Some(1), false), fixed(None, true)]).unwrap();
    assert_eq!(active_video(&besides, hour(0)).rule, Some(Rule::Rotation(RuleId::Proposed(1))));
    assert_eq!(apply(vec![fixed(None, true)]).unwrap_err(), [ProposalProblem::Taken { index: 0 }]);
    let dates = ProposedRotation { plan: RotationPlan::DateRules(vec![]), ..fixed(None, true) };
    assert!(apply(vec![dates]).is_ok(), "one of dates stands beside it");
}

#[test]
fn everything_that_is_wrong_with_a_proposal_is_said_at_once() {
    let content = content(&[video(1)], &[window(1, 1, 0..10)]);
    let rotation = |id| ProposedRotation {
        id,
        is_active: true,
        anchor_at: hour(0),
        plan: RotationPlan::Fixed { default_video: 1 },
    };
    let proposal = Proposal {
        windows: vec![proposed(None, 1, 5..5), proposed(Some(9), 1, 0..1), proposed(Some(1), 1, 0..1)],
        removed_windows: vec![1, 8],
        rotations: vec![rotation(None), rotation(Some(7)), rotation(None)],
        pinned_video: None,
    };
    assert_eq!(
        proposal.apply(&content).unwrap_err(),
        [
            ProposalProblem::UnknownRemovedWindow { index: 1 },
            ProposalProblem::BackwardsWindow { index: 0 },
            ProposalProblem::UnknownWindow { index: 1 },
            ProposalProblem::UnknownWindow { index: 2 },
            ProposalProblem::UnknownRotation { index: 1 },
            ProposalProblem::Taken { index: 0 },
            ProposalProblem::Taken { index: 1 },
            ProposalProblem::Taken { index: 2 },
        ]
    );
}

#[test]
fn a_rule_that_never_fires_is_warned_of() {
    let now = instant("2027-06-01T00:00:00Z");
    let fires = |plan| {
        let content = Content {
            expires_at: instant("2029-06-01T00:00:00Z"),
            rotations: vec![],
            ..rotating(Tz::UTC, 1, steps("2027-01-01T00:00:00Z", daily("00:00:00"), &[]))
        };
        !never_fires(&content, &rule(3, instant("2027-01-01T00:00:00Z"), plan), now)
    };
    let stepping = |recurrence, videos: &[i64]| RotationPlan::Steps { recurrence, items: items(videos) };
    let dated = |text, yearly, video_id| RotationPlan::DateRules(vec![DateRule { date: date(text), yearly, video_id }]);
    assert!(fires(stepping(daily("00:00:00"), &[1])));
    assert!(!fires(stepping(daily("00:00:00"), &[])));
    assert!(!fires(stepping(daily("00:00:00"), &[9])), "of another content");
    assert!(fires(stepping(cron("0 0 29 2 *"), &[1])));
    assert!(fires(dated("2027-06-01", false, 1)), "it holds now");
    assert!(!fires(dated("2027-05-31", false, 1)));
    assert!(fires(dated("2027-05-31", true, 1)));
    assert!(!fires(dated("2029-06-01", false, 1)), "after the term");
    assert!(!fires(dated("2028-01-01", false, 9)));
    assert!(fires(RotationPlan::Fixed { default_video: 1 }));
    assert!(!fires(RotationPlan::Fixed { default_video: 9 }));
    let random = |videos: &[i64]| RotationPlan::RandomDaily { time_of_day: NaiveTime::MIN, items: items(videos) };
    assert!(fires(random(&[1])) && !fires(random(&[])) && !fires(random(&[9])));
}

#[test]
fn the_dark_gaps_of_a_change_are_what_it_takes_away() {
    let before = content(&[video(1), ending(2, hour(30))], &[]);
    let mut after = before.clone();
    after.videos[0].subscription_end = Some(hour(20));
    after.expires_at = hour(50);
    let gaps = dark_gaps(&timeline_of(&before, 0..100), &timeline_of(&after, 0..100));
    let gap = |from, to, reason| DarkGap { from: hour(from), to: hour(to), reason };
    assert_eq!(gaps, [gap(30, 50, Reason::NoPlayableVideo), gap(50, 100, Reason::Expired)]);
    assert_eq!(dark_gaps(&timeline_of(&after, 0..100), &timeline_of(&before, 0..100)), []);
    let dark_already = content(&[ending(1, hour(40))], &[window(1, 1, 10..20)]);
    let gaps = dark_gaps(&timeline_of(&dark_already, 0..100), &timeline_of(&after, 0..100));
    assert_eq!(gaps, [gap(30, 40, Reason::NoPlayableVideo)], "a time that was dark before is none");
}
