//! Gates, windows, pin and default, in whole hours.

use proptest::prelude::*;

use super::*;

/// The window and video at an hour, and the hour of the next change.
fn at(content: &Content, number: i64) -> (Option<i64>, Option<i64>, Option<i64>) {
    let decision = active_video(content, hour(number));
    let until = decision.valid_until.map(|instant| (instant - hour(0)).num_hours());
    (decision.window(), decision.video, until)
}

/// Closes one gate.
type Spoil = fn(&mut Content);

#[test]
fn gates_answer_in_order() {
    let gate = |spoil: &[Spoil]| {
        let videos = [video(1)];
        let mut content = content(&videos, &[]);
        spoil.iter().for_each(|spoil| spoil(&mut content));
        active_video(&content, hour(10))
    };
    let order: [(Reason, Spoil); 7] = [
        (Reason::NotFound, |content| content.deleted = true),
        (Reason::Suspended, |content| content.company_active = false),
        (Reason::NotPublished, |content| content.ready = false),
        (Reason::NotPublished, |content| {
            content.project_archived = true;
        }),
        (Reason::Expired, |content| content.expires_at = hour(10)),
        (Reason::PhotoMissing, |content| content.has_photo = false),
        (Reason::NoPlayableVideo, |content| content.videos.clear()),
    ];
    for (first, (reason, spoil)) in order.iter().enumerate() {
        let all_from_here: Vec<_> = order[first..].iter().map(|(_, spoil)| *spoil).collect();
        for spoilt in [all_from_here.as_slice(), &[*spoil]] {
            let decision = gate(spoilt);
            assert_eq!(decision.reason, Some(*reason));
            assert_eq!((decision.video, decision.source), (None, PlaybackSource::None));
        }
    }
    assert_eq!(gate(&[]).reason, None);
}

#[test]
fn no_time_opens_what_people_closed() {
    let content = Content { company_active: false, ..content(&[], &[]) };
    assert_eq!(active_video(&content, hour(1)).valid_until, None);
    let expired = Content { company_active: true, ..content };
    assert_eq!(active_video(&expired, hour(1_000)).valid_until, None);
}

#[test]
fn what_is_missing_is_missing_until_the_term_ends() {
    let videos = [video(1)];
    let no_photo = Content { has_photo: false, ..content(&videos, &[]) };
    assert_eq!(active_video(&no_photo, hour(1)).valid_until, Some(hour(1_000)));
    assert_eq!(active_video(&content(&[], &[]), hour(1)).valid_until, Some(hour(1_000)));
}

#[test]
fn windows_are_half_open_and_may_touch() {
    let videos = [video(1), video(2), video(3)];
    let windows = [window(1, 2, 10..20), window(2, 3, 20..30)];
    let content = content(&videos, &windows);
    assert_eq!(at(&content, 9), (None, Some(1), Some(10)));
    assert_eq!(at(&content, 10), (Some(1), Some(2), Some(20)));
    assert_eq!(at(&content, 19), (Some(1), Some(2), Some(20)));
    assert_eq!(at(&content, 20), (Some(2), Some(3), Some(30)));
    assert_eq!(at(&content, 30), (None, Some(1), Some(1_000)));
}

#[test]
fn priority_then_width_then_age_then_id() {
    let videos = [video(1)];
    let wide = window(1, 1, 0..100);
    let high = Window { priority: 1, ..window(2, 1, 0..90) };
    let narrow = window(3, 1, 10..20);
    let newer = Window { created_at: hour(1), ..window(4, 1, 10..20) };
    let newer_still = Window { created_at: hour(1), ..window(5, 1, 10..20) };
    let winner = |windows: &[Window]| at(&content(&videos, windows), 15).0;
    assert_eq!(winner(&[wide.clone(), narrow.clone()]), Some(3));
    assert_eq!(winner(&[newer.clone(), narrow.clone()]), Some(4));
    assert_eq!(winner(&[newer.clone(), newer_still, narrow]), Some(5));
    assert_eq!(winner(&[wide, high, newer]), Some(2));
}

#[test]
fn a_window_that_does_not_win_changes_nothing() {
    let videos = [video(1)];
    let windows = [Window { priority: 1, ..window(1, 1, 0..100) }, window(2, 1, 10..20)];
    assert_eq!(at(&content(&videos, &windows), 5), (Some(1), Some(1), Some(100)));
}

