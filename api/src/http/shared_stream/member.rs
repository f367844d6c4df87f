//! One follower: by itself as long as the past is told, then as one of a group.

use std::sync::Arc;

use arvlite_db::SearchShare;
use async_graphql::Response;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::super::Door;
use super::super::admit::Admitted;
use super::group::Group;
use super::recent::{Next, Reader, SharedEvent};
use crate::auth::Viewer;
use crate::domain::view::Cursor;
use crate::graphql::StreamPlace;

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
}

/// What somebody wants to follow.
struct Wish {
    door: Door,
    viewer: Viewer,
    admitted: Admitted,
    share: SearchShare,
}

enum Stage {
    /// From after a cursor that goes before the document's.
    Begins { after: Option<Arc<str>> },
    /// It runs its own execution, and goes on with its group where that ends, or with nothing.
    ByItself { responses: BoxStream<'static, Response>, place: StreamPlace, then: Option<Place> },
    /// It is told what its group is told. Since it joined it was told so far.
    InGroup { place: Place, joined_at: Cursor, stands_at: Cursor },
}

/// A place in a group, which goes on as long as anybody has one.
struct Place {
    group: Arc<Group>,
    reader: Reader,
}

impl Member {
    /// Somebody who wants to be told what comes of a subscription.
    pub(in crate::http) fn new(door: &Door, admitted: Admitted, viewer: &Viewer, share: SearchShare) -> Self {
        let stage = Stage::Begins { after: admitted.resumes_after.clone() };
        Self { wish: Wish { door: door.clone(), viewer: viewer.clone(), admitted, share }, stage }
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
                Stage::ByItself { responses, place, then } => {
                    if let Some(response) = wish.share.clone().over(responses.next()).await {
                        wish.door.app.metrics.subscription_executions.inc();
                        return Some(Told::Own(Box::new(response), place.reached()));
                    }
                    let caught_up = place.reached().filter(|_| place.is_live() && !place.has_failed());
                    let (at, place) = (caught_up?, then.take()?);
                    Stage::InGroup { place, joined_at: at, stands_at: at }
                }
                Stage::InGroup { place, joined_at, stands_at } => match place.reader.next().await {
                    Next::Event(event) if event.cursor <= *stands_at => continue,
                    Next::Event(event) => {
                        *stands_at = event.cursor;
                        return Some(Told::Shared(event));
                    }
                    Next::Missed => {
                        let (stood, group) = (*stands_at, Arc::clone(&place.group));
                        wish.missed(stood, Place::in_group(group).await)
                    }
                    Next::Over(through) => {
                        let stood = through.map_or(*stands_at, |through| through.max(*stands_at));
                        // A group that told nothing would end at once again.
                        let place = if stood > *joined_at { wish.place().await } else { None };
                        wish.missed(stood, place)
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
        let group = self.door.groups.group(sameness, &self.door, &self.admitted, &self.viewer, &self.share);
        Place::in_group(group).await
    }

    /// Reads what was missed, and goes on with the group if there is one.
    fn missed(&self, stood: Cursor, then: Option<Place>) -> Stage {
        self.by_itself(StreamPlace::missed(stood, then.is_some()), then)
    }

    fn by_itself(&self, place: StreamPlace, then: Option<Place>) -> Stage {
        let admitted = self.admitted.again().with(place.clone());
        Stage::ByItself { responses: self.door.executor.follow(admitted, &self.viewer), place, then }
    }
}

impl Place {
    async fn in_group(group: Arc<Group>) -> Option<Self> {
        let reader = group.join().await?;
        Some(Self { group, reader })
    }
}
