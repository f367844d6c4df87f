//! Rules of turns: making, changing and removing one. What its terms may be is in `terms.rs`.

use arvlite_db::models::{
    ArContent, PlaybackRows, RotationType, Video, VideoRotationSchedule, VideoRotationScheduleEdit,
};
use arvlite_db::{Deleted, Editable};
use async_graphql::{InputObject, MaybeUndefined};
use serde::Serialize;

use super::edit::refuse_stale;
use super::{Changed, Checks, Command, Error, Problem, ProblemCode, Result, Work, oddities};
use crate::auth::Permission;
use crate::enums;
use crate::global_id::NodeId;

mod terms;

pub use terms::{DateRuleInput, RotationItemInput, RotationTermsInput, Said};

/// How many rules an order may have: all of them are read to decide what plays.
pub const MOST_RULES: i64 = 50;

/// A new rule of an order, which has at most 50 of them. What its type has no use for must not be given.
#[derive(Debug, Clone, Serialize, InputObject)]
#[graphql(name = "VideoRotationScheduleCreateInput")]
pub struct VideoRotationScheduleCreate {
    /// The order.
    pub ar_content_id: NodeId<ArContent>,
    /// What it goes by.
    pub rotation_type: enums::RotationType,
    /// Everything else that it says.
    #[serde(flatten)]
    #[graphql(flatten)]
    pub terms: RotationTermsInput,
    /// Whether it counts. Of the rules that do, an order has one by dates and one of any other type.
    #[graphql(default = true)]
    pub is_active: bool,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// What is to become of a rule: a field that is not given stays as it is, unless the new type has no use for it.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoRotationScheduleUpdateInput")]
pub struct VideoRotationScheduleUpdate {
    /// The rule.
    pub id: NodeId<VideoRotationSchedule>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// What it goes by.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub rotation_type: MaybeUndefined<enums::RotationType>,
    /// Everything else that it says.
    #[serde(flatten)]
    #[graphql(flatten)]
    pub terms: RotationTermsInput,
    /// Whether it counts.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub is_active: MaybeUndefined<bool>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// The end of a rule.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "VideoRotationScheduleDeleteInput")]
pub struct VideoRotationScheduleDelete {
    /// The rule.
    pub id: NodeId<VideoRotationSchedule>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for VideoRotationScheduleCreate {
    const NAME: &'static str = "videoRotationScheduleCreate";
    const NEEDS: Permission = Permission::WriteSchedules;
    type Outcome = Changed<VideoRotationSchedule>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<VideoRotationSchedule>> {
        let content = work.target("arContentId", self.ar_content_id).await?;
        let rows = rows_of(work, &content).await?;
        let said = Said {
            rotation_type: Some(self.rotation_type.into()),
            terms: &self.terms,
            is_active: Some(self.is_active),
        };
        let wanted = wanted(work, &said, None, &rows)?;
        refuse_second(&wanted, None, &rows)?;
        work.refuse_more_than::<ArContent, VideoRotationSchedule>(MOST_RULES, content.id, "arContentId").await?;
        let rule = VideoRotationSchedule::insert(work, &content, &wanted, work.now).await?;
        let warnings = oddities::of_rotation(&rows, &rule, work.now);
        Ok(Changed { warnings, ..Changed::created(rule) })
    }
}

impl Command for VideoRotationScheduleUpdate {
    const NAME: &'static str = "videoRotationScheduleUpdate";
    const NEEDS: Permission = Permission::WriteSchedules;
    type Outcome = Changed<VideoRotationSchedule>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<VideoRotationSchedule>> {
        let mut checks = Checks::default();
        let rotation_type = checks.required("rotationType", &self.rotation_type).copied().map(Into::into);
        let is_active = checks.required("isActive", &self.is_active).copied();
        checks.finish()?;
        let (content, rule) =
            work.target_below::<ArContent, VideoRotationSchedule>("id", self.id, Deleted::Exclude).await?;
        let rows = rows_of(work, &content).await?;
        let said = Said { rotation_type, terms: &self.terms, is_active };
        let wanted = wanted(work, &said, Some(&rule.edit()), &rows)?;
        refuse_stale(&rule, &wanted, self.expected_version)?;
        refuse_second(&wanted, Some(rule.id), &rows)?;
        let mut changed = work.edit(rule, &wanted).await?;
        changed.warnings = oddities::of_rotation(&rows, &changed.row, work.now);
        Ok(changed)
    }
}

impl Command for VideoRotationScheduleDelete {
    const NAME: &'static str = "videoRotationScheduleDelete";
    const NEEDS: Permission = Permission::WriteSchedules;
    type Outcome = Changed<VideoRotationSchedule>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<VideoRotationSchedule>> {
        let (_, rule) = work.target_below::<ArContent, VideoRotationSchedule>("id", self.id, Deleted::Exclude).await?;
        refuse_stale(&rule, &rule.edit(), self.expected_version)?;
        VideoRotationSchedule::remove(work, rule.id).await?;
        Ok(Changed::removed(rule))
    }
}

/// What decides what plays by now, as the transaction sees it.
async fn rows_of(work: &Work<'_>, content: &ArContent) -> Result<PlaybackRows> {
    PlaybackRows::by_ids(work, &[content.id], work.now).await?.pop().ok_or(Error::NotFound)
}

/// What a rule is to become. Videos are looked at first: what does not exist is nobody's.
fn wanted(
    work: &Work<'_>,
    said: &Said<'_>,
    before: Option<&VideoRotationScheduleEdit>,
    rows: &PlaybackRows,
) -> Result<VideoRotationScheduleEdit> {
    let videos: Vec<i64> = rows.videos.iter().map(|video: &Video| video.id).collect();
    said.wanted(before, &videos, work.now).map_err(Error::Refused)
}

/// Refuses a second rule of the order that counts and is of the same sort: by dates, or not. The order must be locked.
fn refuse_second(wanted: &VideoRotationScheduleEdit, own: Option<i64>, rows: &PlaybackRows) -> Result<()> {
    let by_dates = |of: RotationType| of == RotationType::DateRules;
    let of_this_sort = |rule: &&VideoRotationSchedule| {
        Some(rule.id) != own && by_dates(rule.rotation_type) == by_dates(wanted.terms.rotation_type)
    };
    if wanted.terms.is_active && rows.rotations.iter().any(|rule| of_this_sort(&rule)) {
        let message = "the order has such a rule that counts already: change that one, or let only one of them count";
        return Err(Problem::new(ProblemCode::Taken, ["rotationType"], message).into());
    }
    Ok(())
}
