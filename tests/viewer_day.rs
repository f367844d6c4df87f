//! Who looked, without knowing who: whether a view is its viewer's first of the day.

use std::collections::HashSet;

use arvlite_api::auth::Caller;
use arvlite_api::domain::view::Start;
use arvlite_db::models::ArContent;
use chrono::TimeDelta;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::support::TestApp;

const FIREFOX: &str = "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0";

/// Somebody who looks, by the last part of their address.
fn somebody(number: u8) -> Caller {
    let address = Some(format!("203.0.113.{number}"));
    Caller { address, user_agent: Some(FIREFOX.to_owned()), ..Caller::default() }
}

async fn look(app: &TestApp, content: &ArContent, caller: &Caller) -> Uuid {
    let start = Start { unique_id: content.unique_id, session_id: Uuid::new_v4(), ..Start::default() };
    let session_id = start.session_id;
    app.app.views.writer.start(start, caller).await.unwrap();
    session_id
}

/// Of a view: its viewer, and whether it is the first in the company, the project and the order.
async fn told(app: &TestApp, session_id: Uuid) -> (Option<i64>, [bool; 3]) {
    let of = |column: &str| format!("SELECT {column} FROM ar_view_sessions WHERE session_id = '{session_id}'");
    let viewer: Vec<i64> = app.column(&format!("{} AND viewer IS NOT NULL", of("viewer"))).await;
    let mut firsts = [false; 3];
    for (first, column) in firsts.iter_mut().zip(["company", "project", "ar_content"]) {
        *first = app.column::<bool>(&of(&format!("first_in_{column}"))).await[0];
    }
    (viewer.first().copied(), firsts)
}

/// How many views of a column's kind there are, and how many viewers there really are.
async fn counts(app: &TestApp, column: &str, by: &str) -> (i64, i64) {
    let flagged = format!("SELECT count(*) FROM ar_view_sessions WHERE first_in_{column}");
    let real = format!("SELECT count(DISTINCT ({by}, viewer)) FROM ar_view_sessions WHERE viewer IS NOT NULL");
    (app.column(&flagged).await[0], app.column(&real).await[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewers_first_view_of_a_day_is_told() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let next = app.project(&studio.company, "Second").await;
    let (one, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (two, _) = app.playing(&studio.project, "2", &["one.mp4"]).await;
    let (three, _) = app.playing(&next, "1", &["one.mp4"]).await;
    let other = app.studio("Other").await;
    let (elsewhere, _) = app.playing(&other.project, "1", &["one.mp4"]).await;

    let mut seen = Vec::new();
    for content in [&one, &one, &two, &three, &elsewhere] {
        let id = look(&app, content, &somebody(1)).await;
        seen.push(told(&app, id).await);
    }
    let firsts: Vec<[bool; 3]> = seen.iter().map(|(_, firsts)| *firsts).collect();
    let expected = [[true; 3], [false; 3], [false, false, true], [false, true, true], [true; 3]];
    assert_eq!(firsts, expected);
    assert!(seen[..4].iter().all(|(viewer, _)| *viewer == seen[0].0 && viewer.is_some()));
    assert_ne!(seen[4].0, seen[0].0, "nobody is followed from one studio to another");

    let id = look(&app, &one, &somebody(2)).await;
    assert_eq!(told(&app, id).await.1, [true; 3]);
    app.app.clock.advance(TimeDelta::hours(12));
    let id = look(&app, &one, &somebody(1)).await;
    let tomorrow = told(&app, id).await;
    assert_eq!(tomorrow.1, [true; 3]);
    assert_ne!(tomorrow.0, seen[0].0, "nor from one day to the next");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_whoever_nothing_is_known_of_are_no_viewers() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let program = Caller { user_agent: Some("curl/8.5.0".to_owned()), ..somebody(1) };
    for caller in [program, Caller::default()] {
        let id = look(&app, &content, &caller).await;
        assert_eq!(told(&app, id).await, (None, [false; 3]));
    }
    let id = look(&app, &content, &Caller { address: None, ..somebody(1) }).await;
    assert_eq!(told(&app, id).await.1, [true; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_at_once_one_is_the_first() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let next = app.project(&studio.company, "Second").await;
    let mut contents = Vec::new();
    for (number, project) in [&studio.project, &studio.project, &next].into_iter().enumerate() {
        contents.push(app.playing(project, &number.to_string(), &["one.mp4"]).await.0);
    }
    let ids: Vec<Uuid> = std::iter::repeat_with(Uuid::new_v4).take(200).collect();
    let (early, late) = ids.split_at(150);
    // The early ones come again from others, who are no viewers for that; then these others look themselves.
    let looked =
        early.iter().map(|id| (id, 0)).chain(early.iter().map(|id| (id, 100))).chain(late.iter().map(|id| (id, 100)));
    let starts = looked.enumerate().map(|(place, (id, first))| {
        let content = &contents[usize::from(id.as_bytes()[0]) % 3];
        let start = Start { unique_id: content.unique_id, session_id: *id, ..Start::default() };
        let caller = somebody(first + u8::try_from(place % 13).unwrap());
        let writer = &app.app.views.writer;
        async move { writer.start(start, &caller).await.unwrap() }
    });
    join_all(starts).await;
    for (column, by) in [("company", "company_id"), ("project", "project_id"), ("ar_content", "ar_content_id")] {
        let (flagged, real) = counts(&app, column, by).await;
        assert_eq!(flagged, real, "{column}");
    }
    let viewers: HashSet<i64> = HashSet::from_iter(app.column::<i64>("SELECT viewer FROM ar_view_sessions").await);
    assert_eq!(viewers.len(), 26);
    assert_eq!(app.log().await.len(), 200);
}
