//! What plays for a code by now, with what a phone needs to play it: the answer of `arPlayback`, of the page behind a
//! code and of the start of a view, all from here.

use std::collections::{HashMap, HashSet};

use arvlite_db::models::{ArContent, Media, PlaybackRows};
use arvlite_db::{Scope, Session};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Content, Decision, Reason, active_video};
use crate::app::App;
use crate::domain::Result;

/// What plays for a code at an instant.
#[derive(Debug, Clone)]
pub struct Playback {
    /// The code.
    pub unique_id: Uuid,
    /// The instant.
    pub at: DateTime<Utc>,
    /// What plays, until when, or why nothing does.
    pub decision: Decision,
    /// The order of this code, deleted or not.
    pub content: Option<ArContent>,
    /// The photo to follow; none while nothing plays.
    pub photo: Option<Media>,
    /// The bytes of what plays.
    pub video: Option<Media>,
}

impl Playback {
    /// Whether anything plays.
    #[must_use]
    pub fn available(&self) -> bool {
        self.video.is_some()
    }

    /// Why nothing plays; none if something does.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        if self.available() { None } else { Some(self.decision.reason.unwrap_or(Reason::NoPlayableVideo)) }
    }

    /// The end of the paid term; none for a code that nobody is to know.
    #[must_use]
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        let known = self.content.as_ref().filter(|_| self.decision.reason != Some(Reason::NotFound));
        known.map(|content| content.expires_at)
    }

    /// What tells this answer from another: everything that it says but the instant.
    #[must_use]
    pub fn digest(&self) -> String {
        let Self { unique_id, decision, photo, video, .. } = self;
        let names = [photo, video].map(|media| media.as_ref().map(|media| &media.name));
        format!("{unique_id} {decision:?} {names:?} {:?}", self.expires_at())
    }

    fn of(unique_id: Uuid, rows: Option<PlaybackRows>, at: DateTime<Utc>) -> Self {
        let Some(rows) = rows else {
            let decision = Decision::unavailable(Reason::NotFound);
            return Self { unique_id, at, decision, content: None, photo: None, video: None };
        };
        let decision = active_video(&Content::of_rows(&rows), at);
        let PlaybackRows { content, photo, videos, media, .. } = rows;
        let playing = videos.into_iter().find(|video| Some(video.id) == decision.video);
        let video = playing.and_then(|playing| media.into_iter().find(|media| Some(media.id) == playing.media_id));
        let photo = photo.filter(|_| video.is_some());
        let content = Some(content);
        Self { unique_id, at, decision, content, photo, video }
    }
}

impl Content {
    /// Gathers what was read for an order.
    #[must_use]
    pub fn of_rows(rows: &PlaybackRows) -> Self {
        let PlaybackRows { content, project, company, videos, windows, rotations, .. } = rows;
        Self::of(content, project, company, videos, windows, rotations)
    }
}

/// What plays for a code now.
///
/// # Errors
/// When the database does not work out.
pub async fn playback_now(app: &App, unique_id: Uuid) -> Result<Playback> {
    let (session, now) = (app.db.session(Scope::Nothing), app.clock.now());
    let mut playbacks = playback_of(&session, &[unique_id], now).await?;
    Ok(playbacks.remove(&unique_id).unwrap_or_else(|| Playback::of(unique_id, None, now)))
}

/// What plays for these codes. Whoever holds a code may know: it reads everybody's rows, whatever the session's scope.
///
/// # Errors
/// When the database does not work out.
pub async fn playback_of(session: &Session, unique_ids: &[Uuid], at: DateTime<Utc>) -> Result<HashMap<Uuid, Playback>> {
    let asked: Vec<(Uuid, DateTime<Utc>)> = unique_ids.iter().map(|id| (*id, at)).collect();
    let playbacks = playbacks_at(session, &asked).await?;
    Ok(playbacks.into_iter().map(|((id, _), playback)| (id, playback)).collect())
}

/// The same for each code at an instant of its own, by the rules of today.
///
/// # Errors
/// When the database does not work out.
pub async fn playbacks_at(
    session: &Session,
    asked: &[(Uuid, DateTime<Utc>)],
) -> Result<HashMap<(Uuid, DateTime<Utc>), Playback>> {
    let everybody = session.with_scope(Scope::Everything);
    let Some(first) = asked.iter().map(|(_, at)| *at).min() else { return Ok(HashMap::new()) };
    let unique_ids: HashSet<Uuid> = asked.iter().map(|(id, _)| *id).collect();
    // Windows that are over before the first of these instants are not read.
    let rows = PlaybackRows::by_unique_ids(&everybody, &Vec::from_iter(unique_ids.iter().copied()), first).await?;
    let mut rows: HashMap<Uuid, PlaybackRows> = rows.into_iter().map(|rows| (rows.content.unique_id, rows)).collect();
    let distinct: HashSet<(Uuid, DateTime<Utc>)> = asked.iter().copied().collect();
    let each_once = distinct.len() == unique_ids.len();
    let playbacks = distinct.into_iter().map(|(id, at)| {
        let rows = if each_once { rows.remove(&id) } else { rows.get(&id).cloned() };
        ((id, at), Playback::of(id, rows, at))
    });
    Ok(playbacks.collect())
}
