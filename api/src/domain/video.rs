//! Videos: adding one to an order, changing it, deleting it and bringing it back.
//!
//! What a deleted video was chosen by, windows and the operator's pin, stays and is as if absent: brought back, the video
//! plays when it did.

use arvlite_db::models::{ArContent, NewVideo, Upload, UploadKind, Video, VideoEdit, VideoStatus};
use arvlite_db::{Deleted, Editable};
use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::ar_content::complete;
use super::edit::refuse_stale;
use super::upload::ready_media;
use super::{Changed, Checks, Command, Problem, ProblemCode, Result, Work, oddities};
use crate::auth::Permission;
use crate::global_id::NodeId;

/// How many videos an order may have: all of them are read to decide what plays.
const MOST_VIDEOS: i64 = 200;

/// A new video of an order, which has at most 200 of them.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoCreateInput")]
pub struct VideoCreate {
    /// The order.
    pub ar_content_id: NodeId<ArContent>,
    /// The upload of its bytes.
    pub upload_id: NodeId<Upload>,
    /// Its place among the order's videos, from 0 on; behind the others unless it is given.
    pub rotation_order: Option<i32>,
    /// May it be chosen for playback at all.
    #[graphql(default = true)]
    pub is_active: bool,
    /// From when on it no longer plays.
    pub subscription_end: Option<DateTime<Utc>>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// What is to become of a video: a field that is not given stays as it is.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoUpdateInput")]
pub struct VideoUpdate {
    /// The video.
    pub id: NodeId<Video>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// May it be chosen for playback at all.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub is_active: MaybeUndefined<bool>,
    /// Its place among the order's videos, from 0 on.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub rotation_order: MaybeUndefined<i32>,
    /// From when on it no longer plays; null if that is never to come.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub subscription_end: MaybeUndefined<DateTime<Utc>>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// The deletion of a video, which can be undone.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoDeleteInput")]
pub struct VideoDelete {
    /// The video.
    pub id: NodeId<Video>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// The undoing of a video's deletion.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoRestoreInput")]
pub struct VideoRestore {
    /// The video. One that lives stays as it is.
    pub id: NodeId<Video>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for VideoCreate {
    const NAME: &'static str = "videoCreate";
    const NEEDS: Permission = Permission::WriteContent;
    type Outcome = Changed<Video>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Video>> {
        let mut checks = Checks::default();
        check_rotation_order(&mut checks, self.rotation_order);
        let subscription_end = checks.optional_instant("subscriptionEnd", self.subscription_end);
        checks.finish()?;
        let content = work.target("arContentId", self.ar_content_id).await?;
        work.refuse_more_than::<ArContent, Video>(MOST_VIDEOS, content.id, "arContentId").await?;
        let (upload, media_id) =
            ready_media(work, &["uploadId"], self.upload_id, UploadKind::Video, content.company_id).await?;
        let rotation_order = match self.rotation_order {
            Some(order) => order,
            None => Video::next_rotation_order(work, content.id).await?,
        };
        let new = NewVideo {
            company_id: content.company_id,
            ar_content_id: content.id,
            media_id: Some(media_id),
            filename: upload.filename,
            status: VideoStatus::Ready,
            is_active: self.is_active,
            rotation_order,
            subscription_end,
            created_at: work.now,
            updated_at: work.now,
        };
        let video = Video::insert(work, &new).await?;
        complete(work, &content).await?;
        Ok(Changed::created(video))
    }
}

impl Command for VideoUpdate {
    const NAME: &'static str = "videoUpdate";
    const NEEDS: Permission = Permission::WriteContent;
    type Outcome = Changed<Video>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Video>> {
        let mut checks = Checks::default();
        let is_active = checks.required("isActive", &self.is_active).copied();
        let rotation_order = checks.required("rotationOrder", &self.rotation_order).copied();
        check_rotation_order(&mut checks, rotation_order);
        let subscription_end = self.subscription_end.as_opt_ref();
        let subscription_end = subscription_end.map(|end| checks.optional_instant("subscriptionEnd", end.copied()));
        checks.finish()?;
        let (content, video) = work.target_below::<ArContent, Video>("id", self.id, Deleted::Exclude).await?;
        let is = video.edit();
        let wanted = VideoEdit {
            is_active: is_active.unwrap_or(is.is_active),
            rotation_order: rotation_order.unwrap_or(is.rotation_order),
            subscription_end: subscription_end.unwrap_or(is.subscription_end),
        };
        refuse_stale(&video, &wanted, self.expected_version)?;
        let mut changed = work.edit(video, &wanted).await?;
        if let Some(before) = &changed.before {
            changed.warnings = oddities::of_video(work, &content, before, &changed.row).await?;
        }
        Ok(changed)
    }
}

impl Command for VideoDelete {
    const NAME: &'static str = "videoDelete";
    const NEEDS: Permission = Permission::WriteContent;
    type Outcome = Changed<Video>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Video>> {
        let (content, video) = work.target_below::<ArContent, Video>("id", self.id, Deleted::Exclude).await?;
        refuse_stale(&video, &video.edit(), self.expected_version)?;
        let mut changed = work.delete(video).await?;
        if let Some(before) = &changed.before {
            changed.warnings.extend(oddities::of_deletion(work, &content, before).await?);
        }
        Ok(changed)
    }
}

impl Command for VideoRestore {
    const NAME: &'static str = "videoRestore";
    const NEEDS: Permission = Permission::WriteContent;
    type Outcome = Changed<Video>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Video>> {
        // Below a live order a video was deleted by itself: what was deleted with its order comes back with it.
        let (content, video) = work.target_below::<ArContent, Video>("id", self.id, Deleted::Include).await?;
        refuse_stale(&video, &video.edit(), self.expected_version)?;
        if video.deleted_at.is_some() {
            work.refuse_more_than::<ArContent, Video>(MOST_VIDEOS, content.id, "id").await?;
        }
        let changed = work.restore(video).await?;
        complete(work, &content).await?;
        Ok(changed)
    }
}

fn check_rotation_order(checks: &mut Checks, order: Option<i32>) {
    if order.is_some_and(|order| order < 0) {
        checks.add(Problem::new(ProblemCode::TooSmall, ["rotationOrder"], "must be 0 or more"));
    }
}
