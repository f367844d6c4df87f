use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::active_video::UnavailableReason;
use super::{Video, VideoRotationSchedule, VideoSchedule};
use crate::domain::playback::{Conflict, Rule, RuleId, Segment, Timeline};
use crate::enums::PlaybackSource;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;

/// What plays from one instant to another.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlaybackTimeline {
    /// From this instant on.
    pub from: DateTime<Utc>,
    /// Up to, not including, this instant.
    pub to: DateTime<Utc>,
    /// What plays, in order and without gaps between them; at most 5,000.
    pub segments: Vec<PlaybackSegment>,
    /// Where windows of equal priority overlap. Among saved ones they do not.
    pub conflicts: Vec<ScheduleConflict>,
    /// The answer is cut here, because it has too many segments; ask again from this instant. Null if it is whole.
    pub truncated_at: Option<DateTime<Utc>>,
}

impl From<Timeline> for PlaybackTimeline {
    fn from(timeline: Timeline) -> Self {
        let Timeline { from, to, segments, conflicts, truncated_at } = timeline;
        let segments = segments.into_iter().map(PlaybackSegment).collect();
        let conflicts = conflicts.into_iter().map(ScheduleConflict).collect();
        Self { from, to, segments, conflicts, truncated_at }
    }
}

/// A time in which the same plays by the same rule.
#[derive(Debug, Clone)]
pub struct PlaybackSegment(Segment);

/// A time in which the same plays by the same rule. Neighbours differ in video, source, rule or reason.
#[Object]
impl PlaybackSegment {
    /// From this instant on.
    async fn from(&self) -> DateTime<Utc> {
        self.0.from
    }

    /// Up to, not including, this instant.
    async fn to(&self) -> DateTime<Utc> {
        self.0.to
    }

    /// What plays; null if nothing does.
    async fn video(&self, ctx: &Context<'_>) -> Result<Option<Video>> {
        ctx.one_of(self.0.video).await
    }

    /// Which kind of rule chose it.
    async fn source(&self) -> PlaybackSource {
        self.0.source.into()
    }

    /// Why nothing plays; null if something does.
    async fn reason(&self) -> Option<UnavailableReason> {
        self.0.reason.map(Into::into)
    }

    /// The saved window that chose it, though its times may be those of a proposal.
    async fn schedule(&self, ctx: &Context<'_>) -> Result<Option<VideoSchedule>> {
        match self.0.rule {
            Some(Rule::Window(RuleId::Saved(id))) => ctx.one(id).await,
            _ => Ok(None),
        }
    }

    /// The saved rule of turns or of dates that chose it, though its terms may be those of a proposal.
    async fn rotation_schedule(&self, ctx: &Context<'_>) -> Result<Option<VideoRotationSchedule>> {
        match self.0.rule {
            Some(Rule::Rotation(RuleId::Saved(id))) => ctx.one(id).await,
            _ => Ok(None),
        }
    }

    /// The place of what chose it among the proposal's `schedules`, or its `rotationSchedules`, from 0: of what is not
    /// saved.
    async fn proposed_index(&self) -> Option<usize> {
        match self.0.rule {
            Some(Rule::Window(RuleId::Proposed(index)) | Rule::Rotation(RuleId::Proposed(index))) => Some(index),
            _ => None,
        }
    }
}

/// A time in which windows of equal priority overlap.
#[derive(Debug, Clone)]
pub struct ScheduleConflict(Conflict);

/// A time in which windows of equal priority overlap. Such windows would be refused; here it is told which of them would
/// go before the others.
#[Object]
impl ScheduleConflict {
    /// From this instant on.
    async fn from(&self) -> DateTime<Utc> {
        self.0.from
    }

    /// Up to, not including, this instant.
    async fn to(&self) -> DateTime<Utc> {
        self.0.to
    }

    /// The saved ones of these windows, oldest first.
    async fn schedules(&self, ctx: &Context<'_>) -> Result<Vec<VideoSchedule>> {
        Ok(ctx.many(&saved(&self.0.windows)).await?.into_iter().flatten().collect())
    }

    /// The places of those that are not saved among the proposal's `schedules`, from 0.
    async fn proposed_indexes(&self) -> Vec<usize> {
        let proposed = |id: &RuleId| match id {
            RuleId::Proposed(index) => Some(*index),
            RuleId::Saved(_) => None,
        };
        self.0.windows.iter().filter_map(proposed).collect()
    }

    /// The one that plays; null if it is not saved.
    async fn winner(&self, ctx: &Context<'_>) -> Result<Option<VideoSchedule>> {
        ctx.one_of(saved(&[self.0.winner]).pop()).await
    }

    /// The place of the one that plays among the proposal's `schedules`, from 0, if it is not saved.
    async fn winner_proposed_index(&self) -> Option<usize> {
        match self.0.winner {
            RuleId::Proposed(index) => Some(index),
            RuleId::Saved(_) => None,
        }
    }
}

fn saved(ids: &[RuleId]) -> Vec<i64> {
    let saved = |id: &RuleId| match id {
        RuleId::Saved(id) => Some(*id),
        RuleId::Proposed(_) => None,
    };
    ids.iter().filter_map(saved).collect()
}
