//! Numbers of views agree with each other and with the views, whatever is rolled up and however late a phone reports.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use arvlite_api::domain::analytics::{
    self, Answer, Dimension, Interval, Metrics, Part, Question, Reading, Timeframe, Told, roll_once,
};
use arvlite_api::domain::view::sweep_once;
use arvlite_api::global_id;
use arvlite_db::Scope;
use arvlite_db::models::{ArContent, Company, Project, Role, ViewLogScope, ViewNumbersFilter};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Studio, TestApp};

/// How long it is waited for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);

const ALL: &str = "query ($scope: AnalyticsScope!, $timeframe: Timeframe!, $where: ViewWhere) {
    viewAnalytics(scope: $scope, timeframe: $timeframe, where: $where) {
        asOf completeThrough
        overall { ...numbers averageSeconds medianSeconds playRate trackingLossRate peakConcurrent }
        previous { ...numbers peakConcurrent }
        days: timeseries(interval: DAY) { from to metrics { ...numbers medianSeconds peakConcurrent } }
        hours: timeseries(interval: HOUR) { from to metrics { ...numbers } }
        orders: breakdown(by: AR_CONTENT, first: 2) { rows { value label metrics { ...numbers } } other { ...numbers } }
        projects: breakdown(by: PROJECT) { rows { value label metrics { ...numbers } } other { ...numbers } }
        devices: breakdown(by: DEVICE_TYPE) { rows { value label metrics { ...numbers } } other { ...numbers } }
        cities: breakdown(by: CITY) { rows { value label metrics { ...numbers } } other { ...numbers } }
        clock: breakdown(by: HOUR_OF_DAY, first: 24) { rows { value label metrics { ...numbers } } other { ...numbers } }
        weekdays: breakdown(by: WEEKDAY) { rows { value label metrics { ...numbers } } other { ...numbers } } } }
    fragment numbers on ViewMetrics { views uniqueViewers watchSeconds }";

impl TestApp {
    /// Waits until somebody is held up by a lock on a table.
    pub async fn somebody_waits_for(&self, table: &str) {
        let waiting = format!(
            "SELECT count(*) FROM pg_locks WHERE relation = '{table}'::regclass AND NOT granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        );
        let until_it_waits = async { while self.column::<i64>(&waiting).await == [0] {} };
        tokio::time::timeout(PATIENCE, until_it_waits).await.expect("somebody waits");
    }

    /// Views of an order at these seconds after an instant, that lasted so long.
    pub async fn views_at(&self, content: &ArContent, from: &str, seconds: &[(i64, i64)]) {
        for (second, lasted) in seconds {
            self.change(&format!(
                "INSERT INTO ar_view_sessions (company_id, project_id, ar_content_id, session_id, source, status,
                    device_type, duration_seconds, tracking_quality, video_played, started_at, updated_at, last_seen_at,
                    ended_at, first_in_company, first_in_project, first_in_ar_content)
                 SELECT {}, {}, {}, gen_random_uuid(), 'DEFAULT', 'ENDED', 'MOBILE', {lasted}, 'GOOD', true, at, at,
                    at + interval '{lasted} seconds', at + interval '{lasted} seconds', {lasted} > 9, {lasted} > 5, true
                 FROM (VALUES (timestamptz '{from}' + interval '{second} seconds')) AS started(at)",
                content.company_id, content.project_id, content.id
            ))
            .await;
        }
    }
}

fn company(studio: &Studio) -> Value {
    json!({ "companyId": global_id::encode::<Company>(studio.company.id) })
}

