//! The ends of the log of views: what is too old is dropped, and whoever misses it is told; whoever is too far behind is
//! told as well. Nothing is lost unsaid.

use std::cell::Cell;
use std::pin::Pin;
use std::time::Duration;

use arvlite_api::app::App;
use arvlite_api::auth::Viewer;
use arvlite_api::config::Limits;
use arvlite_api::domain::analytics::roll_once;
use arvlite_api::domain::view::{self, Cursor, GapReason, LogItem, Stretch, follow_stretch, page};
use arvlite_api::domain::{Error, Result};
use arvlite_api::global_id::encode;
use arvlite_db::Scope;
use arvlite_db::models::{Company, Role, ViewEvent, ViewLogScope};
use chrono::TimeDelta;
use futures_util::future::join_all;
use futures_util::{Stream, StreamExt};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Events, Studio, TestApp, generous};

type Followed = Pin<Box<dyn Stream<Item = Result<LogItem>> + Send>>;

const PATIENCE: Duration = Duration::from_secs(30);
const LATER: TimeDelta = TimeDelta::days(35);

fn past(after: i64) -> Stretch {
    Stretch { after: Some(Cursor(after)), only_the_past: true, ..Stretch::default() }
}

impl TestApp {
    async fn stretch(&self, studio: &Studio, stretch: Stretch) -> Result<Followed> {
        let of = ViewLogScope::Company(studio.company.id);
        Ok(Box::pin(follow_stretch(&self.app, &Viewer::system(), of, stretch).await?))
    }

    /// All that is told of a part of the log that ends.
    async fn told(&self, studio: &Studio, stretch: Stretch) -> Vec<LogItem> {
        let all = self.stretch(studio, stretch).await.unwrap().map(Result::unwrap).collect();
        tokio::time::timeout(PATIENCE, all).await.expect("the past ends")
    }

    async fn log_events(&self, studio: &Studio, orders: usize) -> Vec<i64> {
        let number = Uuid::new_v4().simple().to_string();
        let (content, _) = self.playing(&studio.project, &number, &["one.mp4"]).await;
        for _ in 0..orders {
            self.start_view(&content, Uuid::new_v4()).await.unwrap();
        }
        self.log().await.iter().map(|event| event.position).collect()
    }
}

