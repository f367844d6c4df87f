//! What plays over a span of time, by the rules that there are or by those of a proposal.

use arvlite_db::Editable;
use arvlite_db::models;
use async_graphql::{Context, InputObject, MaybeUndefined};
use chrono::{DateTime, SubsecRound, Utc};

use super::context::ContextExt;
use super::error::Result;
use super::types::PlaybackTimeline;
use crate::domain::playback::{
    self, Content, Proposal, ProposalProblem, ProposedRotation, ProposedWindow, RotationPlan, TimelineProblem,
};
use crate::domain::video_rotation_schedule::{MOST_RULES, RotationTermsInput, Said};
use crate::domain::{Error, Problem, ProblemCode};
use crate::enums::RotationType;
use crate::global_id::NodeId;

/// How many windows are proposed, or removed, at once.
const MOST_WINDOWS: usize = 1_000;

/// A change that is not saved: the timeline is computed as if it were.
#[derive(Debug, Clone, Default, InputObject)]
pub struct PlaybackProposal {
    /// Windows that are not there, or (with `id`) in place of one that is; at most 1,000.
    pub schedules: Option<Vec<VideoScheduleProposal>>,
    /// Windows of the order that would go, at most 1,000.
    pub remove_schedule_ids: Option<Vec<NodeId<models::VideoSchedule>>>,
    /// Rules that are not there, or (with `id`) in place of one that is; at most 50.
    pub rotation_schedules: Option<Vec<VideoRotationScheduleInput>>,
    /// The operator's choice; null for none. As it is unless it is given.
    pub pinned_video_id: MaybeUndefined<NodeId<models::Video>>,
}

/// A window that is not saved, or (with `id`) in place of one that is. It counts, whatever the saved one does.
#[derive(Debug, Clone, InputObject)]
pub struct VideoScheduleProposal {
    /// The window that it is in place of.
    pub id: Option<NodeId<models::VideoSchedule>>,
    /// What plays, of the same order.
    pub video_id: NodeId<models::Video>,
    /// From this instant on.
    pub start_time: DateTime<Utc>,
    /// Up to, not including, this instant.
    pub end_time: DateTime<Utc>,
    /// Of windows that are open at once the highest wins; that of the saved one, or 0, unless it is given.
    pub priority: Option<i32>,
}

/// A rule that is not saved, or (with `id`) in place of a saved one, whose terms hold where none are given.
#[derive(Debug, Clone, Default, InputObject)]
pub struct VideoRotationScheduleInput {
    /// The rule that it is in place of.
    pub id: Option<NodeId<models::VideoRotationSchedule>>,
    /// What it goes by. It must be given for a rule that is not there.
    pub rotation_type: Option<RotationType>,
    /// Everything else that it says.
    #[graphql(flatten)]
    pub terms: RotationTermsInput,
    /// Whether it counts; so it does unless it is in place of one that does not.
    pub is_active: Option<bool>,
}

/// What an order plays from one instant up to, not including, another.
pub(crate) async fn timeline(
    ctx: &Context<'_>,
    order: &models::ArContent,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    proposed: Option<PlaybackProposal>,
) -> Result<PlaybackTimeline> {
    let (from, to) = (from.trunc_subsecs(6), to.trunc_subsecs(6));
    for (field, instant) in [("from", from), ("to", to)] {
        if !arvlite_db::is_storable(instant) {
            return Err(Error::bad_request(field, "must be of the years 1 to 9999").into());
        }
    }
    if from >= to {
        return Err(Error::bad_request("to", "must be after `from`").into());
    }
    let mut content = ctx.loaders().playback_of(order).await?;
    if let Some(proposed) = proposed {
        content = proposed.applied_to(ctx, order, &content).await?;
    }
    // Years of turns take their time, and other requests do not wait for it.
    let computed = tokio::task::spawn_blocking(move || playback::timeline(&content, from, to)).await;
    match computed.map_err(Error::ended_early)? {
        Ok(timeline) => Ok(timeline.into()),
        Err(TimelineProblem::TooLarge) => {
            Err(Error::bad_request("to", "is too far: a timeline is ten years long at most").into())
        }
        Err(TimelineProblem::Backwards) => Err(Error::bad_request("to", "must be after `from`").into()),
    }
}

impl PlaybackProposal {
    /// The order as it would be.
    async fn applied_to(self, ctx: &Context<'_>, order: &models::ArContent, content: &Content) -> Result<Content> {
        let unknown = self.unknown_videos(content);
        if !unknown.is_empty() {
            return Err(Error::Refused(unknown).into());
        }
        self.check_sizes()?;
        let is_in_place = |rule: &VideoRotationScheduleInput| rule.id.is_some();
        let saved = match &self.rotation_schedules {
            Some(rules) if rules.iter().any(is_in_place) => {
                ctx.loaders().all_children::<models::ArContent, models::VideoRotationSchedule>(order.id).await?
            }
            _ => Default::default(),
        };
        let saved: Vec<&models::VideoRotationSchedule> = saved.iter().map(|rule| &**rule).collect();
        let rotations = rotations(self.rotation_schedules, &saved, content, ctx.app().clock.now())?;
        let proposal = Proposal {
            windows: self.schedules.unwrap_or_default().into_iter().map(Into::into).collect(),
            removed_windows: self.remove_schedule_ids.unwrap_or_default().iter().map(NodeId::number).collect(),
            rotations,
            pinned_video: match self.pinned_video_id {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(id) => Some(Some(id.number())),
            },
        };
        Ok(proposal.apply(content).map_err(|problems| Error::Refused(problems.into_iter().map(problem).collect()))?)
    }