#[test]
fn a_window_gives_way_while_its_video_is_not_eligible() {
    let ending = PlayableVideo { subscription_end: Some(hour(15)), rotation_order: 9, ..video(2) };
    let inactive = PlayableVideo { is_active: false, ..video(3) };
    let unready = PlayableVideo { ready: false, ..video(4) };
    let deleted = PlayableVideo { deleted: true, ..video(5) };
    let videos = [video(1), ending, inactive, unready, deleted];
    let windows = [
        window(1, 2, 10..20),
        window(2, 2, 15..25),
        window(3, 3, 0..50),
        window(4, 4, 0..50),
        window(5, 5, 0..50),
        window(6, 99, 0..50),
        Window { active: false, ..window(7, 1, 0..50) },
    ];
    let content = content(&videos, &windows);
    assert_eq!(at(&content, 5), (None, Some(1), Some(10)));
    assert_eq!(at(&content, 12), (Some(1), Some(2), Some(15)));
    assert_eq!(at(&content, 15), (None, Some(1), Some(1_000)));
}

#[test]
fn a_pin_holds_until_a_window_or_its_videos_end() {
    let pinned = PlayableVideo { subscription_end: Some(hour(40)), ..video(2) };
    let videos = [video(1), pinned];
    let windows = [window(1, 1, 10..20)];
    let content = Content { pinned_video: Some(2), ..content(&videos, &windows) };
    assert_eq!(active_video(&content, hour(5)).source, PlaybackSource::Pin);
    assert_eq!(at(&content, 5), (None, Some(2), Some(10)));
    assert_eq!(at(&content, 20), (None, Some(2), Some(40)));
    assert_eq!(at(&content, 40), (None, Some(1), Some(1_000)));
    assert_eq!(active_video(&content, hour(40)).source, PlaybackSource::Default);
    let elsewhere = Content { pinned_video: Some(99), ..content };
    assert_eq!(at(&elsewhere, 5), (None, Some(1), Some(10)));
}

#[test]
fn the_pinned_video_is_another_decision_than_the_same_by_default() {
    let videos = [video(1)];
    let windows = [window(1, 1, 10..20)];
    assert_eq!(at(&content(&videos, &windows), 5), (None, Some(1), Some(10)), "the video stays, the rule changes");
}

#[test]
fn the_default_is_the_lowest_order_then_the_lowest_id() {
    let order = |id, rotation_order, end: Option<i64>| PlayableVideo {
        rotation_order,
        subscription_end: end.map(hour),
        ..video(id)
    };
    let videos = [order(7, 1, None), order(6, 1, None), order(9, 0, Some(10)), order(8, 0, Some(20))];
    let content = content(&videos, &[]);
    assert_eq!(at(&content, 5), (None, Some(8), Some(20)));
    assert_eq!(at(&content, 20), (None, Some(6), Some(1_000)));
}

#[test]
fn a_change_beyond_ten_years_is_not_told() {
    let videos = [video(1)];
    let now = hour(0);
    let ten_years = now.checked_add_months(HORIZON).unwrap();
    let ends = |expires_at| {
        let content = Content { expires_at, ..content(&videos, &[]) };
        active_video(&content, now).valid_until
    };
    assert_eq!(ends(ten_years), Some(ten_years));
    assert_eq!(ends(ten_years + TimeDelta::microseconds(1)), None);
    assert_eq!(ends(DateTime::<Utc>::MAX_UTC), None);
}

/// What a decision says, without how long it holds.
type Said = (Option<i64>, PlaybackSource, Option<i64>, Option<Reason>);

fn said(decision: Decision) -> Said {
    (decision.video, decision.source, decision.window(), decision.reason)
}

fn saved(window: &Window) -> i64 {
    let RuleId::Saved(id) = window.id else { panic!("{window:?} is not saved") };
    id
}