fn timeframe(from: &str, to: &str) -> Value {
    json!({ "from": from, "to": to })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_is_told_numbers_that_agree_rolled_up_or_not() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (first, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (second, _) = app.playing(&studio.project, "2", &["two.mp4"]).await;
    let (third, _) = app.playing(&studio.project, "3", &["three.mp4"]).await;
    app.views_at(&first, "2026-11-10 08:00Z", &[(0, 10), (5, 20), (20, 4), (86_400, 30)]).await;
    app.views_at(&second, "2026-11-11 23:59:58Z", &[(0, 10), (1, 2)]).await;
    app.views_at(&third, "2026-10-20 10:00Z", &[(0, 7)]).await;
    app.views_at(&third, "2026-11-12 10:00Z", &[(0, 7)]).await;
    let program = "UPDATE ar_view_sessions SET device_type = 'BOT' WHERE duration_seconds = 30";
    app.views_at(&third, "2026-11-12 10:00Z", &[(50, 30)]).await;
    app.change(&format!("{program} AND ar_content_id = {}", third.id)).await;

    let manager = app.member(studio.company.id, Role::Manager).await;
    let asked =
        json!({ "scope": company(&studio), "timeframe": timeframe("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z") });
    let told = manager.ask(ALL, asked.clone()).await["viewAnalytics"].clone();
    assert_eq!(
        told["overall"],
        json!({ "views": 7, "uniqueViewers": 4, "watchSeconds": 83.0, "averageSeconds": 83.0 / 7.0, "medianSeconds": 10.25,
            "playRate": 1.0, "trackingLossRate": 0.0, "peakConcurrent": 2 })
    );
    assert_eq!(
        told["previous"],
        json!({ "views": 1, "uniqueViewers": 0, "watchSeconds": 7.0, "peakConcurrent": null })
    );
    assert_eq!(
        (told["asOf"].as_str(), told["completeThrough"].as_str()),
        (Some("2026-11-21T12:00:00+00:00"), Some("2026-11-21T11:59:55+00:00"))
    );
    let days = told["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days[9]["metrics"]["views"], 3);
    assert_eq!(days[9]["from"], "2026-11-10T00:00:00+00:00");
    assert_eq!(told["hours"].as_array().unwrap().len(), 720);
    assert_eq!(told["orders"]["rows"][0]["label"], "1");
    assert_eq!(told["orders"]["other"]["views"], 1);
    assert_eq!(told["projects"]["rows"][0]["metrics"]["uniqueViewers"], 5);
    assert_eq!(
        told["cities"]["rows"],
        json!([{ "value": "", "label": "unknown", "metrics": told["devices"]["rows"][0]["metrics"] }])
    );
    assert_eq!(told["clock"]["rows"][0]["label"], "08:00–09:00");
    assert_eq!(told["weekdays"]["rows"][0]["value"], "TUESDAY");

    roll_once(&app.app).await.unwrap();
    assert_eq!(manager.ask(ALL, asked.clone()).await["viewAnalytics"], told);
    app.change("UPDATE view_rollups SET views = views + 100 WHERE grain = 'DAY' AND facet = 'TOTAL'").await;
    let overall = manager.ask(ALL, asked).await["viewAnalytics"]["overall"]["views"].clone();
    assert_eq!(overall, 7 + 300, "three days have views, and all of them are rolled up");
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_of_the_clock_are_rolled_up_and_medians_are_read_where_they_are_asked_for() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.change(&format!("UPDATE companies SET time_zone = 'Australia/Lord_Howe' WHERE id = {}", studio.company.id))
        .await;
    // At 15:00Z the clock went back from two o'clock to half past one: the half hour after half past one came twice.
    let seconds: Vec<(i64, i64)> = (0..8).map(|quarter| (quarter * 900 + 60, 10 + quarter)).collect();
    app.views_at(&content, "2026-04-04 14:00Z", &seconds).await;
    app.views_at(&content, "2026-04-14 14:00Z", &seconds).await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let hours = Part::Breakdown(Dimension::HourOfDay, 24);
    let by_month = Part::Timeseries(Interval::Month);
    let answer = async |zone: Option<chrono_tz::Tz>, medians: &[Part], reading| {
        let (from, to) = ("2026-03-31T00:00:00Z".parse().unwrap(), "2026-05-11T11:11:00Z".parse().unwrap());
        let question = Question {
            timeframe: Timeframe::new(from, to, zone).unwrap(),
            parts: vec![hours, by_month],
            medians: medians.iter().copied().collect(),
            ..question(&studio, "2026-03-31T00:00:00Z", "2026-05-11T11:11:00Z")
        };
        analytics::analyze(&app.app, &manager.viewer, &question, reading).await.unwrap()
    };
    let views = |answer: &Answer| {
        let Ok(Told::Breakdown(breakdown)) = &answer.parts[&hours] else { panic!() };
        breakdown.rows.iter().map(|row| (row.value.clone(), row.metrics.numbers.views)).collect::<BTreeMap<_, _>>()
    };
    roll_once(&app.app).await.unwrap();
    assert_eq!(
        app.column::<i64>("SELECT count(*) FROM view_rollups WHERE facet = 'HOUR' AND grain = 'DAY'").await,
        [5]
    );
    for zone in [None, Some(chrono_tz::UTC)] {
        let rolled = answer(zone, &[hours], Reading::Rollups).await;
        let raw = answer(zone, &[hours], Reading::Views).await;
        assert_eq!(format!("{:?}", rolled.parts[&hours]), format!("{:?}", raw.parts[&hours]));
        let Ok(Told::Timeseries(months)) = &rolled.parts[&by_month] else { panic!() };
        assert!(months.iter().all(|(_, month)| month.numbers.durations.is_empty()), "nobody asked for their medians");
    }
    let before = views(&answer(None, &[], Reading::Rollups).await);
    app.change("UPDATE view_rollups SET views = views + 100 WHERE facet = 'HOUR' AND grain = 'MONTH'").await;
    let after = views(&answer(None, &[], Reading::Rollups).await);
    assert!(after.iter().all(|(hour, views)| *views == before[hour] + 100), "{before:?} {after:?}");
    assert_eq!(views(&answer(Some(chrono_tz::UTC), &[], Reading::Rollups).await).values().sum::<i64>(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_browsers_strangers_invent_the_largest_are_told_and_the_rest_in_one() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (rolled, raw): (Vec<_>, Vec<_>) = (0..60).map(|view| (view, view)).partition(|(view, _)| view % 3 > 0);
    app.views_at(&content, "2026-11-10 08:00Z", &rolled).await;
    app.views_at(&content, "2026-11-21 08:00Z", &raw).await;
    // One for each view but of every fifth one, of which half tell none.
    app.change(
        "UPDATE ar_view_sessions SET browser = CASE duration_seconds % 10 WHEN 0 THEN 'Firefox' WHEN 5 THEN NULL
            ELSE 'Browser ' || duration_seconds END",
    )
    .await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let part = Part::Breakdown(Dimension::Browser, 4);
    let question = Question {
        parts: vec![Part::Overall, part],
        medians: HashSet::from([Part::Overall, part]),
        ..question(&studio, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    };
    roll_once(&app.app).await.unwrap();
    for reading in [Reading::Rollups, Reading::Views] {
        let answer = analytics::analyze(&app.app, &manager.viewer, &question, reading).await.unwrap();
        let Ok(Told::Breakdown(breakdown)) = &answer.parts[&part] else { panic!() };
        let rows: Vec<_> = breakdown.rows.iter().map(|row| (row.value.as_str(), row.metrics.numbers.views)).collect();
        assert_eq!(rows, [("", 6), ("Firefox", 6), ("Browser 1", 1), ("Browser 11", 1)]);
        let mut all = breakdown.other.clone().unwrap().numbers;
        assert_eq!((all.views, all.durations.iter().sum::<i64>()), (60 - 14, 60 - 14));
        breakdown.rows.iter().for_each(|row| all.add(&row.metrics.numbers));
        assert_eq!(all, overall(&answer).numbers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_is_said_where_it_was_asked() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let manager = app.member(studio.company.id, Role::Manager).await;
    let ask = async |scope: Value, from: &str, to: &str, parts: &str| {
        let document = format!(
            "query ($scope: AnalyticsScope!, $timeframe: Timeframe!) {{
                viewAnalytics(scope: $scope, timeframe: $timeframe) {{ {parts} }} }}"
        );
        manager.try_ask(&document, json!({ "scope": scope, "timeframe": timeframe(from, to) })).await
    };
    let (from, to) = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    for (from, to, parts, field, path) in [
        (to, from, "asOf", json!(["timeframe", "to"]), json!(["viewAnalytics"])),
        (from, "2036-11-01T00:00:01Z", "asOf", json!(["timeframe", "to"]), json!(["viewAnalytics"])),
        (
            from,
            to,
            "timeseries(interval: MINUTE) { from }",
            json!(["interval"]),
            json!(["viewAnalytics", "timeseries"]),
        ),
        (
            from,
            to,
            "breakdown(by: CITY, first: 101) { rows { value } }",
            json!(["first"]),
            json!(["viewAnalytics", "breakdown"]),
        ),
    ] {
        let answer = ask(company(&studio), from, to, parts).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{:#}", answer.0);
        let error = &answer.0["errors"][0];
        assert_eq!((&error["extensions"]["field"], &error["path"]), (&field, &path));
    }
    for scope in [
        company(&other),
        json!({ "projectId": global_id::encode::<Project>(other.project.id) }),
        json!({ "arContentId": global_id::encode::<ArContent>(123_456) }),
    ] {
        assert_eq!(ask(scope, from, to, "asOf").await.code(), "NOT_FOUND");
    }
    let aliases = "a: timeseries(interval: WEEK) { from } b: breakdown(by: OS, first: 1) { rows { value } } ... on ViewAnalytics { overall { views } }";
    assert_eq!(ask(company(&studio), from, "2036-11-01T00:00:00Z", aliases).await.code(), "no error");
    let nobody = app.anonymous();
    let document = "query ($scope: AnalyticsScope!, $timeframe: Timeframe!) { viewAnalytics(scope: $scope, timeframe: $timeframe) { asOf } }";
    let answer = nobody.try_ask(document, json!({ "scope": company(&studio), "timeframe": timeframe(from, to) })).await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_slow_dashboards_there_are_phones_are_heard() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let question = question(&studio, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let slow = app.connect().await;
    slow.batch_execute("BEGIN; LOCK TABLE view_rollup_states").await.unwrap();
    let dashboards =
        join_all((0..8).map(|_| analytics::analyze(&app.app, &manager.viewer, &question, Reading::Rollups)));
    let phones = async {
        app.somebody_waits_for("view_rollup_states").await;
        let for_phones = app.app.db.pool_state().limit - app.app.db.search_connections();
        let held = join_all((0..for_phones).map(|_| app.app.db.begin(Scope::Everything))).await;
        assert!(held.iter().all(Result::is_ok), "dashboards hold none of the {for_phones} others");
        drop(held);
        app.start_view(&content, Uuid::new_v4()).await.unwrap();
        slow.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(dashboards, phones);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_complete_up_to_views_that_go_on_or_are_being_stored() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let question = question(&studio, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let complete_through = async || {
        let answer = analytics::analyze(&app.app, &manager.viewer, &question, Reading::Rollups).await.unwrap();
        assert_eq!(answer.as_of, app.app.clock.now());
        answer.complete_through
    };
    let began = app.app.clock.now();
    let log = app.connect().await;
    log.batch_execute("BEGIN; LOCK TABLE view_events IN SHARE MODE").await.unwrap();
    let meanwhile = async {
        app.somebody_waits_for("view_events").await;
        app.app.clock.advance(TimeDelta::seconds(3));
        assert!(complete_through().await <= began, "the view is not stored yet");
        log.batch_execute("COMMIT").await.unwrap();
    };
    let (started, ()) = tokio::join!(app.start_view(&content, Uuid::new_v4()), meanwhile);
    started.unwrap();
    app.app.clock.advance(TimeDelta::seconds(50));
    assert_eq!(complete_through().await, began);
    app.app.clock.advance(TimeDelta::seconds(600));
    sweep_once(&app.app).await.unwrap();
    assert_eq!(complete_through().await, app.app.clock.now() - TimeDelta::seconds(5));
}

/// What all views of a studio in a time add up to.
pub fn question(studio: &Studio, from: &str, to: &str) -> Question {
    Question {
        of: ViewLogScope::Company(studio.company.id),
        timeframe: Timeframe::new(from.parse().unwrap(), to.parse().unwrap(), None).unwrap(),
        filter: ViewNumbersFilter::default(),
        parts: vec![Part::Overall],
        medians: HashSet::from([Part::Overall]),
        peak: true,
    }
}

/// What is told of the whole time.
pub fn overall(answer: &Answer) -> &Metrics {
    let Ok(Told::Metrics(Some(metrics))) = &answer.parts[&Part::Overall] else { panic!("{answer:?}") };
    metrics
}
