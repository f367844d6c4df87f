//! Windows: adding one in which a video plays.

use arvlite_db::models::{ArContent, NewVideoSchedule, Video, VideoSchedule};
use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Changed, Checks, Command, Detail, Problem, ProblemCode, Result, Warning, WarningCode, Work};
use crate::auth::Permission;
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

impl Command for VideoScheduleCreate {
    const NAME: &'static str = "videoScheduleCreate";
    const NEEDS: Permission = Permission::WriteSchedules;
    type Outcome = Changed<VideoSchedule>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<VideoSchedule>> {
        let mut checks = Checks::default();
        checks.instant("startTime", self.start_time);
        checks.instant("endTime", self.end_time);
        if self.start_time >= self.end_time {
            checks.add(Problem::new(ProblemCode::Invalid, ["endTime"], "must be after `startTime`"));
        }
        if !(-FURTHEST_PRIORITY..=FURTHEST_PRIORITY).contains(&self.priority) {
            let message = format!("must be from -{FURTHEST_PRIORITY} to {FURTHEST_PRIORITY}");
            let code = if self.priority < 0 { ProblemCode::TooSmall } else { ProblemCode::TooLarge };
            checks.add(Problem::new(code, ["priority"], message));
        }
        let description = checks.optional_text("description", self.description.as_deref(), 500);
        checks.finish()?;
        let video = work.parent("videoId", self.video_id).await?;
        // One window of an order at a time, so that two that overlap see each other.
        let content = work.target("videoId", NodeId::<ArContent>::of(video.ar_content_id)).await?;
        work.refuse_more_than::<ArContent, VideoSchedule>(MOST_WINDOWS, content.id, "videoId").await?;
        self.refuse_overlap(work, &content).await?;
        let new = NewVideoSchedule {
            company_id: video.company_id,
            ar_content_id: content.id,
            video_id: video.id,
            start_time: self.start_time,
            end_time: self.end_time,
            priority: self.priority,
            description,
            created_at: work.now,
            updated_at: work.now,
        };
        let mut changed = Changed::created(VideoSchedule::insert(work, &new).await?);
        changed.warnings = self.oddities(&content, &video, work.now);
        Ok(changed)
    }
}

impl VideoScheduleCreate {
    async fn refuse_overlap(&self, work: &Work<'_>, content: &ArContent) -> Result<()> {
        let (start, end) = (self.start_time, self.end_time);
        let conflicts = VideoSchedule::overlapping(work, content.id, self.priority, start, end).await?;
        if conflicts.is_empty() {
            return Ok(());
        }
        let message = "another window of equal priority is open in this time: give one of them a higher priority";
        let ids = conflicts.iter().map(|window| window.id).collect();
        Err(Problem::new(ProblemCode::Overlap, ["startTime"], message).with(Detail::Overlap(ids)).into())
    }

    fn oddities(&self, content: &ArContent, video: &Video, now: DateTime<Utc>) -> Vec<Warning> {
        let odd = |code, message: &str, field: &str| Warning {
            code,
            message: message.to_owned(),
            field: vec![field.to_owned()],
        };
        let mut oddities = Vec::new();
        if self.end_time <= now {
            oddities.push(odd(WarningCode::InThePast, "the window lies wholly in the past", "endTime"));
        }
        if content.expires_at <= self.start_time {
            let message = "the order's paid term is over before the window opens";
            oddities.push(odd(WarningCode::NeverPlays, message, "startTime"));
        } else if !video.is_active || video.subscription_end.is_some_and(|end| end <= self.start_time) {
            oddities.push(odd(WarningCode::NeverPlays, "this video may not be played in the window", "videoId"));
        } else if video.subscription_end.is_some_and(|end| end < self.end_time) {
            let message = "the video's subscription ends before the window does";
            oddities.push(odd(WarningCode::SubscriptionEndsFirst, message, "endTime"));
        }
        oddities
    }
}
