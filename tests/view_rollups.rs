//! Rollups are made while phones report, by any process and by several, and made anew when they cannot be believed; who
//! reads them is told the same all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arvlite_api::domain::analytics::{self, Dimension, Interval, Part, Question, Reading, Told, roll_once};
use arvlite_api::domain::view::{Beat, sweep_once};
use arvlite_db::Scope;
use arvlite_db::models::{Role, ViewRollup};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::process::{arvlite, ended};
use crate::view_analytics::{PATIENCE, overall, question};

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
    app.repeat_first_event(10_100).await;
    roll_once(&app.app).await.unwrap();
    let behind = "SELECT count(*) FROM view_events, view_rollup_progress WHERE position > rolled_through";
    assert_eq!(app.column::<i64>(behind).await, [0]);
    assert_eq!(app.column::<i64>("SELECT views_count FROM ar_content").await, [10_101]);
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
    let from =
        "SELECT rolled_from::text FROM view_rollup_states WHERE company_id IN (SELECT company_id FROM ar_content)";
    let before = app.column::<String>(from).await;
    assert_eq!(
        look(true).await,
        (26, 1),
        "two days and two months in six facets and two quarters, which nobody rolled up"
    );
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
async fn who_rolls_up_lets_a_rebuild_go_on() {
    let app = TestApp::start().await;
    app.studio("Studio").await;
    let tx = app.app.db.begin(Scope::Everything).await.unwrap();
    ViewRollup::take_on_alone(&tx).await.unwrap();
    roll_once(&app.app).await.expect("somebody else is at it, and that is no failure");
    assert_eq!(app.column::<i64>("SELECT count(*) FROM view_rollup_states").await, [0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_does_not_hold_up_orders() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    roll_once(&app.app).await.unwrap();
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    let reader = app.connect().await;
    reader.batch_execute("BEGIN; LOCK TABLE view_rollups IN SHARE MODE").await.unwrap();
    let rebuilding = tokio::spawn({
        let (app, company_id) = (Arc::clone(&app.app), studio.company.id);
        async move { analytics::rebuild(&app, company_id, false).await.unwrap() }
    });
    app.somebody_waits_for("view_rollups").await;
    app.change("SELECT FROM ar_content FOR UPDATE NOWAIT").await;
    reader.batch_execute("COMMIT").await.unwrap();
    assert!(rebuilding.await.unwrap().was_equal());
    assert_eq!(app.column::<i64>("SELECT views_count FROM ar_content").await, [2]);
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
