//! What plays for a code by now, with what a phone needs to play it: the answer of `arPlayback`, of the page behind a
//! code and of the start of a view, all from here.

use std::collections::HashMap;

use arvlite_db::models::{ArContent, ArContentStatus, CompanyStatus, Media, PlaybackRows, ProjectStatus, VideoStatus};
use arvlite_db::{Scope, Session};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Content, Decision, PlayableVideo, Reason, Window, active_video};
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

    /// The end of the paid term; none for a code that nobody is to know.
    #[must_use]
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        let known = self.content.as_ref().filter(|_| self.decision.reason != Some(Reason::NotFound));
        known.map(|content| content.expires_at)
    }

    fn of(unique_id: Uuid, rows: Option<PlaybackRows>, at: DateTime<Utc>) -> Self {
        let Some(rows) = rows else {
            let decision = Decision::unavailable(Reason::NotFound);
            return Self { unique_id, at, decision, content: None, photo: None, video: None };
        };
        let decision = decide(&rows, at);
        let mut videos = rows.videos.into_iter();
        let video = videos.find(|(video, _)| Some(video.id) == decision.video).and_then(|(_, media)| media);
        let photo = rows.photo.filter(|_| video.is_some());
        Self { unique_id, at, decision, content: Some(rows.content), photo, video }
    }
}

/// What plays for these codes. Whoever holds a code may know: it reads everybody's rows, whatever the session's scope.
///
/// # Errors
/// When the database does not work out.
pub async fn playback_of(session: &Session, unique_ids: &[Uuid], at: DateTime<Utc>) -> Result<HashMap<Uuid, Playback>> {
    let everybody = session.with_scope(Scope::Everything);
    let rows = PlaybackRows::by_unique_ids(&everybody, unique_ids, at).await?;
    let mut rows: HashMap<Uuid, PlaybackRows> = rows.into_iter().map(|rows| (rows.content.unique_id, rows)).collect();
    Ok(unique_ids.iter().map(|id| (*id, rows.remove(id))).fold(HashMap::new(), |mut answers, (id, rows)| {
        answers.entry(id).or_insert_with(|| Playback::of(id, rows, at));
        answers
    }))
}

/// Decides from rows what plays at the instant that they were read for.
#[must_use]
pub fn decide(rows: &PlaybackRows, at: DateTime<Utc>) -> Decision {
    let videos: Vec<PlayableVideo> = rows
        .videos
        .iter()
        .map(|(video, media)| PlayableVideo {
            id: video.id,
            is_active: video.is_active,
            ready: video.status == VideoStatus::Ready && media.is_some(),
            subscription_end: video.subscription_end,
            rotation_order: video.rotation_order,
            deleted: video.deleted_at.is_some(),
        })
        .collect();
    let windows: Vec<Window> = rows
        .windows
        .iter()
        .map(|window| Window {
            id: window.id,
            video_id: window.video_id,
            start: window.start_time,
            end: window.end_time,
            priority: window.priority,
            created_at: window.created_at,
            active: true,
        })
        .collect();
    let content = Content {
        deleted: rows.content.deleted_at.is_some(),
        company_active: rows.company_status == CompanyStatus::Active,
        ready: rows.content.status == ArContentStatus::Ready,
        project_archived: rows.project_status == ProjectStatus::Archived,
        expires_at: rows.content.expires_at,
        has_photo: rows.photo.is_some(),
        pinned_video: rows.content.active_video_id,
        videos: &videos,
        windows: &windows,
    };
    active_video(&content, at)
}
