//! The rows that decide what plays for an order, gathered: how they were read does not matter.

use std::borrow::Borrow;

use arvlite_db::Editable;
use arvlite_db::models::{
    self, ArContent, ArContentStatus, Company, CompanyStatus, Project, ProjectStatus, RotationTerms, RotationType,
    Video, VideoRotationSchedule, VideoRotationScheduleEdit, VideoSchedule, VideoScheduleStatus, VideoStatus,
};
use chrono::{DateTime, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use super::{
    Content, Cron, DateRule, PlayableVideo, Recurrence, RotationItem, RotationPlan, RotationRule, RotationState,
    RuleId, Window,
};

impl Content {
    /// Gathers an order's rows: all of its videos, windows and rules.
    #[must_use]
    pub fn of(
        content: &ArContent,
        project: &Project,
        company: &Company,
        videos: &[impl Borrow<Video>],
        windows: &[impl Borrow<VideoSchedule>],
        rotations: &[impl Borrow<VideoRotationSchedule>],
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
            rotations: rotations.iter().filter_map(|rule| rotation(rule.borrow())).collect(),
        }
    }
}

impl Content {
    /// Where a saved rule stands at an instant.
    #[must_use]
    pub fn rotation_state(&self, id: i64, at: DateTime<Utc>) -> RotationState {
        let rule = self.rotations.iter().find(|rule| rule.id == RuleId::Saved(id));
        rule.map_or_else(RotationState::default, |rule| RotationState::of(rule, self, at))
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

/// A rule as it is stored; none of an expression that no command would have stored.
fn rotation(row: &VideoRotationSchedule) -> Option<RotationRule> {
    let (id, edit) = (RuleId::Saved(row.id), row.edit());
    Some(RotationRule { id, is_active: row.is_active, anchor_at: row.anchor_at, plan: RotationPlan::of(&edit)? })
}

impl RotationPlan {
    /// What somebody says of a rule; none where its cron expression is none. What is left out is midnight, Monday, the
    /// first.
    #[must_use]
    pub fn of(edit: &VideoRotationScheduleEdit) -> Option<Self> {
        let VideoRotationScheduleEdit { terms, items, date_rules } = edit;
        let time_of_day = terms.time_of_day.unwrap_or(NaiveTime::MIN);
        let items = || items.iter().map(item).collect();
        let recurrence = match terms.rotation_type {
            RotationType::Fixed => return terms.default_video_id.map(|default_video| Self::Fixed { default_video }),
            RotationType::DateRules => return Some(Self::DateRules(date_rules.iter().map(date_rule).collect())),
            RotationType::RandomDaily => return Some(Self::RandomDaily { time_of_day, items: items() }),
            RotationType::Daily => Recurrence::Daily { time_of_day },
            RotationType::Weekly => Recurrence::Weekly { day_of_week: day_of_week(terms), time_of_day },
            RotationType::Monthly => Recurrence::Monthly { day_of_month: day_of_month(terms), time_of_day },
            RotationType::Cron => Recurrence::Cron(Cron::parse(terms.cron_expression.as_deref()?).ok()?),
        };
        Some(Self::Steps { recurrence, items: items() })
    }
}

fn item(row: &models::RotationItem) -> RotationItem {
    RotationItem { video_id: row.video_id, weight: row.weight }
}

fn date_rule(row: &models::DateRule) -> DateRule {
    DateRule { date: row.date, yearly: row.yearly, video_id: row.video_id }
}

fn day_of_month(terms: &RotationTerms) -> u32 {
    terms.day_of_month.and_then(|day| u32::try_from(day).ok()).unwrap_or(1)
}

fn day_of_week(terms: &RotationTerms) -> Weekday {
    match terms.day_of_week {
        None | Some(models::Weekday::Monday) => Weekday::Mon,
        Some(models::Weekday::Tuesday) => Weekday::Tue,
        Some(models::Weekday::Wednesday) => Weekday::Wed,
        Some(models::Weekday::Thursday) => Weekday::Thu,
        Some(models::Weekday::Friday) => Weekday::Fri,
        Some(models::Weekday::Saturday) => Weekday::Sat,
        Some(models::Weekday::Sunday) => Weekday::Sun,
    }
}
