//! Windows: adding, changing and removing one in which a video plays.

use arvlite_db::models::{ArContent, NewVideoSchedule, Video, VideoSchedule, VideoScheduleEdit, VideoScheduleStatus};
use arvlite_db::{Deleted, Editable};
use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::edit::refuse_stale;
use super::violation::camel_case;
use super::{Changed, Checks, Command, Detail, Error, Problem, ProblemCode, Result, Work, oddities};
use crate::auth::Permission;
use crate::enums;
use crate::global_id::NodeId;

/// How many windows an order may have: all of them are read to decide what plays.
const MOST_WINDOWS: i64 = 1_000;
/// How far from 0 a priority may be.
const FURTHEST_PRIORITY: i32 = 1000;

/// A new window: half open, from `startTime` up to, not including, `endTime`. An order has at most 1,000 of them.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoScheduleCreateInput")]
pub struct VideoScheduleCreate {
    /// What plays.
    pub video_id: NodeId<Video>,
    /// From this instant on.
    pub start_time: DateTime<Utc>,
    /// Up to, not including, this instant.
    pub end_time: DateTime<Utc>,
    /// Of windows that are open at once the highest wins; from -1000 to 1000.
    #[graphql(default = 0)]
    pub priority: i32,
    /// What it is for; at most 500 characters.
    pub description: Option<String>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// What is to become of a window: a field that is not given stays as it is.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoScheduleUpdateInput")]
pub struct VideoScheduleUpdate {
    /// The window.
    pub id: NodeId<VideoSchedule>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// From this instant on.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub start_time: MaybeUndefined<DateTime<Utc>>,
    /// Up to, not including, this instant.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub end_time: MaybeUndefined<DateTime<Utc>>,
    /// Of windows that are open at once the highest wins; from -1000 to 1000.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub priority: MaybeUndefined<i32>,
    /// Whether it counts.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub status: MaybeUndefined<enums::VideoScheduleStatus>,
    /// What it is for, at most 500 characters; null for nothing.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub description: MaybeUndefined<String>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// The end of a window.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoScheduleDeleteInput")]
pub struct VideoScheduleDelete {
    /// The window.
    pub id: NodeId<VideoSchedule>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for VideoScheduleCreate {
    const NAME: &'static str = "videoScheduleCreate";
    const NEEDS: Permission = Permission::WriteSchedules;
    type Outcome = Changed<VideoSchedule>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<VideoSchedule>> {
        let mut checks = Checks::default();
        let start_time = checks.instant("startTime", self.start_time);
        let end_time = checks.instant("endTime", self.end_time);
        if start_time >= end_time {
            checks.add(Problem::new(ProblemCode::Invalid, ["endTime"], "must be after `startTime`"));
        }
        check_priority(&mut checks, self.priority);
        let description = checks.optional_text("description", self.description.as_deref(), 500);
        checks.finish()?;
        let (content, video) =
            work.target_below::<ArContent, Video>("videoId", self.video_id, Deleted::Exclude).await?;
        work.refuse_more_than::<ArContent, VideoSchedule>(MOST_WINDOWS, content.id, "videoId").await?;
        let (priority, status) = (self.priority, VideoScheduleStatus::Active);
        let wanted = VideoScheduleEdit { start_time, end_time, priority, status, description };
        refuse_overlap(work, content.id, None, &wanted, "startTime").await?;
        let new = NewVideoSchedule {
            company_id: video.company_id,
            ar_content_id: content.id,
            video_id: video.id,
            start_time,
            end_time,
            priority,
            description: wanted.description,
            created_at: work.now,
            updated_at: work.now,
        };
        let mut changed = Changed::created(VideoSchedule::insert(work, &new).await?);
        changed.warnings = oddities::of_window(&changed.row, &content, &video, "videoId", work.now);
        Ok(changed)
    }
}

impl Command for VideoScheduleUpdate {
    const NAME: &'static str = "videoScheduleUpdate";
    const NEEDS: Permission = Permission::WriteSchedules;
    type Outcome = Changed<VideoSchedule>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<VideoSchedule>> {
        let mut checks = Checks::default();
        let start_time = checks.required("startTime", &self.start_time).copied();
        let start_time = checks.optional_instant("startTime", start_time);
        let end_time = checks.required("endTime", &self.end_time).copied();
        let end_time = checks.optional_instant("endTime", end_time);
        let priority = checks.required("priority", &self.priority).copied();
        priority.into_iter().for_each(|priority| check_priority(&mut checks, priority));
        let status = checks.required("status", &self.status).copied().map(Into::into);
        let description = self.description.as_opt_deref();
        let description = description.map(|text| checks.optional_text("description", text, 500));
        checks.finish()?;
        let (content, window) = work.target_below::<ArContent, VideoSchedule>("id", self.id, Deleted::Exclude).await?;
        let is = window.edit();
        let wanted = VideoScheduleEdit {
            start_time: start_time.unwrap_or(is.start_time),
            end_time: end_time.unwrap_or(is.end_time),
            priority: priority.unwrap_or(is.priority),
            status: status.unwrap_or(is.status),
            description: description.unwrap_or(is.description),
        };
        refuse_stale(&window, &wanted, self.expected_version)?;
        if wanted.start_time >= wanted.end_time {
            let (field, message) = match end_time {
                Some(_) => ("endTime", "must be after `startTime`"),
                None => ("startTime", "must be before `endTime`"),
            };
            return Err(Error::refused(ProblemCode::Invalid, field, message));
        }
        let field =
            window.differing(&wanted).first().map_or_else(|| "startTime".to_owned(), |column| camel_case(column));
        refuse_overlap(work, content.id, Some(window.id), &wanted, &field).await?;
        // It lives or was deleted: a window outlasts its video, so that both can be brought back.
        let video = work.find(NodeId::<Video>::of(window.video_id)).await?.ok_or(Error::NotFound)?;
        let mut changed = work.edit(window, &wanted).await?;
        changed.warnings = oddities::of_window(&changed.row, &content, &video, "id", work.now);
        Ok(changed)
    }
}

impl Command for VideoScheduleDelete {
    const NAME: &'static str = "videoScheduleDelete";
    const NEEDS: Permission = Permission::WriteSchedules;
    type Outcome = Changed<VideoSchedule>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<VideoSchedule>> {
        let (_, window) = work.target_below::<ArContent, VideoSchedule>("id", self.id, Deleted::Exclude).await?;
        refuse_stale(&window, &window.edit(), self.expected_version)?;
        VideoSchedule::remove(work, window.id).await?;
        Ok(Changed::removed(window))
    }
}

fn check_priority(checks: &mut Checks, priority: i32) {
    if !(-FURTHEST_PRIORITY..=FURTHEST_PRIORITY).contains(&priority) {
        let message = format!("must be from -{FURTHEST_PRIORITY} to {FURTHEST_PRIORITY}");
        let code = if priority < 0 { ProblemCode::TooSmall } else { ProblemCode::TooLarge };
        checks.add(Problem::new(code, ["priority"], message));
    }
}

/// Refuses a window, or what one is to become, that overlaps another one of equal priority. The order must be locked, so
/// that two that overlap see each other.
async fn refuse_overlap(
    work: &Work<'_>,
    content_id: i64,
    window_id: Option<i64>,
    wanted: &VideoScheduleEdit,
    field: &str,
) -> Result<()> {
    if wanted.status != VideoScheduleStatus::Active {
        return Ok(());
    }
    let (start, end) = (wanted.start_time, wanted.end_time);
    let conflicts = VideoSchedule::overlapping(work, content_id, wanted.priority, start, end, window_id).await?;
    if conflicts.is_empty() {
        return Ok(());
    }
    let message = "another window of equal priority is open in this time: give one of them a higher priority";
    let ids = conflicts.iter().map(|window| window.id).collect();
    Err(Problem::new(ProblemCode::Overlap, [field], message).with(Detail::Overlap(ids)).into())
}
