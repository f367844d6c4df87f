//! What decides what plays for a code: its order with everything around it, in three statements however many codes are
//! asked for, and one more where an order has a rule.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::models::{
    ArContent, Company, Media, Project, Video, VideoRotationSchedule, VideoSchedule, VideoScheduleStatus,
};
use crate::schema::{ar_content, companies, media, projects, video_rotation_schedules, video_schedules, videos};
use crate::{Result, Session};

/// An order, deleted or not, with what its playback depends on.
#[derive(Debug, Clone)]
pub struct PlaybackRows {
    /// The order.
    pub content: ArContent,
    /// Its company.
    pub company: Company,
    /// Its project.
    pub project: Project,
    /// The photo.
    pub photo: Option<Media>,
    /// Its live videos.
    pub videos: Vec<Video>,
    /// Their bytes.
    pub media: Vec<Media>,
    /// Its windows that count and are not over.
    pub windows: Vec<VideoSchedule>,
    /// Its rules that count.
    pub rotations: Vec<VideoRotationSchedule>,
}

/// Orders with what they belong to, their photo, and whether they have a rule that counts.
macro_rules! contents {
    () => {
        ar_content::table
            .inner_join(companies::table.on(companies::id.eq(ar_content::company_id)))
            .inner_join(projects::table.on(projects::id.eq(ar_content::project_id)))
            .left_join(media::table.on(media::id.nullable().eq(ar_content::photo_media_id)))
            .select((
                ArContent::as_select(),
                Company::as_select(),
                Project::as_select(),
                Option::<Media>::as_select(),
                diesel::dsl::exists(
                    video_rotation_schedules::table
                        .filter(video_rotation_schedules::ar_content_id.eq(ar_content::id))
                        .filter(video_rotation_schedules::is_active),
                ),
            ))
    };
}

type ContentFound = (ArContent, Company, Project, Option<Media>, bool);

impl PlaybackRows {
    /// Those of these codes, in no order; a code that was never given out has none.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn by_unique_ids(session: &Session, unique_ids: &[Uuid], at: DateTime<Utc>) -> Result<Vec<Self>> {
        let read = || async {
            let of = contents!().filter(ar_content::unique_id.eq_any(unique_ids.to_vec()));
            let found = of.load(&mut *session.connection().await?).await?;
            Self::around(session, found, at).await
        };
        session.read(read).await
    }

    /// Those of these orders, in no order.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn by_ids(session: &Session, ids: &[i64], at: DateTime<Utc>) -> Result<Vec<Self>> {
        let read = || async {
            let of = contents!().filter(ar_content::id.eq_any(ids.to_vec()));
            let found = of.load(&mut *session.connection().await?).await?;
            Self::around(session, found, at).await
        };
        session.read(read).await
    }

    async fn around(session: &Session, found: Vec<ContentFound>, at: DateTime<Utc>) -> Result<Vec<Self>> {
        let ids: Vec<i64> = found.iter().map(|(content, ..)| content.id).collect();
        let videos = videos::table
            .left_join(media::table.on(media::id.nullable().eq(videos::media_id)))
            .filter(videos::ar_content_id.eq_any(ids.clone()))
            .filter(videos::deleted_at.is_null())
            .select((Video::as_select(), Option::<Media>::as_select()));
        let videos: Vec<(Video, Option<Media>)> = videos.load(&mut *session.connection().await?).await?;

        let windows = video_schedules::table
            .filter(video_schedules::ar_content_id.eq_any(ids))
            .filter(video_schedules::status.eq(VideoScheduleStatus::Active))
            .filter(video_schedules::end_time.gt(at))
            .select(VideoSchedule::as_select());
        let windows: Vec<VideoSchedule> = windows.load(&mut *session.connection().await?).await?;

        let rotating = found.iter().filter(|(.., rotates)| *rotates).map(|(content, ..)| content.id).collect();
        let rotations = rotations(session, rotating).await?;

        let mut videos = grouped(videos, |(video, _)| video.ar_content_id);
        let mut windows = grouped(windows, |window| window.ar_content_id);
        let mut rotations = grouped(rotations, |rule| rule.ar_content_id);
        let rows = found.into_iter().map(|(content, company, project, photo, _)| {
            let (videos, media): (Vec<_>, Vec<_>) = videos.remove(&content.id).unwrap_or_default().into_iter().unzip();
            let media = media.into_iter().flatten().collect();
            let windows = windows.remove(&content.id).unwrap_or_default();
            let rotations = rotations.remove(&content.id).unwrap_or_default();
            Self { content, company, project, photo, videos, media, windows, rotations }
        });
        Ok(rows.filter(|rows| session.scope().holds(rows.content.company_id)).collect())
    }
}

/// The rules of these orders that count. Most orders have none, and where nobody has one nothing is asked.
async fn rotations(session: &Session, ar_content_ids: Vec<i64>) -> Result<Vec<VideoRotationSchedule>> {
    if ar_content_ids.is_empty() {
        return Ok(Vec::new());
    }
    let rules = video_rotation_schedules::table
        .filter(video_rotation_schedules::ar_content_id.eq_any(ar_content_ids))
        .filter(video_rotation_schedules::is_active)
        .select(VideoRotationSchedule::as_select());
    Ok(rules.load(&mut *session.connection().await?).await?)
}

fn grouped<T>(rows: Vec<T>, of: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(of(&row)).or_default().push(row);
    }
    groups
}
