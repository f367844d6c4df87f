//! What it takes to decide what plays, without a database: `cargo bench -p arvlite-api --bench playback`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use arvlite_api::domain::playback::{
    Content, Cron, DateRule, PlayableVideo, Prepared, Recurrence, RotationItem, RotationPlan, RotationRule, RuleId,
    Timeline, Window, active_video, timeline,
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

fn now() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Five videos, of which the third's subscription ends in between.
fn content(rotations: Vec<RotationRule>) -> Content {
    let video = |id| PlayableVideo {
        id,
        is_active: true,
        ready: true,
        subscription_end: (id == 3).then(|| now() + TimeDelta::days(1_000)),
        rotation_order: 0,
        deleted: false,
    };
    Content {
        unique_id: uuid::Uuid::from_u128(7),
        zone: Tz::Europe__Berlin,
        deleted: false,
        company_active: true,
        ready: true,
        project_archived: false,
        expires_at: now() + TimeDelta::days(5_000),
        has_photo: true,
        pinned_video: Some(2),
        videos: (1..=5).map(video).collect(),
        windows: Vec::new(),
        rotations,
    }
}

fn rule(id: i64, plan: RotationPlan) -> RotationRule {
    RotationRule { id: RuleId::Saved(id), is_active: true, anchor_at: now(), plan }
}

fn items(videos: i64) -> Vec<RotationItem> {
    (1..=videos).map(|video_id| RotationItem { video_id, weight: 1 }).collect()
}

fn steps(recurrence: Recurrence) -> Content {
    content(vec![rule(1, RotationPlan::Steps { recurrence, items: items(5) })])
}

fn cron(expression: &str) -> Content {
    steps(Recurrence::Cron(Cron::parse(expression).unwrap()))
}

fn daily() -> Content {
    steps(Recurrence::Daily { time_of_day: NaiveTime::MIN })
}

fn random(videos: i64) -> Content {
    content(vec![rule(1, RotationPlan::RandomDaily { time_of_day: NaiveTime::MIN, items: items(videos) })])
}

/// Fourteen windows, five yearly dates and a rule of steps.
fn twenty_rules() -> Content {
    let window = |id: i64| Window {
        id: RuleId::Saved(id),
        video_id: 1 + id % 5,
        start: now() + TimeDelta::days(id * 20),
        end: now() + TimeDelta::days(id * 20 + 30),
        priority: (id % 3) as i32,
        created_at: now(),
        active: true,
    };
    let dates = (1..=5).map(|day| DateRule {
        date: NaiveDate::from_ymd_opt(2026, 12, day * 5).unwrap(),
        yearly: true,
        video_id: i64::from(day),
    });
    let mut content = daily();
    content.windows = (0..14).map(window).collect();
    content.rotations.push(rule(2, RotationPlan::DateRules(dates.collect())));
    content
}

fn ten_years(content: &Content) -> Timeline {
    timeline(content, now(), now() + TimeDelta::days(3_650)).unwrap()
}

mod one_instant {
    use super::*;

    /// Nine years after the anchor, when the windows are over.
    fn late(bencher: Bencher<'_, '_>, content: &Content) {
        let at = now() + TimeDelta::days(3_300);
        bencher.bench_local(|| active_video(black_box(content), at));
    }

    #[divan::bench]
    fn no_rules(bencher: Bencher<'_, '_>) {
        late(bencher, &content(Vec::new()));
    }

    #[divan::bench]
    fn twenty_rules_in_a_window(bencher: Bencher<'_, '_>) {
        let content = twenty_rules();
        let at = now() + TimeDelta::days(100);
        bencher.bench_local(|| active_video(black_box(&content), at));
    }

    #[divan::bench]
    fn twenty_rules_past_all_windows(bencher: Bencher<'_, '_>) {
        late(bencher, &twenty_rules());
    }

    #[divan::bench]
    fn twenty_rules_prepared(bencher: Bencher<'_, '_>) {
        let content = twenty_rules();
        let prepared = Prepared::new(&content);
        let at = now() + TimeDelta::days(3_300);
        bencher.bench_local(|| black_box(&prepared).at(at));
    }

    #[divan::bench(args = ["0 */6 * * *", "* * * * *", "0 0 L * FRI"])]
    fn cron(bencher: Bencher<'_, '_>, expression: &str) {
        late(bencher, &super::cron(expression));
    }

    #[divan::bench(args = [2, 3, 5])]
    fn random_daily(bencher: Bencher<'_, '_>, videos: i64) {
        late(bencher, &random(videos));
    }
}

mod timeline_of_ten_years {
    use super::*;

    #[divan::bench]
    fn twenty_rules(bencher: Bencher<'_, '_>) {
        let content = super::twenty_rules();
        bencher.bench_local(|| ten_years(black_box(&content)));
    }

    #[divan::bench]
    fn daily(bencher: Bencher<'_, '_>) {
        let content = super::daily();
        bencher.bench_local(|| ten_years(black_box(&content)));
    }

    /// Cut after 5,000 of its 14,600 segments.
    #[divan::bench]
    fn cron(bencher: Bencher<'_, '_>) {
        let content = super::cron("0 */6 * * *");
        bencher.bench_local(|| ten_years(black_box(&content)));
    }

    #[divan::bench(args = [2, 5])]
    fn random_daily(bencher: Bencher<'_, '_>, videos: i64) {
        let content = random(videos);
        bencher.bench_local(|| ten_years(black_box(&content)));
    }
}

#[divan::bench]
fn parse_cron() -> Cron {
    Cron::parse(black_box("*/15 9-17 * * MON-FRI")).unwrap()
}
