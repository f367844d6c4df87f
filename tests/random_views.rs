//! Whatever phones send and whenever it is rolled up, numbers agree with each other and with the views.

use std::collections::HashMap;

use arvlite_api::auth::{Caller, Viewer};
use arvlite_api::domain::analytics::{
    self, Answer, Dimension, Interval, Part, Question, Reading, Timeframe, Told, roll_once,
};
use arvlite_api::domain::view::{Beat, Start, sweep_once};
use arvlite_db::models::{ArContent, DeviceType, Role, TrackingQuality, ViewLogScope, ViewNumbers, ViewNumbersFilter};
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use crate::support::{Studio, TestApp};
use crate::view_analytics::overall;

const INTERVALS: [Interval; 4] = [Interval::Hour, Interval::Day, Interval::Week, Interval::Month];
const DIMENSIONS: [Dimension; 12] = [
    Dimension::DeviceType,
    Dimension::Os,
    Dimension::Browser,
    Dimension::Country,
    Dimension::City,
    Dimension::TrackingQuality,
    Dimension::Project,
    Dimension::ArContent,
    Dimension::Video,
    Dimension::Source,
    Dimension::HourOfDay,
    Dimension::Weekday,
];

/// The numbers of an answer, of which all parts of one kind agree with the whole.
fn agreeing(answer: &Answer, of: ViewLogScope) -> ViewNumbers {
    let whole = overall(answer).numbers.clone();
    for (part, told) in &answer.parts {
        let mut sum = ViewNumbers { durations: vec![0; whole.durations.len()], ..ViewNumbers::default() };
        match told.as_ref().unwrap() {
            Told::Metrics(_) => continue,
            Told::Timeseries(buckets) => {
                assert!(buckets.windows(2).all(|pair| pair[0].0.1 == pair[1].0.0));
                buckets.iter().for_each(|(_, metrics)| sum.add(&metrics.numbers));
            }
            Told::Breakdown(breakdown) => {
                breakdown.rows.iter().for_each(|row| sum.add(&row.metrics.numbers));
                breakdown.other.iter().for_each(|other| sum.add(&other.numbers));
            }
        }
        // Told apart by something narrower, viewers count once for each of it.
        let narrower = match part {
            Part::Breakdown(Dimension::Project, _) => matches!(of, ViewLogScope::Company(_)),
            Part::Breakdown(Dimension::ArContent | Dimension::Video, _) => !matches!(of, ViewLogScope::ArContent(_)),
            _ => false,
        };
        if narrower {
            sum.viewers = whole.viewers;
        }
        assert_eq!(sum, whole, "{part:?}");
    }
    whole
}

/// How long ago a phone says that something happened: mostly now, at times long ago.
fn late(chance: &mut StdRng) -> TimeDelta {
    let seconds = if chance.random_bool(0.2) { chance.random_range(0..90_000) } else { 0 };
    TimeDelta::seconds(seconds)
}

/// A studio in a zone whose phones do what they like.
struct Wild {
    studio: Studio,
    contents: Vec<ArContent>,
    viewer: Viewer,
    tokens: Vec<(Uuid, ArContent, String)>,
}

impl Wild {
    async fn studio(app: &TestApp, zone: &str) -> Self {
        let studio = app.studio(zone).await;
        let other = app.project(&studio.company, "Other").await;
        let mut contents = Vec::new();
        for (number, project) in [("1", &studio.project), ("2", &studio.project), ("3", &other)] {
            contents.push(app.playing(project, number, &["one.mp4"]).await.0);
        }
        app.change(&format!("UPDATE companies SET time_zone = '{zone}' WHERE id = {}", studio.company.id)).await;
        let viewer = app.member(studio.company.id, Role::Manager).await.viewer;
        Self { studio, contents, viewer, tokens: Vec::new() }
    }

    async fn do_something(&mut self, app: &TestApp, chance: &mut StdRng) {
        let again = (!self.tokens.is_empty()).then(|| self.tokens[chance.random_range(0..self.tokens.len())].clone());
        let (id, content) = match &again {
            // The same start once more.
            Some((id, content, _)) if chance.random_bool(0.1) => (*id, content.clone()),
            Some((_, _, token)) if chance.random_bool(0.7) => {
                let played = chance.random_range(0..200);
                let beat = Beat {
                    played_seconds: chance.random_bool(0.9).then_some(played),
                    tracking_quality: chance.random_bool(0.5).then(|| TrackingQuality::ALL[chance.random_range(0..5)]),
                    video_played: played > 5,
                    ended: chance.random_bool(0.3),
                    ago: late(chance),
                };
                // A token that is too old is refused.
                let _ = app.app.views.writer.beat(token, beat).await;
                return;
            }
            _ => (Uuid::from_u128(chance.random()), self.contents[chance.random_range(0..3)].clone()),
        };
        let start = Start {
            unique_id: content.unique_id,
            session_id: id,
            device_type: Some(DeviceType::ALL[chance.random_range(0..DeviceType::ALL.len())]),
            browser: chance.random_bool(0.5).then(|| "Firefox".to_owned()),
            os: Some(["iOS", "Android"][chance.random_range(0..2)].to_owned()),
            tracking_quality: None,
            ago: late(chance),
            reports_for: None,
        };
        let caller = Caller { address: Some(format!("203.0.113.{}", chance.random_range(1..20))), ..Caller::default() };
        let started = app.app.views.writer.start(start, &caller).await.unwrap();
        self.tokens.push((id, content, started.token.unwrap()));
    }

