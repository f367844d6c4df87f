//! Members of a group when the group's own execution fails: each goes on by itself, and is told everything once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use arvlite_db::models::{ViewEvent, ViewEventKind};
use async_graphql::Variables;
use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::watch;

use super::*;
use crate::domain::view::{Cursor, LogItem};
use crate::graphql::StreamPlace;
use crate::http::admit::{Incoming, admit};
use crate::http::shared_stream::{Member, Told};

const FOLLOW: &str = "subscription ($log: Int!, $after: String) { viewEvents(log: $log, after: $after) }";

/// A log of nothing but positions.
struct Log {
    positions: watch::Sender<Vec<i64>>,
    runs: AtomicUsize,
    /// The run that fails, and the position before which it does; 0 before anything is told.
    fails: Option<(usize, i64)>,
}

static LOGS: Mutex<Option<HashMap<i32, Arc<Log>>>> = Mutex::new(None);
static OPENED: AtomicI32 = AtomicI32::new(0);

impl Log {
    fn open(fails: Option<(usize, i64)>) -> (i32, Arc<Self>) {
        let log = Arc::new(Self { positions: watch::Sender::default(), runs: AtomicUsize::default(), fails });
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let mut logs = LOGS.lock().unwrap_or_else(PoisonError::into_inner);
        logs.get_or_insert_default().insert(number, Arc::clone(&log));
        (number, log)
    }

    fn append(&self, position: i64) {
        self.positions.send_modify(|positions| positions.push(position));
    }
}

/// The same items in the same order as those of the log of views: positions, and their negative where it is caught up.
pub(super) fn follow(number: i32, place: StreamPlace, after: Option<&str>) -> impl Stream<Item = Option<i64>> + use<> {
    let log = Arc::clone(&LOGS.lock().unwrap().as_ref().unwrap()[&number]);
    let (run, stretch) = (log.runs.fetch_add(1, Ordering::Relaxed), place.stretch(after).unwrap());
    let newest = log.positions.borrow().last().copied().unwrap_or(0);
    let (at, fails) = (stretch.after.map_or(newest, |Cursor(at)| at), log.fails.filter(|(failing, _)| *failing == run));
    let news = log.positions.subscribe();
    stream::unfold(Some((at, false, news)), move |state| {
        let place = place.clone();
        async move {
            let (mut at, mut announced, mut news) = state?;
            loop {
                if announced && stretch.only_the_past {
                    return None;
                }
                let is_next = |position: &i64| *position > at && !(stretch.only_the_past && *position > newest);
                let next = news.borrow_and_update().iter().copied().find(is_next);
                if fails.is_some_and(|(_, before)| next.unwrap_or(0) == before) {
                    place.fail();
                    return Some((None, None));
                }
                let item = match next {
                    Some(position) => LogItem::Event(Arc::new(event(position))),
                    None if !announced => LogItem::CaughtUp { position: at, as_of: Clock::default().now() },
                    None => {
                        news.changed().await.ok()?;
                        continue;
                    }
                };
                (at, announced) = (item.position(), announced || next.is_none());
                place.reach(&item);
                if place.tells(&item) {
                    return Some((Some(if next.is_some() { at } else { -at }), Some((at, announced, news))));
                }
            }
        }
    })
}

fn event(position: i64) -> ViewEvent {
    let (recorded_at, kind) = (Clock::default().now(), ViewEventKind::Started);
    ViewEvent { position, recorded_at, company_id: 1, project_id: 1, ar_content_id: 1, kind, view_session: None }
}

fn member(door: &Door, log: i32, after: Option<i64>) -> Member {
    let variables = json!({ "log": log, "after": after.map(|after| Cursor(after).to_string()) });
    let incoming =
        Incoming { query: FOLLOW.to_owned(), variables: Variables::from_json(variables), ..Incoming::default() };
    let viewer = Viewer::system();
    let admitted = admit(door, incoming, &viewer).unwrap();
    let purse = door.budgets.purse(&admitted.purse);
    Member::new(door, admitted, &viewer, &purse)
}

/// What a member is told next, and whether with others.
async fn next(member: &mut Member) -> (i64, bool) {
    let (json, is_shared) = match member.next().await.expect("it goes on") {
        Told::Own(response, _) => (serde_json::to_string(&response).unwrap(), false),
        Told::Shared(event) => (event.json.clone(), true),
    };
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    (answer["data"]["viewEvents"].as_i64().unwrap_or_else(|| panic!("{answer}")), is_shared)
}

