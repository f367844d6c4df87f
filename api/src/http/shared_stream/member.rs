//! One follower: by itself as long as the past is told, then as one of a group.

use std::sync::Arc;

use arvlite_db::SearchShare;
use async_graphql::Response;

use super::super::Door;
use super::super::admit::Admitted;
use super::super::budget::Purse;
use super::audience::Seat;
use super::execution::Execution;
use super::group::Group;
use super::recent::{Next, Reader, SharedEvent};
use crate::auth::Viewer;
use crate::domain::view::Cursor;
use crate::graphql::StreamPlace;

/// What costs more is run for each by itself, who then waits until it is paid for: nobody else may wait for that.
const MOST_SHARED_COST: u64 = 50;
/// Groups that told nothing, one after another, before somebody goes on without one.
const MOST_FRUITLESS: u32 = 3;

/// What a follower is told.
pub(in crate::http) enum Told {
    /// An answer of its own, and where it stands, if that is known.
    Own(Box<Response>, Option<Cursor>),
    /// What all of its group are told.
    Shared(Arc<SharedEvent>),
}

/// Whoever follows a subscription.
pub(in crate::http) struct Member {
    wish: Wish,
    stage: Stage,
    /// Groups that ended without a word to it since somebody told it something.
    fruitless: u32,
}

/// What somebody wants to follow.
struct Wish {
    door: Door,
    viewer: Viewer,
    admitted: Admitted,
    purse: Arc<Purse>,
}

enum Stage {
    /// From after a cursor that goes before the document's.
    Begins { after: Option<Arc<str>> },
    /// It runs its own execution, and goes on with its group where that ends, or with nothing.
    ByItself { execution: Box<Execution>, then: Option<Place> },
    /// It is told what its group is told, and was told everything up to here.
    InGroup { place: Place, stands_at: Cursor },
}

/// A place in a group, which goes on as long as anybody has one.
struct Place {
    _group: Arc<Group>,
    reader: Reader,
    _seat: Seat,
}

impl Member {
    /// Somebody who wants to be told what comes of a subscription.
    pub(in crate::http) fn new(door: &Door, admitted: Admitted, viewer: &Viewer, purse: &Arc<Purse>) -> Self {
        let stage = Stage::Begins { after: admitted.resumes_after.clone() };
        let wish = Wish { door: door.clone(), viewer: viewer.clone(), admitted, purse: Arc::clone(purse) };
        Self { wish, stage, fruitless: 0 }
    }

    /// What it is told next; none if nothing more will come.
    pub(in crate::http) async fn next(&mut self) -> Option<Told> {
        let wish = &self.wish;
        loop {
            self.stage = match &mut self.stage {
                Stage::Begins { after } => {
                    let after = after.take();
                    match wish.place().await {
                        Some(place) => wish.by_itself(StreamPlace::past(after), Some(place)),
                        None => wish.by_itself(StreamPlace::on(after), None),
                    }
                }
                Stage::ByItself { execution, then } => {
                    if let Some(response) = SearchShare::of(&wish.purse.searches).over(execution.next()).await {
                        wish.door.app.metrics.subscription_executions.inc();
                        return Some(Told::Own(Box::new(response), execution.reached()));
                    }
                    let caught_up = execution.reached().filter(|_| execution.is_live());
                    let (stands_at, place) = (caught_up?, then.take()?);
                    Stage::InGroup { place, stands_at }
                }
                Stage::InGroup { place, stands_at } => match place.reader.next().await {
                    Next::Event(event) if event.cursor <= *stands_at => continue,
                    Next::Event(event) => {
                        (*stands_at, self.fruitless) = (event.cursor, 0);
                        return Some(Told::Shared(event));
                    }
                    Next::Missed => wish.missed(*stands_at, wish.place().await),
                    Next::Over(through) => {
                        self.fruitless += 1;
                        // One that always ends at once is of no use.
                        let place = if self.fruitless < MOST_FRUITLESS { wish.place().await } else { None };
                        wish.missed(through.map_or(*stands_at, |through| through.max(*stands_at)), place)
                    }
                },
            };
        }
    }
}

impl Wish {
    /// A place in the group of those who are told the same. What is recorded from now on will be told there.
    async fn place(&self) -> Option<Place> {
        let sameness = self.admitted.sameness(&self.viewer)?;
        if self.admitted.cost.requested > MOST_SHARED_COST {
            return None;
        }
        let group = self.door.groups.group(sameness, &self.door, &self.admitted, &self.viewer, &self.purse)?;
        let (reader, seat) = group.join().await?;
        Some(Place { _group: group, reader, _seat: seat })
    }

    /// Reads what was missed, and goes on with the group if there is one.
    fn missed(&self, stood: Cursor, then: Option<Place>) -> Stage {
        self.by_itself(StreamPlace::missed(stood, then.is_some()), then)
    }

    fn by_itself(&self, place: StreamPlace, then: Option<Place>) -> Stage {
        let execution = Box::new(Execution::begin(&self.door, &self.admitted, &self.viewer, place));
        Stage::ByItself { execution, then }
    }
}
