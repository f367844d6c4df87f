//! Whatever becomes of reports on their way - lost, doubled, overtaken, taken by another process, late - the views come
//! out the same.

use arvlite_api::auth::Caller;
use arvlite_api::domain::view::{Beat, Report, SILENCE, Start, sweep_once};
use arvlite_db::models::{ArContent, TrackingQuality, ViewSession, ViewSessionStatus};
use arvlite_db::{Entity, Scope};
use chrono::TimeDelta;
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use crate::support::{TestApp, fresh_database};

const VIEWS: usize = 20;
const QUALITIES: &[TrackingQuality] = TrackingQuality::ALL;

/// Two processes on one database, and an order that plays.
async fn house() -> ([TestApp; 2], ArContent) {
    let url = fresh_database().await;
    let apps = [TestApp::on(&url).await, TestApp::on(&url).await];
    let studio = apps[0].studio("Studio").await;
    let (content, _) = apps[0].playing(&studio.project, "1", &["one.mp4"]).await;
    for app in &apps {
        app.app.clock.advance(TimeDelta::hours(1));
    }
    (apps, content)
}

fn seconds(chance: &mut StdRng) -> i32 {
    match chance.random_range(0..10) {
        0 => i32::MAX,
        1 => i32::MIN,
        2 => -1,
        3 => 86_400,
        _ => chance.random_range(0..600),
    }
}

/// What the phones have to say: every view's start, and some beats and ends.
fn said(chance: &mut StdRng, content: &ArContent) -> Vec<Vec<Report>> {
    let view = |_| {
        let (session_id, ago) =
            (uuid::Builder::from_random_bytes(chance.random()).into_uuid(), chance.random_range(0..900));
        let start =
            Start { unique_id: content.unique_id, session_id, ago: TimeDelta::seconds(ago), ..Start::default() };
        let mut reports = vec![Report::Start(start)];
        for _ in 0..chance.random_range(0..8) {
            let beat = Beat {
                played_seconds: chance.random_bool(0.8).then(|| seconds(chance)),
                tracking_quality: chance.random_bool(0.7).then(|| QUALITIES[chance.random_range(0..QUALITIES.len())]),
                video_played: chance.random_bool(0.5),
                ended: chance.random_bool(0.2),
                ago: TimeDelta::seconds(chance.random_range(-10..1000)),
            };
            reports.push(Report::Beat { token: None, session_id: Some(session_id), beat });
        }
        reports
    };
    (0..VIEWS).map(view).collect()
}

/// The views as far as reports make them, and how many events told of each.
async fn stored(app: &TestApp) -> Vec<ViewSession> {
    let session = app.app.db.session(Scope::Everything);
    let ids: Vec<i64> = app.column("SELECT id FROM ar_view_sessions ORDER BY session_id").await;
    let mut views = ViewSession::by_ids(&session, &ids).await.unwrap();
    views.sort_by_key(|view| view.session_id);
    views
}

fn without_way(view: ViewSession) -> ViewSession {
    ViewSession { id: 0, version: 0, ..view }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_repetition_and_way_gives_the_same_views() {
    for seed in 0..8 {
        let mut chance = StdRng::seed_from_u64(seed);
        let (plain, content) = house().await;
        let said = said(&mut chance, &content);
        for reports in &said {
            for told in plain[0].app.views.writer.report(reports.clone(), &Caller::default()).await {
                told.unwrap();
            }
        }
        let expected: Vec<ViewSession> = stored(&plain[0]).await.into_iter().map(without_way).collect();

        let (apps, same) = house().await;
        // The code of an order is drawn anew for each house.
        let here = |report: &Report| match report.clone() {
            Report::Start(start) => Report::Start(Start { unique_id: same.unique_id, ..start }),
            beat => beat,
        };
        // Parts of what was said, each with its start, which makes it known whose it is; each part at least once.
        let mut parts: Vec<Vec<Report>> = Vec::new();
        for reports in &said {
            let (start, beats) = reports.split_first().unwrap();
            for _ in 0..2 {
                let mut beats: Vec<&Report> = beats.iter().collect();
                beats.shuffle(&mut chance);
                for part in beats.chunks(chance.random_range(1..4)).chain([&[][..]]) {
                    let mut part: Vec<Report> = part.iter().map(|report| here(report)).chain([here(start)]).collect();
                    part.shuffle(&mut chance);
                    parts.push(part);
                }
            }
        }
        parts.shuffle(&mut chance);
        let told = parts.into_iter().map(|part| {
            let app = &apps[chance.random_range(0..2)].app;
            async move { app.views.writer.report(part, &Caller::default()).await }
        });
        for told in join_all(told).await.into_iter().flatten() {
            told.unwrap();
        }
        let views = stored(&apps[0]).await;
        let log = apps[0].log().await;
        for view in &views {
            let told = log.iter().filter(|event| event.view_session.as_ref().unwrap().session_id == view.session_id);
            let versions: Vec<i32> = told.map(|event| event.view_session.as_ref().unwrap().version).collect();
            assert_eq!(versions, Vec::from_iter(1..=view.version), "every state was told once, in order");
        }
        let views: Vec<ViewSession> = views.into_iter().map(without_way).collect();
        assert_eq!(views.len(), VIEWS);
        assert_eq!(views, expected, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_end_silent_views_end_each_once() {
    let ([one, other], content) = house().await;
    let starts = (0..300).map(|_| one.start_view(&content, Uuid::new_v4()));
    assert!(join_all(starts).await.iter().all(Result::is_ok));
    for app in [&one, &other] {
        app.app.clock.advance(SILENCE + TimeDelta::seconds(1));
    }
    let (here, there) = tokio::join!(sweep_once(&one.app), sweep_once(&other.app));
    let left = sweep_once(&one.app).await.unwrap();
    assert_eq!(here.unwrap() + there.unwrap() + left, 300);
    let ended = one.log().await.iter().filter(|event| event.kind.as_str() == "TIMED_OUT").count();
    assert_eq!(ended, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_comes_while_its_view_is_ended_wins() {
    let ([one, other], content) = house().await;
    let started = join_all((0..60).map(|_| one.start_view(&content, Uuid::new_v4()))).await;
    let tokens: Vec<String> = started.into_iter().map(|started| started.unwrap().token.unwrap()).collect();
    for app in [&one, &other] {
        app.app.clock.advance(SILENCE + TimeDelta::seconds(1));
    }
    let beats = tokens
        .iter()
        .map(|token| one.app.views.writer.beat(token, Beat { played_seconds: Some(61), ..Beat::default() }));
    let (beaten, swept) = tokio::join!(join_all(beats), sweep_once(&other.app));
    swept.unwrap();
    assert!(beaten.iter().all(|view| view.as_ref().unwrap().status == ViewSessionStatus::Active));
    sweep_once(&other.app).await.unwrap();
    for view in stored(&one).await {
        let told = (view.status, view.ended_at, view.duration_seconds);
        assert_eq!(told, (ViewSessionStatus::Active, None, Some(61)));
    }
}