/// The rules once more, read off the design and without any thought of speed.
fn plainly(content: &Content, at: DateTime<Utc>) -> Said {
    let nothing = |reason| (None, PlaybackSource::None, None, Some(reason));
    if at >= content.expires_at {
        return nothing(Reason::Expired);
    }
    let eligible = |id: i64| {
        content.videos.iter().find(|video| {
            video.id == id
                && video.is_active
                && video.ready
                && !video.deleted
                && video.subscription_end.is_none_or(|end| at < end)
        })
    };
    let mut windows: Vec<_> = content
        .windows
        .iter()
        .filter(|window| window.active && window.start <= at && at < window.end)
        .filter(|window| eligible(window.video_id).is_some())
        .collect();
    windows.sort_by(|one, other| {
        let width = |window: &Window| window.end - window.start;
        (other.priority.cmp(&one.priority))
            .then(width(one).cmp(&width(other)))
            .then(other.created_at.cmp(&one.created_at))
            .then(other.id.cmp(&one.id))
    });
    if let Some(window) = windows.first() {
        return (Some(window.video_id), PlaybackSource::Schedule, Some(saved(window)), None);
    }
    if let Some(video) = content.pinned_video.and_then(eligible) {
        return (Some(video.id), PlaybackSource::Pin, None, None);
    }
    let mut videos: Vec<_> = content.videos.iter().filter_map(|video| eligible(video.id)).collect();
    videos.sort_by_key(|video| (video.rotation_order, video.id));
    match videos.first() {
        Some(video) => (Some(video.id), PlaybackSource::Default, None, None),
        None => nothing(Reason::NoPlayableVideo),
    }
}

prop_compose! {
    fn any_video()(
        is_active in prop::bool::weighted(0.9),
        ready in prop::bool::weighted(0.9),
        deleted in prop::bool::weighted(0.1),
        end in prop::option::of(0..48_i64),
        rotation_order in 0..3_i32,
    ) -> PlayableVideo {
        PlayableVideo { is_active, ready, deleted, subscription_end: end.map(hour), rotation_order, id: 0 }
    }
}

prop_compose! {
    fn any_window()(
        video_id in 1..6_i64,
        start in 0..40_i64,
        width in prop::sample::select(vec![1, 2, 4, 4, 8, 30]),
        priority in -1..2_i32,
        created in 0..2_i64,
        active in prop::bool::weighted(0.9),
    ) -> Window {
        Window { priority, active, created_at: hour(created), ..window(0, video_id, start..start + width) }
    }
}

type Rows = (Vec<PlayableVideo>, Vec<Window>);

fn any_rows() -> impl Strategy<Value = Rows> {
    let videos = prop::collection::vec(any_video(), 0..5);
    let windows = prop::collection::vec(any_window(), 0..10);
    (videos, windows).prop_map(|(mut videos, mut windows)| {
        (1..).zip(&mut videos).for_each(|(id, video)| video.id = id);
        (1..).zip(&mut windows).for_each(|(id, window)| window.id = RuleId::Saved(id));
        (videos, windows)
    })
}

/// The same rows in two orders.
fn any_rows_twice() -> impl Strategy<Value = (Rows, Rows)> {
    any_rows().prop_flat_map(|(videos, windows)| {
        let shuffled = (Just(videos.clone()).prop_shuffle(), Just(windows.clone()).prop_shuffle());
        (Just((videos, windows)), shuffled)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every boundary is a whole hour and none comes after hour 80, so half hours see every segment, and whole hours
    /// every change.
    #[test]
    fn holds_until_the_exact_next_change(
        ((videos, windows), (shuffled_videos, shuffled_windows)) in any_rows_twice(),
        pinned_video in prop::option::of(1..6_i64),
        expires in 0..80_i64,
    ) {
        let content = Content { pinned_video, expires_at: hour(expires), ..content(&videos, &windows) };
        let shuffled = Content { videos: shuffled_videos, windows: shuffled_windows, ..content.clone() };
        let half_hours: Vec<_> = (-2..170).map(|half| hour(0) + TimeDelta::minutes(30 * half)).collect();
        for (index, &instant) in half_hours.iter().enumerate() {
            let decision = active_video(&content, instant);
            let now = said(decision);
            prop_assert_eq!(now, plainly(&content, instant));
            prop_assert_eq!(active_video(&shuffled, instant), decision);
            let change = half_hours[index..].iter().copied().find(|&later| plainly(&content, later) != now);
            prop_assert_eq!(decision.valid_until, change);
        }
    }
}

#[test]
fn thousands_of_windows_are_read_once() {
    let videos: Vec<_> = (1..=1_000).map(video).collect();
    let windows: Vec<_> = (1..=20_000).map(|id| window(id, 1 + id % 1_000, id..id + 2)).collect();
    let content = Content { expires_at: hour(100_000), ..content(&videos, &windows) };
    assert_eq!(at(&content, 19_999), (Some(19_999), Some(1_000), Some(20_000)));
}
