//! Numbers of views agree with each other and with the views, whatever is rolled up and however late a phone reports.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arvlite_api::domain::analytics::{
    self, Answer, Dimension, Interval, Metrics, Part, Question, Reading, Timeframe, Told, roll_once,
};
use arvlite_api::domain::view::{Beat, sweep_once};
use arvlite_api::global_id;
use arvlite_db::Scope;
use arvlite_db::models::{ArContent, Company, Project, Role, ViewLogScope, ViewNumbersFilter, ViewRollup};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::process::{arvlite, ended};
use crate::support::{Studio, TestApp};

/// How long it is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// Views of an order at these seconds after an instant, that lasted so long.
    async fn views_at(&self, content: &ArContent, from: &str, seconds: &[(i64, i64)]) {
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
    app.change(&format!("UPDATE companies SET time_zone = 'Australia/Lord_Howe' WHERE id = {}", studio.company.id)).await;
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
    assert_eq!(app.column::<i64>("SELECT count(*) FROM view_rollups WHERE facet = 'HOUR' AND grain = 'DAY'").await, [5]);
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
async fn a_late_beacon_is_in_the_numbers_at_once_and_in_the_rollups_soon() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let token = app.start_view(&content, Uuid::new_v4()).await.unwrap().token.unwrap();
    app.app.clock.advance(TimeDelta::seconds(30));
    app.app.views.writer.beat(&token, Beat { played_seconds: Some(20), ..Beat::default() }).await.unwrap();
    app.app.clock.advance(TimeDelta::hours(14));
    sweep_once(&app.app).await.unwrap();
    roll_once(&app.app).await.unwrap();
    let manager = app.member(studio.company.id, Role::Manager).await;
    let question = question(&studio, "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z");
    let seconds = async |reading| {
        let answer = analytics::analyze(&app.app, &manager.viewer, &question, reading).await.unwrap();
        overall(&answer).numbers.watch_seconds
    };
    assert_eq!((seconds(Reading::Rollups).await, seconds(Reading::Views).await), (20, 20));
    let stored = "SELECT sum(watch_seconds)::bigint FROM view_rollups WHERE grain = 'DAY' AND facet = 'TOTAL'";
    assert_eq!(app.column::<i64>(stored).await, [20]);

    app.app.views.writer.beat(&token, Beat { played_seconds: Some(50), ended: true, ..Beat::default() }).await.unwrap();
    assert_eq!((seconds(Reading::Rollups).await, seconds(Reading::Views).await), (50, 50));
    assert_eq!(app.column::<i64>(stored).await, [20], "the day is read from the views meanwhile");
    roll_once(&app.app).await.unwrap();
    assert_eq!(app.column::<i64>(stored).await, [50]);
    assert_eq!(seconds(Reading::Rollups).await, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_rolled_up_and_the_work_ends_although_phones_report_all_the_time() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    // Whenever the log was followed, there is another event in it.
    app.change(
        "CREATE FUNCTION another_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO view_events (recorded_at, company_id, project_id, ar_content_id, kind, view_session)
            SELECT recorded_at, company_id, project_id, ar_content_id, 'PROGRESSED', view_session
            FROM view_events ORDER BY position DESC LIMIT 1;
            RETURN NULL;
         END $$;
         CREATE TRIGGER another_event AFTER UPDATE ON view_rollup_progress EXECUTE FUNCTION another_event()",
    )
    .await;
    let rolled = tokio::time::timeout(PATIENCE, roll_once(&app.app)).await;
    rolled.expect("it ends while there are new events").unwrap();
    let behind = "SELECT count(*) FROM view_events, view_rollup_progress WHERE position > rolled_through";
    assert_eq!(app.column::<i64>(behind).await, [1]);
    assert_eq!(app.column::<i64>("SELECT count(*) FROM view_rollup_states").await, [1]);
    assert_eq!(app.column::<i64>("SELECT views_count FROM ar_content").await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_more_events_than_are_taken_at_once_is_followed_to_its_end() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    app.change(
        "INSERT INTO view_events (recorded_at, company_id, project_id, ar_content_id, kind, view_session)
         SELECT recorded_at, company_id, project_id, ar_content_id, kind, view_session
         FROM view_events, generate_series(1, 10100)",
    )
    .await;
    roll_once(&app.app).await.unwrap();
    let behind = "SELECT count(*) FROM view_events, view_rollup_progress WHERE position > rolled_through";
    assert_eq!(app.column::<i64>(behind).await, [0]);
    assert_eq!(app.column::<i64>("SELECT views_count FROM ar_content").await, [10_101]);
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
    let dashboards = join_all((0..8).map(|_| analytics::analyze(&app.app, &manager.viewer, &question, Reading::Rollups)));
    let phones = async {
        let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'view_rollup_states'::regclass AND NOT granted";
        while app.column::<i64>(waiting).await == [0] {}
        for _ in 0..4 {
            app.start_view(&content, Uuid::new_v4()).await.expect("there is a connection for phones");
        }
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
        let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'view_events'::regclass AND NOT granted";
        while app.column::<i64>(waiting).await == [0] {}
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

#[tokio::test(flavor = "multi_thread")]
async fn while_two_roll_up_at_once_every_reader_is_told_the_same() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    for studio in [&studio, &other] {
        let (content, _) = app.playing(&studio.project, &studio.company.slug, &["one.mp4"]).await;
        let views: Vec<(i64, i64)> = (0..40).map(|view| (view * 500_000, view)).collect();
        app.views_at(&content, "2026-03-20 08:00Z", &views).await;
    }
    let manager = app.member(studio.company.id, Role::Manager).await;
    let by_day = Part::Timeseries(Interval::Day);
    let question = Question {
        parts: vec![Part::Overall, by_day, Part::Breakdown(Dimension::ArContent, 5)],
        ..question(&studio, "2026-03-01T06:00:00Z", "2026-12-01T06:00:00Z")
    };
    let told = async |reading| {
        let answer = analytics::analyze(&app.app, &manager.viewer, &question, reading).await.unwrap();
        question.parts.iter().map(|part| format!("{:?}", answer.parts[part])).collect::<Vec<_>>()
    };
    let expected = told(Reading::Views).await;
    app.change("SELECT view_events_make_day('2026-11-21')").await;
    let mut answers = 0;
    for _ in 0..3 {
        // Late beacons that tell nothing new.
        app.change(
            "INSERT INTO view_events (recorded_at, company_id, project_id, ar_content_id, kind, view_session)
             SELECT '2026-11-21 12:00Z', company_id, project_id, ar_content_id, 'PROGRESSED', to_jsonb(view)
             FROM ar_view_sessions view",
        )
        .await;
        let is_done = AtomicBool::new(false);
        let roll = async {
            let (one, other) = tokio::join!(roll_once(&app.app), roll_once(&app.app));
            is_done.store(true, Ordering::Relaxed);
            one.and(other).unwrap();
        };
        let read = async {
            while !is_done.load(Ordering::Relaxed) {
                assert_eq!(told(Reading::Rollups).await, expected);
                answers += 1;
            }
        };
        tokio::join!(roll, read);
        assert_eq!(told(Reading::Rollups).await, expected);
    }
    assert!(answers >= 3);
    for studio in [&studio, &other] {
        assert_eq!(analytics::rebuild(&app.app, studio.company.id, true).await.unwrap().rollups, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_finds_what_is_wrong_and_mends_it() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.views_at(&content, "2026-09-10 08:00Z", &[(0, 10), (5, 20), (4_000_000, 30)]).await;
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    roll_once(&app.app).await.unwrap();
    let look = async |only_look| {
        let found = analytics::rebuild(&app.app, studio.company.id, only_look).await.unwrap();
        assert!(analytics::rebuild(&app.app, other.company.id, true).await.unwrap().was_equal());
        (found.rollups, found.counters)
    };
    assert_eq!(look(true).await, (0, 1), "views that nobody reported are in no counter");
    assert_eq!(look(false).await, (0, 1));
    assert_eq!(look(true).await, (0, 0));
    app.change("UPDATE view_rollups SET lost = 1 WHERE grain = 'MONTH' AND facet = 'CITY'").await;
    app.change("DELETE FROM view_rollups WHERE grain = 'QUARTER'").await;
    app.change("UPDATE ar_content SET views_count = 17").await;
    let wrong = look(true).await;
    assert_eq!(wrong, (4 + 2, 1), "two months, before and after, and two quarters are wrong");
    assert_eq!(look(false).await, wrong);
    assert_eq!(look(true).await, (0, 0));
    assert_eq!(app.column::<i64>("SELECT views_count FROM ar_content").await, [4]);

    app.views_at(&content, "2026-06-20 08:00Z", &[(0, 10), (2_000_000, 10)]).await;
    let from = "SELECT rolled_from::text FROM view_rollup_states WHERE company_id IN (SELECT company_id FROM ar_content)";
    let before = app.column::<String>(from).await;
    assert_eq!(look(true).await, (26, 1), "two days and two months in six facets and two quarters, which nobody rolled up");
    assert_eq!(app.column::<String>(from).await, before, "who only looks changes nothing");
    assert_eq!(look(false).await, (26, 1));
    assert_eq!(app.column::<String>(from).await, ["2026-06-01 00:00:00+00"]);
    assert_eq!(look(true).await, (0, 0));

    let url = app.app.config.database_url.clone().unwrap();
    let run = async |words: &[&str]| {
        ended(arvlite(words).env("DATABASE_URL", &url).env("ARVLITE_SECRET_KEY", "07".repeat(32))).await
    };
    app.change("UPDATE ar_content SET views_count = 17").await;
    let (code, told, words) = run(&["views", "rebuild", "--check"]).await;
    assert!(
        code == 6 && told.contains("0 rollups and 1 counters were wrong") && words.contains("studio"),
        "{told}{words}"
    );
    let slug = studio.company.slug.as_str();
    assert_eq!(run(&["views", "rebuild", "--company", slug]).await.0, 0);
    let (code, told, words) = run(&["views", "rebuild", "--check"]).await;
    assert!(
        code == 0 && told.lines().all(|line| line.ends_with(" equal")) && told.lines().count() == 2,
        "{told}{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_holds_up_neither_those_who_roll_up_nor_the_orders() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    let tx = app.app.db.begin(Scope::Everything).await.unwrap();
    ViewRollup::take_on_alone(&tx).await.unwrap();
    roll_once(&app.app).await.expect("somebody else is at it, and that is no failure");
    assert_eq!(app.column::<i64>("SELECT count(*) FROM view_rollup_states").await, [0]);
    tx.rollback().await.unwrap();

    let reader = app.connect().await;
    reader.batch_execute("BEGIN; LOCK TABLE view_rollups IN SHARE MODE").await.unwrap();
    let rebuilding = tokio::spawn({
        let (app, company_id) = (Arc::clone(&app.app), studio.company.id);
        async move { analytics::rebuild(&app, company_id, false).await.unwrap() }
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'view_rollups'::regclass AND NOT granted";
    while app.column::<i64>(waiting).await == [0] {}
    app.change("SELECT FROM ar_content FOR UPDATE NOWAIT").await;
    reader.batch_execute("COMMIT").await.unwrap();
    assert!(rebuilding.await.unwrap().was_equal());
    assert_eq!(app.column::<i64>("SELECT views_count FROM ar_content").await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_those_of_the_companys_zone_also_after_it_moved() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.views_at(&content, "2026-10-24 21:30Z", &[(0, 10), (90_000, 20), (94_000, 30)]).await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let mut question = question(&studio, "2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z");
    question.parts = vec![Part::Overall, Part::Timeseries(Interval::Day)];
    let days = async |reading| {
        let answer = analytics::analyze(&app.app, &manager.viewer, &question, reading).await.unwrap();
        let Ok(Told::Timeseries(buckets)) = &answer.parts[&Part::Timeseries(Interval::Day)] else { panic!() };
        buckets.iter().map(|((from, to), day)| ((*to - *from).num_hours(), day.numbers.views)).collect::<Vec<_>>()
    };
    for (zone, expected) in [("Europe/Berlin", vec![(25, 1), (24, 1)]), ("UTC", vec![(2, 0), (24, 2), (23, 0)])] {
        app.change(&format!("UPDATE companies SET time_zone = '{zone}' WHERE id = {}", studio.company.id)).await;
        assert_eq!(days(Reading::Rollups).await, expected, "{zone}, not rolled up");
        roll_once(&app.app).await.unwrap();
        assert_eq!(days(Reading::Rollups).await, expected, "{zone}");
        assert!(analytics::rebuild(&app.app, studio.company.id, true).await.unwrap().rollups == 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rollups_that_were_made_with_other_time_zone_data_are_not_believed_and_made_anew() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.views_at(&content, "2026-10-24 21:30Z", &[(0, 10), (90_000, 20)]).await;
    roll_once(&app.app).await.unwrap();
    let manager = app.member(studio.company.id, Role::Manager).await;
    let question = question(&studio, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z");
    let views = async || {
        let answer = analytics::analyze(&app.app, &manager.viewer, &question, Reading::Rollups).await.unwrap();
        overall(&answer).numbers.views
    };
    app.change("UPDATE view_rollups SET views = views + 100").await;
    assert_eq!(views().await, 102, "it is read from the month");
    app.change("UPDATE view_rollup_states SET time_zone_data = '1970a'").await;
    assert_eq!(views().await, 2);
    assert!(analytics::rebuild(&app.app, studio.company.id, true).await.unwrap().rollups == 0);
    roll_once(&app.app).await.unwrap();
    let made_with = app.column::<String>("SELECT DISTINCT time_zone_data FROM view_rollup_states").await;
    assert_eq!(made_with, [chrono_tz::IANA_TZDB_VERSION]);
    assert_eq!(views().await, 2);
    app.change("UPDATE view_rollups SET views = views + 100").await;
    assert_eq!(views().await, 102, "it is read from the month again");
}

fn question(studio: &Studio, from: &str, to: &str) -> Question {
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