/// What items say, in a word and positions.
fn words(items: &[LogItem]) -> Vec<String> {
    items
        .iter()
        .map(|item| match item {
            LogItem::Event(event) => format!("event {}", event.position),
            LogItem::CaughtUp { position, .. } => format!("caught up {position}"),
            LogItem::Gap { from, position, reason } => format!("gap {} {position} {reason:?}", from.unwrap_or(-1)),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_the_past_is_told_is_past_too() {
    let app = TestApp::limited(Limits { stream_backlog_events: 1, ..generous() }).await;
    let studio = app.studio("Studio").await;
    app.log_events(&studio, 1).await;
    app.repeat_first_event(300).await;
    let follows = Stretch { after: Some(Cursor(0)), ..Stretch::default() };
    let mut told = app.stretch(&studio, follows).await.unwrap();
    assert!(matches!(told.next().await, Some(Ok(LogItem::Event(_)))));
    app.repeat_first_event(300).await;
    for _ in 1..601 {
        assert!(matches!(told.next().await, Some(Ok(LogItem::Event(_)))));
    }
    assert!(matches!(told.next().await, Some(Ok(LogItem::CaughtUp { .. }))));
}

/// Drops what is old, when it is in the numbers.
async fn drop_old_days(app: &App) -> arvlite_api::domain::Result<usize> {
    roll_once(app).await?;
    view::drop_old_days(app).await
}

#[tokio::test(flavor = "multi_thread")]
async fn old_days_are_dropped_and_whoever_misses_them_is_told_and_nobody_else() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let old = app.log_events(&studio, 3).await;
    assert_eq!(drop_old_days(&app.app).await.unwrap(), 0);
    app.app.clock.advance(LATER);
    // Positions that nobody has are no loss.
    app.change("SELECT nextval('view_events_position_seq') FROM generate_series(1, 5)").await;
    let new = app.log_events(&studio, 2).await.split_off(3);
    assert_eq!(drop_old_days(&app.app).await.unwrap(), 2, "the day, and the one after it that was made with it");
    assert_eq!(drop_old_days(&app.app).await.unwrap(), 0);
    assert_eq!(app.log().await.len(), 2);
    let days: i64 = app.column("SELECT count(*) FROM ar_view_sessions").await[0];
    assert_eq!(days, 5, "the views stay");

    let [last, next] = [old[2], new[0]];
    let rest = [format!("event {next}"), format!("event {}", new[1]), format!("caught up {}", new[1])];
    for from in [0, old[0], old[1]] {
        let told = words(&app.told(&studio, past(from)).await);
        assert_eq!(told[0], format!("gap {from} {last} Retention"));
        assert_eq!(told[1..], rest);
    }
    for from in [last, last + 2, next - 1] {
        assert_eq!(words(&app.told(&studio, past(from)).await), rest);
    }

    app.app.clock.advance(LATER);
    assert_eq!(drop_old_days(&app.app).await.unwrap(), 2);
    assert!(app.log().await.is_empty());
    let newest = new[1];
    assert_eq!(words(&app.told(&studio, past(newest)).await), [format!("caught up {newest}")]);
    assert!(matches!(app.stretch(&studio, past(newest + 1)).await, Err(Error::InvalidCursor)));
    let lost = words(&app.told(&studio, past(next)).await);
    assert_eq!(lost, [format!("gap {next} {newest} Retention"), format!("caught up {newest}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_days_that_are_not_in_the_numbers_yet_are_kept() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    app.log_events(&studio, 3).await;
    app.app.clock.advance(LATER);
    assert_eq!(view::drop_old_days(&app.app).await.unwrap(), 0);
    assert_eq!(app.log().await.len(), 3);
    assert_eq!(drop_old_days(&app.app).await.unwrap(), 2);
    assert_eq!(app.column::<i64>("SELECT views_count FROM ar_content").await, [3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_tells_what_is_gone_first() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let old = app.log_events(&studio, 2).await;
    app.app.clock.advance(LATER);
    let new = app.log_events(&studio, 3).await.split_off(2);
    drop_old_days(&app.app).await.unwrap();
    let of = ViewLogScope::Company(studio.company.id);
    let read = async |after: Option<i64>, limit| {
        let (items, more) = page(&app.app, &Viewer::system(), of, after.map(Cursor), limit).await.unwrap();
        (words(&items), more)
    };
    let gap = |from: i64| format!("gap {from} {} Retention", old[1]);
    assert_eq!(read(None, 1).await, (vec![gap(-1)], true));
    assert_eq!(read(Some(old[0]), 2).await, (vec![gap(old[0]), format!("event {}", new[0])], true));
    let all: Vec<String> = new.iter().map(|position| format!("event {position}")).collect();
    assert_eq!(read(Some(old[1]), 3).await, (all, false));

    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let scope = json!({ "companyId": encode::<Company>(studio.company.id) });
    let after = Cursor(old[0]).to_string();
    let gone = json!({ "__typename": "StreamGap", "cursor": Cursor(old[1]).to_string(), "fromCursor": after, "reason": "RETENTION" });
    let query = "query ($scope: AnalyticsScope!, $after: String) { viewEvents(scope: $scope, after: $after, first: 2) {
        nodes { __typename ... on StreamGap { cursor fromCursor reason } } pageInfo { hasNextPage endCursor } } }";
    let told = viewer.ask(query, json!({ "scope": scope, "after": after })).await["viewEvents"].take();
    assert_eq!(told["nodes"][0], gone);
    assert_eq!(told["pageInfo"], json!({ "hasNextPage": true, "endCursor": Cursor(new[0]).to_string() }));
    let stream = "subscription ($scope: AnalyticsScope!, $after: String) { viewEvents(scope: $scope, after: $after) {
        __typename ... on StreamGap { cursor fromCursor reason } } }";
    let variables = json!({ "scope": scope, "after": after });
    let mut events = Events::open(&app.router, &viewer, stream, variables, None).await;
    let first = events.next().await.unwrap();
    assert_eq!((first.id, &first.data["data"]["viewEvents"]), (Some(Cursor(old[1]).to_string()), &gone));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_log_and_one_that_somebody_else_looks_after_are_left_for_another_time() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    app.log_events(&studio, 1).await;
    app.app.clock.advance(LATER);
    let reader = app.connect().await;
    reader.batch_execute("BEGIN; SELECT count(*) FROM view_events").await.unwrap();
    assert_eq!(drop_old_days(&app.app).await.unwrap(), 0, "nobody waits behind it");
    reader.batch_execute("COMMIT").await.unwrap();
    let other = app.app.db.begin(Scope::Everything).await.unwrap();
    assert!(ViewEvent::take_turn_to_drop(&other).await.unwrap());
    assert_eq!(drop_old_days(&app.app).await.unwrap(), 0);
    other.rollback().await.unwrap();
    assert_eq!(drop_old_days(&app.app).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_something_is_still_made_of_is_not_dropped() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let newest = *app.log_events(&studio, 2).await.last().unwrap();
    let day = app.app.clock.now().date_naive();
    for (consumed, gone) in [(0, false), (newest - 1, false), (newest, true)] {
        let tx = app.app.db.begin(Scope::Everything).await.unwrap();
        assert_eq!(ViewEvent::drop_day(&tx, day, consumed).await.unwrap(), gone);
        tx.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_days_are_dropped_nothing_is_missed_unsaid_and_nothing_comes_twice() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    app.log_events(&studio, 1).await;
    app.change(
        "SELECT view_events_make_day('2026-11-21'::date + days) FROM generate_series(1, 9) days;
         INSERT INTO view_events (recorded_at, company_id, project_id, ar_content_id, kind, view_session)
         SELECT recorded_at + make_interval(days => day), company_id, project_id, ar_content_id, kind, view_session
         FROM view_events, generate_series(0, 9) day, generate_series(1, 400) ORDER BY day",
    )
    .await;
    let all: Vec<i64> = app.column("SELECT position FROM view_events ORDER BY position").await;
    app.app.clock.advance(TimeDelta::days(30));
    let drop_days = async {
        for _ in 0..9 {
            app.app.clock.advance(TimeDelta::days(1));
            while drop_old_days(&app.app).await.unwrap() == 0 {}
        }
    };
    let is_done = Cell::new(false);
    let follow = async {
        let mut told = Vec::new();
        while !is_done.get() {
            told.extend(join_all((0..4).map(|_| app.told(&studio, past(0)))).await);
        }
        told
    };
    let drop_days = async {
        drop_days.await;
        is_done.set(true);
    };
    let (told, ()) = tokio::join!(follow, drop_days);
    let gaps: usize = told.iter().map(|told| gaps_of_complete(&all, told)).sum();
    assert!(gaps > 0, "some of the {} were late", told.len());
}

/// How many gaps were told, if everything else was told, once and in order.
fn gaps_of_complete(all: &[i64], told: &[LogItem]) -> usize {
    let (mut at, mut gaps) = (0, 0);
    for item in told {
        match item {
            LogItem::Gap { from, position, reason } => {
                assert_eq!((*from, *reason), (Some(at), GapReason::Retention));
                assert!(*position > at);
                gaps += 1;
            }
            LogItem::Event(event) => {
                let missed = all.iter().find(|position| at < **position && **position < event.position);
                assert_eq!((missed, event.position > at), (None, true));
            }
            LogItem::CaughtUp { position, .. } => assert_eq!((*position, Some(position)), (at, all.last())),
        }
        at = item.position();
    }
    gaps
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_live_may_be_so_far_behind_and_no_further() {
    let app = TestApp::limited(Limits { stream_backlog_events: 10, ..generous() }).await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let all = app.log_events(&studio, 12).await;
    app.log_events(&other, 20).await;
    let first_of = |from: usize, was_live| {
        let stretch = Stretch { was_live, ..past(all[from]) };
        let told = app.told(&studio, stretch);
        async move { words(&told.await).remove(0) }
    };
    let newest = app.log().await.last().unwrap().position;
    assert_eq!(first_of(0, true).await, format!("gap {} {newest} SlowConsumer", all[0]));
    assert_eq!(first_of(1, true).await, format!("event {}", all[2]), "others' events do not count");
    assert_eq!(first_of(11, true).await, format!("caught up {newest}"));
    assert_eq!(first_of(0, false).await, format!("event {}", all[1]), "how far back one begins does not matter");

    let after = Some(Cursor(all[0]));
    let mut goes_on = app.stretch(&studio, Stretch { after, was_live: true, ..Stretch::default() }).await.unwrap();
    let mut told = vec![goes_on.next().await.unwrap().unwrap(), goes_on.next().await.unwrap().unwrap()];
    let next = *app.log_events(&studio, 1).await.last().unwrap();
    told.push(goes_on.next().await.unwrap().unwrap());
    let [gap, caught_up] = [format!("gap {} {newest} SlowConsumer", all[0]), format!("caught up {newest}")];
    assert_eq!(words(&told), [gap, caught_up, format!("event {next}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stretch_of_the_past_ends_where_it_should_or_when_it_is_caught_up() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let all = app.log_events(&studio, 5).await;
    app.log_events(&other, 5).await;
    let newest = app.log().await.last().unwrap().position;
    let event = |place: usize| format!("event {}", all[place]);
    let until = async |end: i64| words(&app.told(&studio, Stretch { until: Some(Cursor(end)), ..past(all[0]) }).await);
    assert_eq!(until(all[2]).await, [event(1), event(2)]);
    assert_eq!(until(all[2] - 1).await, [event(1)]);
    let whole = [event(1), event(2), event(3), event(4)];
    assert_eq!(until(newest).await, whole, "others' events come before its end");
    let to_the_end = [&whole[..], &[format!("caught up {newest}")]].concat();
    assert_eq!(until(newest + 1).await, to_the_end);
    let beyond = [&whole[..], &[format!("caught up {}", all[4])]].concat();
    assert_eq!(until(all[1] - 1).await, beyond, "it does not end before anything was told");

    // Of more than is read at once, and with more while it is read.
    app.repeat_first_event(400).await;
    let stretch = Stretch { until: Some(Cursor(newest + 700)), ..past(newest) };
    let mut told = app.stretch(&studio, stretch).await.unwrap();
    let first = told.next().await.unwrap().unwrap();
    app.repeat_first_event(400).await;
    let rest: Vec<LogItem> = told.map(Result::unwrap).collect().await;
    let positions: Vec<i64> = [first].iter().chain(&rest).map(LogItem::position).collect();
    assert_eq!(positions, (newest + 1..=newest + 700).collect::<Vec<_>>());
    // Where the first event is beyond its end, it ends with the page of that.
    let positions = async |until: i64| {
        let told = app.told(&studio, Stretch { until: Some(Cursor(until)), ..past(all[4]) }).await;
        told.iter().map(LogItem::position).collect::<Vec<_>>()
    };
    assert_eq!(positions(newest).await, (newest + 1..=newest + 256).collect::<Vec<_>>());
}