    /// What names no video of the order: one of another order is as unknown as one that does not exist.
    fn unknown_videos(&self, content: &Content) -> Vec<Problem> {
        let windows = self.schedules.iter().flatten().enumerate();
        let windows = windows.map(|(index, window)| (at("schedules", index, &["videoId"]), window.video_id));
        let pinned = self.pinned_video_id.value().map(|id| (path(&["pinnedVideoId"]), *id));
        let unknown = |id: &NodeId<models::Video>| !content.videos.iter().any(|video| video.id == id.number());
        let named = windows.chain(pinned).filter(|(_, id)| unknown(id));
        named.map(|(field, _)| Problem::new(ProblemCode::NotFound, field, "is not a video of this order")).collect()
    }

    fn check_sizes(&self) -> Result<()> {
        let most_rules = usize::try_from(MOST_RULES).unwrap_or(usize::MAX);
        for (field, count, most) in [
            ("schedules", self.schedules.as_ref().map_or(0, Vec::len), MOST_WINDOWS),
            ("removeScheduleIds", self.remove_schedule_ids.as_ref().map_or(0, Vec::len), MOST_WINDOWS),
            ("rotationSchedules", self.rotation_schedules.as_ref().map_or(0, Vec::len), most_rules),
        ] {
            if count > most {
                let message = format!("at most {most} are proposed at once");
                return Err(Error::from(Problem::new(ProblemCode::TooLarge, path(&[field]), message)).into());
            }
        }
        Ok(())
    }
}

impl From<VideoScheduleProposal> for ProposedWindow {
    fn from(window: VideoScheduleProposal) -> Self {
        Self {
            id: window.id.map(|id| id.number()),
            video_id: window.video_id.number(),
            start: window.start_time.trunc_subsecs(6),
            end: window.end_time.trunc_subsecs(6),
            priority: window.priority,
        }
    }
}

/// Proposed rules, each with all that it says.
fn rotations(
    proposed: Option<Vec<VideoRotationScheduleInput>>,
    saved: &[&models::VideoRotationSchedule],
    content: &Content,
    now: DateTime<Utc>,
) -> Result<Vec<ProposedRotation>> {
    let videos: Vec<i64> = content.videos.iter().map(|video| video.id).collect();
    let (mut rotations, mut problems) = (Vec::new(), Vec::new());
    for (index, rule) in proposed.into_iter().flatten().enumerate() {
        let id = rule.id.map(|id| id.number());
        let before = saved.iter().find(|saved| Some(saved.id) == id);
        if id.is_some() && before.is_none() {
            problems.push(problem(ProposalProblem::UnknownRotation { index }));
            continue;
        }
        let said =
            Said { rotation_type: rule.rotation_type.map(Into::into), terms: &rule.terms, is_active: rule.is_active };
        match said.wanted(before.map(|before| before.edit()).as_ref(), &videos, now) {
            Ok(edit) => rotations.extend(RotationPlan::of(&edit).map(|plan| ProposedRotation {
                id,
                is_active: edit.terms.is_active,
                anchor_at: edit.terms.anchor_at,
                plan,
            })),
            Err(found) => problems.extend(found.into_iter().map(|problem| {
                let inner: Vec<&str> = problem.field.iter().map(String::as_str).collect();
                Problem { field: at("rotationSchedules", index, &inner), ..problem }
            })),
        }
    }
    if problems.is_empty() { Ok(rotations) } else { Err(Error::Refused(problems).into()) }
}

fn problem(found: ProposalProblem) -> Problem {
    use ProposalProblem::{BackwardsWindow, Taken, UnknownRemovedWindow, UnknownRotation, UnknownWindow};
    let (code, field, message) = match found {
        UnknownWindow { index } => {
            (ProblemCode::NotFound, at("schedules", index, &["id"]), "is not a window of this order, or comes twice")
        }
        UnknownRemovedWindow { index } => {
            (ProblemCode::NotFound, at("removeScheduleIds", index, &[]), "is not a window of this order")
        }
        BackwardsWindow { index } => {
            (ProblemCode::Invalid, at("schedules", index, &["endTime"]), "must be after `startTime`")
        }
        UnknownRotation { index } => {
            let field = at("rotationSchedules", index, &["id"]);
            (ProblemCode::NotFound, field, "is not a rule of this order, or comes twice")
        }
        Taken { index } => {
            let field = at("rotationSchedules", index, &["rotationType"]);
            (ProblemCode::Taken, field, "the order would have two such rules that count")
        }
    };
    Problem::new(code, field, message)
}

/// Where something of a list of the proposal is.
fn at(list: &str, index: usize, inner: &[&str]) -> Vec<String> {
    let index = index.to_string();
    let mut parts = vec![list, &index];
    parts.extend(inner);
    path(&parts)
}

fn path(parts: &[&str]) -> Vec<String> {
    std::iter::once("proposed").chain(parts.iter().copied()).map(str::to_owned).collect()
}
