//! Videos: adding one to an order.

use arvlite_db::models::{ArContent, ArContentStatus, NewVideo, Upload, UploadKind, Video, VideoStatus};
use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::upload::ready_media;
use super::{Changed, Checks, Command, Problem, ProblemCode, Result, Work};
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

impl Command for VideoCreate {
    const NAME: &'static str = "videoCreate";
    const NEEDS: Permission = Permission::WriteContent;
    type Outcome = Changed<Video>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Video>> {
        let mut checks = Checks::default();
        if self.rotation_order.is_some_and(|order| order < 0) {
            checks.add(Problem::new(ProblemCode::TooSmall, ["rotationOrder"], "must be 0 or more"));
        }
        checks.optional_instant("subscriptionEnd", self.subscription_end);
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
            subscription_end: self.subscription_end,
            created_at: work.now,
            updated_at: work.now,
        };
        let video = Video::insert(work, &new).await?;
        if content.status == ArContentStatus::Pending && content.photo_media_id.is_some() {
            ArContent::set_status(work, content.id, ArContentStatus::Ready).await?;
        }
        Ok(Changed::created(video))
    }
}
