//! The groups of those who are told the same: one execution an event for each of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use arvlite_db::SearchShare;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::super::Door;
use super::super::admit::{Admitted, Sameness};
use super::super::answer::Answer;
use super::recent::{Reader, Recent, SharedEvent};
use crate::auth::Viewer;
use crate::graphql::StreamPlace;

/// Events told in a row, where many are waiting: members then write several at once.
const AT_ONCE: usize = 32;

/// All groups of this process that anybody is in.
#[derive(Default)]
pub(in crate::http) struct Groups(Mutex<HashMap<Sameness, Weak<Group>>>);

/// Those who are told the same. It runs as long as anybody is in it.
pub(super) struct Group {
    recent: Arc<Recent>,
    stage: watch::Receiver<Stage>,
    sameness: Sameness,
    groups: Weak<Groups>,
    _running: AbortOnDropHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begins,
    /// Whatever is recorded from now on is told.
    Live,
}

impl Groups {
    /// The group of those who are told the same as this viewer, who is one of them: begun if there is none.
    pub(super) fn group(
        self: &Arc<Self>,
        sameness: Sameness,
        door: &Door,
        admitted: &Admitted,
        viewer: &Viewer,
        share: &SearchShare,
    ) -> Arc<Group> {
        // Declared first, and so let go last: the last one to let go of a group needs the map.
        let known;
        let mut groups = self.groups();
        known = groups.get(&sameness).and_then(Weak::upgrade);
        if let Some(group) = known.as_ref().filter(|group| !group.is_over()) {
            return Arc::clone(group);
        }
        let (recent, (staging, stage)) = (Recent::new(), watch::channel(Stage::Begins));
        let run = run(door.clone(), admitted.again(), viewer.clone(), Arc::clone(&recent), staging);
        let running = AbortOnDropHandle::new(tokio::spawn(share.clone().over(run)));
        let group = Group { recent, stage, sameness, groups: Arc::downgrade(self), _running: running };
        let group = Arc::new(group);
        groups.insert(group.sameness.clone(), Arc::downgrade(&group));
        group
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<Sameness, Weak<Group>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    /// Reads what it tells from now on: everything that is recorded from now on, and maybe some of what was before. None
    /// if it came to nothing.
    pub(super) async fn join(&self) -> Option<Reader> {
        // Who waits for it here is one of its members, so that it goes on.
        self.stage.clone().wait_for(|stage| *stage == Stage::Live).await.ok()?;
        Some(self.recent.read())
    }

    fn is_over(&self) -> bool {
        self.stage.has_changed().is_err()
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

/// Runs a subscription from now on, and tells each answer to all members. However it ends, they then follow by
/// themselves, and each meets by itself what went wrong.
async fn run(door: Door, admitted: Admitted, viewer: Viewer, recent: Arc<Recent>, stage: watch::Sender<Stage>) {
    let _ends = Ends(&recent);
    let (place, cost) = (StreamPlace::news(), admitted.cost.clone());
    let mut responses = door.executor.follow(admitted.with(place.clone()), &viewer);
    // That it is caught up. Each member says so for itself.
    let begun = responses.next().await;
    if !begun.is_some_and(|response| response.errors.is_empty()) || !place.is_live() {
        return;
    }
    stage.send_replace(Stage::Live);
    let mut told = 0_usize;
    while let Some(response) = responses.next().await {
        let Some(cursor) = place.reached().filter(|_| !place.has_failed()) else { break };
        door.app.metrics.subscription_executions.inc();
        let cost = cost.actual(&response.data);
        let answer = Answer::of_response(response, &viewer.caller.request_id);
        if !answer.ran() {
            return;
        }
        let (json, code) = (answer.to_json(), answer.code());
        recent.tell(SharedEvent { cursor, json, as_event: OnceLock::new(), cost, code });
        told += 1;
        if told.is_multiple_of(AT_ONCE) {
            // The members first: what they have not read yet is kept for them.
            tokio::task::yield_now().await;
        }
    }
    recent.end(place.reached());
}

/// Members are told of the end also where it comes by a panic.
struct Ends<'a>(&'a Recent);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.end(None);
    }
}