#[tokio::test]
async fn members_are_told_together_what_was_of_late_and_what_is_new() {
    let (door, (number, log)) = (door(Limits::default()), Log::open(None));
    (1..=3).for_each(|position| log.append(position));
    let (mut one, mut other) = (member(&door, number, Some(1)), member(&door, number, None));
    for told in [(2, true), (3, true), (-3, true)] {
        assert_eq!(next(&mut one).await, told);
    }
    assert_eq!(next(&mut other).await, (-3, false));
    for position in 4..20 {
        log.append(position);
        assert_eq!([next(&mut one).await, next(&mut other).await], [(position, true); 2]);
    }
    assert_eq!(log.runs.load(Ordering::Relaxed), 3, "what happens, the past of one, and that there is none");
    let mut third = member(&door, number, Some(17));
    for told in [(18, true), (19, true), (-19, true)] {
        assert_eq!(next(&mut third).await, told);
    }
    drop((one, other, third));
    assert_eq!(log.runs.load(Ordering::Relaxed), 4);
    let mut late = member(&door, number, Some(19));
    assert_eq!(next(&mut late).await, (-19, true));
    assert_eq!(log.runs.load(Ordering::Relaxed), 6, "the group ended with its last member, and began anew");
}

#[tokio::test]
async fn those_who_broke_off_nearly_together_read_the_past_together() {
    let (door, (number, log)) = (door(Limits::default()), Log::open(None));
    (1..=50).for_each(|position| log.append(position));
    // The first of them is the furthest behind.
    let mut members: Vec<Member> = (0..20).map(|after| member(&door, number, Some(after))).collect();
    let told = join_all(members.iter_mut().map(async |member| {
        let mut told = Vec::new();
        while told.last() != Some(&100) {
            told.push(next(member).await.0);
        }
        told
    }));
    let goes_on = async {
        for position in 51..=100 {
            log.append(position);
            tokio::task::yield_now().await;
        }
    };
    let (mut told, ()) = tokio::join!(told, goes_on);
    for (after, told) in (1..).zip(&mut told) {
        let announced = told.iter().position(|position| *position < 0).expect("that it is caught up");
        let position = told.remove(announced);
        assert_eq!(-position, told[announced - 1]);
        assert_eq!(*told, (after..=100).collect::<Vec<i64>>());
    }
    assert_eq!(log.runs.load(Ordering::Relaxed), 2, "what happens, and the past of all");
}

#[tokio::test]
async fn the_past_is_paid_for_once_and_before_it_goes_on() {
    let (number, log) = Log::open(None);
    (1..=50).for_each(|position| log.append(position));
    let door = door(Limits { budget: 30, budget_restore: 0, ..Limits::default() });
    let mut members = [member(&door, number, Some(0)), member(&door, number, Some(0))];
    // A point each, of which reads may take 24; and one event is told before it is paid for.
    for told in 1..=25 {
        for member in &mut members {
            assert_eq!(next(member).await, (told, true));
        }
    }
    let mut waits = Box::pin(next(&mut members[0]));
    for _ in 0..1_000 {
        assert!((&mut waits).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn when_a_group_fails_each_member_goes_on_and_misses_nothing() {
    // The group's run is the first one.
    let (door, (number, log)) = (door(Limits::default()), Log::open(Some((0, 3))));
    let mut members = [member(&door, number, Some(0)), member(&door, number, None)];
    for member in &mut members {
        assert_eq!(next(member).await.0, 0);
    }
    for position in 1..=5 {
        log.append(position);
        for member in &mut members {
            assert_eq!(next(member).await.0, position);
        }
    }
    log.append(6);
    for member in &mut members {
        assert_eq!(next(member).await, (6, true), "together again");
    }
}

#[tokio::test]
async fn when_no_group_comes_about_each_follows_by_itself() {
    let (door, (number, log)) = (door(Limits::default()), Log::open(Some((0, 0))));
    let mut alone = member(&door, number, None);
    assert_eq!(next(&mut alone).await, (0, false));
    for position in 1..=3 {
        log.append(position);
        assert_eq!(next(&mut alone).await, (position, false));
    }
}
