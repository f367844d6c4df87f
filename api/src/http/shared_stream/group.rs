//! The groups of those who are told the same: one execution an event for each of them.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use arvlite_db::SearchShare;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use super::super::Door;
use super::super::admit::{Admitted, Cost, Sameness};
use super::super::answer::Answer;
use super::super::budget::Purse;
use super::audience::{Audience, Seat};
use super::execution::Execution;
use super::recent::{Reader, Recent, SharedEvent};
use crate::auth::Viewer;
use crate::graphql::StreamPlace;
use crate::monitoring::Metrics;

/// Events told together, at most.
const AT_ONCE: usize = 1_024;

/// All groups of this process that anybody is in.
#[derive(Default)]
pub(in crate::http) struct Groups {
    groups: Mutex<HashMap<Sameness, Weak<Group>>>,
    audience: Audience,
    /// What all of them keep for their members.
    kept_bytes: Arc<AtomicUsize>,
}

/// Those who are told the same. It runs as long as anybody is in it.
pub(super) struct Group {
    recent: Arc<Recent>,
    stage: watch::Receiver<Stage>,
    sameness: Sameness,
    groups: Weak<Groups>,
    audience: Audience,
    _place: OwnedSemaphorePermit,
    _running: AbortOnDropHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begins,
    /// Whatever is recorded from now on is told.
    Live,
}

impl Groups {
    /// The group of those who are told the same as this viewer, who is one of them: begun if there is none. None where
    /// this one has begun too many.
    pub(super) fn group(
        self: &Arc<Self>,
        sameness: Sameness,
        door: &Door,
        admitted: &Admitted,
        viewer: &Viewer,
        purse: &Purse,
    ) -> Option<Arc<Group>> {
        // Declared first, and so let go last: the last one to let go of a group needs the map.
        let known;
        let mut groups = self.groups();
        known = groups.get(&sameness).and_then(Weak::upgrade);
        if let Some(group) = known.as_ref().filter(|group| !group.is_over()) {
            return Some(Arc::clone(group));
        }
        let place = Arc::clone(&purse.groups).try_acquire_owned().ok()?;
        let (recent, audience) = (Recent::new(&self.kept_bytes), self.audience.of_another_group());
        let (staging, stage) = watch::channel(Stage::Begins);
        let execution = Execution::begin(door, admitted, viewer, StreamPlace::news());
        let metrics = Arc::clone(&door.app.metrics);
        let telling = Telling { recent: Arc::clone(&recent), audience: audience.clone(), metrics };
        let run = run(execution, admitted.cost.clone(), viewer.caller.request_id.clone(), telling, staging);
        let group = Arc::new(Group {
            recent,
            stage,
            sameness,
            groups: Arc::downgrade(self),
            audience,
            _place: place,
            _running: AbortOnDropHandle::new(tokio::spawn(SearchShare::of(&purse.searches).over(run))),
        });
        groups.insert(group.sameness.clone(), Arc::downgrade(&group));
        Some(group)
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<Sameness, Weak<Group>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    /// Reads what it tells from now on: everything that is recorded from now on, and maybe some of what was before. None
    /// if it came to nothing or is over.
    pub(super) async fn join(&self) -> Option<(Reader, Seat)> {
        // Who waits for it here is one of its members, so that it goes on.
        self.stage.clone().wait_for(|stage| *stage == Stage::Live).await.ok()?;
        let joined = (self.recent.read(), self.audience.join());
        (!self.is_over()).then_some(joined)
    }

    fn is_over(&self) -> bool {
        self.recent.is_over()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(groups) = self.groups.upgrade() else { return };
        let mut groups = groups.groups();
        // Another one may have taken its place.
        if groups.get(&self.sameness).is_some_and(|group| group.strong_count() == 0) {
            groups.remove(&self.sameness);
        }
    }
}

/// What a group tells its members by.
struct Telling {
    recent: Arc<Recent>,
    audience: Audience,
    metrics: Arc<Metrics>,
}

/// Runs a subscription from now on, and tells each answer to all members. However it ends, they then follow by
/// themselves, and each meets by itself what went wrong.
async fn run(mut execution: Execution, cost: Cost, request_id: String, telling: Telling, stage: watch::Sender<Stage>) {
    // That it is caught up. Each member says so for itself.
    let begun = execution.next().await;
    if !begun.is_some_and(|response| response.errors.is_empty()) || !execution.is_live() {
        return;
    }
    stage.send_replace(Stage::Live);
    let (mut untold, mut rests_until) = (0, Instant::now());
    loop {
        let response = tokio::select! {
            response = execution.next(), if untold < AT_ONCE => response,
            () = sleep_until(rests_until), if untold > 0 => {
                telling.recent.wake();
                (untold, rests_until) = (0, Instant::now() + telling.audience.rest());
                continue;
            }
        };
        let (Some(response), Some(cursor), false) = (response, execution.reached(), execution.has_failed()) else {
            break;
        };
        telling.metrics.subscription_executions.inc();
        let cost = telling.audience.share_of(cost.actual(&response.data));
        let answer = Answer::of_response(response, &request_id);
        if !answer.ran() {
            return;
        }
        let (json, code) = (answer.to_json(), answer.code());
        telling.recent.tell(SharedEvent { cursor, json, as_event: OnceLock::new(), cost, code });
        untold += 1;
    }
    telling.recent.end(execution.reached());
}

/// Members are told of the end also where it comes by a panic.
impl Drop for Telling {
    fn drop(&mut self) {
        self.recent.end(None);
    }
}
