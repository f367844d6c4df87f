//! The rows that decide what plays for an order, gathered: how they were read does not matter.

use std::borrow::Borrow;

use arvlite_db::models::{
    ArContent, ArContentStatus, Company, CompanyStatus, Project, ProjectStatus, Video, VideoSchedule,
    VideoScheduleStatus, VideoStatus,
};
use chrono_tz::Tz;

use super::{Content, PlayableVideo, RuleId, Window};

impl Content {
    /// Gathers an order's rows: all of its videos and all of its windows.
    #[must_use]
    pub fn of(
        content: &ArContent,
        project: &Project,
        company: &Company,
        videos: &[impl Borrow<Video>],
        windows: &[impl Borrow<VideoSchedule>],
    ) -> Self {
        Self {
            unique_id: content.unique_id,
            zone: company.time_zone.parse().unwrap_or(Tz::UTC),
            deleted: content.deleted_at.is_some() || project.deleted_at.is_some() || company.deleted_at.is_some(),
            company_active: company.status == CompanyStatus::Active,
            ready: content.status == ArContentStatus::Ready,
            project_archived: project.status == ProjectStatus::Archived,
            expires_at: content.expires_at,
            has_photo: content.photo_media_id.is_some(),
            pinned_video: content.active_video_id,
            videos: videos.iter().map(|video| playable(video.borrow())).collect(),
            windows: windows.iter().map(|window| open(window.borrow())).collect(),
            rotations: Vec::new(),
        }
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
        id: RuleId::Saved(window.id),
        video_id: window.video_id,
        start: window.start_time,
        end: window.end_time,
        priority: window.priority,
        created_at: window.created_at,
        active: window.status == VideoScheduleStatus::Active,
    }
}