    /// Asks everything of some time, with and without rollups.
    async fn check(&self, app: &TestApp, chance: &mut StdRng) -> i64 {
        let now = app.app.clock.now();
        let to = now - TimeDelta::seconds(chance.random_range(-50_000..400_000));
        let from = to - TimeDelta::seconds(chance.random_range(3_600..4_000_000));
        let zone = [None, Some(chrono_tz::UTC), Some(chrono_tz::Australia::Lord_Howe)][chance.random_range(0..3)];
        let timeframe = Timeframe::new(from, to, zone).unwrap();
        let content = &self.contents[chance.random_range(0..3)];
        let of = [
            ViewLogScope::Company(self.studio.company.id),
            ViewLogScope::Project(content.project_id),
            ViewLogScope::ArContent(content.id),
        ][chance.random_range(0..3)];
        let filter = match chance.random_bool(0.3) {
            true => ViewNumbersFilter { os: Some(vec!["iOS".to_owned()]), ..ViewNumbersFilter::default() },
            false => ViewNumbersFilter::default(),
        };
        let is_filtered = filter != ViewNumbersFilter::default();
        let mut parts = vec![Part::Overall, Part::Previous];
        parts.extend(INTERVALS.map(Part::Timeseries));
        parts.extend(DIMENSIONS.map(|by| Part::Breakdown(by, chance.random_range(1..4))));
        let medians = parts.iter().copied().collect();
        let question = Question { of, timeframe, filter, parts, medians, peak: true };
        let rolled = analytics::analyze(&app.app, &self.viewer, &question, Reading::Rollups).await.unwrap();
        let viewed = analytics::analyze(&app.app, &self.viewer, &question, Reading::Views).await.unwrap();
        let place = format!("{of:?} {:?} {from} {to}", question.timeframe);
        let parts = |answer: &Answer| {
            answer.parts.iter().map(|(part, told)| (*part, format!("{told:?}"))).collect::<HashMap<_, _>>()
        };
        let (left, right) = (parts(&rolled), parts(&viewed));
        for (part, told) in &left {
            let differs = told.split("))").zip(right[part].split("))")).find(|(left, right)| left != right);
            assert!(*told == right[part], "{part:?} {place}: {differs:?}");
        }
        let whole = agreeing(&rolled, of);
        let scope = match of {
            ViewLogScope::Everything => String::new(),
            ViewLogScope::Company(id) => format!("company_id = {id}"),
            ViewLogScope::Project(id) => format!("project_id = {id}"),
            ViewLogScope::ArContent(id) => format!("ar_content_id = {id}"),
        };
        let os = if is_filtered { "AND os = 'iOS'" } else { "" };
        let counted: Vec<i64> = app
            .column(&format!(
                "SELECT unnest(ARRAY[count(*), coalesce(sum(duration_seconds), 0)::bigint]) FROM ar_view_sessions
                 WHERE {scope} {os} AND device_type <> 'BOT' AND started_at >= '{}' AND started_at < '{}'",
                from.to_rfc3339(),
                to.to_rfc3339()
            ))
            .await;
        assert_eq!(counted, [whole.views, whole.watch_seconds], "{place}");
        whole.views
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_late_phones_report_and_whenever_it_is_rolled_up_all_numbers_agree() {
    let app = TestApp::start().await;
    let zones = ["Asia/Kolkata", "America/St_Johns", "Pacific/Chatham", "Europe/Moscow"];
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    // The clocks of St. John's go forward on 14 March, those of the Chatham Islands back on 4 April.
    let begin: DateTime<Utc> = "2027-03-11T00:00:00Z".parse().unwrap();
    app.app.clock.advance(begin - app.app.clock.now());
    let mut studios = Vec::new();
    for zone in zones {
        studios.push(Wild::studio(&app, zone).await);
    }
    let (mut seen, mut steps) = (0_i64, 0_u32);
    while app.app.clock.now() < begin + TimeDelta::days(27) {
        for wild in &mut studios {
            for _ in 0..chance.random_range(0..6) {
                wild.do_something(&app, &mut chance).await;
                app.app.clock.advance(TimeDelta::milliseconds(chance.random_range(0..20_000)));
            }
        }
        // What the phone could not say, and who saw it first: before anything is rolled up.
        app.change(
            "UPDATE ar_view_sessions SET country = (ARRAY['DE', 'NZ'])[1 + id % 3], city = (ARRAY['Riga'])[1 + id % 2],
                first_in_company = id % 7 < 3, first_in_project = id % 7 < 5, first_in_ar_content = id % 7 < 6
             WHERE country IS NULL AND NOT first_in_ar_content",
        )
        .await;
        let hours = if chance.random_bool(0.3) {
            chance.random_range(0..60 * 60)
        } else {
            chance.random_range(0..60 * 60 * 30)
        };
        app.app.clock.advance(TimeDelta::seconds(hours));
        if chance.random_bool(0.8) {
            sweep_once(&app.app).await.unwrap();
        }
        if chance.random_bool(0.6) {
            roll_once(&app.app).await.unwrap();
        }
        steps += 1;
        if steps % 2 == 0 {
            let wild = &studios[chance.random_range(0..studios.len())];
            seen += wild.check(&app, &mut chance).await;
        }
    }
    sweep_once(&app.app).await.unwrap();
    roll_once(&app.app).await.unwrap();
    let rolled: i64 = app.column("SELECT count(*) FROM view_rollups WHERE grain = 'MONTH'").await[0];
    assert!(rolled > 20 && seen > 50, "{rolled} rollups of months, {seen} views in {steps} answers");
    for wild in &studios {
        let found = analytics::rebuild(&app.app, wild.studio.company.id, true).await.unwrap();
        assert!(found.was_equal(), "{found:?}");
    }
}
