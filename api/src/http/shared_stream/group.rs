//! The groups of those who are told the same: one execution an event for each of them.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use arvlite_db::SearchShare;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use super::super::Door;
use super::super::admit::{Admitted, Cost, Sameness};
use super::super::answer::Answer;
use super::super::budget::Purse;
use super::audience::{Audience, Seat};
use super::event::SharedEvent;
use super::execution::{Execution, Turns};
use super::recent::{KEPT_FOR, Reader, Recent};
use crate::auth::Viewer;
use crate::domain::view::Cursor;
use crate::graphql::StreamPlace;
use crate::monitoring::Metrics;

/// Events told together, at most.
const AT_ONCE: usize = 1_024;

/// Positions of the past that are told together.
const STRETCH: i64 = 1_024;

/// All groups of this process that anybody is in.
pub(in crate::http) struct Groups {
    groups: Mutex<HashMap<Key, Weak<Group>>>,
    audience: Audience,
    /// Of all who read the past.
    pub(super) turns: Turns,
    /// What all of them keep for their members.
    kept_bytes: Arc<AtomicUsize>,
}

/// What they are told, and where that ends: nowhere if it is what happens from now on.
type Key = (Sameness, Option<Cursor>);

/// A stretch of the past.
#[derive(Debug, Clone, Copy)]
struct Past {
    after: Cursor,
    end: Cursor,
}

/// Those who are told the same. It runs as long as anybody is in it.
pub(super) struct Group {
    recent: Arc<Recent>,
    key: Key,
    past: Option<Past>,
    groups: Weak<Groups>,
    audience: Audience,
    _permit: OwnedSemaphorePermit,
    _running: AbortOnDropHandle<()>,
}

impl Past {
    fn after(Cursor(after): Cursor) -> Self {
        Self { after: Cursor(after), end: Cursor((after / STRETCH + 1).saturating_mul(STRETCH)) }
    }
}

impl Groups {
    /// None yet, where the database is asked over so many connections.
    pub(in crate::http) fn new(connections: usize) -> Self {
        Self {
            groups: Mutex::default(),
            audience: Audience::default(),
            turns: Turns::of_connections(connections),
            kept_bytes: Arc::default(),
        }
    }

    /// The group of those who are told the same as this viewer, who is one of them, either from now on or after a position
    /// of the past: begun if there is none. None where this one has begun too many.
    pub(super) fn group(
        self: &Arc<Self>,
        sameness: Sameness,
        after: Option<Cursor>,
        door: &Door,
        admitted: &Admitted,
        viewer: &Viewer,
        purse: &Arc<Purse>,
    ) -> Option<Arc<Group>> {
        let past = after.map(Past::after);
        let key = (sameness, past.map(|past| past.end));
        // Declared first, and so let go last: the last one to let go of a group needs the map.
        let known;
        let mut groups = self.groups();
        known = groups.get(&key).and_then(Weak::upgrade);
        // One that keeps less is of no use here, but this one's is to all others who come.
        if let Some(group) = known.as_ref().filter(|group| group.tells_after(after)) {
            return Some(Arc::clone(group));
        }
        let permits = if past.is_some() { &purse.past_groups } else { &purse.groups };
        let permit = Arc::clone(permits).try_acquire_owned().ok()?;
        let (recent, audience) = (Recent::new(&self.kept_bytes), self.audience.of_another_group());
        let place = past.map_or_else(StreamPlace::news, |past| StreamPlace::between(past.after, past.end));
        let execution = Execution::begin(door, admitted, viewer, place);
        let metrics = Arc::clone(&door.app.metrics);
        let telling = Telling {
            recent: Arc::clone(&recent),
            audience: audience.clone(),
            metrics,
            past,
            payer: Arc::clone(purse),
        };
        let run = run(execution, admitted.cost.clone(), viewer.caller.request_id.clone(), telling);
        let group = Arc::new(Group {
            recent,
            key,
            past,
            groups: Arc::downgrade(self),
            audience,
            _permit: permit,
            _running: AbortOnDropHandle::new(tokio::spawn(SearchShare::of(&purse.searches).over(run))),
        });
        groups.insert(group.key.clone(), Arc::downgrade(&group));
        Some(group)
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<Key, Weak<Group>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    /// Reads what it tells, from where it begins. None if nothing comes of it.
    pub(super) async fn join(&self) -> Option<(Reader, Seat)> {
        // Who waits for it here is one of its members, so that it goes on.
        let reader = self.recent.read().await?;
        Some((reader, self.audience.join()))
    }

    /// Whether it goes on, and all that comes after a position of its past is kept.
    fn tells_after(&self, position: Option<Cursor>) -> bool {
        let (since, is_over) = self.recent.state();
        let since = self.past.map(|past| since.unwrap_or(past.after));
        !is_over && since <= position
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(groups) = self.groups.upgrade() else { return };
        let mut groups = groups.groups();
        // Another one may have taken its place.
        if groups.get(&self.key).is_some_and(|group| group.strong_count() == 0) {
            groups.remove(&self.key);
        }
    }
}

/// What a group tells its members by.
struct Telling {
    recent: Arc<Recent>,
    audience: Audience,
    metrics: Arc<Metrics>,
    past: Option<Past>,
    /// Who began it, and pays for the past.
    payer: Arc<Purse>,
}

/// Runs a subscription, and tells each answer to all members. However it ends, they then follow by themselves, and each
/// meets by itself what went wrong.
async fn run(mut execution: Execution, cost: Cost, request_id: String, telling: Telling) {
    let (mut was_caught_up, mut untold, mut rests_until) = (false, 0, Instant::now());
    let mut owed = None;
    loop {
        let paid = async {
            if let Some(cost) = owed {
                telling.payer.pay(cost).await;
                owed = None;
            }
            execution.next().await
        };
        let response = tokio::select! {
            response = paid, if untold < AT_ONCE => response,
            () = sleep_until(rests_until), if untold > 0 => {
                telling.recent.wake();
                (untold, rests_until) = (0, Instant::now() + telling.audience.rest());
                continue;
            }
        };
        let Some(response) = response else {
            let Some(past) = telling.past else { return telling.recent.end(execution.reached()) };
            let end = Some(past.end).filter(|_| !was_caught_up);
            telling.recent.begin(past.after);
            telling.recent.end(execution.reached().max(end));
            // Somebody may stand still in it for long.
            sleep(KEPT_FOR).await;
            return telling.recent.forget();
        };
        let (Some(cursor), false) = (execution.reached(), execution.has_failed()) else {
            return telling.recent.end(execution.reached());
        };
        let is_caught_up = execution.is_live() && !was_caught_up;
        was_caught_up |= is_caught_up;
        telling.recent.begin(telling.past.map_or(cursor, |past| past.after));
        if is_caught_up && telling.past.is_none() {
            // Its members were told the past before.
            continue;
        }
        telling.metrics.subscription_executions.inc();
        let cost = cost.actual(&response.data);
        // The past comes as fast as it is paid for: somebody may ask for all of it and read nothing.
        owed = telling.past.map(|_| cost);
        let cost = if telling.past.is_some() { 0 } else { telling.audience.share_of(cost) };
        let answer = Answer::of_response(response, &request_id);
        if !answer.ran() {
            return;
        }
        let (json, code) = (answer.to_json(), answer.code());
        telling.recent.tell(SharedEvent { cursor, is_caught_up, json, as_event: OnceLock::new(), cost, code });
        untold += 1;
    }
}

/// Members are told of the end also where it comes by a panic.
impl Drop for Telling {
    fn drop(&mut self) {
        self.recent.end(None);
    }
}
