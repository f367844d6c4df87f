//! One execution of a subscription, which goes on where it stood when the database was away: an answer that lacks
//! something for that reason alone is not told, but made again.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Response;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use rand::random_range;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::super::Door;
use super::super::admit::Admitted;
use super::super::answer::hindrance;
use super::super::refusal::Code;
use crate::auth::Viewer;
use crate::domain::view::Cursor;
use crate::graphql::StreamPlace;

/// How often an answer is made again that took too long: it may always do. A database that is away is waited for.
const MOST_TRIES: u32 = 3;
/// Until it is tried again. Of many who wait not all come at once.
const PAUSE_MS: std::ops::Range<u64> = 500..1_500;

/// Whose turn it is to read a stretch of the past. Of thousands who come again most wait here: were all to wait for the
/// database, nobody would find a connection in time, phones neither.
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    /// So few at once that most connections are for others.
    pub(super) fn of_connections(connections: usize) -> Self {
        Self(Arc::new(Semaphore::new((connections / 4).max(1))))
    }
}

pub(super) struct Execution {
    door: Door,
    viewer: Viewer,
    admitted: Admitted,
    place: StreamPlace,
    responses: BoxStream<'static, Response>,
    /// Kept while an answer is made, whether anybody waits for that or not.
    turn: Option<OwnedSemaphorePermit>,
    /// Everything up to here was told.
    told: Option<Cursor>,
    /// When it is made again.
    again_at: Option<Instant>,
    tries: u32,
}

impl Execution {
    pub(super) fn begin(door: &Door, admitted: &Admitted, viewer: &Viewer, place: StreamPlace) -> Self {
        let (door, viewer, admitted) = (door.clone(), viewer.clone(), admitted.again());
        let responses = run(&door, &admitted, &viewer, &place);
        Self { door, viewer, admitted, place, responses, turn: None, told: None, again_at: None, tries: 0 }
    }

    /// What comes next; none if nothing more will come. Nothing is lost when it is no longer waited for.
    pub(super) async fn next(&mut self) -> Option<Response> {
        loop {
            if let Some(again_at) = self.again_at {
                sleep_until(again_at).await;
                self.begin_again();
            }
            if self.place.is_stretch() && self.turn.is_none() {
                self.turn = Arc::clone(&self.door.groups.turns.0).acquire_owned().await.ok();
            }
            let response = self.responses.next().await;
            self.turn = None;
            let response = response?;
            let hindrance = hindrance(&response);
            self.tries += u32::from(hindrance == Some(Code::Timeout));
            if hindrance.is_some() && self.tries <= MOST_TRIES {
                self.again_at = Some(Instant::now() + Duration::from_millis(random_range(PAUSE_MS)));
                continue;
            }
            (self.told, self.tries) = (self.place.reached(), 0);
            return Some(response);
        }
    }

    /// Everything up to here was told, or was not to be. None of a subscription that knows no positions.
    pub(super) fn reached(&self) -> Option<Cursor> {
        self.place.reached()
    }

    /// Whether what is followed has failed, and not just what was asked of one event.
    pub(super) fn has_failed(&self) -> bool {
        self.place.has_failed()
    }

    /// Whether the past was told, and it goes on from there.
    pub(super) fn is_live(&self) -> bool {
        self.place.is_live() && !self.has_failed()
    }

    fn begin_again(&mut self) {
        self.place = self.place.again(self.told);
        self.responses = run(&self.door, &self.admitted, &self.viewer, &self.place);
        self.again_at = None;
    }
}

fn run(door: &Door, admitted: &Admitted, viewer: &Viewer, place: &StreamPlace) -> BoxStream<'static, Response> {
    door.executor.follow(admitted.again().with(place.clone()), viewer)
}
