//! One follower: told the past with all who broke off nearly where it did, then what happens with all who are told the
//! same, and by itself where neither can be.

use std::sync::Arc;

use arvlite_db::SearchShare;
use async_graphql::Response;

use super::super::Door;
use super::super::admit::Admitted;
use super::super::budget::Purse;
use super::audience::Seat;
use super::event::SharedEvent;
use super::execution::Execution;
use super::group::Group;
use super::recent::{Next, Reader};
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
    Begins,
    /// It runs its own execution, and goes on with its group where that ends, or with nothing.
    ByItself {
        execution: Box<Execution>,
        then: Option<Place>,
    },
    /// It is told what a group tells, and was told everything up to here. Where that is of the past, it goes on with the
    /// group that is live.
    InGroup {
        place: Place,
        stands_at: Cursor,
        then: Option<Place>,
    },
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
        let wish = Wish { door: door.clone(), viewer: viewer.clone(), admitted, purse: Arc::clone(purse) };
        Self { wish, stage: Stage::Begins, fruitless: 0 }
    }

    /// What it is told next; none if nothing more will come.
    pub(in crate::http) async fn next(&mut self) -> Option<Told> {
        let wish = &self.wish;
        loop {
            self.stage = match &mut self.stage {
                Stage::Begins => wish.begin().await,
                Stage::ByItself { execution, then } => {
                    if let Some(response) = SearchShare::of(&wish.purse.searches).over(execution.next()).await {
                        wish.door.app.metrics.subscription_executions.inc();
                        return Some(Told::Own(Box::new(response), execution.reached()));
                    }
                    let caught_up = execution.reached().filter(|_| execution.is_live());
                    let (stands_at, place) = (caught_up?, then.take()?);
                    Stage::InGroup { place, stands_at, then: None }
                }
                Stage::InGroup { place, stands_at, then } => match place.reader.next(*stands_at).await {
                    Next::Event(event) => {
                        (*stands_at, self.fruitless) = (event.cursor, 0);
                        if let Some(live) = then.take_if(|_| event.is_caught_up) {
                            *place = live;
                        }
                        return Some(Told::Shared(event));
                    }
                    Next::Missed if then.is_none() => wish.missed(*stands_at, wish.place(None).await),
                    ended => {
                        let stood_at = *stands_at;
                        if let Next::Over(Some(through)) = ended {
                            *stands_at = through.max(stood_at);
                        }
                        self.fruitless += u32::from(*stands_at == stood_at);
                        let of_the_past = then.as_ref().map(|_| *stands_at);
                        // Those that always end at once are of no use.
                        let next = if self.fruitless < MOST_FRUITLESS { wish.place(of_the_past).await } else { None };
                        match then.take() {
                            Some(live) => wish.in_past(*stands_at, live, next),
                            None => wish.missed(*stands_at, next),
                        }
                    }
                },
            };
        }
    }
}

impl Wish {
    async fn begin(&self) -> Stage {
        let after = self.admitted.resumes_after.clone();
        let Some(live) = self.place(None).await else { return self.by_itself(StreamPlace::on(after), None) };
        match self.admitted.broke_off().and_then(|cursor| Cursor::read(cursor).ok()) {
            Some(stands_at) => self.in_past(stands_at, live, self.place(Some(stands_at)).await),
            None => self.by_itself(StreamPlace::past(after), Some(live)),
        }
    }

    /// Reads the past after a position, in its group or by itself, and goes on with what is live.
    fn in_past(&self, stands_at: Cursor, live: Place, place: Option<Place>) -> Stage {
        match place {
            Some(place) => Stage::InGroup { place, stands_at, then: Some(live) },
            None => self.by_itself(StreamPlace::past(Some(stands_at.to_string().into())), Some(live)),
        }
    }

    /// Reads what it missed of what was live, and goes on with the group if there is one.
    fn missed(&self, stood: Cursor, then: Option<Place>) -> Stage {
        self.by_itself(StreamPlace::missed(stood, then.is_some()), then)
    }

    /// A place in the group of those who are told the same: all that is recorded from now on, or the past after a position.
    async fn place(&self, after: Option<Cursor>) -> Option<Place> {
        let sameness = self.admitted.sameness(&self.viewer)?;
        if self.admitted.cost.requested > MOST_SHARED_COST {
            return None;
        }
        let group = self.door.groups.group(sameness, after, &self.door, &self.admitted, &self.viewer, &self.purse)?;
        let (reader, seat) = group.join().await?;
        Some(Place { _group: group, reader, _seat: seat })
    }

    fn by_itself(&self, place: StreamPlace, then: Option<Place>) -> Stage {
        let execution = Box::new(Execution::begin(&self.door, &self.admitted, &self.viewer, place));
        Stage::ByItself { execution, then }
    }
}
