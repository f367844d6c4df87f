//! The rows that decide what plays for an order, gathered: how they were read does not matter.

use std::borrow::Borrow;

use arvlite_db::models::{
    ArContent, ArContentStatus, Company, CompanyStatus, Project, ProjectStatus, Video, VideoSchedule,
    VideoScheduleStatus, VideoStatus,
};
use chrono::{DateTime, Utc};

use super::{Content, Decision, PlayableVideo, Window, active_video};

/// Everything that decides what plays for one order.
#[derive(Debug, Clone)]
pub struct Rules {
    deleted: bool,
    company_active: bool,
    ready: bool,
    project_archived: bool,
    expires_at: DateTime<Utc>,
    has_photo: bool,
    pinned_video: Option<i64>,
    videos: Vec<PlayableVideo>,
    windows: Vec<Window>,
}

impl Rules {
    /// Gathers an order's rows: all of its videos and all of its windows.
    pub fn new(
        content: &ArContent,
        project: &Project,
        company: &Company,
        videos: &[impl Borrow<Video>],
        windows: &[impl Borrow<VideoSchedule>],
    ) -> Self {
        Self {
            deleted: content.deleted_at.is_some() || project.deleted_at.is_some() || company.deleted_at.is_some(),
            company_active: company.status == CompanyStatus::Active,
            ready: content.status == ArContentStatus::Ready,
            project_archived: project.status == ProjectStatus::Archived,
            expires_at: content.expires_at,
            has_photo: content.photo_media_id.is_some(),
            pinned_video: content.active_video_id,
            videos: videos.iter().map(|video| playable(video.borrow())).collect(),
            windows: windows.iter().map(|window| open(window.borrow())).collect(),
        }
    }

    /// What plays at an instant.
    #[must_use]
    pub fn decide(&self, at: DateTime<Utc>) -> Decision {
        let content = Content {
            deleted: self.deleted,
            company_active: self.company_active,
            ready: self.ready,
            project_archived: self.project_archived,
            expires_at: self.expires_at,
            has_photo: self.has_photo,
            pinned_video: self.pinned_video,
            videos: &self.videos,
            windows: &self.windows,
        };
        active_video(&content, at)
    }
}

fn playable(video: &Video) -> PlayableVideo {
    PlayableVideo {
        id: video.id,
        is_active: video.is_active,
        ready: video.status == VideoStatus::Ready,
        subscription_end: video.subscription_end,
        rotation_order: video.rotation_order,
        deleted: video.deleted_at.is_some(),
    }
}

fn open(window: &VideoSchedule) -> Window {
    Window {
        id: window.id,
        video_id: window.video_id,
        start: window.start_time,
        end: window.end_time,
        priority: window.priority,
        created_at: window.created_at,
        active: window.status == VideoScheduleStatus::Active,
    }
}
