//! What all tests of playback are built from.

use chrono::{NaiveDate, NaiveTime, TimeDelta, Weekday};

use super::*;

mod cron;
mod dates;
mod defects;
mod oracle;
mod plans;
mod property;
mod random_daily;
mod state;
mod stepped;
mod steps;
mod wall_time;
mod windows;

/// Whole hours from an arbitrary start.
fn hour(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + number * 3_600, 0).unwrap()
}

/// An instant, as `2027-03-28T01:00:00Z` or with an offset.
fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn time(text: &str) -> NaiveTime {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn video(id: i64) -> PlayableVideo {
    PlayableVideo { id, is_active: true, ready: true, subscription_end: None, rotation_order: 0, deleted: false }
}

fn ending(id: i64, subscription_end: DateTime<Utc>) -> PlayableVideo {
    PlayableVideo { subscription_end: Some(subscription_end), ..video(id) }
}

fn window(id: i64, video_id: i64, hours: std::ops::Range<i64>) -> Window {
    Window {
        id: RuleId::Saved(id),
        video_id,
        start: hour(hours.start),
        end: hour(hours.end),
        priority: 0,
        created_at: hour(0),
        active: true,
    }
}

fn content(videos: &[PlayableVideo], windows: &[Window]) -> Content {
    Content {
        unique_id: Uuid::from_u128(0x5eed),
        zone: Tz::UTC,
        deleted: false,
        company_active: true,
        ready: true,
        project_archived: false,
        expires_at: hour(1_000),
        has_photo: true,
        pinned_video: None,
        videos: videos.to_vec(),
        windows: windows.to_vec(),
        rotations: Vec::new(),
    }
}

/// Videos 1, 2, … and one rule, in a term without end. The default is video 1.
fn rotating(zone: Tz, videos: i64, rule: RotationRule) -> Content {
    let videos: Vec<_> = (1..=videos).map(video).collect();
    Content { zone, expires_at: instant("2090-01-01T00:00:00Z"), rotations: vec![rule], ..content(&videos, &[]) }
}

fn rule(id: i64, anchor_at: DateTime<Utc>, plan: RotationPlan) -> RotationRule {
    RotationRule { id: RuleId::Saved(id), is_active: true, anchor_at, plan }
}

fn items(videos: &[i64]) -> Vec<RotationItem> {
    videos.iter().map(|&video_id| RotationItem { video_id, weight: 1 }).collect()
}

fn steps(anchor: &str, recurrence: Recurrence, videos: &[i64]) -> RotationRule {
    rule(1, instant(anchor), RotationPlan::Steps { recurrence, items: items(videos) })
}

fn daily(time_of_day: &str) -> Recurrence {
    Recurrence::Daily { time_of_day: time(time_of_day) }
}

fn cron(expression: &str) -> Recurrence {
    Recurrence::Cron(Cron::parse(expression).unwrap())
}

/// What plays at an instant, and until when.
fn plays(content: &Content, at: &str) -> (Option<i64>, PlaybackSource, Option<DateTime<Utc>>) {
    let Decision { video, source, valid_until, .. } = active_video(content, instant(at));
    (video, source, valid_until)
}
